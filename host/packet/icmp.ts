/**
 * ICMP messages, RFC 792, with the codes that RFC 1122 §3.2.2.1 and RFC 1812 §5.2.7.1 added.
 * Not for: what a stack does about them.
 */
import { byteAt, internetChecksum, uint16At } from './bytes.js';
import { decodeQuote, type Quote } from './quote.js';

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
  /** Which byte of the packet is wrong, of `parameter problem`. */
  pointer?: number;
  /** The packet that an error is about; absent when the error holds too little of it. */
  quote?: Quote;
  /** What follows the eight bytes of header: echo data, or the packet that caused the message. */
  body: Uint8Array;
}

/** @param bytes the payload of the IP packet. @returns what is wrong, as a string, when it is no ICMP message */
export function decodeIcmp(bytes: Uint8Array): IcmpMessage | string {
  if (bytes.length < HEADER) return `${bytes.length} bytes are too few for an ICMP header`;
  const [type, code] = [byteAt(bytes, 0), byteAt(bytes, 1)];
  const body = bytes.subarray(HEADER);
  const quote = ERRORS.has(type) ? decodeQuote(body) : undefined;
  return {
    type,
    code,
    name: nameOf(type, code),
    checksumCorrect: internetChecksum(bytes) === 0,
    ...(type === ECHO_REQUEST || type === ECHO_REPLY
      ? { identifier: uint16At(bytes, 4), sequence: uint16At(bytes, 6) }
      : {}),
    ...(type === UNREACHABLE && code === FRAGMENTATION_NEEDED ? { nextHopMtu: uint16At(bytes, 6) } : {}),
    ...(type === PARAMETER_PROBLEM ? { pointer: byteAt(bytes, 4) } : {}),
    ...(quote === undefined ? {} : { quote }),
    body,
  };
}

function nameOf(type: number, code: number): string {
  const codes = CODES.get(type);
  const name = codes === undefined ? TYPES.get(type) : codes[code];
  return name ?? `type ${type} code ${code}`;
}

const HEADER = 8;
const ECHO_REPLY = 0;
const UNREACHABLE = 3;
const REDIRECT = 5;
const ECHO_REQUEST = 8;
const TIME_EXCEEDED = 11;
const PARAMETER_PROBLEM = 12;
const FRAGMENTATION_NEEDED = 4;
const SOURCE_QUENCH = 4;
const ERRORS = new Set([UNREACHABLE, SOURCE_QUENCH, REDIRECT, TIME_EXCEEDED, PARAMETER_PROBLEM]);

const TYPES = new Map([
  [ECHO_REPLY, 'echo reply'],
  [SOURCE_QUENCH, 'source quench'],
  [REDIRECT, 'redirect'],
  [ECHO_REQUEST, 'echo request'],
  [9, 'router advertisement'],
  [10, 'router solicitation'],
  [PARAMETER_PROBLEM, 'parameter problem'],
  [13, 'timestamp request'],
  [14, 'timestamp reply'],
]);

const CODES = new Map<number, readonly string[]>([
  [
    UNREACHABLE,
    [
      'net unreachable',
      'host unreachable',
      'protocol unreachable',
      'port unreachable',
      'fragmentation needed',
      'source route failed',
      'net unknown',
      'host unknown',
      'source host isolated',
      'net prohibited',
      'host prohibited',
      'net unreachable for this service',
      'host unreachable for this service',
      'prohibited',
      'host precedence violation',
      'precedence cutoff',
    ],
  ],
  [TIME_EXCEEDED, ['time exceeded', 'reassembly time exceeded']],
]);
