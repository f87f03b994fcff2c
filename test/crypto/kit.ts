/** The core's ciphers with bytes in and bytes out. */
import { CIPHER_AES_128_GCM, CIPHER_AES_256_GCM, CIPHER_CHACHA20_POLY1305 } from '../../assembly/abi/constants.js';
import { type Internals, internals } from '../kit/internals.js';
import { aesGcm, chachaPoly, type Seal } from './twin/aead.js';

/** Each cipher by its number in the core, its name in node:crypto, its twin, and bytes of its key. */
export const CIPHERS: readonly { cipher: number; name: CipherName; twin: Seal; keySize: number }[] = [
  { cipher: CIPHER_CHACHA20_POLY1305, name: 'chacha20-poly1305', twin: chachaPoly, keySize: 32 },
  { cipher: CIPHER_AES_128_GCM, name: 'aes-128-gcm', twin: aesGcm, keySize: 16 },
  { cipher: CIPHER_AES_256_GCM, name: 'aes-256-gcm', twin: aesGcm, keySize: 32 },
];

export function cipherNamed(name: CipherName) {
  const found = CIPHERS.find((cipher) => cipher.name === name);
  if (found === undefined) throw new Error(`no cipher ${name}`);
  return found;
}

export type CipherName = 'chacha20-poly1305' | 'aes-128-gcm' | 'aes-256-gcm';

export interface Parts {
  key: Uint8Array;
  nonce: Uint8Array;
  /** Additional data. */
  data: Uint8Array;
}

export interface Ciphers {
  core: Internals;
  /** Ciphertext and tag. `inPlace`: the core writes them where it read the text. */
  seal(cipher: number, parts: Parts, text: Uint8Array, inPlace?: boolean): Uint8Array;
  /** The text, or undefined where the tag is wrong; it throws if the core then left anything but zeros. */
  open(cipher: number, parts: Parts, sealed: Uint8Array, inPlace?: boolean): Uint8Array | undefined;
}

export async function ciphers(): Promise<Ciphers> {
  const bench = await workbench();
  const { core } = bench;
  const prepare = (cipher: number, { key, nonce, data }: Parts) => {
    core.aeadExpand(cipher, bench.put(KEY, key), bench.at(EXPANDED));
    return [cipher, bench.at(EXPANDED), bench.put(NONCE, nonce), bench.put(DATA, data), data.length] as const;
  };
  return {
    core,
    seal(cipher, parts, text, inPlace = false) {
      const target = inPlace ? SOURCE : TARGET;
      core.aeadSeal(...prepare(cipher, parts), bench.put(SOURCE, text), text.length, bench.at(target));
      return bench.get(target, text.length + TAG);
    },
    open(cipher, parts, sealed, inPlace = false) {
      const target = inPlace ? SOURCE : TARGET;
      const length = sealed.length - TAG;
      bench.put(TARGET, new Uint8Array(length).fill(0xa5));
      const genuine = core.aeadOpen(...prepare(cipher, parts), bench.put(SOURCE, sealed), length, bench.at(target));
      const text = bench.get(target, length);
      if (genuine) return text;
      if (text.some((byte) => byte !== 0)) throw new Error('the core left bytes of a text that is not genuine');
      return undefined;
    },
  };
}

/** A core with room for bytes, by offsets below 128 KiB. */
export async function workbench() {
  const core = await internals();
  const start = core.takeMemory(AREA);
  const area = () => new Uint8Array(core.memory.buffer, start, AREA);
  return {
    core,
    at: (offset: number) => start + offset,
    put(offset: number, bytes: Uint8Array) {
      area().set(bytes, offset);
      return start + offset;
    },
    get: (offset: number, length: number) => area().slice(offset, offset + length),
  };
}

export function fromHex(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'));
}

export function toHex(bytes: Uint8Array | undefined): string | undefined {
  return bytes && Buffer.from(bytes).toString('hex');
}

const TAG = 16;
const AREA = 0x20000;
const KEY = 0;
const NONCE = 0x40;
const EXPANDED = 0x100;
const DATA = 0x1200;
const SOURCE = 0x8000;
const TARGET = 0x10000;
