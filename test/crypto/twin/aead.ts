/** The two AEADs from their parts: RFC 8439 §2.8, and SP 800-38D §7.1 with nonces of 96 bits. */
import { aesEncrypt } from './aes.js';
import { chacha20, chacha20Block } from './chacha20.js';
import { ghash } from './ghash.js';
import { poly1305 } from './poly1305.js';

/** What seals: ciphertext, then the tag. */
export type Seal = (key: Uint8Array, nonce: Uint8Array, data: Uint8Array, text: Uint8Array) => Uint8Array;

export const chachaPoly: Seal = (key, nonce, data, text) => {
  const oneTimeKey = chacha20Block(key, nonce, 0).subarray(0, 32);
  const sealed = chacha20(key, nonce, 1, text);
  const lengths = new Uint8Array(16);
  new DataView(lengths.buffer).setBigUint64(0, BigInt(data.length), true);
  new DataView(lengths.buffer).setBigUint64(8, BigInt(sealed.length), true);
  return concat(sealed, poly1305(oneTimeKey, concat(padded(data), padded(sealed), lengths)));
};

/** AES-128 or AES-256, as the key is long. */
export const aesGcm: Seal = (key, nonce, data, text) => {
  const encrypt = (counter: number) => {
    const block = concat(nonce, new Uint8Array(4));
    new DataView(block.buffer).setUint32(12, counter);
    return aesEncrypt(key, block);
  };
  const sealed = text.slice();
  for (let start = 0; start < text.length; start += 16) {
    const stream = encrypt(2 + start / 16);
    for (let index = start; index < Math.min(start + 16, text.length); index++) {
      sealed[index] = (text[index] as number) ^ (stream[index - start] as number);
    }
  }
  const lengths = new Uint8Array(16);
  new DataView(lengths.buffer).setBigUint64(0, BigInt(8 * data.length));
  new DataView(lengths.buffer).setBigUint64(8, BigInt(8 * sealed.length));
  const hash = ghash(aesEncrypt(key, new Uint8Array(16)), concat(padded(data), padded(sealed), lengths));
  return concat(
    sealed,
    encrypt(1).map((byte, index) => byte ^ (hash[index] as number)),
  );
};

/** With zeros up to a whole number of blocks. */
function padded(bytes: Uint8Array): Uint8Array {
  return concat(bytes, new Uint8Array(-bytes.length & 15));
}

function concat(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat(parts));
}
