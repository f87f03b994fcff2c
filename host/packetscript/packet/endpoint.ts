/**
 * One connection of a script and its numbers: a script counts from the initial sequence numbers and timestamps that it
 * writes itself, the wire from those that the stack chose. Here one becomes the other.
 * Not for: which connection a packet belongs to (`endpoints.ts`).
 */
import type { IcmpSpec, IpInfo, OptionSpec, Sequence, TcpSpec } from '../language/ast.js';
import { pattern } from './pattern.js';
import { ACK, type IcmpPacket, type Segment, SYN } from './segment.js';
import { quotation } from './wire.js';

/** Where a connection is, as far as the script has told. */
export type Phase = 'new' | 'listening' | 'connecting' | 'synSent' | 'synReceived' | 'synAckSent' | 'open';

export class Endpoint {
  phase: Phase = 'new';
  /** The script's descriptor; undefined for a connection that nobody has accepted yet. */
  fd: number | undefined;
  remotePort = 0;
  localPort = 0;
  /** Ports that the script writes, when it does. */
  ports: { remote: number; local: number } | undefined;

  #remoteIsn = 0;
  #localIsn = 0;
  #scriptLocalIsn = 0;
  readonly #timestamps = new Map<number, number>();
  #firstTimestamp: { script: number; live: number } | undefined;

  constructor(
    readonly localAddress: string,
    readonly remoteAddress: string,
  ) {}

  /** The peer's initial sequence number: the script's and the wire's are the same. */
  startsRemoteAt(seq: number): void {
    this.#remoteIsn = seq;
  }

  /** Our initial sequence number, as the script writes it and as the stack chose it. */
  startsLocalAt(script: number, live: number): void {
    this.#scriptLocalIsn = script;
    this.#localIsn = live;
  }

  /** Whether a packet on the wire leaves this connection. */
  sends(segment: Segment): boolean {
    return (
      segment.sourceAddress === this.localAddress &&
      segment.destinationAddress === this.remoteAddress &&
      segment.destinationPort === this.remotePort &&
      segment.sourcePort === this.localPort
    );
  }

  /**
   * A script's inbound packet with the wire's numbers.
   * @returns what is wrong, as a string, when a number has no counterpart
   */
  inbound(spec: TcpSpec, looseEcho: boolean): Segment | string {
    const syn = (spec.flags & SYN) !== 0;
    const ack = (spec.flags & ACK) !== 0;
    const seq = spec.seq.absolute ? spec.seq.start : spec.seq.start + (syn ? 0 : this.#remoteIsn);
    const options: OptionSpec[] = [];
    for (const option of spec.options === 'any' ? [] : spec.options) {
      const translated = this.#inboundOption(option, syn, ack, looseEcho);
      if (typeof translated === 'string') return translated;
      options.push(translated);
    }
    return {
      kind: 'tcp',
      ...this.#inboundIp(spec.ip),
      sourcePort: spec.ports?.source || this.remotePort,
      destinationPort: spec.ports?.destination || this.localPort,
      flags: spec.flags,
      reserved: 0,
      seq: seq >>> 0,
      ack: ack ? this.#toLive(spec.ack ?? 0, syn) : (spec.ack ?? 0),
      window: spec.window ?? 0,
      urgent: spec.urgent,
      options,
      payload: pattern(syn ? 1 : spec.seq.start, spec.seq.length),
    };
  }

  /** An ICMP message about a packet that this connection sent. */
  inboundIcmp(spec: IcmpSpec): IcmpPacket {
    const rest = spec.mtu ?? (spec.id ?? 0) * 0x10000;
    return {
      kind: 'icmp',
      ...this.#inboundIp(spec.ip),
      type: spec.type,
      code: spec.code,
      rest,
      body: this.#cause(spec.cause),
    };
  }

  /** A packet on the wire with the script's numbers. */
  outbound(segment: Segment, seq: Sequence): Segment {
    const syn = (segment.flags & SYN) !== 0;
    const ack = (segment.flags & ACK) === 0 ? segment.ack : segment.ack - (syn ? 0 : this.#remoteIsn);
    return {
      ...segment,
      seq: seq.absolute ? segment.seq : this.#toScript(segment.seq, syn),
      ack: ack >>> 0,
      options: segment.options.map((option) => this.#outboundOption(option, syn)),
    };
  }

  /** Notes which of the stack's timestamps the script's `value` stands for: a later echo of it means that one. */
  learnTimestamp(segment: Segment, expected: readonly OptionSpec[]): void {
    const live = segment.options.find((option) => option.kind === 'timestamps');
    const script = expected.find((option) => option.kind === 'timestamps');
    if (live?.kind !== 'timestamps' || script?.kind !== 'timestamps') return;
    if (script.value === undefined || live.value === undefined) return;
    this.#timestamps.set(script.value, live.value);
    this.#firstTimestamp ??= { script: script.value, live: live.value };
  }

  #toLive(number: number, syn: boolean): number {
    return (number + this.#localIsn - (syn ? this.#scriptLocalIsn : 0)) >>> 0;
  }

  #toScript(number: number, syn: boolean): number {
    return (number - this.#localIsn + (syn ? this.#scriptLocalIsn : 0)) >>> 0;
  }

  #inboundIp(ip: IpInfo) {
    const ecn = ip.ecn === undefined || ip.ecn === 'ect01' ? 0 : ECN_BITS[ip.ecn];
    return {
      tos: ip.tos ?? ((ip.dscp ?? 0) << 2) | ecn,
      ttl: ip.ttl ?? 255,
      sourceAddress: this.remoteAddress,
      destinationAddress: this.localAddress,
    };
  }

  #cause(cause: Sequence): Uint8Array {
    const segment: Segment = {
      kind: 'tcp',
      tos: 0,
      ttl: 64,
      sourceAddress: this.localAddress,
      destinationAddress: this.remoteAddress,
      sourcePort: this.localPort,
      destinationPort: this.remotePort,
      flags: ACK,
      reserved: 0,
      seq: cause.absolute ? cause.start : this.#toLive(cause.start, false),
      ack: 0,
      window: 0,
      urgent: 0,
      options: [],
      payload: new Uint8Array(),
    };
    return quotation(segment, cause.length);
  }

  #inboundOption(option: OptionSpec, syn: boolean, ack: boolean, looseEcho: boolean): OptionSpec | string {
    if (option.kind === 'sack') {
      const blocks = option.blocks.map(({ left, right }) => ({
        left: this.#toLive(left, syn),
        right: this.#toLive(right, syn),
      }));
      return { kind: 'sack', blocks };
    }
    if (option.kind !== 'timestamps' || option.absolute || !ack) return option;
    const first = this.#firstTimestamp;
    const known = this.#timestamps.get(option.echo);
    const echo = known ?? (looseEcho && first !== undefined ? option.echo - first.script + first.live : undefined);
    if (echo === undefined)
      return `TS ecr ${option.echo} echoes nothing: no packet before it was sent with TS val ${option.echo}`;
    return { ...option, echo: echo >>> 0 };
  }

  #outboundOption(option: OptionSpec, syn: boolean): OptionSpec {
    if (option.kind === 'sack') {
      const offset = syn ? 0 : this.#remoteIsn;
      const blocks = option.blocks.map(({ left, right }) => ({
        left: (left - offset) >>> 0,
        right: (right - offset) >>> 0,
      }));
      return { kind: 'sack', blocks };
    }
    const first = this.#firstTimestamp;
    if (option.kind !== 'timestamps' || option.value === undefined || first === undefined) return option;
    return { ...option, value: (option.value - first.live + first.script) >>> 0 };
  }
}

export const ECN_BITS = { noecn: 0, ect1: 1, ect0: 2, ce: 3 } as const;
