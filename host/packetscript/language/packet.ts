/**
 * Packets: `< [ect0] P. 1:101(100) ack 1 win 257 <nop,nop,TS val 2 ecr 1>`, `< icmp unreachable frag_needed mtu 800`.
 * Not for: TCP options (`tcp-options.ts`), and what a packet is on the wire (`../packet/`).
 */
import type { IcmpSpec, IpInfo, PacketAction, PacketSpec, Ports, Sequence, TcpSpec } from './ast.js';
import { icmpCode } from './icmp-names.js';
import type { Reader } from './reader.js';
import { parseTcpOptions } from './tcp-options.js';

export function parsePacket(reader: Reader): PacketAction {
  const direction = reader.next().text === '<' ? 'in' : 'out';
  const place = reader.peek();
  const packet = parseSpec(reader, direction);
  if (direction === 'in' && packet.kind !== 'foreign' && packet.ip.ecn === 'ect01') {
    reader.refuse(place, '[ect01] is for outbound packets only: an inbound one has to say which');
  }
  return { kind: 'packet', direction, packet };
}

function parseSpec(reader: Reader, direction: 'in' | 'out'): PacketSpec {
  const outer = parseEncapsulation(reader);
  const ip = parseIpInfo(reader);
  const spec = parseTransport(reader, direction, ip);
  return outer === undefined ? spec : { kind: 'foreign', name: outer };
}

function parseTransport(reader: Reader, direction: 'in' | 'out', ip: IpInfo): PacketSpec {
  if (reader.take('word', 'udp') !== undefined) return parseUdp(reader);
  if (reader.take('word', 'icmp') !== undefined) return parseIcmp(reader, ip);
  if (reader.take('word', 'encap') !== undefined) return parsePsp(reader, direction, ip);
  const foreign = ['sctp', 'udplite'].find((name) => reader.word(name));
  if (foreign === undefined) return parseTcp(reader, direction, ip);
  skipLine(reader);
  return { kind: 'foreign', name: foreign };
}

function parseTcp(reader: Reader, direction: 'in' | 'out', ip: IpInfo): PacketSpec {
  const ports = parsePorts(reader);
  const { flags, ace } = parseFlags(reader);
  const seq = parseSequence(reader);
  const ack = reader.take('word', 'ack') === undefined ? undefined : reader.integer('the ack number', 0, UINT32);
  const window = reader.take('word', 'win') === undefined ? undefined : reader.integer('the window', 0, UINT16);
  const urgent = reader.take('word', 'urg') === undefined ? 0 : reader.integer('the urgent pointer', 0, UINT16);
  const options = parseTcpOptions(reader, direction);
  const spec: TcpSpec = { kind: 'tcp', ip, ports, flags, ace, seq, ack, window, urgent, options };
  return parseUdpEncapsulation(reader) ? { kind: 'foreign', name: 'tcp over udp' } : spec;
}

/** `SEW.`, `P.`, `.`, `-` for none; `P.5`: 5 is the counter of AccECN in the three bits of `A`, `W` and `E`. */
function parseFlags(reader: Reader): { flags: number; ace: number | undefined } {
  if (reader.take('symbol', '-') !== undefined) return { flags: 0, ace: undefined };
  const word = reader.take('word');
  const letters = word?.text ?? '';
  const rest = reader.is('float') && /^\.\d$/.test(reader.peek().text) ? reader.next() : reader.take('symbol', '.');
  if (word === undefined && rest === undefined) {
    reader.fail("TCP flags as 'S', 'P.' or '.', 'udp' or 'icmp'");
  }
  const digit = rest?.text.slice(1) ?? '';
  let flags = rest === undefined ? 0 : ACK;
  for (const letter of letters) {
    const bit = FLAGS[letter];
    if (bit === undefined) {
      reader.refuse(word ?? reader.last, `expected TCP flags of the letters F S R P . U E W A, found '${letters}'`);
    }
    if ((flags & bit) !== 0) reader.refuse(word ?? reader.last, `the flag ${letter} stands twice in '${letters}'`);
    flags |= bit;
  }
  if (digit === '') return { flags, ace: undefined };
  const ace = Number(digit);
  if (ace > 7) reader.refuse(reader.last, `the AccECN counter is ${ace}, not from 0 to 7`);
  const bits = (ace & 4 ? FLAGS_AE : 0) | (ace & 2 ? FLAGS_CWR : 0) | (ace & 1 ? FLAGS_ECE : 0);
  return { flags: flags | bits, ace };
}

function parseSequence(reader: Reader): Sequence {
  if (reader.take('ellipsis') !== undefined) {
    reader.expectSymbol('(');
    const length = reader.integer('the number of bytes', 0, UINT16);
    reader.expectSymbol(')');
    return { start: 0, length, absolute: false, any: true };
  }
  const first = reader.peek();
  const start = reader.integer('a sequence number', 0, UINT32);
  reader.expectSymbol(':', "':' and the last sequence number");
  const end = reader.integer('the last sequence number', 0, UINT32);
  reader.expectSymbol('(', "'(' and the number of bytes");
  const length = reader.integer('the number of bytes', 0, UINT16);
  reader.expectSymbol(')');
  if (end !== (start + length) % (UINT32 + 1)) {
    reader.refuse(first, `${start}:${end}(${length}) does not add up: ${start} + ${length} is ${start + length}`);
  }
  const absolute = reader.take('symbol', '!') !== undefined;
  return { start, length, absolute, any: false };
}

function parsePorts(reader: Reader): Ports | undefined {
  if (!reader.is('integer') || reader.peek(1).text !== '>') return undefined;
  const source = reader.integer('a port', 0, UINT16);
  reader.next();
  return { source, destination: reader.integer('a port', 0, UINT16) };
}

/** `[ect0]`, `(tos 0x28)`, `(ttl 3, ect1)`. */
function parseIpInfo(reader: Reader): IpInfo {
  const open = reader.take('symbol', '[') ?? reader.take('symbol', '(');
  if (open === undefined) return {};
  const ip: IpInfo = {};
  do parseIpField(reader, ip);
  while (reader.take('symbol', ',') !== undefined);
  reader.expectSymbol(open.text === '[' ? ']' : ')');
  return ip;
}

function parseIpField(reader: Reader, ip: IpInfo): void {
  const name = reader.expect('word', undefined, IP_FIELDS).text;
  if (name === 'noecn' || name === 'ect0' || name === 'ect1' || name === 'ce' || name === 'ect01') ip.ecn = name;
  else if (name === 'ttl' || name === 'hlim') ip.ttl = reader.integer('the TTL', 0, 255);
  else if (name === 'tos' || name === 'class') ip.tos = reader.number('the TOS byte', 0, 255);
  else if (name === 'dscp') ip.dscp = parseDscp(reader);
  else if (name === 'flowlabel' || name === 'flow') reader.number('the flow label', 0, 0xfffff);
  else reader.refuse(reader.last, `expected ${IP_FIELDS}, found '${name}'`);
}

function parseDscp(reader: Reader): number {
  const name = reader.take('word');
  if (name === undefined) return reader.number('the DSCP', 0, 63);
  const match = /^cs([0-7])$|^af([1-4])([1-3])$|^(ef)$/i.exec(name.text);
  if (match === null) return reader.refuse(name, `expected a DSCP as 0x2e, cs1, af11 or ef, found '${name.text}'`);
  if (match[4] !== undefined) return 46;
  if (match[1] !== undefined) return Number(match[1]) * 8;
  return Number(match[2]) * 8 + Number(match[3]) * 2;
}

function parseUdp(reader: Reader): PacketSpec {
  parsePorts(reader);
  reader.expectSymbol('(', "'(' and the number of bytes");
  reader.integer('the number of bytes', 0, UINT16);
  reader.expectSymbol(')');
  return { kind: 'foreign', name: 'udp' };
}

function parseIcmp(reader: Reader, ip: IpInfo): PacketSpec {
  const type = reader.expect('word', undefined, 'the type of the ICMP message');
  const code = isFieldOfIcmp(reader) ? undefined : reader.take('word');
  const known = icmpCode(reader.version, type.text, code?.text);
  if (typeof known === 'string') return reader.refuse(code ?? type, known);
  const told = reader.take('word', 'mtu') === undefined ? undefined : reader.integer('the MTU', 0, UINT32);
  const { translated, ...named } = known;
  // The MTU is one that IPv4 would have: the same segment makes a longer packet (RFC 7915 §4.2).
  const mtu = told !== undefined && told > 0 && translated ? told + WIDER : told;
  const id = reader.take('word', 'id') === undefined ? undefined : reader.integer('the identifier', 0, UINT16);
  const spec: IcmpSpec = {
    kind: 'icmp',
    ip,
    ...named,
    mtu,
    id,
    cause: { start: 0, length: 0, absolute: false, any: false },
  };
  if (reader.take('symbol', '[') === undefined) return spec;
  if (reader.word('udp') || reader.word('raw') || reader.word('sctp') || reader.word('udplite')) {
    const name = `icmp about ${reader.peek().text}`;
    while (!reader.symbol(']') && !reader.is('end')) reader.next();
    reader.expectSymbol(']');
    return { kind: 'foreign', name };
  }
  spec.cause = parseSequence(reader);
  const encapsulated = parseUdpEncapsulation(reader);
  reader.expectSymbol(']');
  return encapsulated ? { kind: 'foreign', name: 'icmp about tcp over udp' } : spec;
}

function isFieldOfIcmp(reader: Reader): boolean {
  return (reader.word('mtu') || reader.word('id')) && reader.peek(1).kind === 'integer';
}

/** `/udp(1 > 9811)` */
function parseUdpEncapsulation(reader: Reader): boolean {
  if (reader.take('symbol', '/') === undefined) return false;
  reader.expect('word', 'udp');
  reader.expectSymbol('(');
  reader.integer('a port', 0, UINT16);
  reader.expectSymbol('>');
  reader.integer('a port', 0, UINT16);
  reader.expectSymbol(')');
  return true;
}

/** Headers around the packet. @returns their name, undefined when there are none */
function parseEncapsulation(reader: Reader): string | undefined {
  let name: string | undefined;
  while (['ipv4', 'ipv6', 'gre', 'GREv0', 'mpls'].some((word) => reader.word(word))) {
    name ??= reader.peek().text;
    while (!reader.symbol(':') && !reader.is('end')) reader.next();
    reader.expectSymbol(':', "':' behind the outer header");
  }
  return name;
}

function parsePsp(reader: Reader, direction: 'in' | 'out', ip: IpInfo): PacketSpec {
  reader.expect('word', 'psp');
  reader.expect('word', 'spi');
  reader.number('the SPI', 0, UINT32);
  parseTcp(reader, direction, ip);
  return { kind: 'foreign', name: 'psp' };
}

function skipLine(reader: Reader): void {
  const { line } = reader.peek();
  while (!reader.is('end') && reader.peek().line === line) reader.next();
}

const UINT16 = 0xffff;
const UINT32 = 0xffffffff;
const IP_FIELDS = 'noecn, ect0, ect1, ect01, ce, tos, dscp, ttl or flowlabel';

const ACK = 0x10;
const FLAGS_ECE = 0x40;
const FLAGS_CWR = 0x80;
const FLAGS_AE = 0x100;
/** As in the header; `A` is the AE bit of RFC 9768, beside CWR. */
const FLAGS: Readonly<Record<string, number>> = {
  F: 0x01,
  S: 0x02,
  R: 0x04,
  P: 0x08,
  U: 0x20,
  E: FLAGS_ECE,
  W: FLAGS_CWR,
  A: FLAGS_AE,
};
/** What an IPv6 header has more than one of IPv4. */
export const WIDER = 20;
