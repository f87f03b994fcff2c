/**
 * ICMP errors about segments of a timeline's connection, as routers send them (RFC 792, RFC 1191 §4) or as attackers forge
 * them. Not for: what a stack does about them.
 */
import { LOCAL, PEER } from './driver.js';
import { addressBytes, internetChecksum, refit } from './packet.js';
import type { Timeline } from './timeline.js';

export interface IcmpError {
  type: number;
  code?: number;
  /** Of the next hop. */
  mtu?: number;
  /** Sequence number of the quoted segment, relative. */
  seq?: number;
  /** Total length of the quoted packet. Default: that of a segment without data. */
  size?: number;
  /** Bytes of the quoted packet that the error holds. Default: its IP header and eight more. */
  quoted?: number;
  /** Bytes of options in the quoted IP header. */
  options?: number;
  localPort?: number;
  peerPort?: number;
  peer?: string;
  local?: string;
  protocol?: number;
  /** The flags and offset field of the quoted IP header. */
  fragment?: number;
  /** Who says so. */
  router?: string;
}

/** The packet that brings an error. */
export function icmpError(t: Timeline, error: IcmpError): Uint8Array {
  const quote = quoted(t, error).subarray(0, error.quoted ?? 28 + (error.options ?? 0));
  const bytes = new Uint8Array(28 + quote.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, 0x45);
  view.setUint16(2, bytes.length);
  view.setUint8(8, 60);
  view.setUint8(9, 1);
  bytes.set(addressBytes(error.router ?? ROUTER), 12);
  bytes.set(addressBytes(LOCAL), 16);
  view.setUint8(20, error.type);
  view.setUint8(21, error.code ?? 0);
  view.setUint16(26, error.mtu ?? 0);
  bytes.set(quote, 28);
  view.setUint16(22, internetChecksum(bytes.subarray(20)));
  refit(bytes);
  return bytes;
}

/** A router could not pass on the segment at `seq`, `size` bytes long with its headers. */
export function tooBig(t: Timeline, mtu: number, seq: number, size: number): Uint8Array {
  return icmpError(t, { type: UNREACHABLE, code: 4, mtu, seq, size });
}

/** As much of a packet of ours as anybody could quote. */
function quoted(t: Timeline, error: IcmpError): Uint8Array {
  const options = error.options ?? 0;
  const bytes = new Uint8Array(Math.max(28 + options, error.quoted ?? 0));
  const view = new DataView(bytes.buffer);
  view.setUint8(0, 0x45 + options / 4);
  bytes.fill(1, 20, 20 + options);
  view.setUint16(2, error.size ?? 40 + options);
  view.setUint16(6, error.fragment ?? 0x4000);
  view.setUint8(8, 1);
  view.setUint8(9, error.protocol ?? 6);
  bytes.set(addressBytes(error.local ?? LOCAL), 12);
  bytes.set(addressBytes(error.peer ?? PEER), 16);
  view.setUint16(20 + options, error.localPort ?? t.localPort);
  view.setUint16(22 + options, error.peerPort ?? t.peerPort);
  view.setUint32(24 + options, (t.iss + (error.seq ?? 0)) >>> 0);
  return bytes;
}

export const UNREACHABLE = 3;
export const SOURCE_QUENCH = 4;
export const REDIRECT = 5;
export const TIME_EXCEEDED = 11;
export const PARAMETER_PROBLEM = 12;
const ROUTER = '192.0.2.1';
