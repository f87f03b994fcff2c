/** What can be written, from where, how much of it, and when. */
// @ts-nocheck: these scripts call what does not exist, on purpose.
import { pair } from './pair.mjs';
import { scenario } from './registry.js';

/** Does one write and reports its return value and the bytes the peer got for it. */

async function tryWrite(t, _c, label, f) {
  const before = t.count('server');
  let r, threw;
  try {
    r = f();
  } catch (e) {
    threw = t.norm(e);
  }
  await t.until(() => t.count('server') - before >= (typeof r === 'number' ? r : 0), 300);
  await t.sleep(6);
  const got = t.received('server').subarray(before);
  t.push('case', {
    c: label,
    ...(threw ? { threw } : { r: t.norm(r) }),
    ...(got.length ? { peerGot: t.norm(got) } : {}),
  });
}

const bytes = (...b) => Uint8Array.from(b);

scenario(
  'write/argument-types',
  'write() with every kind of first argument: return value or error, and what the peer receives',
  { limit: 8000 },
  async (t) => {
    const { c } = await pair(t);
    const ab = bytes(65, 66, 67, 68, 69, 70, 71, 72).buffer;
    const cases = {
      '"abc"': 'abc',
      '""': '',
      '"é€😀"': 'é€😀',
      '"\\u00ff" (latin1 range)': '\u00ff',
      'lone surrogate': 'a\ud800b',
      Uint8Array: bytes(1, 2, 3),
      'empty Uint8Array': bytes(),
      'Uint8Array subarray': bytes(65, 66, 67, 68).subarray(1, 3),
      ArrayBuffer: ab,
      'empty ArrayBuffer': new ArrayBuffer(0),
      'DataView(2,3)': new DataView(ab, 2, 3),
      Uint16Array: new Uint16Array([0x4142, 0x4344]),
      Int8Array: new Int8Array([-1, 1]),
      Float64Array: new Float64Array([1]),
      Uint8ClampedArray: new Uint8ClampedArray([300, 7]),
      BigInt64Array: new BigInt64Array([1n]),
      'new String': new String('boxed'),
      number: 5,
      bigint: 5n,
      true: true,
      null: null,
      undefined: undefined,
      '{}': {},
      '[1,2]': [1, 2],
      function: () => {},
      symbol: Symbol('x'),
      'toString object': { toString: () => 'obj' },
      Date: new Date(0),
    };
    if (typeof SharedArrayBuffer !== 'undefined') {
      const sab = new SharedArrayBuffer(3);
      new Uint8Array(sab).set([65, 66, 67]);
      cases.SharedArrayBuffer = sab;
      cases['Uint8Array over SharedArrayBuffer'] = new Uint8Array(sab);
    }
    if (typeof Blob !== 'undefined') cases.Blob = new Blob(['blob']);
    for (const [k, v] of Object.entries(cases)) await tryWrite(t, c, `write(${k})`, () => c.write(v));
    await tryWrite(t, c, 'write()', () => c.write());
    if (typeof structuredClone === 'function') {
      const d = new ArrayBuffer(4);
      const v = new Uint8Array(d);
      structuredClone(d, { transfer: [d] });
      await tryWrite(t, c, 'detached ArrayBuffer', () => c.write(d));
      await tryWrite(t, c, 'Uint8Array over detached', () => c.write(v));
    }
    if (ArrayBuffer.prototype.resize) {
      const r = new ArrayBuffer(2, { maxByteLength: 8 });
      new Uint8Array(r).set([88, 89]);
      await tryWrite(t, c, 'resizable ArrayBuffer', () => c.write(r));
    }
    t.log('client', 'readyState', c.readyState);
    t.log('client', 'bytesWritten', c.bytesWritten);
  },
);

scenario(
  'write/offset-length',
  'byteOffset / byteLength: units, clamping, out of range, wrong types',
  { limit: 9000 },
  async (t) => {
    const { c } = await pair(t);
    const u = new Uint8Array([...'abcdefghij'].map((x) => x.charCodeAt(0)));
    const u16 = new Uint16Array([0x6261, 0x6463, 0x6665]);
    const sub = u.subarray(2, 8);
    const cs = {
      'u8,0': [u, 0],
      'u8,3': [u, 3],
      'u8,10': [u, 10],
      'u8,11': [u, 11],
      'u8,-1': [u, -1],
      'u8,NaN': [u, NaN],
      'u8,1.9': [u, 1.9],
      "u8,'2'": [u, '2'],
      'u8,null': [u, null],
      'u8,undefined': [u, undefined],
      'u8,true': [u, true],
      'u8,Infinity': [u, Infinity],
      'u8,{}': [u, {}],
      'u8,2**32': [u, 2 ** 32],
      'u8,1n': [u, 1n],
      'u8,0,3': [u, 0, 3],
      'u8,3,3': [u, 3, 3],
      'u8,3,0': [u, 3, 0],
      'u8,3,7': [u, 3, 7],
      'u8,3,8': [u, 3, 8],
      'u8,0,100': [u, 0, 100],
      'u8,0,-1': [u, 0, -1],
      'u8,0,NaN': [u, 0, NaN],
      "u8,0,'3'": [u, 0, '3'],
      'u8,0,null': [u, 0, null],
      'u8,0,undefined': [u, 0, undefined],
      'u8,undefined,3': [u, undefined, 3],
      'u8,null,3': [u, null, 3],
      'u8,0,2.7': [u, 0, 2.7],
      'u8,0,Infinity': [u, 0, Infinity],
      'subarray,1,2': [sub, 1, 2],
      'ArrayBuffer,2,3': [u.buffer, 2, 3],
      'ArrayBuffer,2': [u.buffer, 2],
      'ArrayBuffer,11': [u.buffer, 11],
      'DataView,1,2': [new DataView(u.buffer, 4), 1, 2],
      'u16,2': [u16, 2],
      'u16,1,2': [u16, 1, 2],
      'string,2': ['abcdef', 2],
      'string,2,2': ['abcdef', 2, 2],
      "string,'utf8'": ['é', 'utf8'],
      "string,'latin1'": ['é', 'latin1'],
      "string,'hex'": ['6162', 'hex'],
      "string,'base64'": ['YWI=', 'base64'],
      "string,'nope'": ['ab', 'nope'],
      'string,0,3': ['abcdef', 0, 3],
      "string,2,'utf8'": ['abcdef', 2, 'utf8'],
      'string,-1': ['ab', -1],
      'string,{}': ['ab', {}],
    };
    for (const [k, a] of Object.entries(cs)) await tryWrite(t, c, `write(${k})`, () => c.write(...a));
  },
);

scenario(
  'write/end-argument-types',
  'end() with data and offsets: return values and bytes',
  { limit: 12000 },
  async (t) => {
    const u = new Uint8Array([...'abcdefghij'].map((x) => x.charCodeAt(0)));
    const cases = {
      '': [],
      '"bye"': ['bye'],
      '""': [''],
      u8: [u],
      'u8,2,3': [u, 2, 3],
      'u8,8,9': [u, 8, 9],
      'u8,-1': [u, -1],
      undefined: [undefined],
      null: [null],
      5: [5],
      '{}': [{}],
      'empty u8': [new Uint8Array(0)],
    };
    let i = 0;
    for (const [k, a] of Object.entries(cases)) {
      const actor = `c${i}`,
        sa = `s${i}`;
      i++;
      const l = t.server({}, { actor: sa });
      const c = await t.client(l.port, {}, { actor });
      await t.saw(`${sa}:open`);
      t.call(actor, `end(${k})`, () => c.end(...a));
      t.log(actor, 'readyState', c.readyState);
      await t.until(() => t.has(actor, 'close') && t.has(sa, 'close'), 150);
      c.terminate();
      await t.until(() => t.has(actor, 'close') && t.has(sa, 'close'), 100);
      l.stop(true);
    }
  },
);

scenario('write/in-open', 'write from the open handlers of both sides', async (t) => {
  const l = t.server({
    open(s) {
      t.call('server', 'write', () => s.write('server first'));
    },
  });
  const _c = await t.client(l.port, {
    open(s) {
      t.call('client', 'write', () => s.write('client first'));
    },
  });
  await t.saw('client:data', 'server:data');
});

scenario('write/bytesWritten', 'bytesWritten after writes, after close', async (t) => {
  const { c, s } = await pair(t);
  t.log('client', '0', c.bytesWritten);
  c.write('abc');
  t.log('client', 'after 3', c.bytesWritten);
  c.write('é');
  t.log('client', 'after é', c.bytesWritten);
  c.write('');
  t.log('client', 'after empty', c.bytesWritten);
  c.end('tail');
  t.log('client', 'after end(tail)', c.bytesWritten);
  await t.saw('client:close', 'server:close');
  t.log('client', 'after close', c.bytesWritten);
  t.log('server', 'server side', s.bytesWritten);
});

scenario(
  'write/after-own-end',
  'write/end/flush/shutdown after end() while the close has not happened yet and after it',
  async (t) => {
    const { c } = await pair(t, {}, {}, { allowHalfOpen: true });
    t.call('client', 'end()', () => c.end());
    t.log('client', 'readyState', c.readyState);
    t.call('client', 'write("x")', () => c.write('x'));
    t.call('client', 'write("")', () => c.write(''));
    t.call('client', 'end()', () => c.end());
    t.call('client', 'end("x")', () => c.end('x'));
    t.call('client', 'flush()', () => c.flush());
    t.call('client', 'shutdown()', () => c.shutdown());
    await t.settle(100);
    t.log('client', 'readyState later', c.readyState);
  },
);

scenario('write/after-own-shutdown', 'write/end after shutdown(); half-closed by us', async (t) => {
  const { c, s } = await pair(t, {}, {}, { allowHalfOpen: true });
  t.call('client', 'shutdown()', () => c.shutdown());
  t.log('client', 'readyState', c.readyState);
  t.call('client', 'write("x")', () => c.write('x'));
  t.call('client', 'write("")', () => c.write(''));
  t.call('client', 'shutdown()', () => c.shutdown());
  await t.saw('server:end');
  t.log('server', 'readyState', s.readyState);
  t.call('server', 'write("late")', () => s.write('late'));
  await t.saw('client:data');
  t.call('client', 'end("x")', () => c.end('x'));
  await t.settle(60);
  t.call('server', 'end()', () => s.end());
  await t.saw('client:close', 'server:close');
});

scenario('write/after-peer-reset', 'peer terminates; writes by us before and after we notice', async (t) => {
  const { c, s } = await pair(t);
  s.terminate();
  t.call('client', 'write("a")', () => c.write('a'));
  t.call('client', 'write("b")', () => c.write('b'));
  await t.saw('client:close');
  t.call('client', 'write("c")', () => c.write('c'));
  t.call('client', 'end()', () => c.end());
});

scenario('write/many-small', '1000 one-byte writes arrive in order', async (t) => {
  const { c } = await pair(t);
  let sum = 0;
  for (let i = 0; i < 1000; i++) sum += c.write(String.fromCharCode(97 + (i % 26)));
  t.note('sum of returns', sum);
  await t.until(() => t.count('server') >= 1000);
  const g = t.received('server');
  let ok = g.length === 1000;
  for (let i = 0; ok && i < 1000; i++) ok = g[i] === 97 + (i % 26);
  t.note('in order', ok);
});

scenario(
  'write/buffer-reuse',
  'bytes are copied at write(): changing the buffer afterwards does not matter',
  async (t) => {
    const { c } = await pair(t);
    const b = new Uint8Array([65, 65, 65]);
    c.write(b);
    b.fill(66);
    await t.saw('server:data');
  },
);

scenario('write/flush', 'flush() return value in several phases', async (t) => {
  const { c } = await pair(t);
  t.call('client', 'flush() idle', () => c.flush());
  c.write('x');
  t.call('client', 'flush() after write', () => c.flush());
  c.end();
  t.call('client', 'flush() after end', () => c.flush());
  await t.saw('client:close');
  t.call('client', 'flush() closed', () => c.flush());
});

scenario('write/unref-receiver', 'methods called with a wrong this', async (t) => {
  const { c } = await pair(t);
  const w = c.write;
  const e = c.end;
  t.call('client', 'detached write', () => w('x'));
  t.call('client', 'write.call({})', () => w.call({}, 'x'));
  t.call('client', 'detached end', () => e());
  t.call('client', 'readyState getter on {}', () => Reflect.get(Object.getPrototypeOf(c), 'readyState', {}));
  t.call('client', 'assign readyState', () => {
    c.readyState = 5;
    return c.readyState;
  });
  t.call('client', 'assign expando', () => {
    c.foo = 1;
    return c.foo;
  });
});
