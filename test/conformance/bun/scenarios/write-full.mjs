/** Writing more than there is room for. */
// @ts-nocheck: these scripts call what does not exist, on purpose.
import { pair } from './pair.mjs';
import { scenario } from './registry.js';

/** Fills the pipe while the peer does not read. Returns the totals. */
function fill(_t, s, chunk, max = 4000) {
  let total = 0,
    calls = 0,
    firstShort = null,
    last = null,
    neg = null;
  for (; calls < max; calls++) {
    const r = s.write(chunk);
    last = r;
    if (r < 0) {
      neg = r;
      break;
    }
    total += r;
    if (r < chunk.length) {
      firstShort = r;
      calls++;
      break;
    }
  }
  return { total, calls, firstShort, last, neg };
}

scenario(
  'write/backpressure-partial',
  'peer paused: writes until short, further writes, drain after the peer resumes',
  { limit: 8000 },
  async (t) => {
    const { c, s } = await pair(t, {
      open(x) {
        x.pause();
      },
    });
    await t.settle(20);
    const chunk = new Uint8Array(65536).fill(7);
    const r = fill(t, c, chunk);
    t.note('a short write happened', r.firstShort !== null);
    t.note('short write is 0 <= n < 65536', r.firstShort >= 0 && r.firstShort < 65536);
    t.note('a further write returns', c.write(chunk));
    t.note('a further 1-byte write returns', c.write('x'));
    t.note('a further empty write returns', c.write(''));
    t.note('readyState under backpressure', c.readyState);
    t.note('bytesWritten equals the sum of the returns', c.bytesWritten === r.total);
    await t.settle(80);
    t.note('drain while peer is still paused', t.has('client', 'drain'));
    s.resume();
    await t.saw('client:drain', 3000);
    await t.until(() => t.count('server') >= r.total, 3000);
    t.note('peer got exactly what the returns said', t.count('server') === r.total);
    t.note('drain count > 1', t.timeline.filter((x) => x.actor === 'client' && x.e === 'drain').length > 1);
    // the counts of data events differ from run to run: keep only totals
    t.keep((x) => !(x.e === 'data') && !(x.e === 'drain'));
  },
);

scenario('write/drain-loop', '4 MiB pushed with write()+drain, content checked', { limit: 10000 }, async (t) => {
  const N = 4 << 20,
    src = new Uint8Array(N);
  for (let i = 0; i < N; i++) src[i] = (i * 31 + (i >> 8)) & 255;
  const l = t.server({});
  let off = 0,
    drains = 0,
    short = 0;
  const push = (s) => {
    while (off < N) {
      const n = s.write(src.subarray(off));
      if (n < 0) throw new Error('negative');
      off += n;
      if (off < N) {
        short++;
        return;
      }
    }
    s.end();
  };
  const _c = await t.client(l.port, {
    open: push,
    drain(s) {
      drains++;
      push(s);
    },
  });
  await t.saw('server:close', 8000);
  const got = t.received('server');
  let same = got.length === N;
  for (let i = 0; same && i < N; i++) if (got[i] !== src[i]) same = false;
  t.keep((x) => x.e !== 'data' && x.e !== 'drain');
  t.note('length', got.length);
  t.note('content equal', same);
  t.note('drain ran at least once', drains > 0);
  t.note('every drain followed a short write', drains <= short);
});

scenario(
  'write/large-string',
  "8 MiB string in one write(): short count is bytes accepted, rest is the caller's",
  { limit: 8000 },
  async (t) => {
    const { c } = await pair(t, {
      open(x) {
        x.pause();
      },
    });
    const str = 'x'.repeat(8 << 20);
    const r = c.write(str);
    t.note('0 < r < length', r > 0 && r < str.length);
    t.sockets.server.resume();
    await t.until(() => t.count('server') >= r, 3000);
    await t.settle(150);
    t.note('received === r (the rest was not queued)', t.count('server') === r);
    t.keep((x) => x.e !== 'data' && x.e !== 'drain');
  },
);

scenario(
  'write/large-utf8-string',
  '8 MiB of two-byte characters: is a short count in bytes, can it split a character',
  { limit: 8000 },
  async (t) => {
    const { c } = await pair(t, {
      open(x) {
        x.pause();
      },
    });
    const str = 'é'.repeat(4 << 20);
    const r = c.write(str);
    t.note('r counts bytes (r > number of chars) or is short', r > 0 && r <= 8 << 20);
    t.sockets.server.resume();
    await t.until(() => t.count('server') >= r, 3000);
    await t.settle(150);
    t.note('received === r', t.count('server') === r);
    t.keep((x) => x.e !== 'data' && x.e !== 'drain');
  },
);

scenario(
  'write/end-under-backpressure',
  'end(8 MiB) while the peer is paused: return value, and how much arrives',
  { limit: 10000 },
  async (t) => {
    const { c, s } = await pair(t, {
      open(x) {
        x.pause();
      },
    });
    const big = new Uint8Array(8 << 20).fill(3);
    const r = c.end(big);
    t.note('r < length', r < big.length);
    t.note('r > 0', r > 0);
    t.log('client', 'readyState after', c.readyState);
    await t.settle(100);
    t.note('client close while peer paused', t.has('client', 'close'));
    t.note('client drain while peer paused', t.has('client', 'drain'));
    s.resume();
    await t.until(() => t.has('server', 'close'), 4000);
    const got = t.count('server');
    t.note('received', got === r ? '== returned count' : got === big.length ? '== everything' : 'other');
    t.keep((x) => x.e !== 'data' && x.e !== 'drain');
  },
);

scenario(
  'write/end-after-short-write',
  'short write, then end() with nothing: bytes accepted earlier still arrive',
  { limit: 10000 },
  async (t) => {
    const { c, s } = await pair(t, {
      open(x) {
        x.pause();
      },
    });
    const r = fill(t, c, new Uint8Array(65536).fill(9));
    t.call('client', 'end()', () => c.end());
    t.log('client', 'readyState after', c.readyState);
    await t.settle(80);
    s.resume();
    await t.until(() => t.has('server', 'close'), 4000);
    t.note('received === accepted', t.count('server') === r.total);
    t.keep((x) => x.e !== 'data' && x.e !== 'drain');
  },
);
