// What a record looks like (RFC 8446 §5.1, §5.2, RFC 5246 §6.2), and what can be wrong with one.
//
//   type u8 | version u16 | length u16 | nonce: 8 bytes, AES-GCM in TLS 1.2 | content | type u8, padding: TLS 1.3 | tag
//   header                             | <------------------------------ length ------------------------------------> |
//
// Not for: authenticity (tls/open.ts).

import {
  TLS_ALERT_BASE,
  TLS_APPLICATION_DATA,
  TLS_CHANGE_CIPHER_SPEC,
  TLS_FAULT_ENCRYPTED_LENGTH,
  TLS_FAULT_LENGTH,
  TLS_FAULT_MAC,
  TLS_FAULT_RECORD_TYPE,
  TLS_FAULT_SEQUENCE,
  TLS_FAULT_VERSION,
} from '../abi/constants';
import { TLS_PLAINTEXT_LIMIT } from '../abi/limits';
import { setResult } from '../memory/map';
import { Ring, ringAddress } from '../memory/ring';
import { Half, TLS13 } from './half';
import { Tls } from './state';

export const HEADER: u32 = 5;

/** The byte at an offset of a ring. */
export function ringByte(ring: Ring, offset: u32): u32 {
  return load<u8>(ringAddress(ring, offset));
}

/** The u16 in network order at an offset of a ring. */
export function ringShort(ring: Ring, offset: u32): u32 {
  return (ringByte(ring, offset) << 8) | ringByte(ring, offset + 1);
}

/** Writes the header of a record. */
export function writeHeader(address: usize, type: u32, version: u32, length: u32): void {
  store<u8>(address, <u8>type);
  store<u16>(address, bswap<u16>(<u16>version), 1);
  store<u16>(address, bswap<u16>(<u16>length), 3);
}

export function isContentType(type: u32): bool {
  return type - TLS_CHANGE_CIPHER_SPEC <= <u32>(TLS_APPLICATION_DATA - TLS_CHANGE_CIPHER_SPEC);
}

/** What is wrong with a header, TLS_FAULT_*; 0: nothing. The version comes first: it tells what is not TLS at all. */
export function headerFault(half: Half, type: u32, version: u32, length: u32): u32 {
  // RFC 8446 §5.1: before there are keys peers differ, for compatibility's sake; §5.2: then it is "always 0x0303".
  if (half.cipher == 0 ? version >> 8 != 3 : version != 0x0303) return TLS_FAULT_VERSION;
  if (!isContentType(type)) return TLS_FAULT_RECORD_TYPE;
  if (length <= TLS_PLAINTEXT_LIMIT) return 0;
  if (half.cipher == 0) return TLS_FAULT_LENGTH;
  const most = TLS_PLAINTEXT_LIMIT + (half.version == TLS13 ? GROWTH : GROWTH_12);
  return length > most ? TLS_FAULT_ENCRYPTED_LENGTH : 0;
}

/** What the host is told of a record that broke a rule: result[0] = TLS_FAULT_*, [1], [2] = the header of the record. */
export function failed(tls: Tls): i32 {
  setResult(0, tls.fault);
  setResult(1, <u32>tls.faultHeader);
  setResult(2, <u32>(tls.faultHeader >> 32));
  return TLS_ALERT_BASE - alertOf(tls.fault);
}

/** The alert that RFC 8446 §5 and §6.2, RFC 5246 §7.2.2 want for a fault. */
function alertOf(fault: u32): i32 {
  if (fault == TLS_FAULT_VERSION) return PROTOCOL_VERSION;
  if (fault == TLS_FAULT_LENGTH || fault == TLS_FAULT_ENCRYPTED_LENGTH) return RECORD_OVERFLOW;
  if (fault == TLS_FAULT_MAC) return BAD_RECORD_MAC;
  return fault == TLS_FAULT_SEQUENCE ? INTERNAL_ERROR : UNEXPECTED_MESSAGE;
}

/** By how much protection may lengthen a record: RFC 8446 §5.2, RFC 5246 §6.2.3. */
const GROWTH: u32 = 256;
const GROWTH_12: u32 = 2_048;

const UNEXPECTED_MESSAGE: i32 = 10;
const BAD_RECORD_MAC: i32 = 20;
const RECORD_OVERFLOW: i32 = 22;
const PROTOCOL_VERSION: i32 = 70;
const INTERNAL_ERROR: i32 = 80;
