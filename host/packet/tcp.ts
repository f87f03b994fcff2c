/**
 * The TCP header and its options, RFC 9293 §3.1 and §3.2, RFC 7323 (window scale, timestamps), RFC 2018 (SACK).
 * Not for: what a segment means to a connection.
 */
import { byteAt, internetChecksum, uint16At, uint32At } from './bytes.js';

export interface TcpSegment {
  sourcePort: number;
  destinationPort: number;
  seq: number;
  ack: number;
  /** Bytes of header, options included: 20 to 60. */
  headerLength: number;
  /** The flag bits as they stand in the header: FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32, ECE 64, CWR 128. */
  flags: number;
  /** Their names, in the order people say them: `['SYN', 'ACK']`. */
  flagNames: string[];
  /** As it stands in the header: the scale of the handshake is not applied. */
  window: number;
  urgentPointer: number;
  checksum: number;
  checksumCorrect: boolean;
  options: TcpOption[];
  payload: Uint8Array;
}

export type TcpOption =
  | { kind: 'mss'; value: number }
  | { kind: 'windowScale'; shift: number }
  | { kind: 'sackPermitted' }
  | { kind: 'sack'; blocks: { left: number; right: number }[] }
  | { kind: 'timestamps'; value: number; echo: number }
  | { kind: 'nop' }
  | { kind: 'end' }
  /** Not in the table, or not of the length that its RFC says. */
  | { kind: 'unknown'; number: number; bytes: Uint8Array }
  /** A length that leads nowhere: what follows can't be read. */
  | { kind: 'malformed'; number: number };

/**
 * @param bytes the payload of the IP packet
 * @param pseudoHeader what its pseudo-header adds to the checksum (`pseudoHeaderSum`)
 * @returns what is wrong, as a string, when it is no TCP segment
 */
export function decodeTcp(bytes: Uint8Array, pseudoHeader: number): TcpSegment | string {
  if (bytes.length < MIN_HEADER) return `${bytes.length} bytes are too few for a TCP header`;
  const headerLength = (byteAt(bytes, 12) >> 4) * 4;
  if (headerLength < MIN_HEADER || headerLength > bytes.length) return `a TCP header of ${headerLength} bytes`;
  const flags = byteAt(bytes, 13);
  return {
    sourcePort: uint16At(bytes, 0),
    destinationPort: uint16At(bytes, 2),
    seq: uint32At(bytes, 4),
    ack: uint32At(bytes, 8),
    headerLength,
    flags,
    flagNames: tcpFlagNames(flags),
    window: uint16At(bytes, 14),
    checksum: uint16At(bytes, 16),
    checksumCorrect: internetChecksum(bytes, pseudoHeader) === 0,
    urgentPointer: uint16At(bytes, 18),
    options: decodeOptions(bytes.subarray(MIN_HEADER, headerLength)),
    payload: bytes.subarray(headerLength),
  };
}

/** `['SYN', 'ACK']` for 18. */
export function tcpFlagNames(flags: number): string[] {
  return FLAG_NAMES.filter(([bit]) => (flags & bit) !== 0).map(([, name]) => name);
}

function decodeOptions(bytes: Uint8Array): TcpOption[] {
  const options: TcpOption[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    const number = byteAt(bytes, offset);
    if (number === KIND_END) return [...options, { kind: 'end' }];
    if (number === KIND_NOP) {
      options.push({ kind: 'nop' });
      offset++;
      continue;
    }
    const length = bytes[offset + 1] ?? 0;
    if (length < 2 || offset + length > bytes.length) return [...options, { kind: 'malformed', number }];
    options.push(decodeOption(number, bytes.subarray(offset + 2, offset + length)));
    offset += length;
  }
  return options;
}

function decodeOption(number: number, bytes: Uint8Array): TcpOption {
  const { length } = bytes;
  if (number === KIND_MSS && length === 2) return { kind: 'mss', value: uint16At(bytes, 0) };
  if (number === KIND_WINDOW_SCALE && length === 1) return { kind: 'windowScale', shift: byteAt(bytes, 0) };
  if (number === KIND_SACK_PERMITTED && length === 0) return { kind: 'sackPermitted' };
  if (number === KIND_TIMESTAMPS && length === 8) {
    return { kind: 'timestamps', value: uint32At(bytes, 0), echo: uint32At(bytes, 4) };
  }
  if (number === KIND_SACK && length > 0 && length % 8 === 0) {
    const blocks = Array.from({ length: length / 8 }, (_, index) => ({
      left: uint32At(bytes, index * 8),
      right: uint32At(bytes, index * 8 + 4),
    }));
    return { kind: 'sack', blocks };
  }
  return { kind: 'unknown', number, bytes };
}

const MIN_HEADER = 20;
const KIND_END = 0;
const KIND_NOP = 1;
const KIND_MSS = 2;
const KIND_WINDOW_SCALE = 3;
const KIND_SACK_PERMITTED = 4;
const KIND_SACK = 5;
const KIND_TIMESTAMPS = 8;

const FLAG_NAMES = [
  [0x02, 'SYN'],
  [0x01, 'FIN'],
  [0x04, 'RST'],
  [0x08, 'PSH'],
  [0x10, 'ACK'],
  [0x20, 'URG'],
  [0x40, 'ECE'],
  [0x80, 'CWR'],
] as const;
