/** Listeners: members, bad options, stopping, reloading. */
// @ts-nocheck: these scripts call what does not exist, on purpose.
import { scenario } from './registry.js';

scenario('listener/members', 'port, hostname, unix, data, fd, toStringTag for several hostnames', async (t) => {
  for (const h of [t.env.host, t.env.hostname, '0.0.0.0']) {
    const l = t.listen({ hostname: h, port: 0, socket: t.rec('s', {}), data: h === '0.0.0.0' ? { d: 1 } : undefined });
    t.note(`listen on ${h === t.env.host ? '<host>' : h}`, {
      hostname: l.hostname,
      portIsEphemeral: l.port > 0,
      portStable: new Set([l.port, l.port]).size === 1,
      unix: l.unix,
      data: l.data,
      typeofFd: typeof l.fd,
      tag: Object.prototype.toString.call(l),
    });
  }
});

scenario('listener/no-hostname', 'listen without hostname', async (t) => {
  const l = await t.callAsync('main', 'listen({port:0})', () => t.impl.listen({ port: 0, socket: { data() {} } }));
  if (l) {
    t.note('hostname', l.hostname);
    l.stop(true);
  }
});

scenario('listener/bad-options', 'listen() with bad arguments', async (t) => {
  const hostname = t.env.host,
    socket = { data() {} };
  const bad = {
    'listen()': [],
    'listen(null)': [null],
    'listen({})': [{}],
    'no socket': [{ hostname, port: 0 }],
    'socket: {}': [{ hostname, port: 0, socket: {} }],
    'socket: open only': [{ hostname, port: 0, socket: { open() {} } }],
    'no port': [{ hostname, socket }],
    'port: -1': [{ hostname, port: -1, socket }],
    'port: 65536': [{ hostname, port: 65536, socket }],
    'port: NaN': [{ hostname, port: NaN, socket }],
    "port: 'x'": [{ hostname, port: 'x', socket }],
    "port: '0'": [{ hostname, port: '0', socket }],
    'port: null': [{ hostname, port: null, socket }],
    "hostname: ''": [{ hostname: '', port: 0, socket }],
    'hostname: 1': [{ hostname: 1, port: 0, socket }],
    'hostname: null': [{ hostname: null, port: 0, socket }],
    'tls: true': [{ hostname, port: 0, socket, tls: true }],
    'tls: {}': [{ hostname, port: 0, socket, tls: {} }],
    'tls: 1': [{ hostname, port: 0, socket, tls: 1 }],
    "exclusive: 'x'": [{ hostname, port: 0, socket, exclusive: 'x' }],
  };
  for (const [k, a] of Object.entries(bad)) {
    const l = await t.callAsync('main', k, () => {
      const l = t.impl.listen(...a);
      t.track(l);
      return l;
    });
    try {
      l?.stop(true);
    } catch {}
  }
});

scenario('listener/addr-not-available', 'listen on an address this host does not have', async (t) => {
  await t.callAsync('main', 'listen 203.0.113.7', () =>
    t.impl.listen({ hostname: '203.0.113.7', port: 0, socket: { data() {} } }),
  );
});

scenario('listener/addr-in-use', 'second listener on the same port: default, exclusive, reusePort', async (t) => {
  const hostname = t.env.host,
    mk = (o) => t.listen({ hostname, socket: t.rec('s', {}), port: 0, ...o });
  const a = mk({});
  for (const [k, o] of Object.entries({ default: {}, exclusive: { exclusive: true }, reusePort: { reusePort: true } }))
    await t.callAsync('main', `second listener, ${k}`, () => mk({ port: a.port, ...o }));
  const b = mk({ exclusive: true });
  await t.callAsync('main', 'second listener after exclusive first', () => mk({ port: b.port }));
  const r = mk({ reusePort: true });
  await t.callAsync('main', 'both reusePort', () => mk({ port: r.port, reusePort: true }));
  const z = mk({});
  const p = z.port;
  z.stop();
  await t.callAsync('main', 're-listen right after stop()', () => mk({ port: p }));
});

scenario('listener/stop-false', 'stop(): established connections live on, new ones are refused', async (t) => {
  const l = t.server({
    data(s, d) {
      s.write(d);
    },
  });
  const c = await t.client(l.port);
  await t.saw('server:open');
  const port = l.port;
  t.call('listener', 'stop()', () => l.stop());
  t.note('after stop', { port: t.port(l.port), hostname: l.hostname });
  await t.settle(50);
  t.log('client', 'readyState', c.readyState);
  t.log('server', 'listener of the live server socket', t.sockets.server.listener);
  c.write('still there?');
  await t.saw('client:data');
  await t.client(port, {}, { actor: 'late' });
  t.call('listener', 'stop() again', () => l.stop());
  c.end();
  await t.saw('client:close', 'server:close');
});

scenario('listener/stop-true', 'stop(true): what both ends see', async (t) => {
  const l = t.server();
  const c = await t.client(l.port);
  await t.saw('server:open');
  t.call('listener', 'stop(true)', () => l.stop(true));
  t.log('server', 'readyState at once', t.sockets.server.readyState);
  await t.saw('client:close', 'server:close');
  t.log('client', 'readyState', c.readyState);
  t.call('listener', 'stop(true) again', () => l.stop(true));
  t.note('listener.port after', t.port(l.port));
});

scenario('listener/stop-in-open', 'stop(true) inside open', async (t) => {
  const l = t.server({
    open() {
      t.call('server', 'stop(true)', () => l.stop(true));
    },
  });
  await t.client(l.port);
  await t.saw('client:close', 'server:close');
});

scenario('listener/stop-args', 'stop with odd arguments', async (t) => {
  for (const a of [[undefined], [null], [0], ['x'], [{}]]) {
    const l = t.server();
    const c = await t.client(l.port, {}, { actor: 'c' });
    t.call('main', `stop(${JSON.stringify(a[0])})`, () => l.stop(...a));
    await t.sleep(60);
    t.note('client readyState after', c.readyState);
    c.terminate();
    await t.sleep(10);
  }
  t.keep((x) => x.actor === 'main');
});

scenario(
  'listener/socket-listener',
  'socket.listener on accepted and on client sockets, before/after stop and close',
  async (t) => {
    const l = t.server();
    const c = await t.client(l.port);
    await t.saw('server:open');
    const s = t.sockets.server;
    t.note('client.listener', c.listener);
    t.note('server.listener === listener', s.listener === l);
    l.stop();
    t.note('after stop', s.listener);
    c.end();
    await t.saw('server:close');
    t.note('after close', s.listener);
  },
);

scenario('listener/reload', 'listener.reload({socket}) changes handlers of live and future sockets', async (t) => {
  const l = t.server({});
  const c = await t.client(l.port);
  await t.saw('server:open');
  c.write('one');
  await t.saw('server:data');
  t.call('listener', 'reload', () => l.reload({ socket: t.rec('reloaded', {}, { omit: ['open'] }) }));
  c.write('two');
  await t.settle(80);
  const c2 = await t.client(l.port, {}, { actor: 'client2' });
  c2.write('three');
  await t.settle(80);
  c.end();
  c2.end();
  await t.settle(80);
  for (const [k, a] of Object.entries({
    'reload()': [],
    'reload({})': [{}],
    'reload({socket:{}})': [{ socket: {} }],
    'reload({data(){}})': [{ data() {} }],
    'reload(null)': [null],
    'reload({socket:{data:1}})': [{ socket: { data: 1 } }],
  }))
    t.call('main', k, () => l.reload(...a));
});

scenario(
  'listener/socket-reload',
  'socket.reload on a client socket and on one accepted socket (does it affect its siblings?)',
  async (t) => {
    const l = t.server({});
    const c = await t.client(l.port);
    await t.saw('server:open');
    const c2 = await t.client(l.port, {}, { actor: 'client2' });
    await t.saw('server#2:open');
    const s = t.sockets.server,
      s2 = t.sockets['server#2'];
    t.call('client', 'reload({socket})', () =>
      c.reload({
        socket: {
          data(_x, d) {
            t.push('client', { e: 'NEW data', v: [t.norm(d)] });
          },
          close() {
            t.push('client', { e: 'NEW close' });
          },
        },
      }),
    );
    s.write('to c');
    s2.write('to c2');
    await t.settle(80);
    t.call('server', 'reload({socket})', () =>
      s.reload({
        socket: {
          data(x, d) {
            t.push(t.name(x, 'server'), { e: 'NEW data', v: [t.norm(d)] });
          },
          close(x) {
            t.push(t.name(x, 'server'), { e: 'NEW close' });
          },
        },
      }),
    );
    c.write('to s');
    c2.write('to s2');
    await t.settle(80);
    for (const [k, a] of Object.entries({
      'reload()': [],
      'reload({})': [{}],
      'reload({socket:{}})': [{ socket: {} }],
      'reload({data(){}}) (handler directly)': [{ data() {} }],
      'reload(null)': [null],
    }))
      t.call('main', k, () => c.reload(...a));
    c.end();
    c2.end();
    await t.settle(80);
  },
);

scenario(
  'listener/reload-drops-handlers',
  'reload with fewer handlers removes the missing ones; binaryType can change',
  async (t) => {
    const l = t.server({});
    const c = await t.client(l.port);
    await t.saw('server:open');
    l.reload({
      socket: {
        data(_s, d) {
          t.push('server', { e: 'NEW data', v: [t.norm(d)] });
        },
        binaryType: 'arraybuffer',
      },
    });
    c.write('x');
    await t.settle(80);
    c.end();
    await t.saw('client:close');
    await t.settle(80);
  },
);

scenario('listener/getsockname', 'getsockname(out) (undocumented)', async (t) => {
  const l = t.server();
  if (!l.getsockname) return t.note('absent', true);
  const o = {};
  t.call('main', 'getsockname(o)', () => l.getsockname(o));
  t.note('o', { ...o, port: t.port(o.port) });
});

scenario('listener/unix', 'unix-domain listener and client: getters', { needs: ['unix'] }, async (t) => {
  const path = `/tmp/probe-${t.now().toString(36)}-${Math.floor(Math.random() * 1e6)}.sock`;
  const l = t.listen({
    unix: path,
    socket: t.rec('server', {
      open(s) {
        t.snap('server', s, 'open');
      },
      data(s, d) {
        s.write(d);
      },
    }),
  });
  t.note('listener', { unixIsPath: l.unix === path, port: l.port, hostname: l.hostname });
  const c = await t.connect({ unix: path, socket: t.rec('client', {}) });
  t.snap('client', c, 'open');
  c.write('over unix');
  await t.saw('client:data');
  c.end();
  await t.saw('client:close', 'server:close');
});

scenario(
  'listener/ipv6only',
  "hostname '::' with and without ipv6Only: does an IPv4 client get in",
  { needs: ['ipv6'] },
  async (t) => {
    for (const [k, o] of [
      ['default', {}],
      ['ipv6Only', { ipv6Only: true }],
    ]) {
      const l = t.server({}, { hostname: '::', actor: `s-${k}`, ...o });
      t.note(`${k} hostname`, l.hostname);
      const c = await t.client(l.port, {}, { hostname: '127.0.0.1', actor: `c-${k}` });
      if (c) {
        await t.settle(30);
        t.log(`c-${k}`, 'remote', { a: c.remoteAddress, f: c.remoteFamily });
        const s = t.sockets[`s-${k}`];
        t.log(`s-${k}`, 'addresses', {
          la: s.localAddress,
          lf: s.localFamily,
          ra: s.remoteAddress,
          rf: s.remoteFamily,
        });
        c.terminate();
      }
      l.stop(true);
    }
  },
);
