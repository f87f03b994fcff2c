/**
 * A packet in one line:
 *
 *   10.9.0.1:40000 > 10.9.0.2:80 [SYN] seq 0 win 64240 <mss 1460, sackOK, ts 1 0, wscale 7>
 *   [fd00::1]:5353 > [ff02::fb]:5353 udp len 45
 *
 * and a frame, with its hardware addresses before that.
 * Not for: columns and colours of a program (`../cli/`).
 */
import type { ArpPacket } from './arp.js';
import { decodeFrame, type Frame } from './frame.js';
import { decodePacket, type IPHeader, type Packet } from './packet.js';
import { formatControl, formatEnd, formatMembership } from './print-control.js';
import { protocolName } from './protocol.js';
import type { TcpOption, TcpSegment } from './tcp.js';

/** What sequence numbers are counted from. Without it they are printed as they stand in the header. */
export interface SequenceBase {
  /** Subtracted from `seq`: the sender's initial sequence number. */
  seq: number;
  /** Subtracted from `ack`: the receiver's. */
  ack: number;
}

/** The line for a packet, or for its bytes. */
export function formatPacket(packet: Packet | Uint8Array, base?: SequenceBase): string {
  const decoded = packet instanceof Uint8Array ? decodePacket(packet) : packet;
  if (decoded.kind === 'malformed') return `malformed packet: ${decoded.reason}`;
  const { ip } = decoded;
  if (decoded.kind === 'tcp') return `${formatEnds(ip, decoded.tcp)} ${formatTcp(decoded.tcp, base)}`;
  if (decoded.kind === 'udp') return `${formatEnds(ip, decoded.udp)} udp len ${decoded.udp.payload.length}`;
  return `${formatEnds(ip)} ${formatRest(decoded)}`;
}

/** The line for an Ethernet frame, or for its bytes: `02:00:00:00:00:01 > ff:ff:ff:ff:ff:ff arp who has 10.9.0.1 …`. */
export function formatFrame(frame: Frame | Uint8Array, base?: SequenceBase): string {
  const decoded = frame instanceof Uint8Array ? decodeFrame(frame) : frame;
  if (decoded.kind === 'malformed') return `malformed frame: ${decoded.reason}`;
  const { source, destination, vlan, content, etherType } = decoded;
  const ends = `${source} > ${destination}${vlan === undefined ? '' : ` vlan ${vlan}`}`;
  if (content.kind === 'arp') return `${ends} ${formatArp(content.arp)}`;
  if (content.kind === 'unknown') {
    return `${ends} type 0x${etherType.toString(16).padStart(4, '0')}, ${content.payload.length} bytes`;
  }
  return `${ends} ${formatPacket(content, base)}`;
}

/** The part of the line behind the addresses: `[SYN, ACK] seq 0 ack 1 win 65535 <mss 1460>`. */
export function formatTcp(tcp: TcpSegment, base: SequenceBase = { seq: 0, ack: 0 }): string {
  const words = [`[${tcp.flagNames.join(', ')}]`, `seq ${relative(tcp.seq, base.seq)}`];
  if ((tcp.flags & ACK) !== 0) words.push(`ack ${relative(tcp.ack, base.ack)}`);
  words.push(`win ${tcp.window}`);
  if (tcp.payload.length > 0) words.push(`len ${tcp.payload.length}`);
  if ((tcp.flags & URG) !== 0) words.push(`urg ${tcp.urgentPointer}`);
  const options = formatOptions(tcp.options);
  if (options !== '') words.push(`<${options}>`);
  return words.join(' ');
}

/** `mss 1460, sackOK, ts 1 0, wscale 7`; padding is left out. */
export function formatOptions(options: readonly TcpOption[]): string {
  return options.map(formatOption).filter(Boolean).join(', ');
}

function formatEnds(ip: IPHeader, ports?: { sourcePort: number; destinationPort: number }): string {
  const { source, destination } = ip;
  const ends =
    ports === undefined
      ? `${source} > ${destination}`
      : `${formatEnd(source, ports.sourcePort)} > ${formatEnd(destination, ports.destinationPort)}`;
  const extensions = ip.version === 6 ? ip.extensions.map(({ kind }) => EXTENSIONS[kind]) : [];
  const shown = extensions.filter((name) => name !== '');
  return shown.length === 0 ? ends : `${ends} (${shown.join(', ')})`;
}

function formatRest(packet: Exclude<Packet, { kind: 'tcp' | 'udp' | 'malformed' }>): string {
  switch (packet.kind) {
    case 'icmp':
      return `icmp ${formatControl(packet.icmp)}`;
    case 'icmp6':
      return `icmp6 ${formatControl(packet.icmp)}`;
    case 'igmp':
      return `igmp ${packet.igmp.membership === undefined ? `type ${packet.igmp.type}` : formatMembership(packet.igmp.membership)}`;
    case 'fragment': {
      const { identification, fragmentOffset, moreFragments, protocol } = packet.ip;
      const place = `id ${identification} offset ${fragmentOffset} len ${packet.payload.length}`;
      return `${protocolName(protocol)} fragment ${place}${moreFragments ? ', more follow' : ''}`;
    }
    case 'ip':
      return `${protocolName(packet.ip.protocol)}, ${packet.payload.length} bytes`;
  }
}

function formatArp(arp: ArpPacket): string {
  const { operation, senderAddress, senderHardware, targetAddress } = arp;
  if (operation === 1) return `arp who has ${targetAddress}? tell ${senderAddress}`;
  if (operation === 2) return `arp ${senderAddress} is at ${senderHardware}`;
  return `arp operation ${operation}`;
}

function formatOption(option: TcpOption): string {
  switch (option.kind) {
    case 'mss':
      return `mss ${option.value}`;
    case 'windowScale':
      return `wscale ${option.shift}`;
    case 'sackPermitted':
      return 'sackOK';
    case 'sack':
      return `sack ${option.blocks.map(({ left, right }) => `${left}-${right}`).join(' ')}`;
    case 'timestamps':
      return `ts ${option.value} ${option.echo}`;
    case 'unknown':
      return `option ${option.number}`;
    case 'malformed':
      return `option ${option.number} malformed`;
    case 'nop':
    case 'end':
      return '';
  }
}

/** Sequence numbers are modulo 2³² (RFC 9293 §3.4). */
function relative(sequence: number, base: number): number {
  return (sequence - base) >>> 0;
}

const ACK = 0x10;
const URG = 0x20;
/** A fragment says the same by itself. */
const EXTENSIONS = {
  hopByHop: 'hop-by-hop options',
  destination: 'destination options',
  routing: 'routing header',
  fragment: '',
  authentication: 'authentication header',
};
