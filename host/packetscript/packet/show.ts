/**
 * A packet in a script's own words, for reports: what was got stands beside what was written, in the same notation.
 */
import type { OptionSpec, PacketSpec, TcpSpec } from '../language/ast.js';
import {
  ACK,
  AE,
  CWR,
  ECE,
  FIN,
  type IcmpPacket,
  PSH,
  RST,
  type Segment,
  SYN,
  type Unreadable,
  URG,
} from './segment.js';

/** `[ect0] P. 1:101(100) ack 1 win 257 <nop,nop,TS val 2 ecr 1>`, with the script's numbers. */
export function showSegment(segment: Segment): string {
  const { seq, payload, flags, ack, window, urgent, options, tos } = segment;
  const words = [
    tos === 0 ? '' : tos < 4 ? `[${ECN_NAMES[tos]}]` : `(tos 0x${tos.toString(16)})`,
    showFlags(flags),
    `${seq}:${(seq + payload.length) % 0x100000000}(${payload.length})`,
    (flags & ACK) === 0 && ack === 0 ? '' : `ack ${ack}`,
    `win ${window}`,
    urgent === 0 ? '' : `urg ${urgent}`,
    options.length === 0 ? '' : `<${options.map(showOption).join(',')}>`,
  ];
  return words.filter((word) => word !== '').join(' ');
}

/** What a script expects, in one notation with what it gets. */
export function showExpected(spec: PacketSpec): string {
  if (spec.kind === 'foreign') return spec.name;
  if (spec.kind === 'icmp') return `icmp type ${spec.type} code ${spec.code}`;
  const { ip, flags, ace, seq, ack, window, urgent, options } = spec;
  const words = [
    ip.ecn === undefined ? '' : `[${ip.ecn}]`,
    ip.tos === undefined ? '' : `(tos 0x${ip.tos.toString(16)})`,
    ip.ttl === undefined ? '' : `(ttl ${ip.ttl})`,
    ace === undefined ? showFlags(flags) : `${showFlags(flags & ~(AE | CWR | ECE))}${ace}`,
    showSequence(seq),
    ack === undefined ? '' : `ack ${ack}`,
    window === undefined ? '' : `win ${window}`,
    urgent === 0 ? '' : `urg ${urgent}`,
    options === 'any' ? '<...>' : options.length === 0 ? '' : `<${options.map(showOption).join(',')}>`,
  ];
  return words.filter((word) => word !== '').join(' ');
}

export function showPacket(packet: Segment | IcmpPacket | Unreadable): string {
  if (packet.kind === 'tcp') return showSegment(packet);
  if (packet.kind === 'icmp') return `icmp type ${packet.type} code ${packet.code}`;
  return `a packet that can't be read: ${packet.reason}`;
}

export function showFlags(flags: number): string {
  const letters = LETTERS.filter(([bit]) => (flags & bit) !== 0).map(([, letter]) => letter);
  return letters.length === 0 ? '-' : letters.join('');
}

export function showOption(option: OptionSpec): string {
  switch (option.kind) {
    case 'nop':
    case 'eol':
    case 'sackOK':
      return option.kind;
    case 'mss':
    case 'wscale':
      return `${option.kind} ${option.value}`;
    case 'sack':
      return `sack ${option.blocks.map(({ left, right }) => `${left}:${right}`).join(' ')}`;
    case 'timestamps':
      return `TS val ${option.value ?? '...'} ecr ${option.echo}${option.absolute ? '!' : ''}`;
    case 'fastOpen':
      return `${option.experimental ? 'FOEXP' : 'FO'} ${hex(option.cookie)}`.trimEnd();
    case 'md5':
      return `md5 ${hex(option.digest)}`;
    case 'accEcn': {
      const names = option.first === 'e0b' ? ['e0b', 'ceb', 'e1b'] : ['e1b', 'ceb', 'e0b'];
      return `ECN ${option.counters.map((counter, index) => `${names[index]} ${counter}`).join(' ')}`;
    }
    case 'generic':
      return `option ${option.number} ${hex(option.bytes)}`.trimEnd();
  }
}

function showSequence({ start, length, absolute, any }: TcpSpec['seq']): string {
  if (any) return `...(${length})`;
  return `${start}:${(start + length) % 0x100000000}(${length})${absolute ? '!' : ''}`;
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

const LETTERS = [
  [SYN, 'S'],
  [FIN, 'F'],
  [RST, 'R'],
  [PSH, 'P'],
  [URG, 'U'],
  [AE, 'A'],
  [ECE, 'E'],
  [CWR, 'W'],
  [ACK, '.'],
] as const;

const ECN_NAMES = ['noecn', 'ect1', 'ect0', 'ce'];
