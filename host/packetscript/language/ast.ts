/**
 * A parsed script. Times are whole microseconds; sequence numbers, acknowledgments and timestamps are the script's own,
 * which count from its own initial ones (`../endpoint.ts` translates).
 * Not for: how any of it is written (`script.ts`, `packet.ts`, `expression.ts`).
 */
import type { Place } from './errors.js';

export interface Script {
  /** `--name=value` lines, in order; `value` is undefined for a bare `--name`. */
  options: Option[];
  /** The command before the first event and the one behind the last. */
  prologue: Command | undefined;
  events: Event[];
  epilogue: Command | undefined;
}

export interface Option extends Place {
  name: string;
  value: string | undefined;
}

export interface Event extends Place {
  time: Time;
  action: Action;
  /** As it stands in the script, on one line. */
  text: string;
}

export type Time =
  | { kind: 'absolute' | 'relative'; at: number }
  | { kind: 'range'; relative: boolean; from: number; to: number }
  /** `*`: whenever it comes. */
  | { kind: 'any' };

export type Action = PacketAction | Call | Command | Code;

export interface PacketAction {
  kind: 'packet';
  direction: 'in' | 'out';
  packet: PacketSpec;
}

export type PacketSpec = TcpSpec | IcmpSpec | ForeignSpec;

/** What the language has and Vitrine has not: UDP, tunnels. */
export interface ForeignSpec {
  kind: 'foreign';
  name: string;
}

export interface TcpSpec {
  kind: 'tcp';
  ip: IpInfo;
  ports: Ports | undefined;
  /** Bits as in the header. */
  flags: number;
  /** The three-bit counter of AccECN (RFC 9768 §3.2.2), when it is written as a digit. */
  ace: number | undefined;
  seq: Sequence;
  ack: number | undefined;
  window: number | undefined;
  urgent: number;
  /** `any`: `<...>`. */
  options: OptionSpec[] | 'any';
}

export interface Ports {
  source: number;
  destination: number;
}

export interface Sequence {
  start: number;
  length: number;
  /** `1:1(0)!`: the number on the wire, not translated. */
  absolute: boolean;
  /** `...(10)`: any start. */
  any: boolean;
}

export interface IpInfo {
  ecn?: 'noecn' | 'ect0' | 'ect1' | 'ce' | 'ect01';
  tos?: number;
  dscp?: number;
  ttl?: number;
}

export type OptionSpec =
  | { kind: 'nop' | 'eol' | 'sackOK' }
  | { kind: 'mss' | 'wscale'; value: number }
  | { kind: 'sack'; blocks: { left: number; right: number }[] }
  /** `value` undefined: any. `absolute`: the echo is the number on the wire. */
  | { kind: 'timestamps'; value: number | undefined; echo: number; absolute: boolean }
  | { kind: 'fastOpen'; experimental: boolean; cookie: Uint8Array }
  /** What the digest is does not matter: no key is ever set (RFC 2385 is not there). */
  | { kind: 'md5'; digest: Uint8Array }
  | { kind: 'accEcn'; first: 'e0b' | 'e1b'; counters: number[] }
  | { kind: 'generic'; number: number; bytes: Uint8Array };

export interface IcmpSpec {
  kind: 'icmp';
  ip: IpInfo;
  type: number;
  code: number;
  mtu: number | undefined;
  id: number | undefined;
  /** The TCP segment that caused the message. */
  cause: Sequence;
}

export interface Call extends Place {
  kind: 'call';
  name: string;
  arguments: Expression[];
  /** `0...0.1 read(…)`: the call blocks until then. On the scale of the event's time. */
  until: number | undefined;
  result: Expression;
  /** `EAGAIN` of `= -1 EAGAIN (…)`. */
  error: string | undefined;
}

export interface Command extends Place {
  kind: 'command';
  text: string;
}

export interface Code extends Place {
  kind: 'code';
  text: string;
}

export type Expression = Place &
  (
    | { kind: 'any' }
    | { kind: 'integer'; value: number }
    | { kind: 'word'; name: string }
    | { kind: 'string'; value: string }
    | { kind: 'or'; left: Expression; right: Expression }
    | { kind: 'list'; items: Expression[] }
    /** `{sa_family = AF_INET, …}` */
    | { kind: 'struct'; fields: Field[] }
    /** `htons(8080)` */
    | { kind: 'apply'; name: string; arguments: Expression[] }
  );

export interface Field extends Place {
  name: string;
  /** `msg_iov(1)=…` */
  argument: Expression | undefined;
  value: Expression;
}
