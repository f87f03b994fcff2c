/** How handlers are called, and what becomes of what they throw. */
// @ts-nocheck: these scripts call what does not exist, on purpose.
import { pair } from './pair.mjs';
import { scenario } from './registry.js';

scenario('handlers/this-and-arity', 'this and argument counts inside every handler', async (t) => {
  const spy = (a, ev) =>
    function (...args) {
      t.push(a, {
        e: `${ev}:call`,
        v: [
          {
            thisIs: this === undefined ? 'undefined' : this === args[0] ? 'socket' : typeof this,
            argc: args.length,
            types: args.slice(1).map((x) => (x === null ? 'null' : x === undefined ? 'undefined' : x.constructor.name)),
          },
        ],
      });
    };
  const mk = (a) =>
    Object.fromEntries(
      ['open', 'close', 'data', 'drain', 'end', 'error', 'connectError', 'timeout'].map((e) => [e, spy(a, e)]),
    );
  const l = t.listen({ hostname: t.env.host, port: 0, socket: mk('server') });
  const c = await t.connect({ hostname: t.env.host, port: l.port, socket: mk('client') });
  c.write('x');
  await t.settle(60);
  c.shutdown();
  await t.settle(100);
  c.terminate();
  await t.settle(30);
  const port = l.port;
  l.stop(true);
  await t.connect({ hostname: t.env.host, port, socket: mk('refused') }).catch(() => {});
});

for (const ev of ['open', 'data', 'end', 'close', 'drain', 'timeout']) {
  for (const [kind, wrap] of [
    [
      'throws',
      (e) => () => {
        throw new Error(`boom in ${e}`);
      },
    ],
    [
      'rejects',
      (e) => async () => {
        throw new Error(`boom in ${e}`);
      },
    ],
  ]) {
    if (ev === 'timeout' || ev === 'drain') {
      if (kind === 'rejects') continue;
    }
    scenario(
      `handlers/server-${ev}-${kind}`,
      `server ${ev} handler ${kind}: error handler arguments; does the socket live`,
      { limit: 8000 },
      async (t) => {
        const { c, s } = await pair(t, { [ev]: wrap(ev) });
        if (ev === 'data') c.write('x');
        if (ev === 'end') c.shutdown();
        if (ev === 'close') c.end();
        if (ev === 'timeout') {
          s.timeout(1);
          await t.until(() => t.has('server', 'timeout'), 6000);
        }
        if (ev === 'drain') {
          c.pause();
          const b = new Uint8Array(1 << 20);
          while (s.write(b) === b.length);
          await t.sleep(20);
          c.resume();
          await t.until(() => t.has('server', 'drain'), 2000);
          await t.settle(100);
          t.keep(
            (x, i, a) =>
              x.actor !== 'client' &&
              (x.actor !== 'server' ||
                !['drain', 'error'].includes(x.e) ||
                a.findIndex((y) => y.actor === x.actor && y.e === x.e) === i),
          );
        }
        await t.settle(150);
        t.log('server', 'readyState', s.readyState);
        if (ev !== 'drain') t.log('client', 'readyState', c.readyState);
      },
    );
    if (ev === 'data' || ev === 'open')
      scenario(
        `handlers/server-${ev}-${kind}-no-error-handler`,
        `server ${ev} handler ${kind} and there is no error handler`,
        async (t) => {
          const { c, s } = await pair(t, { [ev]: wrap(ev) }, {}, {}, {}, { omit: ['error'] });
          if (ev === 'data') c.write('x');
          await t.settle(200);
          t.log('server', 'readyState', s?.readyState);
          t.log('client', 'readyState', c.readyState);
        },
      );
  }
}

scenario('handlers/client-data-throws', 'client data handler throws', async (t) => {
  const { c, s } = await pair(
    t,
    {},
    {
      data() {
        throw new TypeError('client boom');
      },
    },
  );
  s.write('x');
  await t.settle(120);
  t.log('client', 'readyState', c.readyState);
  s.write('y');
  await t.settle(60);
});

scenario('handlers/error-handler-throws', 'the error handler itself throws', async (t) => {
  const { c, s } = await pair(t, {
    data() {
      throw new Error('first');
    },
    error() {
      throw new Error('second');
    },
  });
  c.write('x');
  await t.settle(150);
  t.log('server', 'readyState', s.readyState);
});

scenario('handlers/throw-non-error', 'handler throws a string', async (t) => {
  const { c } = await pair(t, {
    data() {
      throw 'just a string';
    },
  });
  c.write('x');
  await t.settle(120);
});

scenario('handlers/return-error', 'handler returns an Error object', async (t) => {
  const { c } = await pair(
    t,
    {
      data() {
        return new Error('returned');
      },
    },
    { data() {} },
  );
  c.write('x');
  await t.settle(120);
});

scenario('handlers/open-returns-error', 'open handler returns an Error object', async (t) => {
  await pair(t, {
    open() {
      return new Error('returned from open');
    },
  });
  await t.settle(120);
});

scenario('handlers/handlers-read-once', 'changing the handler object after listen() has no effect', async (t) => {
  const h = t.rec('server', {});
  const l = t.listen({ hostname: t.env.host, port: 0, socket: h });
  h.data = () => t.push('server', { e: 'REPLACED data' });
  const c = await t.client(l.port);
  c.write('x');
  await t.settle(100);
});

scenario('handlers/getter-order', 'which option and handler properties are read, in order (connect)', async (t) => {
  const l = t.server();
  const seen = [];
  const spy = (o, p) =>
    new Proxy(o, {
      get(x, k, r) {
        if (typeof k === 'string') seen.push(p + k);
        return Reflect.get(x, k, r);
      },
    });
  const c = await t.connect(spy({ hostname: t.env.host, port: l.port, socket: spy({ data() {} }, 'socket.') }, ''));
  await t.saw('server:open');
  t.note('reads', seen);
  c.terminate();
});

scenario('handlers/drain-without-backpressure', 'does drain run when no write was short', async (t) => {
  const { c } = await pair(t);
  c.write('small');
  await t.saw('server:data');
  await t.settle(150);
  t.note('drain', t.has('client', 'drain'));
});

scenario(
  'handlers/microtasks',
  "order of microtasks between two data events' handlers and connect() resolution",
  async (t) => {
    const l = t.server({
      data(s, d) {
        s.write(d);
      },
    });
    const p = t.client(l.port, {
      open(s) {
        queueMicrotask(() => t.push('client', { s: 'microtask queued in open' }));
        s.write('x');
      },
      data() {
        queueMicrotask(() => t.push('client', { s: 'microtask queued in data' }));
      },
    });
    const _c = await p;
    await t.saw('client:data');
    await t.settle();
  },
);

scenario('handlers/reentrant-write', 'write inside data, inside drain-free echo ping-pong of 50 rounds', async (t) => {
  let n = 0;
  const l = t.server({
    data(s, d) {
      s.write(d);
    },
  });
  const _c = await t.client(l.port, {
    open(s) {
      s.write('p');
    },
    data(s) {
      if (++n < 50) s.write('p');
      else s.end();
    },
  });
  await t.saw('client:close', 'server:close');
  t.note('rounds', n);
  t.keep((x) => x.e !== 'data');
});

scenario(
  'handlers/unknown-handlers',
  'session/keylog/serverName/alpnCallback and unknown names are accepted on plain TCP',
  async (t) => {
    const { c } = await pair(t, { session() {}, keylog() {}, serverName() {}, alpnCallback() {}, bogus() {} });
    t.note('ok', c.readyState);
  },
);

for (const k of ['session', 'keylog', 'serverName', 'alpnCallback'])
  scenario(`handlers/nonfunction-${k}`, `${k}: 1 in the handler object`, async (t) => {
    await t.callAsync('main', 'listen', () =>
      t.listen({ hostname: t.env.host, port: 0, socket: { data() {}, [k]: 1 } }),
    );
  });

scenario('handlers/no-data-handler', 'peer sends to a socket that has only drain', async (t) => {
  const l = t.listen({
    hostname: t.env.host,
    port: 0,
    socket: {
      drain() {},
      open(s) {
        t.name(s, 'server');
        t.push('server', { e: 'open' });
      },
      close(_s, e) {
        t.push('server', { e: 'close', v: [t.norm(e)] });
      },
    },
  });
  const c = await t.client(l.port);
  c.write('ignored');
  await t.settle(80);
  c.end();
  await t.saw('client:close', 'server:close');
});
