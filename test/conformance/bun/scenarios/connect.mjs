/** Connections that come about: order of events, what sockets are then. */
// @ts-nocheck: these scripts call what does not exist, on purpose.
import { scenario } from './registry.js';

scenario('connect/basic-echo', 'open, promise, data and end order on both sides of one echo', async (t) => {
  const l = t.server({
    data(s, d) {
      s.write(d);
    },
  });
  const c = await t.client(l.port, {
    open(s) {
      t.call('client', 'write("hello")', () => s.write('hello'));
    },
  });
  await t.saw('client:data');
  t.call('client', 'end()', () => c.end());
  await t.saw('client:close', 'server:close');
  await t.settle();
  t.log('client', 'readyState', c.readyState);
});

scenario(
  'connect/identity',
  'connect() resolves to the socket that open received; a fresh object per connection',
  async (t) => {
    const l = t.server();
    let inOpen;
    const p = t.client(l.port, {
      open(s) {
        inOpen = s;
      },
    });
    t.note('open ran before connect() returned', inOpen !== undefined);
    const c = await p;
    t.note('same object', c === inOpen);
    const c2 = await t.client(l.port, {}, { actor: 'client2' });
    t.note('distinct', c2 !== c);
    t.note(
      'instanceof Promise',
      t.impl.connect({ hostname: t.env.host, port: l.port, socket: { data() {} } }) instanceof Promise,
    );
    await t.settle();
  },
);

scenario('connect/snapshot-open', 'every getter of both sockets right after open', async (t) => {
  const l = t.server({
    open(s) {
      t.snap('server', s, 'in open');
    },
  });
  const c = await t.client(
    l.port,
    {
      open(s) {
        t.snap('client', s, 'in open');
      },
    },
    { data: { id: 1 } },
  );
  await t.saw('server:open');
  t.note('client.localPort === server.remotePort', c.localPort === t.sockets.server.remotePort);
  t.note('client.remotePort === listener.port', c.remotePort === l.port);
  t.note('typeof fd', typeof c.fd);
  t.note('toStringTag', Object.prototype.toString.call(c));
  t.note('typeof dispose', typeof c[Symbol.dispose]);
});

scenario(
  'connect/member-inventory',
  'all enumerable member names of a TCP socket and of a listener, with kinds',
  async (t) => {
    const l = t.server();
    const c = await t.client(l.port);
    const inv = (o) => {
      const r = {};
      const p = Object.getPrototypeOf(o);
      for (const k of Object.keys(p)) {
        const d = Object.getOwnPropertyDescriptor(p, k);
        r[k] =
          typeof d.value === 'function'
            ? `method/${d.value.length}`
            : d.set
              ? 'get+set'
              : d.get
                ? 'get'
                : typeof d.value;
      }
      return r;
    };
    await t.saw('server:open');
    t.note('socket', inv(c));
    t.note('listener', inv(l));
  },
);

scenario(
  'connect/hostname-localhost',
  'hostname localhost against an IPv4-only listener',
  { needs: ['localhost'] },
  async (t) => {
    const l = t.server();
    const c = await t.client(l.port, {}, { hostname: t.env.hostname });
    await t.saw('server:open');
    t.snap('client', c, 'open');
  },
);

scenario('connect/ipv6', 'IPv6 loopback with and without brackets', { needs: ['ipv6'] }, async (t) => {
  const l = t.server(
    {
      open(s) {
        t.snap('server', s, 'open');
      },
    },
    { hostname: t.env.host6 },
  );
  t.note('listener.hostname', l.hostname);
  const c = await t.client(l.port, {}, { hostname: t.env.host6 });
  if (c) t.snap('client', c, 'open');
  await t.client(l.port, {}, { hostname: `[${t.env.host6}]`, actor: 'bracketed' });
  await t.settle();
});

scenario(
  'connect/data-option',
  'the data option of connect and of listen, and reading/writing socket.data',
  async (t) => {
    const l = t.server(
      {
        open(s) {
          t.log('server', 'data in open', s.data);
          s.data = { mine: 2 };
        },
        data(s) {
          t.log('server', 'data in data', s.data);
        },
      },
      { data: { shared: true } },
    );
    t.note('listener.data', l.data);
    const d = { n: 1 };
    const c = await t.client(
      l.port,
      {
        open(s) {
          t.log('client', 'data in open', s.data);
          t.log('client', 'same object', s.data === d);
          s.write('x');
        },
      },
      { data: d },
    );
    await t.saw('server:data');
    t.note('listener.data after socket.data was replaced', l.data);
    c.data = 5;
    t.log('client', 'data = 5', c.data);
    c.data = undefined;
    t.log('client', 'data = undefined', c.data);
    l.data = { other: 1 };
    const c2 = await t.client(l.port, {}, { actor: 'client2' });
    await t.saw('server#2:open');
    t.log('client2', 'default data', c2.data);
  },
);

scenario('connect/open-throws', 'open handler throws (client): error handler, promise, socket', async (t) => {
  const l = t.server();
  const c = await t.client(l.port, {
    open() {
      throw new Error('boom in open');
    },
  });
  await t.settle(100);
  t.note('socket', c === null ? 'none' : c.readyState);
});

scenario('connect/open-rejects', 'async open handler rejects (client)', async (t) => {
  const l = t.server();
  const c = await t.client(l.port, {
    async open() {
      throw new Error('async boom');
    },
  });
  await t.settle(100);
  t.note('socket', c === null ? 'none' : c.readyState);
});

scenario('connect/async-open-pending', 'does connect() wait for an async open handler?', async (t) => {
  const l = t.server();
  let release;
  const gate = new Promise((r) => (release = r));
  const p = t.client(l.port, {
    async open() {
      await gate;
      t.push('client', { s: 'open finished' });
    },
  });
  await t.settle(100);
  t.push('client', { s: 'releasing open' });
  release();
  await p;
  await t.settle();
});

scenario('connect/two-clients', 'two clients, one listener: events stay with their socket', async (t) => {
  const l = t.server({
    data(s, d) {
      s.write(d);
    },
  });
  const a = await t.client(l.port, {}, { actor: 'a' });
  await t.saw('server:open');
  const b = await t.client(l.port, {}, { actor: 'b' });
  await t.saw('server#2:open');
  a.write('from a');
  b.write('from b');
  await t.saw('a:data', 'b:data');
  a.end();
  await t.saw('a:close', 'server:close');
  t.log('b', 'readyState', b.readyState);
  b.end();
  await t.saw('b:close', 'server#2:close');
});

scenario('connect/end-before-await', 'socket ended inside open: does connect() still resolve?', async (t) => {
  const l = t.server();
  const c = await t.client(l.port, {
    open(s) {
      t.call('client', 'end()', () => s.end());
    },
  });
  await t.saw('client:close', 'server:close');
  if (c) t.log('client', 'readyState', c.readyState);
});

scenario('connect/terminate-in-open', 'terminate() inside open', async (t) => {
  const l = t.server();
  const c = await t.client(l.port, {
    open(s) {
      t.call('client', 'terminate()', () => s.terminate());
    },
  });
  await t.saw('client:close', 'server:close');
  if (c) t.log('client', 'readyState', c.readyState);
});

scenario('connect/close-in-open', 'close() inside open', async (t) => {
  const l = t.server();
  const c = await t.client(l.port, {
    open(s) {
      t.call('client', 'close()', () => s.close());
    },
  });
  await t.saw('client:close', 'server:close');
  if (c) t.log('client', 'readyState', c.readyState);
});

scenario('connect/server-closes-at-once', 'server ends in its open handler', async (t) => {
  const l = t.server({
    open(s) {
      t.call('server', 'end("bye")', () => s.end('bye'));
    },
  });
  await t.client(l.port);
  await t.saw('client:close', 'server:close');
});

scenario('connect/local-address', 'localAddress option (undocumented)', { needs: ['loop'] }, async (t) => {
  const l = t.server({}, { hostname: '0.0.0.0' });
  const c = await t.client(l.port, {}, { localAddress: '127.0.0.2' });
  if (c) t.log('client', 'localAddress', c.localAddress);
  await t.client(l.port, {}, { localAddress: '203.0.113.9', actor: 'bad' });
  await t.client(l.port, {}, { localAddress: 'junk', actor: 'junk' });
  await t.settle();
});

scenario('connect/many', '100 connections at once: all open, all close, none lost', { limit: 6000 }, async (t) => {
  let so = 0,
    sc = 0,
    co = 0,
    cc = 0;
  const l = t.listen({
    hostname: t.env.host,
    port: 0,
    socket: {
      open() {
        so++;
      },
      data(s, d) {
        s.write(d);
      },
      close() {
        sc++;
      },
    },
  });
  const all = await Promise.all(
    Array.from({ length: 100 }, () =>
      t.impl.connect({
        hostname: t.env.host,
        port: l.port,
        socket: {
          open(s) {
            co++;
            s.write('hi');
          },
          data(s) {
            s.end();
          },
          close() {
            cc++;
          },
        },
      }),
    ),
  );
  await t.until(() => cc === 100 && sc === 100, 4000);
  t.note('counts', { resolved: all.length, so, sc, co, cc });
  t.note('distinct sockets', new Set(all).size);
});
