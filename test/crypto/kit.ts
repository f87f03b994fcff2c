/** The core's ciphers with bytes in and bytes out. */
import { compileCore } from '../../host/core/load.js';
import { TEST_CORE } from '../kit/driver.js';
import type { Internals } from '../kit/internals.js';

export interface Parts {
  nonce: Uint8Array;
  /** Additional data. */
  data: Uint8Array;
}

export interface Ciphers {
  core: Internals;
  /** Ciphertext and tag. `inPlace`: the core writes them where it read the text. */
  seal(cipher: number, key: Uint8Array, parts: Parts, text: Uint8Array, inPlace?: boolean): Uint8Array;
  /** The text, or undefined where the tag is wrong; it throws if the core then left anything but zeros. */
  open(cipher: number, key: Uint8Array, parts: Parts, sealed: Uint8Array, inPlace?: boolean): Uint8Array | undefined;
}

export async function ciphers(): Promise<Ciphers> {
  const core = (await compileCore(TEST_CORE)).instantiate(1).exports as Internals;
  core.initialize();
  const at = core.takeMemory(AREA);
  const bytes = () => new Uint8Array(core.memory.buffer, at, AREA);
  const place = (offset: number, value: Uint8Array) => {
    bytes().set(value, offset);
    return at + offset;
  };
  const prepare = (cipher: number, key: Uint8Array, parts: Parts) => {
    core.aeadExpand(cipher, place(KEY, key), at + EXPANDED);
    return [cipher, at + EXPANDED, place(NONCE, parts.nonce), place(DATA, parts.data), parts.data.length] as const;
  };
  return {
    core,
    seal(cipher, key, parts, text, inPlace = false) {
      const target = inPlace ? SOURCE : TARGET;
      core.aeadSeal(...prepare(cipher, key, parts), place(SOURCE, text), text.length, at + target);
      return bytes().slice(target, target + text.length + TAG);
    },
    open(cipher, key, parts, sealed, inPlace = false) {
      const target = inPlace ? SOURCE : TARGET;
      const length = sealed.length - TAG;
      bytes().fill(0xa5, TARGET, TARGET + length);
      const genuine = core.aeadOpen(...prepare(cipher, key, parts), place(SOURCE, sealed), length, at + target);
      const text = bytes().slice(target, target + length);
      if (genuine) return text;
      if (text.some((byte) => byte !== 0)) throw new Error('the core left bytes of a text that is not genuine');
      return undefined;
    },
  };
}

export function fromHex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'hex'));
}

const TAG = 16;
const AREA = 0x20000;
const KEY = 0;
const NONCE = 0x40;
const EXPANDED = 0x100;
const DATA = 0x1200;
const SOURCE = 0x8000;
const TARGET = 0x10000;
