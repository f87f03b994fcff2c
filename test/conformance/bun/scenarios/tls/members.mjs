/** Single members of TLS sockets: renegotiation, tickets, certificates, SNI. */
// @ts-nocheck: these scripts call what does not exist, on purpose.
import { ca, server } from '../../certificates.mjs';
import { scenario } from '../registry.js';
import { clientTls, needs, serverTls, tlsPair, VERSIONS } from './pair.mjs';

scenario(
  'tls/renegotiate',
  'renegotiate / disableRenegotiation / setVerifyMode return values on 1.2 and 1.3',
  { needs, limit: 6000 },
  async (t) => {
    for (const v of ['1.2', '1.3']) {
      const l = t.server({}, { tls: serverTls(VERSIONS[v]), actor: `s${v}` });
      const c = await t.client(l.port, {}, { tls: clientTls(VERSIONS[v]), actor: `c${v}` });
      await t.saw(`s${v}:handshake`, `c${v}:handshake`);
      const s = t.sockets[`s${v}`];
      for (const a of [[], [1], [true], [true, true], [1, 1], [false, false]])
        t.call(`c${v}`, `setVerifyMode(${a})`, () => c.setVerifyMode(...a));
      t.call(`s${v}`, 'server setVerifyMode(true,false)', () => s.setVerifyMode(true, false));
      t.call(`s${v}`, 'server renegotiate()', () => s.renegotiate());
      await t.settle(60);
      t.log(`c${v}`, 'rs', c.readyState);
      t.call(`c${v}`, 'renegotiate()', () => c.renegotiate());
      await t.settle(150);
      t.log(`c${v}`, 'rs', c.readyState);
      t.call(`c${v}`, 'disableRenegotiation()', () => c.disableRenegotiation());
      t.call(`c${v}`, 'renegotiate() after disable', () => c.renegotiate());
      await t.settle(100);
      c.terminate();
      l.stop(true);
    }
  },
);

scenario('tls/member-inventory', 'members of a TLS socket (names and arity)', { needs }, async (t) => {
  const o = await tlsPair(t, serverTls(), clientTls());
  const r = {};
  const p = Object.getPrototypeOf(o.c);
  for (const k of Object.keys(p)) {
    const d = Object.getOwnPropertyDescriptor(p, k);
    r[k] = typeof d.value === 'function' ? `method/${d.value.length}` : d.set ? 'get+set' : 'get';
  }
  t.note('TLS socket', r);
  t.note('tag', Object.prototype.toString.call(o.c));
});

scenario(
  'tls/ticket-without-data-1.3',
  'TLS 1.3: no application data ever flows: is there a session event / a resumable session',
  { needs },
  async (t) => {
    let n = 0;
    const o = await tlsPair(t, serverTls(), clientTls(), {
      cx: {
        session() {
          n++;
        },
      },
    });
    await t.saw('server:handshake', 'client:handshake');
    await t.settle(150);
    t.note('session events before data', n);
    const g = o.c.getSession();
    const c2 = await t.client(
      o.l.port,
      {
        open(s) {
          s.setSession(g);
        },
      },
      { tls: clientTls(), actor: 'c2' },
    );
    await t.settle(100);
    t.log('c2', 'reused', c2?.isSessionReused());
    o.s.write('x');
    await t.saw('client:data');
    await t.settle();
    t.note('session events after the server wrote', n);
  },
);

scenario(
  'tls/peer-certificate-argument',
  'getPeerCertificate(): what its argument means, with a chain',
  { needs },
  async (t) => {
    const o = await tlsPair(t, serverTls({ cert: `${server.cert}\n${ca.cert}` }), clientTls());
    await t.saw('server:handshake', 'client:handshake');
    const f = (x) => {
      const r = [];
      while (x && r.length < 5) {
        r.push(x.subject?.CN);
        if (x.issuerCertificate === x) {
          r.push('self-loop');
          break;
        }
        x = x.issuerCertificate;
      }
      return r;
    };
    for (const [k, a] of [
      ['()', []],
      ['(true)', [true]],
      ['(false)', [false]],
      ['(undefined)', [undefined]],
      ['(1)', [1]],
      ['(0)', [0]],
    ])
      t.call('client', `chain of getPeerCertificate${k}`, () => f(o.c.getPeerCertificate(...a)));
  },
);

scenario('tls/ip-sni', 'connecting by IP literal: does the ClientHello carry it as SNI', { needs }, async (t) => {
  let sni;
  const l = t.server(
    {
      handshake(s) {
        sni = s.getServername();
      },
    },
    { tls: serverTls() },
  );
  await t.client(l.port, {}, { tls: clientTls() });
  await t.settle(100);
  t.note('server saw SNI', sni);
});
