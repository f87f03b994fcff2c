/** What keeps a process alive. */
// @ts-nocheck: these scripts call what does not exist, on purpose.
import { scenario } from './registry.js';

scenario(
  'listener/unref-exits',
  "an unref'd listener with no connections lets the process end",
  { naturalExit: true, limit: 2500 },
  async (t) => {
    const l = t.listen({ hostname: t.env.host, port: 0, socket: t.rec('s', {}) });
    t.call('main', 'unref()', () => l.unref());
  },
);

scenario(
  'listener/ref-keeps-alive',
  'a listener keeps the process alive',
  { naturalExit: true, limit: 2000 },
  async (t) => {
    t.listen({ hostname: t.env.host, port: 0, socket: t.rec('s', {}) });
  },
);

scenario(
  'listener/unref-ref',
  'unref() then ref() keeps alive again',
  { naturalExit: true, limit: 2000 },
  async (t) => {
    const l = t.listen({ hostname: t.env.host, port: 0, socket: t.rec('s', {}) });
    l.unref();
    t.call('main', 'ref()', () => l.ref());
  },
);

scenario(
  'listener/stop-exits',
  'after stop() with no connection the process ends',
  { naturalExit: true, limit: 2500 },
  async (t) => {
    const l = t.listen({ hostname: t.env.host, port: 0, socket: t.rec('s', {}) });
    l.stop();
  },
);

scenario(
  'listener/connected-keeps-alive',
  "listener unref'd but two sockets open: alive",
  { naturalExit: true, limit: 2000 },
  async (t) => {
    const l = t.listen({ hostname: t.env.host, port: 0, socket: t.rec('s', {}) });
    l.unref();
    await t.connect({ hostname: t.env.host, port: l.port, socket: t.rec('c', {}) });
  },
);

scenario(
  'listener/connected-unref-exits',
  "listener and client unref'd (accepted socket left alone)",
  { naturalExit: true, limit: 2500 },
  async (t) => {
    const l = t.listen({ hostname: t.env.host, port: 0, socket: t.rec('s', {}) });
    l.unref();
    const c = await t.connect({ hostname: t.env.host, port: l.port, socket: t.rec('c', {}) });
    t.call('main', 'client.unref()', () => c.unref());
  },
);

scenario(
  'listener/all-unref-exits',
  "listener, client and accepted socket unref'd",
  { naturalExit: true, limit: 2500 },
  async (t) => {
    const l = t.listen({
      hostname: t.env.host,
      port: 0,
      socket: t.rec('s', {
        open(s) {
          s.unref();
        },
      }),
    });
    l.unref();
    const c = await t.connect({ hostname: t.env.host, port: l.port, socket: t.rec('c', {}) });
    c.unref();
  },
);
