/** Peers that do not speak TLS, stop speaking, or are not who they seem. */
// @ts-nocheck: these scripts call what does not exist, on purpose.
import { scenario } from '../registry.js';
import { clientTls, needs, serverTls } from './pair.mjs';

scenario('tls/plain-client-to-tls-server', 'a non-TLS client writes text at a TLS listener', { needs }, async (t) => {
  const l = t.server({}, { tls: serverTls() });
  const c = await t.client(l.port);
  c.write('GET / HTTP/1.1\r\n\r\n');
  await t.settle(250);
  t.log('client', 'rs', c.readyState);
});

scenario(
  'tls/plain-client-to-tls-server-noerr',
  'same, binary garbage, no error/handshake handlers on the server',
  { needs },
  async (t) => {
    const l = t.server({}, { tls: serverTls() }, { add: [], omit: ['error'] });
    const c = await t.client(l.port);
    c.write(new Uint8Array(64).fill(0xee));
    await t.settle(250);
    t.log('client', 'rs', c.readyState);
  },
);

scenario(
  'tls/tls-client-to-plain-server',
  'a TLS client meets a server that answers plain text',
  { needs },
  async (t) => {
    const l = t.server({
      data(s) {
        s.write('HTTP/1.1 400 nope\r\n\r\n');
      },
    });
    const c = await t.client(l.port, {}, { tls: clientTls() });
    await t.settle(250);
    t.log('client', 'after', { rs: c?.readyState, v: c?.getTLSVersion?.() });
    t.keep((x) => !(x.actor === 'server' && x.e === 'data'));
  },
);

for (const how of ['end', 'terminate'])
  scenario(`tls/peer-${how}-mid-handshake`, `TCP peer ${how}s after the ClientHello`, { needs }, async (t) => {
    const l = t.server({
      data(s) {
        s[how]();
      },
    });
    const c = await t.client(l.port, {}, { tls: clientTls() });
    await t.settle(250);
    t.log('client', 'after', { rs: c?.readyState });
    t.keep((x) => !(x.actor === 'server' && x.e === 'data'));
  });

scenario(
  'tls/peer-silent',
  'TCP peer accepts and says nothing: connect() pending? open? write?',
  { needs },
  async (t) => {
    const l = t.server({});
    let c;
    t.client(
      l.port,
      {
        open(s) {
          c = s;
          t.call('client', 'write', () => s.write('x'));
        },
      },
      { tls: clientTls() },
    ).then((x) => (c = x));
    await t.settle(400);
    t.note(
      'client event seen',
      t.timeline.filter((x) => x.actor === 'client').map((x) => x.e ?? x.c),
    );
    if (c) {
      t.log('client', 'members', { rs: c.readyState, v: c.getTLSVersion(), auth: c.authorized, alpn: c.alpnProtocol });
      t.call('client', 'end()', () => c.end());
      await t.settle(150);
      t.log('client', 'rs', c.readyState);
    }
    t.keep((x) => !(x.actor === 'server' && x.e === 'data'));
  },
);

scenario('tls/peer-silent-no-handshake-handler', 'as above, without a handshake handler', { needs }, async (t) => {
  const l = t.server({});
  let done = false;
  t.client(l.port, {}, { tls: clientTls() }, { add: [] }).then(() => (done = true));
  await t.settle(400);
  t.note('connect() settled', done);
  t.keep((x) => !(x.actor === 'server' && x.e === 'data'));
});

scenario(
  'tls/error-record',
  'corrupt record injected after the handshake (man in the middle over two sockets)',
  { needs, limit: 6000 },
  async (t) => {
    const l = t.server({}, { tls: serverTls() });
    let up,
      corrupt = false;
    const mitm = t.impl.listen({
      hostname: t.env.host,
      port: 0,
      socket: {
        async open(s) {
          s.data = { q: [] };
          t.impl
            .connect({
              hostname: t.env.host,
              port: l.port,
              socket: {
                data(_x, d) {
                  s.write(d);
                },
                close() {
                  s.end();
                },
                error() {},
              },
            })
            .then((u) => {
              up = u;
              for (const d of s.data.q) u.write(d);
              s.data.q = null;
            });
        },
        data(s, d) {
          d = Uint8Array.from(d);
          if (corrupt) d[d.length - 1] ^= 0xff;
          if (s.data.q) s.data.q.push(d);
          else up.write(d);
        },
        close() {
          up?.end();
        },
        error() {},
      },
    });
    t.track(mitm);
    const c = await t.client(mitm.port, {}, { tls: clientTls() });
    await t.saw('server:handshake', 'client:handshake');
    await t.settle();
    corrupt = true;
    t.call('client', 'write', () => c.write('to be corrupted'));
    await t.settle(250);
    t.log('client', 'rs', c.readyState);
    t.log('server', 'rs', t.sockets.server?.readyState);
  },
);
