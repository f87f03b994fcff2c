/** Each primitive of the core by itself: against examples of its standard, and against its readable twin. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromHex, toHex, workbench } from './kit.js';
import { aesEncrypt, expandKey, subByte } from './twin/aes.js';
import { chacha20, chacha20Block } from './twin/chacha20.js';
import { ghash } from './twin/ghash.js';
import { poly1305 } from './twin/poly1305.js';

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
/** Bytes of which most are the largest or the smallest: where carries run far. */
const extremes = (length: number) =>
  fc.array(fc.constantFrom(0, 0, 1, 0x7f, 0x80, 0xfb, 0xff, 0xff, 0xff), { minLength: length, maxLength: length });
const anyBytes = (length: number) =>
  fc.oneof(
    bytes(length),
    extremes(length).map((list) => Uint8Array.from(list)),
  );
const RUNS = { numRuns: 200 };

describe('Poly1305', () => {
  async function poly() {
    const { core, put, at, get } = await workbench();
    return (key: Uint8Array, message: Uint8Array) => {
      core.polyBegin(at(0x100), put(0, key));
      core.polyBlocks(at(0x100), put(0x1000, message), message.length / 16);
      core.polyEnd(at(0x100), at(0x200));
      return get(0x200, 16);
    };
  }

  test('of the twin is that of RFC 8439 §2.5.2', () => {
    const key = fromHex('85d6be7857556d337f4452fe42d506a80103808afb0db2fd4abff6af4149f51b');
    const tag = poly1305(key, new TextEncoder().encode('Cryptographic Forum Research Group'));
    expect(toHex(tag)).toBe('a8061dc1305136c6c22b8baf0c0127a9');
  });

  const zeros = (count: number) => '00'.repeat(count);
  const ones = (count: number) => 'ff'.repeat(count);
  const R10 = `01${zeros(7)}04${zeros(7)}`;
  const TEXT10 = `e33594d7505e43b9${zeros(8)}3394d7505e4379cd01${zeros(7)}${zeros(16)}`;
  test.each([
    ['#1', zeros(16), zeros(16), zeros(64), zeros(16)],
    ['#7', `02${zeros(15)}`, zeros(16), ones(16), `03${zeros(15)}`],
    ['#8', `02${zeros(15)}`, ones(16), `02${zeros(15)}`, `03${zeros(15)}`],
    ['#9', `01${zeros(15)}`, zeros(16), `${ones(16)}f0${ones(15)}11${zeros(15)}`, `05${zeros(15)}`],
    ['#10', `01${zeros(15)}`, zeros(16), `${ones(16)}fb${'fe'.repeat(15)}${'01'.repeat(16)}`, zeros(16)],
    ['#11, largest', `02${zeros(15)}`, zeros(16), `fd${ones(15)}`, `fa${ones(15)}`],
    ['#12', R10, zeros(16), `${TEXT10}01${zeros(15)}`, `14${zeros(7)}55${zeros(7)}`],
    ['#13', R10, zeros(16), TEXT10, `13${zeros(15)}`],
  ])('of the core and the twin meets the corner cases of RFC 8439 §A.3: %s', async (_, r, s, message, tag) => {
    const [key, text] = [fromHex(r + s), fromHex(message)];
    expect(toHex((await poly())(key, text))).toBe(tag);
    expect(toHex(poly1305(key, text))).toBe(tag);
  });

  test('of the core is that of the twin, carries that run far included', async () => {
    const tagOf = await poly();
    const messages = fc.nat(12).chain((blocks) => anyBytes(blocks * 16));
    fc.assert(
      fc.property(anyBytes(32), messages, (key, message) => {
        expect(toHex(tagOf(key, message))).toBe(toHex(poly1305(key, message)));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('ChaCha20', () => {
  test('of the twin is that of RFC 8439 §2.3.2', () => {
    const key = Uint8Array.from({ length: 32 }, (_, index) => index);
    expect(toHex(chacha20Block(key, fromHex('000000090000004a00000000'), 1))).toBe(
      '10f1e7e4d13b5915500fdd1fa32071c4c7d1f4c733c068030422aa9ac3d46c4e' +
        'd2826446079faa0914c2d705d98b02a2b5129cd1de164eb9cbd083e8a2503c4e',
    );
  });

  test('of the core is that of the twin, also where the counter wraps', async () => {
    const { core, put, at, get } = await workbench();
    fc.assert(
      fc.property(
        bytes(32),
        bytes(12),
        fc.constantFrom(0, 1, 0xffff_fffd),
        bytes(1536),
        (key, nonce, counter, text) => {
          core.chachaXor(put(0, key), put(0x40, nonce), counter, put(0x1000, text), 6, at(0x2000), 0);
          expect(toHex(get(0x2000, 1536))).toBe(toHex(chacha20(key, nonce, counter, text)));
        },
      ),
      RUNS,
    );
  });
});

describe('AES', () => {
  /** Counter mode encrypts nonce and counter: any block can be given as both, and zeros for a text. */
  async function aes() {
    const { core, put, at, get } = await workbench();
    return (key: Uint8Array, block: Uint8Array) => {
      const rounds = key.length / 4 + 6;
      core.aesExpand(put(0, key), rounds, at(0x100));
      const counter = new DataView(block.buffer, block.byteOffset).getUint32(12);
      core.aesXor(at(0x100), rounds, put(0x40, block.subarray(0, 12)), counter, put(0x1000, ZEROS), 1, at(0x2000));
      return get(0x2000, 256);
    };
  }
  const ZEROS = new Uint8Array(256);

  test('substitutes bytes in the twin as FIPS 197 figure 7 has them', () => {
    expect([0x00, 0x01, 0x53, 0xff].map(subByte)).toEqual([0x63, 0x7c, 0xed, 0x16]);
  });

  test('expands a key in the twin as FIPS 197 appendix A.1 does', () => {
    expect(toHex(expandKey(fromHex('2b7e151628aed2a6abf7158809cf4f3c')).slice(-16))).toBe(
      'd014f9a8c9ee2589e13f0cc8b6630ca6',
    );
  });

  test.each([
    ['C.1', '000102030405060708090a0b0c0d0e0f', '69c4e0d86a7b0430d8cdb78070b4c55a'],
    ['C.3', '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f', '8ea2b7ca516745bfeafc49904b496089'],
  ])('of the core and the twin is that of FIPS 197 appendix %s', async (_, key, encrypted) => {
    const block = fromHex('00112233445566778899aabbccddeeff');
    expect(toHex((await aes())(fromHex(key), block).slice(0, 16))).toBe(encrypted);
    expect(toHex(aesEncrypt(fromHex(key), block))).toBe(encrypted);
  });

  test('of the core substitutes each byte as the twin does', async () => {
    const encrypt = await aes();
    for (let byte = 0; byte < 256; byte++) {
      const [key, block] = [new Uint8Array(16).fill(byte), new Uint8Array(16)];
      expect(toHex(encrypt(key, block).slice(0, 16))).toBe(toHex(aesEncrypt(key, block)));
    }
  });

  test('of the core is that of the twin in sixteen blocks, also where the counter of 32 bits wraps', async () => {
    const encrypt = await aes();
    const counters = fc.constantFrom('00000001', 'fffffff8', 'ffffffff', '00ffffff');
    fc.assert(
      fc.property(fc.constantFrom(16, 32).chain(bytes), bytes(12), counters, (key, nonce, counter) => {
        const expected = Array.from({ length: 16 }, (_, index) => {
          const count = (Number.parseInt(counter, 16) + index) >>> 0;
          return toHex(aesEncrypt(key, fromHex(toHex(nonce) + count.toString(16).padStart(8, '0'))));
        });
        expect(toHex(encrypt(key, fromHex(toHex(nonce) + counter)))).toBe(expected.join(''));
      }),
      RUNS,
    );
  });
});

describe('GHASH', () => {
  test('of the core is that of the twin, whatever pieces the blocks come in', async () => {
    const { core, put, at, get } = await workbench();
    const pieces = fc.array(fc.nat(9), { maxLength: 4 });
    fc.assert(
      fc.property(
        anyBytes(16),
        pieces.chain((counts) => fc.tuple(...counts.map((count) => anyBytes(count * 16)))),
        (h, parts) => {
          core.ghashExpand(put(0, h), at(0x100));
          put(0x40, new Uint8Array(16));
          for (const part of parts) core.ghashBlocks(at(0x100), at(0x40), put(0x1000, part), part.length / 16);
          expect(toHex(get(0x40, 16))).toBe(toHex(ghash(h, new Uint8Array(Buffer.concat(parts)))));
        },
      ),
      RUNS,
    );
  });
});
