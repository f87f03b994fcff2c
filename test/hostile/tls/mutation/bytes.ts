/** What may become of a string of bytes, whatever it means. Not for: knowing its structure (`message.ts`). */
import { EXTENSION } from '../../../../host/tls/messages/extension.js';
import { GROUPS, SCHEMES, SUITES } from '../../../../host/tls/parameters.js';
import { concat } from '../../../../host/tls/wire/bytes.js';
import type { Dice } from '../dice.js';

type Bytes = Uint8Array<ArrayBuffer>;

/** One change, of a kind that the dice choose. Now and then the bytes stay as they were. */
export function changeBytes(bytes: Uint8Array, dice: Dice): Bytes {
  const at = dice.below(bytes.length + 1);
  const end = Math.min(bytes.length, at + 1 + dice.below(dice.once(3) ? 64 : 4));
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  switch (dice.below(10)) {
    case 0:
    case 1:
      return at === bytes.length ? bytes.slice() : setByte(bytes, at, (bytes[at] as number) ^ (1 << dice.below(8)));
    case 2:
    case 3:
      return at === bytes.length ? bytes.slice() : setByte(bytes, at, someByte(dice));
    case 4:
      return before.slice();
    case 5:
      return concat(bytes, dice.bytes(1 + dice.below(40)));
    case 6:
      return concat(before, dice.bytes(1 + dice.below(8)), after);
    case 7:
      return concat(before, bytes.subarray(end));
    case 8:
      return concat(bytes.subarray(0, end), after);
    default:
      return concat(before, dice.bytes(end - at), bytes.subarray(end));
  }
}

/**
 * Changes what looks like a length: a number that leads to the end of the bytes, or at least not beyond it. Nothing else
 * is moved, so that the number is wrong.
 */
export function changeLength(bytes: Uint8Array, dice: Dice): Bytes {
  for (let tries = 0; tries < 12; tries++) {
    const width = 1 + dice.below(3);
    const at = dice.below(bytes.length);
    const value = readNumber(bytes, at, width);
    const end = at + width + value;
    if (end > bytes.length || (value === 0 && tries < 6) || (end < bytes.length && tries < 3)) continue;
    const limit = 2 ** (8 * width) - 1;
    const other = dice.pick([value - 1, value + 1, 0, limit, value >> 1, value + dice.below(300), bytes.length - at]);
    return writeNumber(bytes, at, width, Math.max(0, Math.min(limit, other)));
  }
  return changeBytes(bytes, dice);
}

/** Puts one number of a registry (version, suite, group, scheme, extension) in the place of another one. */
export function changeCode(bytes: Uint8Array, dice: Dice): Bytes {
  const places: number[] = [];
  for (let at = 0; at + 1 < bytes.length; at++) if (CODES.has(readNumber(bytes, at, 2))) places.push(at);
  if (places.length === 0) return changeBytes(bytes, dice);
  return writeNumber(bytes, dice.pick(places), 2, dice.pick([...CODES]));
}

function setByte(bytes: Uint8Array, at: number, value: number): Bytes {
  const changed = bytes.slice();
  changed[at] = value;
  return changed as Bytes;
}

function someByte(dice: Dice): number {
  return dice.once(2) ? dice.pick([0, 1, 2, 3, 4, 0x7f, 0x80, 0xfe, 0xff]) : dice.below(256);
}

function readNumber(bytes: Uint8Array, at: number, width: number): number {
  let value = 0;
  for (let index = at; index < at + width; index++) value = value * 256 + (bytes[index] ?? 255);
  return value;
}

function writeNumber(bytes: Uint8Array, at: number, width: number, value: number): Bytes {
  const changed = bytes.slice();
  for (let index = 0; index < width; index++) changed[at + index] = (value >> (8 * (width - 1 - index))) & 255;
  return changed as Bytes;
}

/** With GREASE (RFC 8701), FALLBACK_SCSV (RFC 7507), and some that are too old to be spoken. */
const CODES: ReadonlySet<number> = new Set([
  ...Object.values(EXTENSION).filter((type) => type > 9),
  ...Object.values(GROUPS),
  ...Object.values(SCHEMES).map(({ id }) => id),
  ...SUITES.map(({ id }) => id),
  ...[0x0300, 0x0301, 0x0302, 0x0303, 0x0304, 0x0305, 0x7f1c, 0x5600, 0x00ff, 0x2a2a, 0xfafa, 0x0201, 0x0101, 0x002f],
]);
