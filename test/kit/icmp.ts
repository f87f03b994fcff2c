/**
 * ICMP errors about segments of a timeline's connection, as routers send them (RFC 792, RFC 1191 §4; RFC 4443 §3) or as
 * attackers forge them. Not for: what a stack does about them.
 */
import { faraway, IP_HEADER, IPV6, LOCAL, PEER, perFamily, WIDER } from './family.js';
import { addressBytes, buildIp, internetChecksum, transportChecksum } from './packet.js';
import type { Timeline } from './timeline.js';

export interface IcmpError {
  /** As on the wire; the names below have the numbers of the family at hand. */
  type: number;
  code?: number;
  /** Of the next hop; as over IPv4, see `family.ts`. */
  mtu?: number;
  /** Sequence number of the quoted segment, relative. */
  seq?: number;
  /** Total length of the quoted packet, as over IPv4. Default: that of a segment without data. */
  size?: number;
  /** Bytes of the quoted packet that the error holds. Default: its IP header and eight more. */
  quoted?: number;
  /** Bytes of options in the quoted IPv4 header, or of a header of destination options behind the quoted IPv6 header. */
  options?: number;
  localPort?: number;
  peerPort?: number;
  peer?: string;
  local?: string;
  protocol?: number;
  /** The flags and offset field of the quoted IPv4 header; of a fragment header of IPv6 (RFC 8200 §4.5). */
  fragment?: number;
  /** Who says so. */
  router?: string;
}

/** The packet that brings an error. */
export function icmpError(t: Timeline, error: IcmpError): Uint8Array {
  const quote = quoted(t, error);
  const whole = IP_HEADER + 8 + (error.options ?? 0) + (IPV6 && error.fragment !== undefined ? 8 : 0);
  return icmpMessage({ ...error, body: quote.subarray(0, error.quoted ?? whole) });
}

/** The packet of a message to us in the family at hand, with right checksums. `mtu` stands in its 32 bits. */
export function icmpMessage(message: {
  type: number;
  code?: number;
  mtu?: number;
  body: Uint8Array;
  router?: string;
}): Uint8Array {
  const payload = new Uint8Array(8 + message.body.length);
  const view = new DataView(payload.buffer);
  payload.set([message.type, message.code ?? 0]);
  if (message.mtu !== undefined && message.mtu !== 0) view.setUint32(4, message.mtu + WIDER);
  payload.set(message.body, 8);
  const bytes = buildIp({
    source: message.router ?? faraway(1),
    destination: LOCAL,
    protocol: ICMP,
    lifetime: 60,
    payload,
  });
  icmpResum(bytes);
  return bytes;
}

/** Writes the checksum that the message in a packet without options should have. */
export function icmpResum(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  view.setUint16(IP_HEADER + 2, 0);
  const sum = IPV6 ? transportChecksum(bytes, ICMP) : internetChecksum(bytes.subarray(IP_HEADER));
  view.setUint16(IP_HEADER + 2, sum);
}

/** A router could not pass on the segment at `seq`, `size` bytes long with its headers. */
export function tooBig(t: Timeline, mtu: number, seq: number, size: number): Uint8Array {
  return icmpError(t, { ...TOO_BIG, mtu, seq, size });
}

/** As much of a packet of ours as anybody could quote. */
function quoted(t: Timeline, error: IcmpError): Uint8Array {
  const payload = new Uint8Array(Math.max(8, error.quoted ?? 0));
  const view = new DataView(payload.buffer);
  view.setUint16(0, error.localPort ?? t.localPort);
  view.setUint16(2, error.peerPort ?? t.peerPort);
  view.setUint32(4, (t.iss + (error.seq ?? 0)) >>> 0);
  return (IPV6 ? quotedSix : quotedFour)(error, payload);
}

function quotedFour(error: IcmpError, payload: Uint8Array): Uint8Array {
  const options = error.options ?? 0;
  const bytes = new Uint8Array(20 + options + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, 0x45 + options / 4);
  bytes.fill(1, 20, 20 + options);
  view.setUint16(2, error.size ?? 40 + options);
  view.setUint16(6, error.fragment ?? 0x4000);
  view.setUint8(8, 1);
  view.setUint8(9, error.protocol ?? 6);
  bytes.set(addressBytes(error.local ?? LOCAL), 12);
  bytes.set(addressBytes(error.peer ?? PEER), 16);
  bytes.set(payload, 20 + options);
  return bytes;
}

/** Extension headers as RFC 8200 §4.5 and §4.6 have them: each begins with the number of the next one. */
function quotedSix(error: IcmpError, payload: Uint8Array): Uint8Array {
  const protocol = error.protocol ?? 6;
  const { fragment, options = 0 } = error;
  const pieces: Uint8Array[] = [payload];
  let next = protocol;
  if (fragment !== undefined) {
    pieces.unshift(
      Uint8Array.of(next, 0, (fragment << 3) >> 8, ((fragment << 3) & 255) | (fragment >> 13), 0, 0, 0, 7),
    );
    next = 44;
  }
  if (options > 0) {
    pieces.unshift(Uint8Array.from([next, options / 8 - 1, 1, options - 4, ...new Array<number>(options - 4).fill(0)]));
    next = 60;
  }
  const bytes = buildIp({
    source: error.local ?? LOCAL,
    destination: error.peer ?? PEER,
    protocol: next,
    lifetime: 1,
    payload: Buffer.concat(pieces),
  });
  new DataView(bytes.buffer).setUint16(4, (error.size ?? 40 + options) + WIDER - 40);
  return bytes;
}

/** Protocol numbers, RFC 792 and RFC 4443. */
export const ICMP = perFamily(1, 58);
export const UNREACHABLE = perFamily(3, 1);
export const TIME_EXCEEDED = perFamily(11, 3);
export const PARAMETER_PROBLEM = perFamily(12, 4);
/** Type and code of what routers of both families say. */
export const TOO_BIG = perFamily({ type: 3, code: 4 }, { type: 2, code: 0 });
export const NET_UNREACHABLE = { type: UNREACHABLE, code: 0 };
export const HOST_UNREACHABLE = { type: UNREACHABLE, code: perFamily(1, 3) };
export const PORT_UNREACHABLE = { type: UNREACHABLE, code: perFamily(3, 4) };
/** RFC 4443 §3.4: "unrecognized Next Header type encountered". */
export const PROTOCOL_UNREACHABLE = perFamily({ type: 3, code: 2 }, { type: 4, code: 1 });
/** Of ICMP for IPv4 alone. */
export const SOURCE_QUENCH = 4;
export const REDIRECT = 5;
