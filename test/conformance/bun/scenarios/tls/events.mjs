/** Handlers and ending on TLS sockets. */
// @ts-nocheck: these scripts call what does not exist, on purpose.
import { scenario } from '../registry.js';
import { clientTls, needs, serverTls, tlsPair } from './pair.mjs';

scenario(
  'tls/no-handshake-handler-events',
  'no handshake handler on either side, good certificate: when is open called, is alpn etc. known in open',
  { needs },
  async (t) => {
    await tlsPair(t, serverTls({ ALPNProtocols: '\x02h2' }), clientTls({ ALPNProtocols: '\x02h2' }), {
      rco: { add: [] },
      ro: { add: [] },
      cx: {
        open(s) {
          t.log('client', 'in open', { v: s.getTLSVersion(), alpn: s.alpnProtocol, auth: s.authorized });
          t.call('client', 'write', () => s.write('hi'));
        },
      },
      sx: {
        open(s) {
          t.log('server', 'in open', { v: s.getTLSVersion(), alpn: s.alpnProtocol, auth: s.authorized });
        },
      },
    });
    await t.saw('server:data');
  },
);

scenario('tls/handshake-throws', 'handshake handler throws (client / server)', { needs }, async (t) => {
  await tlsPair(t, serverTls(), clientTls(), {
    cx: {
      handshake() {
        throw new Error('boom in handshake');
      },
    },
  });
  await t.settle(100);
  await tlsPair(t, serverTls(), clientTls(), {
    lopts: { actor: 'server2' },
    copts: { actor: 'client2' },
    sx: {
      handshake() {
        throw new Error('boom in server handshake');
      },
    },
  });
  await t.settle(100);
});

scenario('tls/terminate-in-handshake', 'terminate/end inside the client handshake handler', { needs }, async (t) => {
  for (const how of ['terminate', 'end']) {
    const l = t.server({}, { tls: serverTls(), actor: `s-${how}` });
    const c = await t.client(
      l.port,
      {
        handshake(s) {
          t.call(`c-${how}`, how, () => s[how]());
        },
      },
      { tls: clientTls(), actor: `c-${how}` },
    );
    await t.settle(150);
    t.log(`c-${how}`, 'rs', c?.readyState);
    l.stop(true);
  }
});

scenario(
  'tls/keylog-session-handlers',
  'undocumented handlers session, keylog on client and server',
  { needs },
  async (t) => {
    const _o = await tlsPair(t, serverTls(), clientTls(), {
      cx: { session() {}, keylog() {} },
      sx: { session() {}, keylog() {} },
    });
    await t.saw('server:handshake', 'client:handshake');
    await t.settle(150);
  },
);

scenario(
  'tls/serverName-alpn-callbacks',
  'undocumented handlers serverName, alpnCallback on the server',
  { needs },
  async (t) => {
    const seen = [];
    await tlsPair(t, serverTls(), clientTls({ serverName: 'localhost', ALPNProtocols: '\x02h2\x03foo' }), {
      sx: {
        serverName(...a) {
          seen.push(['serverName', a.length, ...a.map((x) => typeof x)]);
        },
        alpnCallback(...a) {
          seen.push(['alpnCallback', a.length, ...a.map((x) => typeof x)]);
          return 'foo';
        },
      },
      cx: {
        handshake(s) {
          t.log('client', 'alpn', s.alpnProtocol);
        },
      },
    });
    await t.settle(200);
    t.note('seen', seen);
  },
);

scenario('tls/pause-resume', 'pause before the handshake ends, data queued', { needs }, async (t) => {
  const _o = await tlsPair(t, serverTls(), clientTls(), {
    cx: {
      open(s) {
        t.call('client', 'pause()', () => s.pause());
        t.after(200, () => s.resume());
      },
    },
    sx: {
      handshake(s) {
        s.write('hello');
      },
    },
  });
  await t.saw('client:data');
});

scenario('tls/peer-reset-after-handshake', 'peer terminates an established TLS connection', { needs }, async (t) => {
  const o = await tlsPair(t, serverTls(), clientTls());
  await t.saw('server:handshake', 'client:handshake');
  await t.settle();
  o.s.terminate();
  await t.saw('client:close');
  t.log('client', 'rs', o.c.readyState);
});

scenario('tls/server-end-with-data', 'server end(data) right in its handshake handler', { needs }, async (t) => {
  await tlsPair(t, serverTls(), clientTls(), {
    sx: {
      handshake(s) {
        t.call('server', 'end', () => s.end('bye'));
      },
    },
  });
  await t.saw('client:close', 'server:close');
});

scenario('tls/stop-true', 'listener.stop(true) with a TLS connection', { needs }, async (t) => {
  const o = await tlsPair(t, serverTls(), clientTls());
  await t.saw('server:handshake', 'client:handshake');
  t.call('listener', 'stop(true)', () => o.l.stop(true));
  await t.saw('client:close', 'server:close');
});

scenario(
  'tls/timeout-in-handshake',
  'timeout(1) while the peer never answers the ClientHello',
  { needs, limit: 9000 },
  async (t) => {
    const l = t.server({});
    t.client(
      l.port,
      {
        open(s) {
          s.timeout(1);
        },
      },
      { tls: clientTls() },
    );
    await t.until(() => t.has('client', 'timeout'), 6000);
    await t.settle(200);
    t.keep((x) => !(x.actor === 'server' && x.e === 'data'));
    t.note('close after timeout', t.has('client', 'close'));
  },
);

scenario(
  'tls/allowHalfOpen-server-only',
  'client end() with only the server half-open; close_notify handling',
  { needs },
  async (t) => {
    const o = await tlsPair(t, serverTls(), clientTls(), { lopts: { allowHalfOpen: true } });
    await t.saw('server:handshake', 'client:handshake');
    t.call('client', 'end("x")', () => o.c.end('x'));
    t.log('client', 'rs', o.c.readyState);
    await t.settle(150);
    t.log('client', 'rs later', o.c.readyState);
    t.call('server', 'write', () => o.s.write('late'));
    await t.settle(60);
    t.call('server', 'end', () => o.s.end());
    await t.settle(100);
    t.log('client', 'rs last', o.c.readyState);
  },
);
