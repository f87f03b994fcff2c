/**
 * The version of IP that a run of the tests speaks, and what depends on it. `VITRINE_FAMILY=6` makes it IPv6 (RFC 8200).
 *
 * Sizes of packets (an MTU, the length that a router quotes) are told as they are over IPv4; over IPv6 the kit makes each
 * `WIDER` by the difference of the headers, so that segments are of the same length in both.
 * Not for: what is in a header (`packet.ts`).
 */
import { describe, test } from 'vitest';
import { OFFLOAD_TSO4, OFFLOAD_TSO6 } from '../../assembly/abi/constants.js';

export const FAMILY: 4 | 6 = process.env.VITRINE_FAMILY === '6' ? 6 : 4;
export const IPV6 = FAMILY === 6;

/** `value` in the family at hand. */
export function perFamily<T>(four: T, six: T): T {
  return IPV6 ? six : four;
}

/** A neighbour, by its number on the network of `LOCAL`. */
export function neighbor(number: number): string {
  return perFamily(`10.9.0.${number}`, `fd00::${number.toString(16)}`);
}

/** Somebody behind a router, by number. */
export function faraway(number: number): string {
  return perFamily(`192.0.2.${number}`, `2001:db8::${number.toString(16)}`);
}

/** A neighbour on a second network, which has the length of the first one's prefix. */
export function otherNeighbor(number: number): string {
  return perFamily(`10.8.0.${number}`, `fd00:0:0:8::${number.toString(16)}`);
}

export const LOCAL = neighbor(2);
export const PEER = neighbor(1);
export const ANY = perFamily('0.0.0.0', '::');
export const LOOPBACK = perFamily('127.0.0.1', '::1');
/** Of the network that `LOCAL` is on, as text says it. */
export const PREFIX_LENGTH = perFamily(24, 64);

/** Bytes of an IP header without options or extensions. */
export const IP_HEADER = perFamily(20, 40);
export const WIDER = IP_HEADER - 20;
/** A segment's most with an MTU of 1500 (see above): 1460 in both. */
export const MSS = 1460;
/** Without an MSS option, RFC 9293 §3.7.1: 576 or 1280 less the headers. */
export const DEFAULT_MSS = perFamily(536, 1220);
/** Every host takes such packets: RFC 1122 §3.3.3; RFC 8200 §5, less the difference of the headers (see above). */
export const LEAST_MTU = perFamily(576, 1280 - 20);
/** What a device can cut into segments, and how it is told to (virtio 1.2 §5.1.6.2). */
export const OFFLOAD_TSO = perFamily(OFFLOAD_TSO4, OFFLOAD_TSO6);
export const GSO_TCP = perFamily(1, 4);

/** `test` for what only IPv4 has, as the test's name says: in a run over IPv6 there is no such test. */
export const testIPv4 = IPV6 ? nothing() : test;
/** `test` for what only IPv6 has. */
export const testIPv6 = IPV6 ? test : nothing();

/** The same for several tests. */
export const describeIPv4 = IPV6 ? () => {} : describe;

function nothing(): typeof test {
  const none = () => {};
  return Object.assign(none, { each: () => none }) as unknown as typeof test;
}
