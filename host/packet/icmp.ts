/**
 * ICMP messages, RFC 792, with the codes that RFC 1122 §3.2.2.1 and RFC 1812 §5.2.7.1 added.
 * Not for: what a stack does about them.
 */
import { byteAt, internetChecksum, uint16At } from './bytes.js';

export interface IcmpMessage {
  type: number;
  code: number;
  /** As `echo request` or `port unreachable`; `type 40 code 1` when the table knows no name. */
  name: string;
  checksumCorrect: boolean;
  /** Of echo requests and replies. */
  identifier?: number;
  sequence?: number;
  /** Largest packet of the next hop, of `fragmentation needed` (RFC 1191 §4). */
  nextHopMtu?: number;
  /** What follows the eight bytes of header: echo data, or the packet that caused the message. */
  body: Uint8Array;
}

/** @param bytes the payload of the IP packet. @returns what is wrong, as a string, when it is no ICMP message */
export function decodeIcmp(bytes: Uint8Array): IcmpMessage | string {
  if (bytes.length < HEADER) return `${bytes.length} bytes are too few for an ICMP header`;
  const [type, code] = [byteAt(bytes, 0), byteAt(bytes, 1)];
  return {
    type,
    code,
    name: nameOf(type, code),
    checksumCorrect: internetChecksum(bytes) === 0,
    ...(type === ECHO_REQUEST || type === ECHO_REPLY
      ? { identifier: uint16At(bytes, 4), sequence: uint16At(bytes, 6) }
      : {}),
    ...(type === UNREACHABLE && code === FRAGMENTATION_NEEDED ? { nextHopMtu: uint16At(bytes, 6) } : {}),
    body: bytes.subarray(HEADER),
  };
}

function nameOf(type: number, code: number): string {
  const name = type === UNREACHABLE ? UNREACHABLE_CODES[code] : TYPES.get(type);
  return name ?? `type ${type} code ${code}`;
}

const HEADER = 8;
const ECHO_REPLY = 0;
const UNREACHABLE = 3;
const ECHO_REQUEST = 8;
const FRAGMENTATION_NEEDED = 4;

const TYPES = new Map([
  [ECHO_REPLY, 'echo reply'],
  [4, 'source quench'],
  [5, 'redirect'],
  [ECHO_REQUEST, 'echo request'],
  [11, 'time exceeded'],
  [12, 'parameter problem'],
]);

const UNREACHABLE_CODES: readonly string[] = [
  'net unreachable',
  'host unreachable',
  'protocol unreachable',
  'port unreachable',
  'fragmentation needed',
  'source route failed',
];
