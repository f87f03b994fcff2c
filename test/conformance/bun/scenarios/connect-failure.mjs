/** Connections that do not come about, and options that mean nothing. */
// @ts-nocheck: these scripts call what does not exist, on purpose.
import { scenario } from './registry.js';

scenario(
  'connect/refused-with-connectError',
  'nothing listens: connectError, rejection, their order, the Error, the socket seen by connectError',
  async (t) => {
    const l = t.server();
    const port = l.port;
    l.stop(true);
    await t.client(
      port,
      {
        connectError(s, _e) {
          t.snap('client', s, 'in connectError');
          t.methods('client', s, 'methods in connectError', [
            ['write("x")', (s) => s.write('x')],
            ['end()', (s) => s.end()],
            ['flush()', (s) => s.flush()],
            ['shutdown()', (s) => s.shutdown()],
            ['timeout(1)', (s) => s.timeout(1)],
            ['setNoDelay()', (s) => s.setNoDelay()],
            ['setKeepAlive(true)', (s) => s.setKeepAlive(true)],
            ['ref()', (s) => s.ref()],
            ['unref()', (s) => s.unref()],
            ['close()', (s) => s.close()],
            ['terminate()', (s) => s.terminate()],
            ['getTLSVersion()', (s) => s.getTLSVersion?.()],
          ]);
        },
      },
      { data: { tag: 'mine' } },
    );
    await t.settle(100);
  },
);

scenario(
  'connect/refused-no-connectError',
  'nothing listens and no connectError handler: which of error/close run, and the rejection',
  async (t) => {
    const l = t.server();
    const port = l.port;
    l.stop(true);
    await t.client(port, {}, {}, { omit: ['connectError'] });
    await t.settle(100);
  },
);

scenario(
  'connect/refused-unhandled',
  'rejection left unhandled: with connectError it must not surface, without it must',
  async (t) => {
    const l = t.server();
    const port = l.port;
    l.stop(true);
    t.connect({ hostname: t.env.host, port, socket: t.rec('with', {}) });
    await t.settle(100);
    t.connect({ hostname: t.env.host, port, socket: t.rec('without', {}, { omit: ['connectError'] }) });
    await t.settle(100);
  },
);

scenario('connect/connectError-throws', 'connectError itself throws', async (t) => {
  const l = t.server();
  const port = l.port;
  l.stop(true);
  await t.client(port, {
    connectError() {
      throw new Error('from connectError');
    },
  });
  await t.settle(100);
});

scenario(
  'connect/timeout-etimedout',
  'SYN never answered until the OS gives up',
  { needs: ['blackhole'], limit: 20000 },
  async (t) => {
    const _p = t.connect({ hostname: t.env.blackhole, port: 81, socket: t.rec('client', {}) }).then(
      (_s) => t.push('client', { e: 'connect() resolved' }),
      (e) => t.push('client', { e: 'connect() rejected', v: [t.norm(e)] }),
    );
    await t.until(() => t.has('client', 'connect() rejected'), 18000);
  },
);

scenario(
  'connect/no-route',
  'no route to host, and an administratively unreachable one',
  { needs: ['netns'] },
  async (t) => {
    for (const [n, h] of [
      ['noroute', t.env.noroute],
      ['unreachable', t.env.prohibit],
    ])
      await t.callAsync(n, 'connect', () => t.connect({ hostname: h, port: 81, socket: t.rec(n, {}) }));
  },
);

scenario('connect/dns-failure', 'a name that cannot resolve', { needs: ['resolver'], limit: 15000 }, async (t) => {
  await t.callAsync('client', 'connect', () =>
    t.connect({ hostname: 'does-not-exist.invalid', port: 81, socket: t.rec('client', {}) }),
  );
});

scenario(
  'connect/bad-options',
  'connect() with bad arguments: synchronous throw or rejection, and the error',
  async (t) => {
    const l = t.server();
    const port = l.port,
      hostname = t.env.host,
      socket = { data() {} };
    const bad = {
      'connect()': [],
      'connect(undefined)': [undefined],
      'connect(null)': [null],
      'connect(1)': [1],
      "connect('x')": ['x'],
      'connect({})': [{}],
      'no socket': [{ hostname, port }],
      'socket: null': [{ hostname, port, socket: null }],
      'socket: 1': [{ hostname, port, socket: 1 }],
      'socket: {}': [{ hostname, port, socket: {} }],
      'socket: only open': [{ hostname, port, socket: { open() {} } }],
      'socket: only drain': [{ hostname, port, socket: { drain() {} } }],
      'data: 1': [{ hostname, port, socket: { data: 1 } }],
      'data: null + drain': [{ hostname, port, socket: { data: null, drain() {} } }],
      "open: 'x'": [{ hostname, port, socket: { data() {}, open: 'x' } }],
      "binaryType: 'blob'": [{ hostname, port, socket: { data() {}, binaryType: 'blob' } }],
      'binaryType: 1': [{ hostname, port, socket: { data() {}, binaryType: 1 } }],
      'no hostname': [{ port, socket }],
      "hostname: ''": [{ hostname: '', port, socket }],
      'hostname: null': [{ hostname: null, port, socket }],
      'hostname: 1': [{ hostname: 1, port, socket }],
      'host alias': [{ host: hostname, port, socket }],
      'no port': [{ hostname, socket }],
      'port: null': [{ hostname, port: null, socket }],
      'port: -1': [{ hostname, port: -1, socket }],
      'port: 65536': [{ hostname, port: 65536, socket }],
      'port: NaN': [{ hostname, port: NaN, socket }],
      "port: 'abc'": [{ hostname, port: 'abc', socket }],
      'port: String(port)': [{ hostname, port: String(port), socket }],
      'port: port+0.5': [{ hostname, port: port + 0.5, socket }],
      'port: true': [{ hostname, port: true, socket }],
      'port: {}': [{ hostname, port: {}, socket }],
      'tls: 1': [{ hostname, port, socket, tls: 1 }],
      "tls: 'yes'": [{ hostname, port, socket, tls: 'yes' }],
      'tls: null': [{ hostname, port, socket, tls: null }],
      'tls: false': [{ hostname, port, socket, tls: false }],
      "allowHalfOpen: 'x'": [{ hostname, port, socket, allowHalfOpen: 'x' }],
    };
    for (const [k, a] of Object.entries(bad)) await t.callAsync('main', k, () => t.impl.connect(...a));
    await t.settle(0);
  },
);

scenario('connect/port-zero', 'connect to port 0', async (t) => {
  await t.client(0, {});
  await t.settle();
});

scenario(
  'connect/unix-and-hostname',
  'both unix and hostname given; unix path missing',
  { needs: ['unix'] },
  async (t) => {
    await t.callAsync('main', 'unix: missing path', () =>
      t.connect({ unix: '/tmp/probe-no-such-socket-4711', socket: t.rec('u', {}) }),
    );
    await t.callAsync('main', "unix: ''", () => t.connect({ unix: '', socket: t.rec('u2', {}) }));
  },
);

scenario(
  'connect/simultaneous-refused-and-ok',
  'a refused and a good connect started in the same turn do not disturb each other',
  async (t) => {
    const l = t.server(),
      l2 = t.listen({ hostname: t.env.host, port: 0, socket: { data() {} } });
    const dead = l2.port;
    l2.stop(true);
    await Promise.all([t.client(dead, {}, { actor: 'refused' }), t.client(l.port, {}, { actor: 'ok' })]);
    await t.settle();
  },
);
