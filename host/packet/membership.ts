/**
 * Who listens to which multicast group: IGMP (RFC 1112, RFC 2236, RFC 3376) and MLD (RFC 2710, RFC 3810), which is the same
 * for IPv6.
 * Not for: who has to answer, and when.
 */
import { byteAt, internetChecksum, ipv4AddressAt, ipv6AddressAt, uint16At } from './bytes.js';

export type Membership =
  | {
      kind: 'query';
      version: 1 | 2 | 3;
      /** `0.0.0.0` or `::`: all groups. */
      group: string;
      /** Milliseconds in which listeners answer. */
      maximumResponse: number;
      sources: string[];
    }
  | { kind: 'report' | 'leave'; version: 1 | 2; group: string }
  /** IGMPv3 and MLDv2: the state of several groups. */
  | { kind: 'records'; records: MembershipRecord[] };

export interface MembershipRecord {
  /** 1 is include, 2 exclude, 3 to include, 4 to exclude, 5 allow, 6 block (RFC 3376 §4.2.12). */
  type: number;
  group: string;
  sources: string[];
}

export interface IgmpMessage {
  type: number;
  checksumCorrect: boolean;
  /** Absent for types that the table does not know. */
  membership?: Membership;
}

/** @param bytes the payload of the IP packet. @returns what is wrong, as a string, when it is no IGMP message */
export function decodeIgmp(bytes: Uint8Array): IgmpMessage | string {
  if (bytes.length < 8) return `${bytes.length} bytes are too few for an IGMP message`;
  const type = byteAt(bytes, 0);
  const membership = igmpMembership(type, bytes);
  if (typeof membership === 'string') return membership;
  const checksumCorrect = internetChecksum(bytes) === 0;
  return { type, checksumCorrect, ...(membership === undefined ? {} : { membership }) };
}

/**
 * @param bytes an ICMPv6 message of 8 bytes or more
 * @returns undefined when it is not of MLD; what is wrong, as a string, when it can't be read
 */
export function decodeListener(bytes: Uint8Array): Membership | string | undefined {
  const type = byteAt(bytes, 0);
  if (type === MLD_RECORDS) return decodeRecords(bytes, SIX);
  if (type !== MLD_QUERY && type !== MLD_REPORT && type !== MLD_DONE) return undefined;
  if (bytes.length < 24) return `${bytes.length} bytes are too few for a multicast listener message`;
  const group = ipv6AddressAt(bytes, 8);
  if (type !== MLD_QUERY) return { kind: type === MLD_DONE ? 'leave' : 'report', version: 1, group };
  // RFC 3810 §8.1: the length tells the versions apart.
  const code = uint16At(bytes, 4);
  if (bytes.length < 28) return { kind: 'query', version: 1, group, maximumResponse: code, sources: [] };
  const maximumResponse = code < 0x8000 ? code : floating(code, 12);
  return withSources(bytes, 26, SIX, { kind: 'query', version: 2, group, maximumResponse });
}

function igmpMembership(type: number, bytes: Uint8Array): Membership | string | undefined {
  const group = ipv4AddressAt(bytes, 4);
  const code = byteAt(bytes, 1);
  switch (type) {
    case IGMP_QUERY: {
      // RFC 3376 §7.1: length and code tell the versions apart.
      const version = code === 0 ? 1 : 2;
      if (bytes.length < 12) return { kind: 'query', version, group, maximumResponse: code * 100, sources: [] };
      const maximumResponse = (code < 0x80 ? code : floating(code, 4)) * 100;
      return withSources(bytes, 10, FOUR, { kind: 'query', version: 3, group, maximumResponse });
    }
    case IGMP_REPORT_1:
      return { kind: 'report', version: 1, group };
    case IGMP_REPORT_2:
      return { kind: 'report', version: 2, group };
    case IGMP_LEAVE:
      return { kind: 'leave', version: 2, group };
    case IGMP_RECORDS:
      return decodeRecords(bytes, FOUR);
    default:
      return undefined;
  }
}

/** A number with so many bits of mantissa, and three of exponent before them (RFC 3376 §4.1.1, RFC 3810 §5.1.3). */
function floating(code: number, bits: number): number {
  const mantissa = code & ((1 << bits) - 1);
  return (mantissa | (1 << bits)) << (((code >> bits) & 7) + 3);
}

function withSources(
  bytes: Uint8Array,
  countAt: number,
  family: Family,
  query: Omit<Extract<Membership, { kind: 'query' }>, 'sources'>,
): Membership | string {
  const sources = addresses(bytes, countAt + 2, uint16At(bytes, countAt), family);
  return typeof sources === 'string' ? sources : { ...query, sources };
}

function decodeRecords(bytes: Uint8Array, family: Family): Membership | string {
  const records: MembershipRecord[] = [];
  let at = 8;
  for (let left = uint16At(bytes, 6); left > 0; left--) {
    if (at + 4 + family.size > bytes.length) return `${left} records are missing`;
    const sources = addresses(bytes, at + 4 + family.size, uint16At(bytes, at + 2), family);
    if (typeof sources === 'string') return sources;
    records.push({ type: byteAt(bytes, at), group: family.text(bytes, at + 4), sources });
    at += 4 + family.size * (1 + sources.length) + byteAt(bytes, at + 1) * 4;
  }
  return { kind: 'records', records };
}

function addresses(bytes: Uint8Array, at: number, count: number, { size, text }: Family): string[] | string {
  if (at + count * size > bytes.length) return `${count} sources in ${Math.max(0, bytes.length - at)} bytes`;
  return Array.from({ length: count }, (_, index) => text(bytes, at + index * size));
}

interface Family {
  /** Bytes of an address. */
  size: number;
  text(bytes: Uint8Array, offset: number): string;
}

const FOUR: Family = { size: 4, text: ipv4AddressAt };
const SIX: Family = { size: 16, text: ipv6AddressAt };
const IGMP_QUERY = 0x11;
const IGMP_REPORT_1 = 0x12;
const IGMP_REPORT_2 = 0x16;
const IGMP_LEAVE = 0x17;
const IGMP_RECORDS = 0x22;
const MLD_QUERY = 130;
const MLD_REPORT = 131;
const MLD_DONE = 132;
const MLD_RECORDS = 143;
