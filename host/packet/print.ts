/**
 * A packet in one line:
 *
 *   10.9.0.1:40000 > 10.9.0.2:80 [SYN] seq 0 win 64240 <mss 1460, sackOK, ts 1 0, wscale 7>
 *
 * Not for: columns and colours of a program (`../cli/`).
 */
import type { IcmpMessage } from './icmp.js';
import { decodePacket, type Packet } from './packet.js';
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
  const { source, destination } = decoded.ip;
  if (decoded.kind === 'tcp') {
    const { tcp } = decoded;
    return `${source}:${tcp.sourcePort} > ${destination}:${tcp.destinationPort} ${formatTcp(tcp, base)}`;
  }
  const ends = `${source} > ${destination}`;
  if (decoded.kind === 'icmp') return `${ends} ${formatIcmp(decoded.icmp)}`;
  return `${ends} protocol ${decoded.ip.protocol}, ${decoded.payload.length} bytes`;
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

function formatIcmp(icmp: IcmpMessage): string {
  const words = [`icmp ${icmp.name}`];
  if (icmp.identifier !== undefined) words.push(`id ${icmp.identifier} seq ${icmp.sequence}`);
  if (icmp.nextHopMtu !== undefined) words.push(`mtu ${icmp.nextHopMtu}`);
  words.push(`len ${icmp.body.length}`);
  return words.join(' ');
}

/** Sequence numbers are modulo 2³² (RFC 9293 §3.4). */
function relative(sequence: number, base: number): number {
  return (sequence - base) >>> 0;
}

const ACK = 0x10;
const URG = 0x20;
