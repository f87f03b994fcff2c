/** The core's ciphers against their twins and node:crypto, at every size; what is not genuine; what is left behind. */
import { createCipheriv, getRandomValues } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Driver } from '../kit/driver.js';
import type { Internals } from '../kit/internals.js';
import { CIPHERS, type CipherName, ciphers, type Parts, toHex } from './kit.js';

function sealedByNode(name: CipherName, { key, nonce, data }: Parts, text: Uint8Array): string | undefined {
  // The types of Node know each mode by a literal name of its own.
  const cipher = createCipheriv(name as 'aes-128-gcm', key, nonce, { authTagLength: 16 });
  cipher.setAAD(data);
  return toHex(Buffer.concat([cipher.update(text), cipher.final(), cipher.getAuthTag()]));
}

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const partsOf = (keySize: number): fc.Arbitrary<Parts> =>
  fc.record({ key: bytes(keySize), nonce: bytes(12), data: fc.uint8Array({ maxLength: 40 }) });

/** The same at each run, and of no pattern that a step of 16, 64, 128 or 256 bytes would repeat. */
function fixedBytes(length: number, seed: number): Uint8Array {
  return Uint8Array.from(
    { length },
    (_, index) => (Math.imul(index + 1, 0x9e3779b1) ^ Math.imul(seed + 1, index)) >>> 17,
  );
}

function fixedParts(keySize: number, seed: number): Parts {
  return { key: fixedBytes(keySize, seed), nonce: fixedBytes(12, seed + 1), data: fixedBytes(seed % 37, seed + 2) };
}

const FEW_AND_MANY = [...Array(1001).keys(), ...Array.from({ length: 41 }, (_, index) => 16_364 + index)];

describe.each(CIPHERS)('$name', ({ cipher, name, twin, keySize }) => {
  test('seals as the twin does, which seals as node:crypto does', async () => {
    const { seal } = await ciphers();
    fc.assert(
      fc.property(partsOf(keySize), fc.uint8Array({ maxLength: 200 }), (parts, text) => {
        const expected = sealedByNode(name, parts, text);
        expect(toHex(twin(parts.key, parts.nonce, parts.data, text))).toBe(expected);
        expect(toHex(seal(cipher, parts, text))).toBe(expected);
      }),
      { numRuns: 60 },
    );
  });

  test('seals and opens texts of 0 to 1,000 and around 16,384 bytes, in place and from place to place', async () => {
    const { seal, open } = await ciphers();
    for (const length of FEW_AND_MANY) {
      const [parts, text] = [fixedParts(keySize, length), fixedBytes(length, 7)];
      const expected = sealedByNode(name, parts, text);
      for (const inPlace of [false, true]) {
        const sealed = seal(cipher, parts, text, inPlace);
        expect(toHex(sealed), `${length} bytes sealed`).toBe(expected);
        expect(toHex(open(cipher, parts, sealed, inPlace)), `${length} bytes opened`).toBe(toHex(text));
      }
    }
  });

  test('covers additional data of 0 to 100 bytes', async () => {
    const { seal } = await ciphers();
    for (let length = 0; length <= 100; length++) {
      const parts = { ...fixedParts(keySize, length), data: fixedBytes(length, 3) };
      expect(toHex(seal(cipher, parts, fixedBytes(20, 1)))).toBe(sealedByNode(name, parts, fixedBytes(20, 1)));
    }
  });

  test.each([0, 1, 17, 300])('refuses each flipped bit and each truncation of a text of %i bytes', async (length) => {
    const { seal, open } = await ciphers();
    const parts = fixedParts(keySize, length);
    const sealed = seal(cipher, parts, fixedBytes(length, 9));
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const forged = sealed.slice();
      forged[bit >> 3] = (forged[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(open(cipher, parts, forged, bit % 2 === 0), `bit ${bit}`).toBeUndefined();
    }
    for (let cut = 16; cut < sealed.length; cut++) {
      expect(open(cipher, parts, sealed.subarray(0, cut)), `cut to ${cut} bytes`).toBeUndefined();
    }
  });

  test('refuses another key, nonce or additional data', async () => {
    const { seal, open } = await ciphers();
    const parts = fixedParts(keySize, 20);
    const sealed = seal(cipher, parts, fixedBytes(50, 9));
    for (const part of ['key', 'nonce', 'data'] as const) {
      for (let bit = 0; bit < parts[part].length * 8; bit++) {
        const changed = parts[part].slice();
        changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
        expect(open(cipher, { ...parts, [part]: changed }, sealed), `${part}, bit ${bit}`).toBeUndefined();
      }
    }
    expect(open(cipher, { ...parts, data: parts.data.subarray(1) }, sealed)).toBeUndefined();
  });

  test('works at any address', async () => {
    const { core } = await ciphers();
    const area = core.takeMemory(0x4000);
    const memory = () => new Uint8Array(core.memory.buffer);
    const text = fixedBytes(700, 4);
    for (let shift = 0; shift < 16; shift++) {
      const parts = fixedParts(keySize, 20 + shift);
      const [key, nonce, data, expanded] = [0x100, 0x200, 0x300, 0x400].map((at) => area + at + shift) as Four;
      const [source, target] = [area + 0x1800 + shift, area + 0x2000 + 5 * shift];
      memory().set(parts.key, key);
      memory().set(parts.nonce, nonce);
      memory().set(parts.data, data);
      memory().set(text, source);
      core.aeadExpand(cipher, key, expanded);
      core.aeadSeal(cipher, expanded, nonce, data, parts.data.length, source, text.length, target);
      const sealed = toHex(memory().slice(target, target + text.length + 16));
      expect(sealed, `shifted by ${shift}`).toBe(sealedByNode(name, parts, text));
    }
  });

  test('leaves nothing in scratch memory', async () => {
    const { core, seal, open } = await ciphers();
    const scratch = () => new Uint8Array(core.memory.buffer, CRYPTO_SCRATCH, CRYPTO_SCRATCH_SIZE);
    const parts: Parts = { ...fixedParts(keySize, 5), key: getRandomValues(new Uint8Array(keySize)) };
    for (const length of [0, 5, 100, 1000]) {
      const sealed = seal(cipher, parts, fixedBytes(length, 2));
      expect(
        scratch().every((byte) => byte === 0),
        `${length} bytes sealed`,
      ).toBe(true);
      open(cipher, parts, sealed);
      expect(
        scratch().every((byte) => byte === 0),
        `${length} bytes opened`,
      ).toBe(true);
      open(
        cipher,
        parts,
        sealed.map((byte) => byte ^ 1),
      );
      expect(
        scratch().every((byte) => byte === 0),
        `${length} bytes refused`,
      ).toBe(true);
    }
  });

  test('has an expanded key of at most 4,096 bytes, and writes no more', async () => {
    const { core } = await ciphers();
    const at = core.takeMemory(8192);
    const memory = new Uint8Array(core.memory.buffer, at, 8192).fill(0xa5);
    core.aeadExpand(cipher, at, at + 64);
    expect(core.aeadKeySize(cipher)).toBeLessThanOrEqual(4096);
    expect(memory.subarray(64 + core.aeadKeySize(cipher)).every((byte) => byte === 0xa5)).toBe(true);
  });
});

test.each([0, 4, 0xffff_ffff])('cipher %i is none', async (cipher) => {
  const core = (await Driver.create({ bare: true })).core.calls as Internals;
  expect(() => core.aeadKeySize(cipher)).toThrow(/unknown cipher/);
});

type Four = [number, number, number, number];

/** Of assembly/memory/map.ts. */
const CRYPTO_SCRATCH = 0x3c000;
const CRYPTO_SCRATCH_SIZE = 0x4000;
