// Opening records where they lie, in the ring that they came in (RFC 8446 §5.2, RFC 5246 §6.2.3). Nothing that is not
// authentic leaves: a record is named to the host when it is open, and one that can't be opened ends it all.
//
//   head of the ring → header's faults → whole? → passed over? → opened in place → content named → consumed
//                                                                (by way of scratch memory where storage wraps)
//
// Behind a record that is not application data nothing is opened before the host asks again, since keys may change.
// Not for: what contents mean (the host).

import {
  ERROR_STALE_HANDLE,
  TLS_ALERT,
  TLS_APPLICATION_DATA,
  TLS_CHANGE_CIPHER_SPEC,
  TLS_FAULT_CHANGE_CIPHER_SPEC,
  TLS_FAULT_EARLY_DATA,
  TLS_FAULT_EMPTY,
  TLS_FAULT_LENGTH,
  TLS_FAULT_MAC,
  TLS_FAULT_NO_TYPE,
  TLS_FAULT_OUTER_TYPE,
  TLS_FAULT_RECORD_TYPE,
  TLS_FAULT_SEQUENCE,
  TLS_FAULT_TOO_MANY_EMPTY,
} from '../abi/constants';
import { RESULT_WORDS, TLS_PLAINTEXT_LIMIT } from '../abi/limits';
import { AEAD_TAG, aeadOpen } from '../crypto/aead';
import { setResult } from '../memory/map';
import { Ring, ringAddress, ringConsume, ringContiguous, ringWrite } from '../memory/ring';
import { failed, HEADER, headerFault, isContentType, ringByte, ringShort } from './framing';
import { explicitNonce, Half, hidesType, wipeNonce, writeAdditional, writeNonce } from './half';
import { ADDITIONAL, NONCE, RECORD } from './scratch';
import { Tls, tlsFind } from './state';
import { incomingIdle, incomingRing, incomingTaken, putPieces } from './streams';

/**
 * Opens the next record; of application data, all that are there in a row, as far as their contents fit into `limit`
 * bytes, one at least. Answers their type: result[0] = bytes left in the ring, [1] = pieces, then address and length of
 * each, which stay valid until the next call of any kind. No pieces: an empty record. 0: no whole record is there.
 * TLS_ALERT_BASE − n: a record broke a rule, which alert n says; the same again from then on.
 */
export function tlsOpen(handle: u32, limit: u32): i32 {
  const tls = tlsFind(handle);
  if (tls == null) return ERROR_STALE_HANDLE;
  const ring = incomingRing(tls);
  if (ring == null) return ERROR_STALE_HANDLE;
  const before = ring.length;
  const type = tls.fault == 0 ? openAll(tls, ring, limit) : FAILED;
  if (ring.length < before) incomingTaken(tls);
  else if (type == NOTHING) incomingIdle(tls);
  if (type == FAILED) return failed(tls);
  setResult(0, ring.length);
  return type;
}

function openAll(tls: Tls, ring: Ring, limit: u32): i32 {
  let answer = NOTHING;
  let total: u32 = 0;
  let pieces: u32 = 0;
  for (;;) {
    const type = openNext(tls, ring);
    if (type == PASSED_OVER) continue;
    if (answer == NOTHING) answer = type;
    // What stands behind application data waits for the next call, be it a fault.
    else if (type != TLS_APPLICATION_DATA || total + tls.openLength > limit || pieces + 2 > PIECES) break;
    if (type <= NOTHING) break;
    total += tls.openLength;
    pieces = putPieces(ring, tls.openAt, tls.openLength, pieces);
    ringConsume(ring, tls.openSize);
    tls.openType = 0;
    if (type != TLS_APPLICATION_DATA) break;
  }
  setResult(1, pieces);
  return answer;
}

/** Opens the record at the head of the ring, if it is not open yet. Answers its type, NOTHING, PASSED_OVER or FAILED. */
function openNext(tls: Tls, ring: Ring): i32 {
  // Whoever throws away what has arrived (OPTION_DISCARD) throws away an open record with it.
  if (tls.openType != 0 && tls.openSize <= ring.length) return tls.openType;
  tls.openType = 0;
  if (ring.length < HEADER) return NOTHING;
  const half = tls.reading;
  const type = ringByte(ring, 0);
  const length = ringShort(ring, 3);
  const fault = headerFault(half, type, ringShort(ring, 1), length);
  if (fault != 0) return fail(tls, ring, fault);
  if (ring.length - HEADER < length) return NOTHING;
  if (type == TLS_CHANGE_CIPHER_SPEC && tls.passes != 0) return passChangeCipherSpec(tls, ring, length);
  if (half.cipher == 0 || isPlainAlert(tls, type, length)) return openPlain(tls, ring, type, length);
  return openProtected(tls, ring, type, length);
}

/**
 * RFC 8446 §5: one byte of value 1 "MUST simply drop it without further processing", another value and a protected one are
 * refused.
 */
function passChangeCipherSpec(tls: Tls, ring: Ring, length: u32): i32 {
  if (length != 1 || ringByte(ring, HEADER) != 1) return fail(tls, ring, TLS_FAULT_CHANGE_CIPHER_SPEC);
  if (++tls.empties > EMPTIES) return fail(tls, ring, TLS_FAULT_TOO_MANY_EMPTY);
  ringConsume(ring, HEADER + length);
  return PASSED_OVER;
}

/**
 * A peer that could not make use of our ServerHello has no keys to protect its alert with: until its first protected record
 * comes, a plain one is heard, so that the user learns why. Whoever could forge it could as well cut the line.
 */
function isPlainAlert(tls: Tls, type: u32, length: u32): bool {
  return type == TLS_ALERT && length == 2 && tls.passes != 0 && tls.reading.sequence == 0 && hidesType(tls.reading);
}

function openPlain(tls: Tls, ring: Ring, type: u32, length: u32): i32 {
  if (type == TLS_APPLICATION_DATA) {
    // Early data behind a ClientHello that was answered with HelloRetryRequest (RFC 8446 §4.2.10).
    return tls.skips != 0 ? passEarlyData(tls, ring, HEADER + length) : fail(tls, ring, TLS_FAULT_RECORD_TYPE);
  }
  return opened(tls, ring, type, HEADER, length, HEADER + length);
}

function openProtected(tls: Tls, ring: Ring, type: u32, length: u32): i32 {
  const half = tls.reading;
  const hides = hidesType(half);
  if (hides && type != TLS_APPLICATION_DATA) {
    return fail(tls, ring, type == TLS_CHANGE_CIPHER_SPEC ? TLS_FAULT_RECORD_TYPE : TLS_FAULT_OUTER_TYPE);
  }
  if (half.sequence == u64.MAX_VALUE) return fail(tls, ring, TLS_FAULT_SEQUENCE); // it must not wrap (RFC 8446 §5.3)
  const start = HEADER + explicitNonce(half);
  const size = HEADER + length;
  if (size < start + AEAD_TAG) return notAuthentic(tls, ring, size);
  const innerLength = size - start - AEAD_TAG;
  const record = inOnePiece(ring, size);
  const content = record + start;
  if (!authenticate(half, record, content, innerLength)) return notAuthentic(tls, ring, size);
  half.sequence++;
  if (innerLength > TLS_PLAINTEXT_LIMIT + (hides ? 1 : 0)) return fail(tls, ring, TLS_FAULT_LENGTH);
  let left = innerLength;
  let inner = type;
  if (hides) {
    // RFC 8446 §5.4: from the end to the first octet that is not zero, which is the type.
    while (left > 0 && load<u8>(content + left - 1) == 0) left--;
    if (left == 0) return fail(tls, ring, TLS_FAULT_NO_TYPE);
    inner = load<u8>(content + --left);
    if (!isContentType(inner) || inner == TLS_CHANGE_CIPHER_SPEC) return fail(tls, ring, TLS_FAULT_RECORD_TYPE);
  }
  if (record == RECORD) ringWrite(ring, start, content, left);
  return opened(tls, ring, inner, start, left, size);
}

/** The record at the head of the ring is open, its content stands there at `at`. */
function opened(tls: Tls, ring: Ring, type: u32, at: u32, length: u32, size: u32): i32 {
  if (length == 0 && type != TLS_APPLICATION_DATA) return fail(tls, ring, TLS_FAULT_EMPTY); // RFC 8446 §5.4
  if (length == 0 && ++tls.empties > EMPTIES) return fail(tls, ring, TLS_FAULT_TOO_MANY_EMPTY);
  if (length > 0 && type != TLS_ALERT) tls.empties = 0;
  tls.skips = 0;
  tls.openType = <u8>type;
  tls.openAt = <u16>at;
  tls.openLength = <u16>length;
  tls.openSize = <u16>size;
  return type;
}

/** Opens `length` bytes of content in place. */
function authenticate(half: Half, record: usize, content: usize, length: u32): bool {
  writeNonce(half, NONCE, record + HEADER);
  const additional = writeAdditional(half, ADDITIONAL, record, length);
  const authentic = aeadOpen(half.cipher, half.keys, NONCE, ADDITIONAL, additional, content, length, content);
  wipeNonce(NONCE);
  return authentic;
}

/** A record can't be opened: early data under keys that we never had (RFC 8446 §4.2.10), or an attack. */
function notAuthentic(tls: Tls, ring: Ring, size: u32): i32 {
  return tls.skips != 0 ? passEarlyData(tls, ring, size) : fail(tls, ring, TLS_FAULT_MAC);
}

function passEarlyData(tls: Tls, ring: Ring, size: u32): i32 {
  if (size > tls.skipLeft) return fail(tls, ring, TLS_FAULT_EARLY_DATA);
  tls.skipLeft -= size;
  ringConsume(ring, size);
  return PASSED_OVER;
}

/** Nothing is opened from now on: the record at the head of the ring has a fault. */
function fail(tls: Tls, ring: Ring, fault: u32): i32 {
  tls.fault = <u8>fault;
  for (let index = HEADER; index > 0; index--) {
    tls.faultHeader = (tls.faultHeader << 8) | <u64>ringByte(ring, index - 1);
  }
  return FAILED;
}

/** The first `size` bytes of a ring in one piece: where they lie, or a copy when storage wraps there. */
function inOnePiece(ring: Ring, size: u32): usize {
  const first = ringContiguous(ring, 0, size);
  if (first == size) return ringAddress(ring, 0);
  memory.copy(RECORD, ringAddress(ring, 0), first);
  memory.copy(RECORD + first, ring.base, size - first);
  return RECORD;
}

const NOTHING: i32 = 0;
const FAILED: i32 = -1;
const PASSED_OVER: i32 = -2;
/** Records without content in a row, and change_cipher_spec records that are passed over. */
const EMPTIES: u32 = 32;
/** Pieces that the result area can name. */
const PIECES: u32 = (RESULT_WORDS - 2) / 2;
