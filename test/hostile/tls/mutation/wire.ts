/**
 * What may become of records on the wire: of their headers, their ciphertext, their number and order, and of the stream as a
 * whole. It happens to one record out of all that pass. Not for: what only whoever has the keys can do (`record.ts`).
 */
import { concat } from '../../../../host/tls/wire/bytes.js';
import type { Line } from '../conversation.js';
import type { Dice } from '../dice.js';
import { changeBytes } from './bytes.js';

/** Changes the record of this number, counted from 0; the stream may arrive in pieces. */
export function lineMeddler(target: number, dice: Dice): Line {
  let number = 0;
  let held: readonly Uint8Array[] = [];
  let isCut = false;
  const size = dice.once(4) ? 1 + dice.below(dice.once(2) ? 40 : 2000) : Number.POSITIVE_INFINITY;
  return (bytes) => {
    const out: Uint8Array[] = [];
    // A copy that is no Buffer: `slice` of those is none.
    for (const record of splitRecords(Uint8Array.from(bytes))) {
      if (isCut) continue;
      const before = held;
      held = [];
      if (number++ !== target) out.push(record);
      else if (dice.once(12)) held = [record];
      else if (dice.once(20)) isCut = true;
      else out.push(...changeRecord(record, dice));
      out.push(...before);
    }
    return size === Number.POSITIVE_INFINITY ? out : inPieces(concat(...out), size);
  };
}

/** Whole records; what is left over at the end is one, too. */
export function splitRecords(bytes: Uint8Array): Uint8Array[] {
  const records: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + HEADER + (bytes[at + 3] ?? 0) * 256 + (bytes[at + 4] ?? 0);
    records.push(bytes.subarray(at, end));
    at = end;
  }
  return records;
}

function changeRecord(record: Uint8Array, dice: Dice): readonly Uint8Array[] {
  const { length } = record;
  switch (dice.below(14)) {
    case 0:
    case 1:
      return [changeBytes(record, dice)];
    case 2:
      return [changeBytes(record.subarray(0, HEADER), dice), record.subarray(HEADER)];
    case 3:
      return [withLength(record, dice.pick([0, 1, length - HEADER - 1, length - HEADER + 1, 16_384, 16_641, 65_535]))];
    case 4:
      return [record.subarray(0, dice.below(length))];
    case 5:
      return Array.from({ length: dice.pick([2, 2, 3, 40]) }, () => record);
    case 6:
      return [];
    case 7:
      return [plain(dice.pick(TYPES), dice.bytes(dice.below(40))), record];
    case 8:
      return [plain(21, Uint8Array.of(1 + dice.below(2), dice.pick([0, 10, 90, 100, dice.below(256)]))), record];
    case 9:
      return [...Array.from({ length: dice.pick([1, 2, 31, 32, 33, 40]) }, () => plain(20, Uint8Array.of(1))), record];
    case 10:
      return [plain(dice.pick(TYPES), new Uint8Array(dice.pick([0, 16_384, 16_385, 16_641]))), record];
    case 11:
      return [dice.pick(STRANGERS), record];
    case 12:
      return [record, dice.bytes(1 + dice.below(60))];
    default:
      return [concat(record.subarray(0, HEADER), changeBytes(record.subarray(HEADER), dice))];
  }
}

function withLength(record: Uint8Array, length: number): Uint8Array {
  const changed = record.slice();
  changed[3] = length >> 8;
  changed[4] = length & 255;
  return changed;
}

function plain(type: number, content: Uint8Array): Uint8Array {
  return concat(Uint8Array.of(type, 3, 3, content.length >> 8, content.length & 255), content);
}

function inPieces(bytes: Uint8Array, size: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
  return pieces;
}

const HEADER = 5;
const TYPES = [0, 19, 20, 21, 22, 23, 24, 255];
/** What other protocols say first; the last one is a ClientHello of SSL 2. */
const STRANGERS = ['GET / HTTP/1.1\r\n\r\n', 'CONNECT a:1 HTTP/1.1\r\n\r\n', 'SSH-2.0-x\r\n', '\x80\x2e\x01\0\x02'].map(
  (text) => Buffer.from(text, 'latin1'),
);
