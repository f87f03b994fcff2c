/**
 * ICMPv6 messages, RFC 4443, with the codes of RFC 7112 and RFC 4443 §3.1; those of neighbor discovery and of multicast
 * listeners are read on by their own files.
 * Not for: what a stack does about them.
 */
import { byteAt, internetChecksum, uint16At, uint32At } from './bytes.js';
import { decodeListener, type Membership } from './membership.js';
import { decodeNeighbor, type NeighborMessage } from './ndp.js';
import { decodeQuote, type Quote } from './quote.js';

export interface Icmp6Message {
  type: number;
  code: number;
  /** As `echo request` or `port unreachable`; `type 40 code 1` when the table knows no name. */
  name: string;
  checksumCorrect: boolean;
  /** Of echo requests and replies. */
  identifier?: number;
  sequence?: number;
  /** Largest packet of the next hop, of `packet too big`. */
  nextHopMtu?: number;
  /** Which byte of the packet is wrong, of parameter problems. */
  pointer?: number;
  /** The packet that an error is about; absent when the error holds too little of it. */
  quote?: Quote;
  /** Of neighbor discovery, RFC 4861. */
  neighbor?: NeighborMessage;
  /** Of multicast listener discovery, RFC 2710 and RFC 3810. */
  membership?: Membership;
  /** What follows the first eight bytes. */
  body: Uint8Array;
}

/**
 * @param bytes the payload of the IP packet
 * @param pseudoHeader what its pseudo-header adds to the checksum (`pseudoHeaderSum`)
 * @returns what is wrong, as a string, when it is no ICMPv6 message
 */
export function decodeIcmp6(bytes: Uint8Array, pseudoHeader: number): Icmp6Message | string {
  if (bytes.length < HEADER) return `${bytes.length} bytes are too few for an ICMPv6 header`;
  const [type, code] = [byteAt(bytes, 0), byteAt(bytes, 1)];
  const details = detailsOf(type, bytes);
  if (typeof details === 'string') return details;
  return {
    type,
    code,
    name: nameOf(type, code),
    checksumCorrect: internetChecksum(bytes, pseudoHeader) === 0,
    ...details,
    body: bytes.subarray(HEADER),
  };
}

function detailsOf(type: number, bytes: Uint8Array): Partial<Icmp6Message> | string {
  if (type === ECHO_REQUEST || type === ECHO_REPLY) {
    return { identifier: uint16At(bytes, 4), sequence: uint16At(bytes, 6) };
  }
  if (type < FIRST_INFORMATIONAL) {
    const quote = decodeQuote(bytes.subarray(HEADER));
    return {
      ...(type === TOO_BIG ? { nextHopMtu: uint32At(bytes, 4) } : {}),
      ...(type === PARAMETER_PROBLEM ? { pointer: uint32At(bytes, 4) } : {}),
      ...(quote === undefined ? {} : { quote }),
    };
  }
  const neighbor = decodeNeighbor(bytes);
  if (neighbor !== undefined) return typeof neighbor === 'string' ? neighbor : { neighbor };
  const membership = decodeListener(bytes);
  if (membership !== undefined) return typeof membership === 'string' ? membership : { membership };
  return {};
}

function nameOf(type: number, code: number): string {
  const codes = CODES.get(type);
  const name = codes === undefined ? TYPES.get(type) : codes[code];
  return name ?? `type ${type} code ${code}`;
}

const HEADER = 8;
const UNREACHABLE = 1;
const TOO_BIG = 2;
const TIME_EXCEEDED = 3;
const PARAMETER_PROBLEM = 4;
/** RFC 4443 §2.1: types below are errors. */
const FIRST_INFORMATIONAL = 128;
const ECHO_REQUEST = 128;
const ECHO_REPLY = 129;

const TYPES = new Map([
  [TOO_BIG, 'packet too big'],
  [ECHO_REQUEST, 'echo request'],
  [ECHO_REPLY, 'echo reply'],
  [130, 'multicast listener query'],
  [131, 'multicast listener report'],
  [132, 'multicast listener done'],
  [133, 'router solicitation'],
  [134, 'router advertisement'],
  [135, 'neighbor solicitation'],
  [136, 'neighbor advertisement'],
  [137, 'redirect'],
  [143, 'multicast listener report'],
]);

const CODES = new Map<number, readonly string[]>([
  [
    UNREACHABLE,
    [
      'no route',
      'prohibited',
      'beyond scope of source',
      'address unreachable',
      'port unreachable',
      'source address failed policy',
      'route rejected',
    ],
  ],
  [TIME_EXCEEDED, ['hop limit exceeded', 'reassembly time exceeded']],
  [PARAMETER_PROBLEM, ['erroneous header field', 'unknown next header', 'unknown option', 'incomplete header chain']],
]);
