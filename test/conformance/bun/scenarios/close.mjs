/** How connections end: who calls what, and what both sides hear. */
// @ts-nocheck: these scripts call what does not exist, on purpose.

import { CLOSERS } from './calls.mjs';
import { pair } from './pair.mjs';
import { scenario } from './registry.js';

for (const how of ['end()', 'shutdown()', 'shutdown(true)', 'close()', 'terminate()', '[Symbol.dispose]()']) {
  const f = {
    'end()': (s) => s.end(),
    'shutdown()': (s) => s.shutdown(),
    'shutdown(true)': (s) => s.shutdown(true),
    'close()': (s) => s.close(),
    'terminate()': (s) => s.terminate(),
    '[Symbol.dispose]()': (s) => s[Symbol.dispose](),
  }[how];
  const id = how
    .replace(/[()[\].]/g, '')
    .replace('shutdowntrue', 'shutdown-true')
    .replace('Symboldispose', 'dispose');
  for (const [side, tag] of [
    ['client', 'by-client'],
    ['server', 'by-server'],
  ])
    for (const half of [false, true])
      scenario(
        `close/${id}-${tag}${half ? '-peer-allowHalfOpen' : ''}`,
        `${how} by the ${side}${half ? ', the other side has allowHalfOpen' : ', allowHalfOpen off on both'}: events on both sides, states`,
        async (t) => {
          const { c, s } = await pair(
            t,
            {},
            {},
            { allowHalfOpen: half && side === 'client' },
            { allowHalfOpen: half && side === 'server' },
          );
          const me = side === 'client' ? c : s,
            peer = side === 'client' ? s : c,
            pn = side === 'client' ? 'server' : 'client';
          t.call(side, how, () => f(me));
          t.log(side, 'readyState at once', me.readyState);
          await t.until(() => t.has(pn, 'close') || t.has(pn, 'end'), 400);
          await t.settle(120);
          t.log(side, 'readyState later', me.readyState);
          t.log(pn, 'readyState later', peer.readyState);
          if (peer.readyState > 0) {
            t.call(pn, 'write("late")', () => peer.write('late'));
            await t.settle(60);
            t.call(pn, 'end()', () => peer.end());
            await t.settle(120);
            t.log(side, 'readyState last', me.readyState);
            t.log(pn, 'readyState last', peer.readyState);
          }
        },
      );
}

scenario(
  'close/own-allowHalfOpen-end',
  'end() by a client that itself has allowHalfOpen: does its read side stay open',
  async (t) => {
    const { c, s } = await pair(
      t,
      {
        end(x) {
          t.call('server', 'write("reply")', () => x.write('reply'));
        },
      },
      {},
      { allowHalfOpen: true },
      { allowHalfOpen: true },
    );
    t.call('client', 'end("req")', () => c.end('req'));
    t.log('client', 'readyState at once', c.readyState);
    await t.saw('server:end');
    await t.settle(100);
    t.log('client', 'readyState later', c.readyState);
    t.log('server', 'readyState later', s.readyState);
    t.call('server', 'end()', () => s.end());
    await t.saw('client:close', 'server:close');
  },
);

scenario(
  'close/own-allowHalfOpen-shutdown',
  'shutdown() by a client with allowHalfOpen; the server replies after seeing the FIN',
  async (t) => {
    const { c, s } = await pair(
      t,
      {
        end(x) {
          t.call('server', 'write("reply")', () => x.write('reply'));
        },
      },
      {},
      { allowHalfOpen: true },
      { allowHalfOpen: true },
    );
    c.write('req');
    t.call('client', 'shutdown()', () => c.shutdown());
    await t.saw('client:data');
    await t.settle(60);
    t.log('client', 'readyState', c.readyState);
    t.log('server', 'readyState', s.readyState);
    t.call('server', 'end()', () => s.end());
    await t.saw('client:close', 'server:close');
  },
);

scenario(
  'close/end-handler-replies-no-halfopen',
  'end handler writes a reply though allowHalfOpen is off',
  async (t) => {
    const { c } = await pair(t, {
      end(x) {
        t.log('server', 'readyState in end', x.readyState);
        t.call('server', 'write("reply")', () => x.write('reply'));
      },
    });
    t.call('client', 'shutdown()', () => c.shutdown());
    await t.saw('client:close', 'server:close');
  },
);

scenario('close/simultaneous-end', 'both sides end in the same turn', async (t) => {
  const { c, s } = await pair(t);
  t.call('client', 'end("c")', () => c.end('c'));
  t.call('server', 'end("s")', () => s.end('s'));
  await t.saw('client:close', 'server:close');
  await t.settle();
});

scenario('close/end-with-data', 'end(data) by the client: peer sees data, then what', async (t) => {
  const { c } = await pair(t);
  t.call('client', 'end("goodbye")', () => c.end('goodbye'));
  await t.saw('client:close', 'server:close');
});

scenario(
  'close/data-then-end-server',
  'server writes then ends; the client reads everything before end/close',
  async (t) => {
    await pair(t, {
      open(s) {
        s.write('a');
        s.write('b');
        s.end('c');
      },
    });
    await t.saw('client:close', 'server:close');
  },
);

scenario('close/unread-data-then-close', 'peer has unread data when we close (paused reader)', async (t) => {
  const { c, s } = await pair(t);
  s.pause();
  c.write('unread');
  await t.settle(60);
  t.call('server', 'end()', () => s.end());
  await t.settle(150);
  t.log('server', 'readyState', s.readyState);
  t.log('client', 'readyState', c.readyState);
  t.call('server', 'terminate()', () => s.terminate());
  await t.settle(60);
});

scenario('close/close-in-data', 'end() inside the data handler; later chunks', async (t) => {
  const { c } = await pair(t, {
    data(s) {
      t.call('server', 'end()', () => s.end());
    },
  });
  c.write('one');
  await t.settle(80);
  t.call('client', 'write("two")', () => c.write('two'));
  await t.saw('client:close', 'server:close');
});

scenario('close/terminate-in-data', 'terminate() inside the data handler', async (t) => {
  const { c } = await pair(t, {
    data(s) {
      t.call('server', 'terminate()', () => s.terminate());
      t.log('server', 'readyState', s.readyState);
    },
  });
  c.write('one');
  await t.saw('client:close', 'server:close');
});

scenario('close/close-handler-state', 'state and calls inside the close handler', async (t) => {
  const { c } = await pair(
    t,
    {},
    {
      close(s) {
        t.snap('client', s, 'in close');
        t.call('client', 'write', () => s.write('x'));
        t.call('client', 'end', () => s.end());
        t.call('client', 'terminate', () => s.terminate());
      },
    },
    {},
    { data: { k: 1 } },
  );
  c.end();
  await t.saw('client:close', 'server:close');
  await t.settle();
});

scenario('close/twice', 'each closing call repeated: no second close event', async (t) => {
  for (const [k, f] of CLOSERS) {
    const a = `c-${k}`,
      sa = `s-${k}`;
    const l = t.server({}, { actor: sa });
    const c = await t.client(l.port, {}, { actor: a });
    await t.saw(`${sa}:open`);
    t.call(a, `${k} first`, () => f(c));
    t.call(a, `${k} second`, () => f(c));
    await t.until(() => t.has(a, 'close'), 200);
    await t.sleep(20);
    t.call(a, `${k} third`, () => f(c));
    await t.sleep(20);
    c.terminate();
    await t.sleep(10);
    l.stop(true);
  }
});

scenario('close/using', 'using-style disposal via Symbol.dispose on a listener and on a socket', async (t) => {
  const l = t.server();
  const c = await t.client(l.port);
  await t.saw('server:open');
  t.call('listener', '[Symbol.dispose]()', () => l[Symbol.dispose]());
  await t.settle(100);
  t.log('client', 'readyState', c.readyState);
  await t.client(l.port || 1, {}, { actor: 'late' });
  t.call('client', '[Symbol.dispose]()', () => c[Symbol.dispose]());
  await t.settle(80);
});

scenario(
  'close/reset-by-peer-error',
  'peer terminates while we are idle / while we are paused / after we wrote',
  async (t) => {
    for (const mode of ['idle', 'paused', 'wrote']) {
      const l = t.server({}, { actor: `s-${mode}` });
      const c = await t.client(l.port, {}, { actor: `c-${mode}` });
      await t.saw(`s-${mode}:open`);
      if (mode === 'paused') c.pause();
      if (mode === 'wrote') c.write('hello');
      await t.sleep(30);
      t.sockets[`s-${mode}`].terminate();
      await t.until(() => t.has(`c-${mode}`, 'close'), 300);
      t.log(`c-${mode}`, 'readyState', c.readyState);
      if (mode === 'paused') {
        t.call('c-paused', 'resume()', () => c.resume());
        await t.settle(80);
      }
      l.stop(true);
    }
  },
);

scenario('close/data-before-reset', 'peer writes then terminates: is the data delivered', async (t) => {
  const { s } = await pair(t);
  s.write('last words');
  s.terminate();
  await t.saw('client:close');
});

scenario('close/paused-peer-ends', 'peer ends while we are paused: when do data/end/close arrive', async (t) => {
  const { c, s } = await pair(t);
  c.pause();
  s.end('queued');
  await t.settle(150);
  t.push('client', { s: 'resuming' });
  c.resume();
  await t.saw('client:close');
  await t.settle();
});

scenario('close/end-in-end-handler', 'each side answers end with end(): exactly one close each', async (t) => {
  const { c } = await pair(
    t,
    {
      end(s) {
        t.call('server', 'end()', () => s.end());
      },
    },
    {
      end(s) {
        t.call('client', 'end()', () => s.end());
      },
    },
  );
  t.call('client', 'shutdown()', () => c.shutdown());
  await t.saw('client:close', 'server:close');
  await t.settle(80);
});

scenario(
  'close/end-in-end-handler-halfopen',
  'the same with allowHalfOpen on both: the server sends a last message first',
  async (t) => {
    const { c } = await pair(
      t,
      {
        end(s) {
          t.call('server', 'end("last")', () => s.end('last'));
        },
      },
      {},
      { allowHalfOpen: true },
      { allowHalfOpen: true },
    );
    c.write('first');
    t.call('client', 'shutdown()', () => c.shutdown());
    await t.saw('client:close', 'server:close');
    await t.settle(80);
    t.log('client', 'readyState', c.readyState);
  },
);

scenario(
  'close/halfopen-never-closed',
  'allowHalfOpen server that never answers the FIN: the pair stays',
  async (t) => {
    const { c, s } = await pair(t, {}, {}, { allowHalfOpen: true }, {});
    c.shutdown();
    await t.settle(400);
    t.log('client', 'readyState', c.readyState);
    t.log('server', 'readyState', s.readyState);
    t.note('closes', t.timeline.filter((x) => x.e === 'close').length);
  },
);
