/**
 * Whether a packet is the one that a script expects. What is compared follows the tools of both families: every flag, the
 * sequence and acknowledgment numbers, the urgent pointer, options with their order and padding, the data; the window, ECN
 * bits, TOS and TTL only when they are written.
 * Not for: when it came (`../time.ts`).
 */
import type { IcmpSpec, IpInfo, OptionSpec, TcpSpec } from '../language/ast.js';
import { misplaced } from './pattern.js';
import { CWR, FIN, type IcmpPacket, PSH, type Segment, SYN } from './segment.js';
import { showFlags, showOption } from './show.js';

export interface Difference {
  field: string;
  expected: string;
  got: string;
}

export interface Rules {
  /** Whether the echoed timestamp is compared, and the timestamp: both tools leave the first out. */
  echo: boolean;
  /** How far a timestamp may be off; undefined: any. */
  timestampSlack: number | undefined;
}

/** @param got with the script's numbers. @returns what differs, nothing when it is the one */
export function compareSegment(expected: TcpSpec, got: Segment, rules: Rules): Difference[] {
  const different: Difference[] = [];
  const check = (field: string, want: number | string, have: number | string) => {
    if (want !== have) different.push({ field, expected: String(want), got: String(have) });
  };
  // Linux sets PSH on every packet that offload is to cut, whatever its last segment has.
  const push = got.joined === true ? expected.flags & PSH : 0;
  check('flags', showFlags(expected.flags), showFlags(got.flags | push));
  check('reserved bits', 0, got.reserved);
  if (!expected.seq.any) check('seq', expected.seq.start, got.seq);
  check('length', expected.seq.length, got.payload.length);
  check('ack', expected.ack ?? 0, got.ack);
  if (expected.window !== undefined) check('win', expected.window, got.window);
  check('urg', expected.urgent, got.urgent);
  if (expected.options !== 'any') compareOptions(expected.options, got.options, rules, check);
  compareIp(expected.ip, got, check);
  const wrong = misplaced(got.payload, (got.flags & SYN) !== 0 ? 1 : got.seq);
  if (wrong !== -1 && different.length === 0)
    check('data', 'the bytes that were written', `another byte at ${got.seq + wrong}`);
  return different;
}

export function compareIcmp(expected: IcmpSpec, got: IcmpPacket): Difference[] {
  const different: Difference[] = [];
  const check = (field: string, want: number | string, have: number | string) => {
    if (want !== have) different.push({ field, expected: String(want), got: String(have) });
  };
  check('ICMP type', expected.type, got.type);
  check('ICMP code', expected.code, got.code);
  compareIp(expected.ip, got, check);
  return different;
}

/**
 * Makes one segment of two that follow each other, as segmentation offload would have had it: a script may expect one
 * where the stack sends several.
 * @returns undefined when they do not fit
 */
export function merged(first: Segment, second: Segment, expectedLength: number): Segment | undefined {
  const total = first.payload.length + second.payload.length;
  const alike =
    ((first.flags ^ second.flags) & ~(FIN | PSH | CWR)) === 0 &&
    first.ack === second.ack &&
    first.window === second.window &&
    first.urgent === second.urgent &&
    first.tos === second.tos &&
    first.ttl === second.ttl &&
    JSON.stringify(first.options) === JSON.stringify(second.options);
  const follows = second.seq === (first.seq + first.payload.length) % 0x100000000 && second.payload.length > 0;
  if (!alike || !follows || total > expectedLength || (first.flags & FIN) !== 0) return undefined;
  const payload = new Uint8Array(total);
  payload.set(first.payload);
  payload.set(second.payload, first.payload.length);
  return { ...second, seq: first.seq, flags: (second.flags & ~CWR) | (first.flags & CWR), payload, joined: true };
}

type Check = (field: string, expected: number | string, got: number | string) => void;

function compareIp(expected: IpInfo, got: { tos: number; ttl: number }, check: Check): void {
  const ecn = ECN_NAMES[got.tos & 3] as string;
  if (expected.ecn === 'ect01') check('ECN', 'ect0 or ect1', /^ect/.test(ecn) ? 'ect0 or ect1' : ecn);
  else if (expected.ecn !== undefined) check('ECN', expected.ecn, ecn);
  if (expected.tos !== undefined) check('tos', hex(expected.tos), hex(got.tos));
  if (expected.dscp !== undefined) check('dscp', hex(expected.dscp), hex(got.tos >> 2));
  if (expected.ttl !== undefined) check('ttl', expected.ttl, got.ttl);
}

function compareOptions(expected: readonly OptionSpec[], got: readonly OptionSpec[], rules: Rules, check: Check): void {
  const alike =
    expected.length === got.length && expected.every((option, index) => sameOption(option, got[index], rules));
  if (alike) return;
  check('options', `<${expected.map(showOption).join(',')}>`, `<${got.map(showOption).join(',')}>`);
}

function sameOption(expected: OptionSpec, got: OptionSpec | undefined, rules: Rules): boolean {
  if (expected.kind !== 'timestamps' || got?.kind !== 'timestamps') {
    return got !== undefined && showOption(expected) === showOption(got);
  }
  if (rules.echo && expected.echo !== got.echo) return false;
  if (rules.timestampSlack === undefined || expected.value === undefined || got.value === undefined) return true;
  return Math.abs((expected.value - got.value) | 0) <= rules.timestampSlack;
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

const ECN_NAMES = ['noecn', 'ect1', 'ect0', 'ce'];
