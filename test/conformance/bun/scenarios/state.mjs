/** Every getter and every call in every phase of a socket. */
// @ts-nocheck: these scripts call what does not exist, on purpose.
import { CLOSERS, METHODS } from './calls.mjs';
import { pair } from './pair.mjs';
import { scenario } from './registry.js';

for (const [phase, prep] of [
  ['open', async () => {}],
  [
    'half-closed-by-us',
    async (t, c) => {
      c.shutdown();
      await t.sleep(60);
    },
  ],
  [
    'half-closed-by-peer',
    async (t, _c, s) => {
      s.shutdown();
      await t.saw('client:end');
      await t.sleep(30);
    },
  ],
  [
    'read-shutdown',
    async (t, c) => {
      c.shutdown(true);
      await t.sleep(60);
    },
  ],
  [
    'closed-by-end',
    async (t, c) => {
      c.end();
      await t.saw('client:close');
      await t.sleep(30);
    },
  ],
  [
    'closed-by-terminate',
    async (t, c) => {
      c.terminate();
      await t.saw('client:close');
      await t.sleep(30);
    },
  ],
  [
    'closed-by-peer-end',
    async (t, _c, s) => {
      s.end();
      await t.until(() => t.has('client', 'close'), 400);
      await t.sleep(30);
    },
  ],
  [
    'closed-by-peer-reset',
    async (t, _c, s) => {
      s.terminate();
      await t.saw('client:close');
      await t.sleep(30);
    },
  ],
]) {
  scenario(
    `state/${phase}`,
    `all getters and non-closing methods of a TCP client socket in phase: ${phase}`,
    async (t) => {
      const half = phase.startsWith('half') || phase === 'read-shutdown';
      const { c, s } = await pair(t, {}, {}, { allowHalfOpen: half }, { allowHalfOpen: half, data: { d: 1 } });
      await prep(t, c, s);
      t.snap('client', c, 'getters');
      t.methods('client', c, 'methods', METHODS);
      t.snap('client', c, 'getters after');
    },
  );
  scenario(`state/${phase}-closers`, `closing methods called in phase: ${phase}`, { limit: 9000 }, async (t) => {
    const half = phase.startsWith('half') || phase === 'read-shutdown';
    let i = 0;
    for (const [k, f] of CLOSERS) {
      const l = t.listen({ hostname: t.env.host, port: 0, allowHalfOpen: half, socket: t.rec(`s${i}`, {}) });
      const c = await t.client(l.port, {}, { allowHalfOpen: half, actor: `c${i}` });
      await t.saw(`s${i}:open`);
      const s = t.sockets[`s${i}`];
      const saw = (...x) =>
        t.saw(...x.map((v) => (typeof v === 'string' ? v.replace('client', `c${i}`).replace('server', `s${i}`) : v)));
      const has = (a, e) => t.has(a === 'client' ? `c${i}` : `s${i}`, e);
      await prep({ sleep: (ms) => t.sleep(ms), saw, has, until: (a, b) => t.until(a, b) }, c, s);
      t.call(`c${i}`, k, () => f(c));
      t.log(`c${i}`, 'readyState', c.readyState);
      await t.sleep(60);
      t.log(`c${i}`, 'readyState later', c.readyState);
      c.terminate();
      s?.terminate();
      await t.sleep(10);
      l.stop(true);
      i++;
    }
  });
}
