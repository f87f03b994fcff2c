/** Timeouts, Nagle, keep-alive, pausing, kinds of chunks. */
// @ts-nocheck: these scripts call what does not exist, on purpose.
import { pair } from './pair.mjs';
import { scenario } from './registry.js';

scenario(
  'options/timeout-fires',
  'timeout(1) on an idle socket: when the handler runs, what the state is, whether it closes, whether it repeats',
  { limit: 12000 },
  async (t) => {
    const { c } = await pair(t);
    const t0 = t.now();
    t.call('client', 'timeout(1)', () => c.timeout(1));
    await t.until(() => t.has('client', 'timeout'), 9000);
    const ms = t.now() - t0;
    t.note('fired', t.has('client', 'timeout'));
    t.note('within', ms < 900 ? '<0.9s' : ms < 2000 ? '0.9-2s' : ms < 5200 ? '2-5.2s' : '>5.2s');
    await t.settle(200);
    t.log('client', 'readyState 200 ms after timeout', c.readyState);
    await t.settle(1800);
    t.note('timeout count after 2 s more', t.timeline.filter((x) => x.e === 'timeout').length);
    t.log('client', 'readyState', c.readyState);
  },
);

scenario(
  'options/timeout-no-handler',
  'timeout(1) without a timeout handler: does the socket close',
  { limit: 9000 },
  async (t) => {
    const l = t.server();
    const c = await t.client(l.port, {}, {}, { omit: ['timeout'] });
    await t.saw('server:open');
    c.timeout(1);
    await t.until(() => t.has('client', 'close'), 6500);
    t.log('client', 'readyState', c.readyState);
    t.note('closed', t.has('client', 'close'));
  },
);

scenario(
  'options/timeout-activity',
  'does traffic postpone timeout(2)? (a byte every 300 ms in one direction)',
  { limit: 14000 },
  async (t) => {
    for (const dir of ['write', 'read']) {
      const a = `c-${dir}`,
        sa = `s-${dir}`;
      const l = t.server({}, { actor: sa });
      const c = await t.client(l.port, {}, { actor: a });
      await t.saw(`${sa}:open`);
      const s = t.sockets[sa];
      c.timeout(2);
      const t0 = t.now();
      while (t.now() - t0 < 5400 && !t.has(a, 'timeout')) {
        (dir === 'write' ? c : s).write('.');
        await t.sleep(300);
      }
      t.note(`${dir}: timed out in spite of traffic`, t.has(a, 'timeout'));
      c.terminate();
      l.stop(true);
    }
    t.keep((x) => x.actor === 'main');
  },
);

scenario('options/timeout-args', 'timeout() with odd arguments; timeout(0) cancels', { limit: 12000 }, async (t) => {
  const { c } = await pair(t);
  for (const a of [[], [undefined], [null], ['1'], [-1], [NaN], [0.5], [Infinity], [2 ** 31], [{}], [true]])
    t.call('client', `timeout(${a.length ? String(a[0]) : ''})`, () => c.timeout(...a));
  t.call('client', 'timeout(1)', () => c.timeout(1));
  t.call('client', 'timeout(0)', () => c.timeout(0));
  await t.settle(5600);
  t.note('fired after cancel', t.has('client', 'timeout'));
});

scenario('options/timeout-minute', 'timeout(>=240) accepted', async (t) => {
  const { c } = await pair(t);
  for (const n of [239, 240, 241, 3600, 100000]) t.call('client', `timeout(${n})`, () => c.timeout(n));
});

scenario('options/timeout-rearm', 'timeout re-armed from its handler fires again', { limit: 14000 }, async (t) => {
  const { c } = await pair(
    t,
    {},
    {
      timeout(s) {
        s.timeout(1);
      },
    },
  );
  c.timeout(1);
  await t.until(() => t.timeline.filter((x) => x.e === 'timeout').length >= 2, 12000);
  t.note('fired twice', t.timeline.filter((x) => x.e === 'timeout').length >= 2);
  t.keep((x) => x.e !== 'timeout');
});

scenario('options/setNoDelay', 'setNoDelay: arguments and return values, open and closed', async (t) => {
  const { c, s } = await pair(t);
  for (const a of [[], [true], [false], [undefined], [null], [1], [0], ['x'], [{}]])
    t.call('client', `setNoDelay(${a.length ? JSON.stringify(a[0]) : ''})`, () => c.setNoDelay(...a));
  t.call('server', 'setNoDelay()', () => s.setNoDelay());
  c.end();
  await t.saw('client:close');
  t.call('client', 'closed: setNoDelay()', () => c.setNoDelay());
});

scenario('options/setKeepAlive', 'setKeepAlive: arguments and return values, open and closed', async (t) => {
  const { c, s } = await pair(t);
  for (const a of [
    [],
    [true],
    [true, 0],
    [true, 1000],
    [true, 500],
    [true, -1],
    [true, NaN],
    [true, 'x'],
    [true, 2 ** 31],
    [true, 1e9],
    [false],
    [false, 1000],
    [1],
    ['x'],
    [null],
    [undefined, 1000],
  ])
    t.call(
      'client',
      `setKeepAlive(${a.map((x) => (x === undefined ? 'undefined' : typeof x === 'number' ? String(x) : JSON.stringify(x))).join(',')})`,
      () => c.setKeepAlive(...a),
    );
  t.call('server', 'setKeepAlive(true)', () => s.setKeepAlive(true));
  c.end();
  await t.saw('client:close');
  t.call('client', 'closed: setKeepAlive(true)', () => c.setKeepAlive(true));
});

scenario(
  'options/typeofservice',
  'getTypeOfService / setTypeOfService (undocumented)',
  { needs: ['typeofservice'] },
  async (t) => {
    const { c } = await pair(t);
    if (!c.getTypeOfService) return t.note('absent', true);
    t.call('client', 'get', () => c.getTypeOfService());
    for (const v of [0x10, 0, 255, 256, -1, 'x', undefined]) {
      t.call('client', `set(${v})`, () => c.setTypeOfService(v));
      t.call('client', 'get', () => c.getTypeOfService());
    }
  },
);

scenario('options/pause-resume', 'pause/resume: return values, repeat calls, delivery after resume', async (t) => {
  const { c, s } = await pair(t);
  t.call('client', 'pause()', () => c.pause());
  t.call('client', 'pause() again', () => c.pause());
  t.log('client', 'readyState', c.readyState);
  s.write('queued');
  await t.settle(100);
  t.note('data while paused', t.has('client', 'data'));
  t.call('client', 'write while paused', () => c.write('up'));
  await t.saw('server:data');
  t.call('client', 'resume()', () => c.resume());
  t.call('client', 'resume() again', () => c.resume());
  await t.saw('client:data');
});

scenario('options/pause-in-data', 'pause inside data: no further data event until resume', async (t) => {
  const { c, s } = await pair(
    t,
    {},
    {
      data(x) {
        x.pause();
      },
    },
  );
  s.write('one');
  await t.saw('client:data');
  s.write('two');
  await t.settle(100);
  t.note('data events', t.timeline.filter((x) => x.actor === 'client' && x.e === 'data').length);
  c.resume();
  await t.settle(100);
  t.note('data events after resume', t.timeline.filter((x) => x.actor === 'client' && x.e === 'data').length);
});

scenario('options/pause-in-open', 'client pauses in open', async (t) => {
  await pair(
    t,
    {
      open(s) {
        s.write('hi');
      },
    },
    {
      open(s) {
        t.call('client', 'pause()', () => s.pause());
      },
    },
  );
  await t.settle(100);
  t.note('data while paused', t.has('client', 'data'));
  t.sockets.client.resume();
  await t.saw('client:data');
});

scenario('options/pauseOnConnect', 'pauseOnConnect (undocumented) on connect and on listen', async (t) => {
  const { c, s } = await pair(t, {}, {}, { pauseOnConnect: true }, { pauseOnConnect: true });
  s.write('a');
  c.write('b');
  await t.settle(100);
  t.note('data while paused', { client: t.has('client', 'data'), server: t.has('server', 'data') });
  c.resume();
  s.resume();
  await t.settle(100);
});

scenario('options/ref-unref-returns', 'ref()/unref() return values, repeated, closed', async (t) => {
  const { c } = await pair(t);
  for (const k of ['unref', 'unref', 'ref', 'ref']) t.call('client', `${k}()`, () => c[k]());
  c.end();
  await t.saw('client:close');
  t.call('client', 'closed ref()', () => c.ref());
  t.call('client', 'closed unref()', () => c.unref());
});

for (const bt of ['default', 'buffer', 'uint8array', 'arraybuffer'])
  scenario(`options/binaryType-${bt}`, `binaryType ${bt}: class of the chunk on both sides`, async (t) => {
    const x = bt === 'default' ? {} : { binaryType: bt };
    const seen = (a) => (_s, d) =>
      t.log(a, 'chunk', {
        ctor: d.constructor.name,
        isUint8Array: d instanceof Uint8Array,
        isArrayBuffer: d instanceof ArrayBuffer,
        byteOffset: d.byteOffset,
        wholeBuffer: d.buffer ? d.buffer.byteLength === d.byteLength : null,
      });
    const { c, s } = await pair(t, { ...x, data: seen('server') }, { ...x, data: seen('client') });
    c.write('up');
    s.write('down');
    await t.saw('server:data', 'client:data');
  });

scenario('options/chunk-ownership', 'a chunk kept after its data event still holds its bytes', async (t) => {
  const kept = [];
  const { c } = await pair(t, {
    data(_s, d) {
      kept.push(d);
    },
  });
  c.write('first');
  await t.settle(60);
  c.write('second');
  await t.settle(60);
  t.note('kept[0]', kept[0]);
  t.note('distinct buffers', kept[0].buffer !== kept[1].buffer);
});

scenario(
  'options/chunk-size',
  'largest data chunk for a 1 MiB transfer',
  { keepChunks: true, limit: 8000 },
  async (t) => {
    let max = 0,
      total = 0;
    const N = 1 << 20;
    const buf = new Uint8Array(N);
    let off = 0;
    const push = (s) => {
      off += Math.max(0, s.write(buf.subarray(off)));
    };
    await pair(
      t,
      {
        data(_s, d) {
          max = Math.max(max, d.length);
          total += d.length;
        },
      },
      {
        open: push,
        drain(s) {
          if (off < N) push(s);
        },
      },
    );
    await t.until(() => total >= N, 5000);
    t.keep(() => false);
    t.note('total', total);
    t.note('max chunk <= 512 KiB', max <= 524288);
    t.note('max chunk > 64 KiB', max > 65536);
  },
);

scenario('options/nagle-default', 'does a default socket report anything about Nagle', async (t) => {
  const { c } = await pair(t);
  t.note(
    'noDelay members',
    Object.keys(Object.getPrototypeOf(c))
      .filter((k) => /delay|keep/i.test(k))
      .sort(),
  );
});
