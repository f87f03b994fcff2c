/** What TLS 1.3 and TLS 1.2 have in common: events, members, resumption, ending, client certificates. */
// @ts-nocheck: these scripts call what does not exist, on purpose.
import { ca, client, self } from '../../certificates.mjs';
import { scenario } from '../registry.js';
import { buf, clientTls, MEMBERS, needs, serverTls, tlsPair, VERSIONS } from './pair.mjs';

for (const v of ['1.3', '1.2']) {
  scenario(
    `tls/events-${v}`,
    `TLS ${v}: order of open, handshake, promise, data, end, close on both sides`,
    { needs },
    async (t) => {
      const { c } = await tlsPair(t, serverTls(VERSIONS[v]), clientTls(VERSIONS[v]), {
        sx: {
          data(s, d) {
            s.write(d);
          },
        },
      });
      t.call('client', 'write("ping")', () => c.write('ping'));
      await t.saw('client:data');
      t.log('client', 'version', c.getTLSVersion());
      t.call('client', 'end()', () => c.end());
      t.log('client', 'readyState', c.readyState);
      await t.saw('client:close', 'server:close');
      await t.settle();
    },
  );
  scenario(
    `tls/members-${v}`,
    `TLS ${v}: every TLS member after the handshake, client and server`,
    { needs },
    async (t) => {
      const o = await tlsPair(
        t,
        serverTls({ ...VERSIONS[v], ALPNProtocols: '\x02h2' }),
        clientTls({ ...VERSIONS[v], ALPNProtocols: '\x02h2', serverName: 'localhost' }),
      );
      await t.saw('server:handshake', 'client:handshake');
      await t.settle();
      t.methods('client', o.c, 'client', MEMBERS);
      t.methods('server', o.s, 'server', MEMBERS);
      t.log('client', 'readyState after', o.c.readyState);
    },
  );
  scenario(
    `tls/members-${v}-before-handshake`,
    `TLS ${v}: TLS members inside open (handshake handler present, so the handshake has not run)`,
    { needs },
    async (t) => {
      await tlsPair(t, serverTls(VERSIONS[v]), clientTls(VERSIONS[v]), {
        sx: {
          open(s) {
            t.methods(
              'server',
              s,
              'in open',
              MEMBERS.filter((m) => !/Verify|setMax|setServer/.test(m[0])),
            );
          },
        },
        cx: {
          open(s) {
            t.methods(
              'client',
              s,
              'in open',
              MEMBERS.filter((m) => !/Verify|setMax|setServer/.test(m[0])),
            );
          },
        },
      });
      await t.saw('server:handshake', 'client:handshake');
      await t.settle();
    },
  );
  scenario(`tls/members-${v}-after-close`, `TLS ${v}: TLS members after close`, { needs }, async (t) => {
    const o = await tlsPair(t, serverTls(VERSIONS[v]), clientTls(VERSIONS[v]));
    await t.saw('server:handshake', 'client:handshake');
    o.c.end();
    await t.saw('client:close', 'server:close');
    await t.settle();
    t.methods('client', o.c, 'client', MEMBERS);
    t.methods('server', o.s, 'server', MEMBERS);
  });
  scenario(
    `tls/write-before-handshake-${v}`,
    `TLS ${v}: write() in open before the handshake`,
    { needs },
    async (t) => {
      let again = false;
      const o = await tlsPair(t, serverTls(VERSIONS[v]), clientTls(VERSIONS[v]), {
        cx: {
          open(s) {
            t.call('client', 'write("early")', () => s.write('early'));
            t.log('client', 'bytesWritten', s.bytesWritten);
          },
          drain(s) {
            if (again) return;
            again = true;
            t.call('client', 'write("early2")', () => s.write('early2'));
          },
        },
        sx: {
          open(s) {
            t.call('server', 'write("early-s")', () => s.write('early-s'));
          },
        },
      });
      await t.saw('server:handshake', 'client:handshake');
      await t.settle(150);
      t.log('client', 'bytesWritten', o.c?.bytesWritten);
    },
  );
  scenario(
    `tls/finished-${v}`,
    `TLS ${v}: Finished messages and exporter agree across the two ends`,
    { needs },
    async (t) => {
      const o = await tlsPair(t, serverTls(VERSIONS[v]), clientTls(VERSIONS[v]));
      await t.saw('server:handshake', 'client:handshake');
      await t.settle();
      const { c, s } = o;
      const eq = (a, b) => !!a && !!b && Buffer.from(a).equals(Buffer.from(b));
      t.note('client.finished = server.peerFinished', eq(c.getTLSFinishedMessage(), s.getTLSPeerFinishedMessage()));
      t.note('server.finished = client.peerFinished', eq(s.getTLSFinishedMessage(), c.getTLSPeerFinishedMessage()));
      t.note(
        'exporter, no context',
        eq(c.exportKeyingMaterial(32, 'EXPERIMENTAL x'), s.exportKeyingMaterial(32, 'EXPERIMENTAL x')),
      );
      t.note(
        'exporter, context',
        eq(
          c.exportKeyingMaterial(32, 'EXPERIMENTAL x', Buffer.from('ctx')),
          s.exportKeyingMaterial(32, 'EXPERIMENTAL x', Buffer.from('ctx')),
        ),
      );
      t.note(
        'context matters',
        !eq(
          c.exportKeyingMaterial(32, 'EXPERIMENTAL x', Buffer.from('ctx')),
          c.exportKeyingMaterial(32, 'EXPERIMENTAL x'),
        ),
      );
      t.note(
        'empty context equals none',
        eq(c.exportKeyingMaterial(32, 'EXPERIMENTAL x', Buffer.alloc(0)), c.exportKeyingMaterial(32, 'EXPERIMENTAL x')),
      );
      t.note(
        'string context equals bytes',
        eq(
          c.exportKeyingMaterial(32, 'EXPERIMENTAL x', 'ctx'),
          c.exportKeyingMaterial(32, 'EXPERIMENTAL x', Buffer.from('ctx')),
        ),
      );
      for (const [k, a] of Object.entries({
        '()': [],
        "(0,'l')": [0, 'l'],
        "(-1,'l')": [-1, 'l'],
        "('x','l')": ['x', 'l'],
        '(16)': [16],
        '(16,1)': [16, 1],
        "(16,'')": [16, ''],
        "(100000,'l')": [100000, 'l'],
        "(16,'l',1)": [16, 'l', 1],
        "(1.5,'l')": [1.5, 'l'],
      }))
        t.call('main', `exportKeyingMaterial${k}`, () => {
          const r = c.exportKeyingMaterial(...a);
          return r && { ctor: r.constructor.name, len: r.length };
        });
    },
  );
  scenario(
    `tls/resumption-${v}`,
    `TLS ${v}: getSession/setSession/isSessionReused/session event`,
    { needs, limit: 6000 },
    async (t) => {
      const l = t.server(
        {
          handshake(s) {
            s.write('x');
          },
        },
        { tls: serverTls(VERSIONS[v]) },
      );
      const sess = []; // the write carries TLS 1.3 tickets out
      const c = await t.client(
        l.port,
        {
          session(_s, b) {
            sess.push(b);
          },
        },
        { tls: clientTls(VERSIONS[v]) },
      );
      await t.saw('server:handshake', 'client:handshake');
      await t.settle(100);
      const g = c.getSession();
      t.log('client', 'getSession', buf(g));
      t.note('session events', sess.length);
      t.note('getTLSTicket', buf(c.getTLSTicket()));
      c.end();
      await t.saw('client:close');
      for (const [k, x] of [
        ['getSession()', g],
        ['session event', sess[0]],
      ]) {
        if (!x) {
          t.note(`no session from ${k}`, true);
          continue;
        }
        const a = `resume via ${k}`;
        const c2 = await t.client(
          l.port,
          {
            open(s) {
              t.call(a, 'setSession', () => s.setSession(x));
            },
          },
          { tls: clientTls(VERSIONS[v]), actor: a },
        );
        await t.settle(100);
        t.log(a, 'isSessionReused', c2?.isSessionReused());
        t.log(a, 'authorized', c2?.authorized);
        t.log(a, 'peer cert subject', c2?.getPeerCertificate()?.subject);
        t.note(
          'server isSessionReused',
          Object.entries(t.sockets)
            .filter(([n]) => n.startsWith('server'))
            .at(-1)[1]
            .isSessionReused(),
        );
        c2?.end();
        await t.settle(60);
      }
      const c3 = await t.client(
        l.port,
        {
          open(s) {
            for (const bad of [Buffer.from('garbage'), 'garbage', null, undefined, 5, {}, new Uint8Array(0)])
              t.call(
                'bad session',
                `setSession(${bad === null ? 'null' : typeof bad === 'object' ? bad.constructor.name + bad.length : typeof bad})`,
                () => s.setSession(bad),
              );
            t.call('bad session', 'setSession()', () => s.setSession());
          },
        },
        { tls: clientTls(VERSIONS[v]), actor: 'bad session' },
      );
      await t.settle(80);
      t.log('bad session', 'isSessionReused', c3?.isSessionReused());
    },
  );
  scenario(
    `tls/setSession-late-${v}`,
    `TLS ${v}: setSession after the handshake, and session kept though no handshake handler`,
    { needs },
    async (t) => {
      const o = await tlsPair(t, serverTls(VERSIONS[v]), clientTls(VERSIONS[v]));
      await t.saw('server:handshake', 'client:handshake');
      await t.settle(80);
      const g = o.c.getSession();
      t.call('client', 'setSession(own)', () => o.c.setSession(g));
      t.log('client', 'reused', o.c.isSessionReused());
      const c2 = await t.client(
        o.l.port,
        {
          open(s) {
            t.call('nohs', 'setSession', () => s.setSession(g));
          },
        },
        { tls: clientTls(VERSIONS[v]), actor: 'nohs' },
        { add: [] },
      );
      await t.settle(80);
      t.log('nohs', 'reused', c2?.isSessionReused());
    },
  );
  for (const how of ['end', 'shutdown', 'shutdown(true)', 'close', 'terminate'])
    for (const half of [false, true])
      scenario(
        `tls/${how.replace('(true)', '-true')}-${v}${half ? '-halfopen' : ''}`,
        `TLS ${v}: ${how} by the client${half ? ', allowHalfOpen on both' : ''}: what each side sees`,
        { needs },
        async (t) => {
          const o = await tlsPair(t, serverTls(VERSIONS[v]), clientTls(VERSIONS[v]), {
            lopts: { allowHalfOpen: half },
            copts: { allowHalfOpen: half },
          });
          await t.saw('server:handshake', 'client:handshake');
          await t.settle();
          t.call('client', how, () => (how === 'shutdown(true)' ? o.c.shutdown(true) : o.c[how]()));
          t.log('client', 'readyState at once', o.c.readyState);
          await t.settle(200);
          t.log('client', 'readyState later', o.c.readyState);
          t.log('server', 'readyState later', o.s.readyState);
          if (o.s.readyState > 0) {
            t.call('server', 'write("late")', () => o.s.write('late'));
            await t.settle(80);
            t.call('server', 'end()', () => o.s.end());
            await t.settle(100);
            t.log('client', 'readyState last', o.c.readyState);
          }
        },
      );
  scenario(
    `tls/client-cert-${v}`,
    `TLS ${v}: requestCert/rejectUnauthorized on the server x client with no/good/foreign certificate`,
    { needs, limit: 12000 },
    async (t) => {
      const certs = {
        none: {},
        good: { cert: client.cert, key: client.key },
        foreign: { cert: self.cert, key: self.key },
      };
      for (const rej of [true, false])
        for (const [k, cc] of Object.entries(certs)) {
          const n = `${k},reject=${rej}`;
          const l = t.server(
            {
              handshake(s) {
                t.log(`s ${n}`, 'peer', {
                  subject: s.getPeerCertificate()?.subject,
                  authorized: s.authorized,
                  err: s.getAuthorizationError(),
                });
              },
            },
            {
              tls: serverTls({ ...VERSIONS[v], ca: ca.cert, requestCert: true, rejectUnauthorized: rej }),
              actor: `s ${n}`,
            },
          );
          const c = await t.client(l.port, {}, { tls: clientTls({ ...VERSIONS[v], ...cc }), actor: `c ${n}` });
          await t.until(() => t.has(`s ${n}`, 'handshake') || t.has(`s ${n}`, 'close'), 400);
          await t.settle(100);
          t.log(`c ${n}`, 'readyState', c?.readyState);
          t.log(`s ${n}`, 'readyState', t.sockets[`s ${n}`]?.readyState);
          c?.terminate();
          await t.sleep(20);
          l.stop(true);
        }
    },
  );
}
