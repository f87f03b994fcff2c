/**
 * What may become of records after decryption: of their content, their type, their number and order. It happens to one record
 * out of all that are opened, and to what stands around it. Not for: ciphertext (`wire.ts`).
 */
import {
  ALERT_RECORD,
  APPLICATION_DATA,
  CHANGE_CIPHER_SPEC,
  type ContentType,
  HANDSHAKE_RECORD,
  type Opened,
} from '../../../../host/tls/records.js';
import { concat } from '../../../../host/tls/wire/bytes.js';
import type { Dice } from '../dice.js';
import type { Meddle } from '../records.js';
import { changeBytes } from './bytes.js';
import { changeMessage, type Pool, splitMessages } from './message.js';

type Bytes = Uint8Array<ArrayBuffer>;

/** Changes the record of this number, counted from 0, and once in a while another one behind it. */
export function meddler(target: number, pool: Pool, dice: Dice): Meddle {
  let number = 0;
  let held: readonly Opened[] = [];
  const again = dice.once(8) ? target + 1 + dice.below(3) : -1;
  return (record) => {
    const index = number++;
    const before = held;
    held = [];
    if (index !== target && index !== again) return [record, ...before];
    if (dice.once(20)) {
      // Comes behind the next one, or never.
      held = [record];
      return before;
    }
    // A copy that is no Buffer: `slice` of those is none.
    const own = { type: record.type, bytes: Uint8Array.from(record.bytes) };
    return [...changeRecord(own, pool, dice).flatMap(fragments), ...before];
  };
}

function changeRecord(record: Opened, pool: Pool, dice: Dice): readonly Opened[] {
  const { type, bytes } = record;
  switch (dice.below(24)) {
    case 0:
      return [{ type: dice.pick(TYPES), bytes }];
    case 1:
      return Array.from({ length: dice.pick([2, 2, 3, 6, 40]) }, () => record);
    case 2:
      return [...Array.from({ length: dice.pick([1, 33]) }, () => ({ type, bytes: new Uint8Array(0) })), record];
    case 3:
      return inPieces(record, dice.once(2) ? 1 : 1 + dice.below(bytes.length + 1));
    case 4:
      return around(record, stray(dice), dice);
    case 5:
      return around(record, { type: HANDSHAKE_RECORD, bytes: dice.pick(pool.messages) }, dice);
    case 6:
      return [{ type, bytes: changeBytes(bytes, dice) }];
    default:
      return [type === HANDSHAKE_RECORD ? { type, bytes: changeFlight(bytes, pool, dice) } : changeOther(record, dice)];
  }
}

/** Changes one of the messages in a record, or their order. */
function changeFlight(bytes: Bytes, pool: Pool, dice: Dice): Bytes {
  const messages = splitMessages(bytes);
  const at = dice.below(messages.length);
  const own = messages[at] as Bytes;
  const [before, after] = [messages.slice(0, at), messages.slice(at + 1)];
  switch (dice.below(24)) {
    case 0:
      return concat(...before, ...after);
    case 1:
      return concat(...before, own, own, ...after);
    case 2:
      return concat(...before, ...after, own);
    case 3:
      return concat(...before, dice.pick(pool.messages), own, ...after);
    default:
      return concat(...before, changeMessage(own, pool, dice), ...after);
  }
}

function changeOther({ type, bytes }: Opened, dice: Dice): Opened {
  if (type === ALERT_RECORD && dice.once(2)) return someAlert(dice);
  return { type, bytes: changeBytes(bytes, dice) };
}

function around(record: Opened, other: Opened, dice: Dice): readonly Opened[] {
  if (dice.once(3)) return [record, other];
  if (dice.once(2)) return [other, record];
  const at = dice.below(record.bytes.length + 1);
  const { type, bytes } = record;
  return [{ type, bytes: bytes.slice(0, at) }, other, { type, bytes: bytes.slice(at) }];
}

function stray(dice: Dice): Opened {
  switch (dice.below(4)) {
    case 0:
      return { type: CHANGE_CIPHER_SPEC, bytes: dice.once(2) ? Uint8Array.of(1) : dice.bytes(dice.below(3)) };
    case 1:
      return { type: APPLICATION_DATA, bytes: dice.bytes(dice.below(30)) };
    case 2:
      return { type: HANDSHAKE_RECORD, bytes: dice.bytes(dice.below(30)) };
    default:
      return someAlert(dice);
  }
}

function someAlert(dice: Dice): Opened {
  const bytes = Uint8Array.of(dice.pick([1, 1, 2, 2, 0, 3, 255]), dice.pick([0, 10, 40, 90, 100, dice.below(256)]));
  return { type: ALERT_RECORD, bytes };
}

function inPieces({ type, bytes }: Opened, size: number): Opened[] {
  const pieces: Opened[] = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push({ type, bytes: bytes.slice(at, at + size) });
  return pieces;
}

/** No record has more content. */
function fragments(record: Opened): readonly Opened[] {
  return record.bytes.length <= CONTENT_LIMIT ? [record] : inPieces(record, CONTENT_LIMIT);
}

const TYPES: readonly ContentType[] = [CHANGE_CIPHER_SPEC, ALERT_RECORD, HANDSHAKE_RECORD, APPLICATION_DATA];
const CONTENT_LIMIT = 16_384;
