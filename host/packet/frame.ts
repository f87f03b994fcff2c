/**
 * An Ethernet frame as an object: RFC 894, RFC 2464, with one tag of IEEE 802.1Q at most.
 * Not for: the frame check sequence, which is gone before anybody in software sees a frame.
 */
import { type ArpPacket, decodeArp } from './arp.js';
import { hardwareAddressAt, uint16At } from './bytes.js';
import { decodePacket, type Malformed, type Packet } from './packet.js';

export type Frame =
  | {
      kind: 'frame';
      destination: string;
      source: string;
      /** Of the content, behind the tag. */
      etherType: number;
      /** Of an 802.1Q tag. */
      vlan?: number;
      content: Packet | { kind: 'arp'; arp: ArpPacket } | { kind: 'unknown'; payload: Uint8Array };
    }
  | Malformed;

/** Never throws: what can't be read is `malformed`, with the reason; padding behind a packet is left out. */
export function decodeFrame(bytes: Uint8Array): Frame {
  const tagged = bytes.length >= HEADER + TAG && uint16At(bytes, 12) === TYPE_TAG;
  const header = tagged ? HEADER + TAG : HEADER;
  if (bytes.length < header) {
    return { kind: 'malformed', reason: `${bytes.length} bytes are too few for an Ethernet header`, bytes };
  }
  const etherType = uint16At(bytes, header - 2);
  return {
    kind: 'frame',
    destination: hardwareAddressAt(bytes, 0),
    source: hardwareAddressAt(bytes, 6),
    etherType,
    ...(tagged ? { vlan: uint16At(bytes, 14) & 0xfff } : {}),
    content: decodeContent(etherType, bytes.subarray(header)),
  };
}

function decodeContent(etherType: number, payload: Uint8Array): Extract<Frame, { kind: 'frame' }>['content'] {
  if (etherType === TYPE_ARP) {
    const arp = decodeArp(payload);
    return typeof arp === 'string' ? { kind: 'malformed', reason: arp, bytes: payload } : { kind: 'arp', arp };
  }
  const version = VERSIONS.get(etherType);
  if (version === undefined) return { kind: 'unknown', payload };
  const found = (payload[0] ?? 0) >> 4;
  if (found === version) return decodePacket(payload);
  return { kind: 'malformed', reason: `version ${found} in a frame of IPv${version}`, bytes: payload };
}

const HEADER = 14;
const TAG = 4;
const TYPE_ARP = 0x0806;
const TYPE_TAG = 0x8100;
const VERSIONS = new Map([
  [0x0800, 4],
  [0x86dd, 6],
]);
