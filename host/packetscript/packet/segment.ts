/**
 * A packet as the interpreter sees it, between the bytes of the wire and the words of a script: every field a number,
 * options in their order.
 * Not for: translating numbers between script and wire (`endpoint.ts`).
 */
import type { OptionSpec } from '../language/ast.js';

export interface Segment {
  kind: 'tcp';
  tos: number;
  ttl: number;
  sourceAddress: string;
  destinationAddress: string;
  sourcePort: number;
  destinationPort: number;
  /** As in the header, with AE (RFC 9768) as bit 8. */
  flags: number;
  /** The three bits of the header that nobody uses. */
  reserved: number;
  seq: number;
  ack: number;
  window: number;
  urgent: number;
  options: OptionSpec[];
  payload: Uint8Array;
  /** Made of several, as segmentation offload would have had it. */
  joined?: boolean;
}

export interface IcmpPacket {
  kind: 'icmp';
  tos: number;
  ttl: number;
  sourceAddress: string;
  destinationAddress: string;
  type: number;
  code: number;
  /** Bytes 4 to 7 of the header. */
  rest: number;
  body: Uint8Array;
}

/** A packet that left the stack. */
export interface Sent {
  /** On the stack's clock, in microseconds. */
  time: number;
  packet: Segment | IcmpPacket | Unreadable;
}

export interface Unreadable {
  kind: 'unreadable';
  reason: string;
}

export const FIN = 0x01;
export const SYN = 0x02;
export const RST = 0x04;
export const PSH = 0x08;
export const ACK = 0x10;
export const URG = 0x20;
export const ECE = 0x40;
export const CWR = 0x80;
export const AE = 0x100;
