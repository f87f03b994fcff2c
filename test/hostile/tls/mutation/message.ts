/**
 * What may become of a handshake message: of its bytes, of its lengths, of its extensions. Most changes put the lengths right
 * again, so that what was changed is looked at. Not for: the records that carry it (`record.ts`).
 */
import { HANDSHAKE } from '../../../../host/tls/messages/handshake.js';
import { concat } from '../../../../host/tls/wire/bytes.js';
import { Writer } from '../../../../host/tls/wire/writer.js';
import type { Dice } from '../dice.js';
import { changeBytes, changeCode, changeLength } from './bytes.js';

type Bytes = Uint8Array<ArrayBuffer>;

export interface Extension {
  readonly type: number;
  readonly content: Uint8Array;
}

/** What all the handshakes have said: it turns up in places where it does not belong. */
export interface Pool {
  readonly messages: readonly Bytes[];
  readonly extensions: readonly Extension[];
}

/** The messages of a record, each with its header; the last one may be the beginning of a message. */
export function splitMessages(bytes: Uint8Array): Bytes[] {
  const messages: Bytes[] = [];
  for (let at = 0; at < bytes.length; ) {
    const [, high = 0, middle = 0, low = 0] = bytes.subarray(at, at + HEADER);
    const end = Math.min(bytes.length, at + HEADER + high * 65_536 + middle * 256 + low);
    messages.push(bytes.slice(at, end) as Bytes);
    at = end;
  }
  return messages;
}

/** @param message with its header */
export function changeMessage(message: Bytes, pool: Pool, dice: Dice): Bytes {
  const body = message.subarray(HEADER);
  const type = message[0] ?? 0;
  switch (dice.below(14)) {
    case 0:
      return changeBytes(message, dice);
    case 1:
    case 2:
      return changeLength(message, dice);
    case 3:
      return framed(type, changeLength(body, dice));
    case 4:
      return framed(dice.once(4) ? dice.below(256) : dice.pick(Object.values(HANDSHAKE)), body);
    case 5:
      return oversize(type, body, dice);
    case 6:
      return dice.pick(pool.messages);
    case 7:
    case 8:
    case 9:
      return changeExtensions(message, pool, dice) ?? framed(type, changeBytes(body, dice));
    case 10:
    case 11:
      return framed(type, changeCode(body, dice));
    default:
      return framed(type, changeBytes(body, dice));
  }
}

/** All extensions of a hello or of EncryptedExtensions; `undefined` for what has none that can be found. */
export function extensionsOf(message: Uint8Array): { at: number; extensions: Extension[] } | undefined {
  const at = extensionsAt(message);
  if (at === undefined || at + 2 > message.length) return undefined;
  const extensions: Extension[] = [];
  for (let next = at + 2; next < message.length; ) {
    const [a = 0, b = 0, c = 0, d = 0] = message.subarray(next, next + 4);
    const end = next + 4 + c * 256 + d;
    if (end > message.length) return undefined;
    extensions.push({ type: a * 256 + b, content: message.slice(next + 4, end) });
    next = end;
  }
  return { at, extensions };
}

function extensionsAt(message: Uint8Array): number | undefined {
  const sessionId = HELLO_RANDOM_END + 1 + (message[HELLO_RANDOM_END] ?? 0);
  switch (message[0]) {
    case HANDSHAKE.encrypted_extensions:
      return HEADER;
    case HANDSHAKE.server_hello:
      return sessionId + 3;
    case HANDSHAKE.client_hello: {
      const suites = sessionId + 2 + (message[sessionId] ?? 0) * 256 + (message[sessionId + 1] ?? 0);
      return suites + 1 + (message[suites] ?? 0);
    }
    default:
      return undefined;
  }
}

function changeExtensions(message: Bytes, pool: Pool, dice: Dice): Bytes | undefined {
  const found = extensionsOf(message);
  if (found === undefined) return undefined;
  const list = changedList(found.extensions, pool, dice);
  const block = new Writer().vector16((writer) => {
    for (const { type, content } of list) writer.u16(type).vector16(content);
  });
  return framed(message[0] ?? 0, concat(message.subarray(HEADER, found.at), block.finish()));
}

function changedList(extensions: readonly Extension[], pool: Pool, dice: Dice): readonly Extension[] {
  const at = dice.below(extensions.length + 1);
  const [before, own, after] = [extensions.slice(0, at), extensions[at], extensions.slice(at + 1)];
  const other = dice.pick(pool.extensions);
  if (own === undefined) return [...before, other];
  switch (dice.below(9)) {
    case 0:
      return [...before, ...after];
    case 1:
      return [...before, own, own, ...after];
    case 2:
      return [...before, other, own, ...after];
    case 3:
      return [...before, { type: own.type, content: other.content }, ...after];
    case 4:
      return [...before, { type: other.type, content: own.content }, ...after];
    case 5:
      return [...before, grease(dice), own, ...after];
    case 6:
      return [...after, ...before, own];
    case 7:
      return [...before, { type: own.type, content: changeLength(own.content, dice) }, ...after];
    default:
      return [...before, { type: own.type, content: changeBytes(own.content, dice) }, ...after];
  }
}

/** RFC 8701 §2. */
function grease(dice: Dice): Extension {
  return { type: 0x0a0a + 0x1010 * dice.below(16), content: dice.bytes(dice.below(4)) };
}

/** Longer than any message may be, or as long as one just may. */
function oversize(type: number, body: Uint8Array, dice: Dice): Bytes {
  const length = dice.pick([65_536, 65_537, 102_400, 102_401, 0xff_ffff]);
  const message = new Uint8Array(HEADER + Math.min(length, dice.pick([body.length, 70_000])));
  message.set([type, length >> 16, (length >> 8) & 255, length & 255]);
  message.set(body.subarray(0, message.length - HEADER), HEADER);
  return message;
}

function framed(type: number, body: Uint8Array): Bytes {
  return new Writer().u8(type).vector24(body).finish();
}

const HEADER = 4;
/** Header, legacy_version and random. */
const HELLO_RANDOM_END = HEADER + 2 + 32;
