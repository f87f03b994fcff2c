// Sealing records where they leave from (RFC 8446 §5.2, RFC 5246 §6.2.3): the host puts plaintext where its record will lie,
// at the end of the outgoing ring, and it is protected in place, or in scratch memory where storage wraps.
//
//   ring   … sent | header | nonce | plaintext → content | tag |
//                                    ^ result[0] of tlsSealReserve
//
// Not for: what goes out when.

import {
  ERROR_INVALID,
  ERROR_NO_BUFFERS,
  ERROR_STALE_HANDLE,
  TLS_ALERT_BASE,
  TLS_APPLICATION_DATA,
  TLS_FAULT_SEQUENCE,
  TLS_WRITE,
} from '../abi/constants';
import { aeadSeal } from '../crypto/aead';
import { RESULT_BASE, setResult } from '../memory/map';
import { ringAddress, ringContiguous, ringWrite } from '../memory/ring';
import { HEADER, isContentType, writeHeader } from './framing';
import {
  explicitNonce,
  Half,
  halfKeys,
  hidesType,
  sealsLeft,
  trailer,
  wipeNonce,
  writeAdditional,
  writeNonce,
} from './half';
import { ADDITIONAL, NONCE, RECORD } from './scratch';
import { Tls, tlsFind } from './state';
import { outgoingFull, outgoingOpen, outgoingPut, outgoingRing, outgoingRoom, outgoingStorage } from './streams';

/**
 * How many of `wanted` bytes of content, for one record of a type, may be put at result[0]. Application data is cut to what
 * there is room for; 0: none, then EVENT_DRAIN follows, or the host has to take something. All other records get room as a
 * whole, up to TLS_OPTION_FRAGMENT, as long as they stay within 160 KiB beyond the buffer: ERROR_NO_BUFFERS.
 */
export function tlsSealReserve(handle: u32, type: u32, wanted: u32): i32 {
  const tls = tlsFind(handle);
  if (tls == null) return ERROR_STALE_HANDLE;
  tls.sealAddress = 0;
  const half = tls.writing;
  const isData = type == TLS_APPLICATION_DATA;
  // No application data goes out unprotected, whatever the host believes.
  if (!isContentType(type) || (isData && half.cipher == 0)) return ERROR_INVALID;
  const refusal = outgoingOpen(tls);
  if (refusal < 0) return refusal;
  if (sealsLeft(half) <= (isData ? SEALS_KEPT : 0)) return exhausted();
  const size = sized(tls, type, min<u32>(wanted, tls.fragment));
  if (isData && size < wanted && size < <u32>tls.fragment) outgoingFull(tls);
  if (size == 0) return isData || wanted == 0 ? 0 : ERROR_NO_BUFFERS;
  place(tls, type, size);
  setResult(0, <u32>tls.sealAddress);
  return <i32>size;
}

/** Seals `length` bytes, not more than were reserved for this type, that have been put there; nothing was called in between. */
export function tlsSealCommit(handle: u32, type: u32, length: u32): i32 {
  const tls = tlsFind(handle);
  if (tls == null) return ERROR_STALE_HANDLE;
  const address = tls.sealAddress;
  tls.sealAddress = 0;
  if (address == 0 || type != tls.sealType || length > tls.sealSize || outgoingOpen(tls) < 0) return ERROR_INVALID;
  if (length == 0) return 0;
  const half = tls.writing;
  const ring = outgoingRing(tls);
  const start = HEADER + explicitNonce(half);
  const size = start + length + trailer(half);
  const record = address - start;
  if (size > ring.capacity - ring.length) return ERROR_INVALID;
  if (record != RECORD && record != ringAddress(ring, ring.length)) return ERROR_INVALID;
  if (half.cipher == 0) writeHeader(record, type, tls.recordVersion, length);
  else protect(half, record, type, length, size);
  if (record == RECORD) ringWrite(ring, ring.length, record, size);
  outgoingPut(tls, size);
  return 0;
}

/**
 * Puts a key in place for a direction, TLS_READ or TLS_WRITE: result[0..7] the key, [8..10] the static nonce, which are
 * zero-filled there. The version is what TLS_OPTION_READ_VERSION or _WRITE_VERSION said last.
 */
export function tlsKeys(handle: u32, direction: u32, cipher: u32): i32 {
  const tls = tlsFind(handle);
  let answer = ERROR_STALE_HANDLE;
  if (tls != null) {
    const half = direction == TLS_WRITE ? tls.writing : tls.reading;
    answer = direction > <u32>TLS_WRITE ? ERROR_INVALID : halfKeys(half, cipher);
    tls.sealAddress = 0;
  }
  memory.fill(RESULT_BASE, 0, KEY_AREA);
  return answer;
}

/** Records of application data that the keys in place may still seal: after them a change of keys, or an alert, fits. */
export function tlsSealsLeft(handle: u32): f64 {
  const tls = tlsFind(handle);
  if (tls == null) return ERROR_STALE_HANDLE;
  const left = sealsLeft(tls.writing);
  return left > SEALS_KEPT ? <f64>(left - SEALS_KEPT) : 0;
}

/** How many of `wanted` bytes of content find room, protected; storage is taken for them. */
function sized(tls: Tls, type: u32, wanted: u32): u32 {
  if (wanted == 0) return 0;
  const ring = outgoingRing(tls);
  const around = HEADER + explicitNonce(tls.writing) + trailer(tls.writing);
  const isData = type == TLS_APPLICATION_DATA;
  const size = min(wanted, less(outgoingRoom(tls, type), around));
  if (size == 0 || (!isData && size < wanted)) return 0;
  if (!outgoingStorage(tls, type, around + size)) return 0;
  return min(size, less(ring.capacity - ring.length, around));
}

/** Chooses where the plaintext is put. */
function place(tls: Tls, type: u32, size: u32): void {
  const ring = outgoingRing(tls);
  const start = HEADER + explicitNonce(tls.writing);
  const whole = start + size + trailer(tls.writing);
  const record = ringContiguous(ring, ring.length, whole) == whole ? ringAddress(ring, ring.length) : RECORD;
  tls.sealAddress = record + start;
  tls.sealSize = size;
  tls.sealType = type;
}

/** Makes a record of `size` bytes around the plaintext that lies in its place (RFC 8446 §5.2, RFC 5246 §6.2.3.3). */
function protect(half: Half, record: usize, type: u32, length: u32, size: u32): void {
  const hides = hidesType(half);
  const content = record + HEADER + explicitNonce(half);
  writeHeader(record, hides ? TLS_APPLICATION_DATA : type, 0x0303, size - HEADER);
  // RFC 5288 §3: any nonce that never comes twice, such as the sequence number.
  if (explicitNonce(half) > 0) store<u64>(record, bswap<u64>(half.sequence), HEADER);
  if (hides) store<u8>(content + length++, <u8>type);
  writeNonce(half, NONCE, record + HEADER);
  const additional = writeAdditional(half, ADDITIONAL, record, length);
  aeadSeal(half.cipher, half.keys, NONCE, ADDITIONAL, additional, content, length, content);
  wipeNonce(NONCE);
  half.sequence++;
}

function exhausted(): i32 {
  setResult(0, TLS_FAULT_SEQUENCE);
  return TLS_ALERT_BASE - INTERNAL_ERROR;
}

function less(size: u32, by: u32): u32 {
  return size > by ? size - by : 0;
}

/** Of the records that keys may seal, so many are kept for what is not application data. */
const SEALS_KEPT: u64 = 64;
const INTERNAL_ERROR: i32 = 80;
/** Bytes of the result area that hold a key and its nonce. */
const KEY_AREA: usize = 44;
