// The chain of headers of IPv6 packets, followed without doing what they say: behind it lies what a packet carries.
// Not for: obeying the headers (ip/extension.ts).

import { load16 } from '../../memory/bytes';
import { isExtension } from '../extension';
import { PROTOCOL_TCP, PROTOCOL_UDP } from '../header4';
import { FRAGMENT, HEADER6, PROTOCOL_ICMP6 } from '../header6';

/**
 * Where the headers that begin at `at` with one of the kind `next` end: the address of what the packet carries, at most
 * `end`; 0 when it lies in another fragment or the chain is broken. `upperProtocol` says what it is.
 */
export function upperAt(next: u32, at: usize, end: usize): usize {
  while (isExtension(next)) {
    if (at + 8 > end || (next == FRAGMENT && load16(at + 2) >> 3 != 0)) return 0;
    const length = headerLength(next, at);
    next = load<u8>(at);
    at += length;
  }
  return at <= end ? at : 0;
}

/** The protocol of what `upperAt` has found. */
export function upperProtocol(next: u32, at: usize): u32 {
  while (isExtension(next)) {
    const length = headerLength(next, at);
    next = load<u8>(at);
    at += length;
  }
  return next;
}

/**
 * Whether the headers that begin at `at` with one of the kind `next`, up to that of the transport, lie within `size` bytes:
 * a first fragment has to hold them, so that whoever looks at it knows what the packet is (RFC 7112 §5).
 */
export function reachesPayload(next: u32, at: usize, size: u32): bool {
  const end = at + size;
  while (isExtension(next)) {
    const length = at + 2 > end ? u32.MAX_VALUE : headerLength(next, at);
    if (length > <u32>(end - at)) return false;
    next = load<u8>(at);
    at += length;
  }
  return leastHeader(next) <= <u32>(end - at);
}

/** The field of an IPv6 packet that says what begins at `end`, behind headers that are whole. */
export function nextHeaderAt(packet: usize, end: usize): usize {
  let place = packet + 6;
  for (let at = packet + HEADER6; at < end; ) {
    const length = headerLength(load<u8>(place), at);
    place = at;
    at += length;
  }
  return place;
}

/** Bytes of an extension header. */
export function headerLength(kind: u32, at: usize): u32 {
  return kind == FRAGMENT ? 8 : (<u32>load<u8>(at, 1) + 1) << 3;
}

function leastHeader(protocol: u32): u32 {
  if (protocol == PROTOCOL_TCP) return 20;
  return protocol == PROTOCOL_UDP || protocol == PROTOCOL_ICMP6 ? 8 : 0;
}
