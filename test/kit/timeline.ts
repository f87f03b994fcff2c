/**
 * A script on one core and one connection: inject a segment, expect the next one, let time pass, make the user's calls.
 * Sequence numbers are relative to the initial one of their side, so a SYN is 0 and the first byte of data is 1. Data given
 * as a number stands for so many bytes of a pattern that depends on their place in the stream, so that every byte is
 * checked. Whatever the core sends has to be expected before anything else happens.
 * Not for: two stacks talking to each other.
 */
import { expect } from 'vitest';
import {
  STATE_CLOSE_WAIT,
  STATE_CLOSED,
  STATE_CLOSING,
  STATE_ESTABLISHED,
  STATE_FIN_WAIT_1,
  STATE_FIN_WAIT_2,
  STATE_LAST_ACK,
  STATE_LISTEN,
  STATE_SYN_RECEIVED,
  STATE_SYN_SENT,
  STATE_TIME_WAIT,
} from '../../assembly/abi/constants.js';
import { Driver, type DriverOptions, type Emitted, isPartial, START } from './driver.js';
import { ANY, LOCAL, PEER } from './family.js';
import { buildPacket, type Options, type Packet, parsePacket } from './packet.js';

/** A segment as a test writes it. */
export interface Segment {
  /** Letters of FSRPAUEW (E: ECE, W: CWR). An ACK when absent. */
  flags?: string;
  /** Relative; 1 when absent. */
  seq?: number;
  /** Relative; 1 when absent. What is expected of a segment without A is not compared. */
  ack?: number;
  /** The field as it stands in the header. Injected: the peer's usual one when absent. Expected: compared when given. */
  win?: number;
  data?: string | number;
  /** Injected: timestamps are added when the connection uses them. Expected: compared when given. */
  options?: Options;
  /** Blocks of a SACK option, relative. Expected: compared when given; `[]` says that there is none. */
  sack?: readonly (readonly [number, number])[];
  urgent?: number;
  /** DSCP and ECN field. Injected: 0 when absent. Expected: compared when given. */
  tos?: number;
}

export interface Outside {
  peer?: string;
  peerPort?: number;
  localPort?: number;
  /** Numbers are as they stand on the wire, not relative. */
  absolute?: boolean;
}

export interface TimelineOptions extends DriverOptions {
  /** The peer's window field. Default 65535. */
  win?: number;
  /** Options of the peer's SYN. Default: MSS 1000, nothing else. */
  syn?: Options;
}

export class Timeline {
  handle = 0;
  listener = 0;
  peerPort = 40_000;
  localPort = 80;
  win: number;
  readonly syn: Options;
  /** TSval of the next injected segment, when both sides use timestamps. */
  tsVal: number;
  /** The last TSval of ours. */
  tsEcr = 0;
  iss = 0;
  #sent = 1;
  #received = 1;

  static async create(options: TimelineOptions = {}): Promise<Timeline> {
    return new Timeline(await Driver.create(options), options);
  }

  constructor(
    readonly driver: Driver,
    options: TimelineOptions = {},
  ) {
    this.win = options.win ?? 65535;
    this.syn = options.syn ?? { mss: 1000 };
    this.tsVal = this.syn.timestamps?.[0] ?? 0;
  }

  // The wire.

  /** Puts segments in as one batch, then lets the core answer. */
  inject(...segments: (Segment & Outside)[]): void {
    this.#quiet();
    this.driver.input(segments.map((segment) => this.build(segment)));
    this.driver.output();
  }

  /** Puts a raw packet in, then lets the core answer. */
  injectRaw(...packets: (Uint8Array | { bytes: Uint8Array; virtio: Uint8Array })[]): void {
    this.#quiet();
    this.driver.input(packets);
    this.driver.output();
  }

  build(segment: Segment & Outside): Uint8Array {
    return buildPacket(this.packet(segment));
  }

  /** The packet that a segment of the peer makes. */
  packet(segment: Segment & Outside): Packet {
    const { flags = 'A', seq = 1, ack = 1, data = '' } = segment;
    const [ours, theirs] = segment.absolute === true ? [0, 0] : [this.iss, PEER_ISS];
    const stamped = this.syn.timestamps !== undefined && !flags.includes('S') && !flags.includes('R');
    const stamps: Options = stamped ? { timestamps: [this.tsVal, this.tsEcr] } : {};
    return {
      source: segment.peer ?? PEER,
      destination: LOCAL,
      sourcePort: segment.peerPort ?? this.peerPort,
      destinationPort: segment.localPort ?? this.localPort,
      seq: (theirs + seq) >>> 0,
      ack: flags.includes('A') ? (ours + ack) >>> 0 : 0,
      flags,
      window: segment.win ?? this.win,
      urgent: segment.urgent ?? 0,
      tos: segment.tos ?? 0,
      options: segment.options ?? { ...stamps, ...blocks(segment.sack, ours) },
      data: typeof data === 'number' ? pattern(firstByte(flags, seq), data) : encoder.encode(data),
    };
  }

  /** The next segment that the core sent is this one, in everything that is given. */
  expect(expected: Segment & Outside & { at?: number }): Packet {
    const emitted = this.driver.emitted.shift();
    if (emitted === undefined) throw new Error(`nothing was sent; expected ${describe(expected)}`);
    const packet = this.#parse(emitted);
    const relative = this.#relative(packet, expected.absolute === true);
    const seen: Segment & { at?: number } = { flags: packet.flags, seq: relative.seq, data: readable(packet.data) };
    const wanted: typeof seen = {
      flags: sorted(expected.flags ?? 'A'),
      seq: expected.seq ?? 1,
      data: readable(
        typeof expected.data === 'number'
          ? pattern(firstByte(expected.flags ?? 'A', expected.seq ?? 1), expected.data)
          : encoder.encode(expected.data ?? ''),
      ),
    };
    if (packet.flags.includes('A')) [seen.ack, wanted.ack] = [relative.ack, expected.ack ?? 1];
    if (expected.tos !== undefined) [seen.tos, wanted.tos] = [packet.tos ?? 0, expected.tos];
    if (expected.win !== undefined) [seen.win, wanted.win] = [packet.window, expected.win];
    if (expected.options !== undefined) [seen.options, wanted.options] = [packet.options, expected.options];
    if (expected.sack !== undefined) {
      const { sack = [] } = packet.options;
      [seen.sack, wanted.sack] = [
        sack.map((block) => block.map((edge) => (edge - PEER_ISS) | 0) as never),
        expected.sack,
      ];
    }
    if (expected.at !== undefined) [seen.at, wanted.at] = [emitted.at - START, expected.at];
    expect(seen, 'the segment sent').toEqual(wanted);
    return packet;
  }

  /** The core owes nothing and sent nothing. */
  expectNothing(): void {
    this.#quiet();
  }

  /** Takes every segment that was sent, parsed, numbers relative. */
  take(): (Packet & { at: number })[] {
    return this.driver.emitted.splice(0).map((emitted) => {
      const packet = this.#parse(emitted);
      return { ...packet, ...this.#relative(packet, false), at: emitted.at - START };
    });
  }

  // Time.

  /** Lets time pass until `milliseconds` after the start of the script. */
  at(milliseconds: number): void {
    this.#quiet();
    const left = START + milliseconds - this.driver.now;
    if (left < 0) throw new Error(`it is ${this.time} ms already`);
    this.driver.advance(left);
  }

  /** Lets `milliseconds` pass. */
  pass(milliseconds: number): void {
    this.#quiet();
    this.driver.advance(milliseconds);
  }

  /** Milliseconds since the start of the script. */
  get time(): number {
    return this.driver.now - START;
  }

  // The user.

  listen(port = 80, backlog = 8): void {
    this.driver.putAddresses(ANY);
    this.listener = this.driver.calls.tcpListen(port, backlog);
    expect(this.listener, 'tcpListen').toBeGreaterThan(0);
    this.localPort = port;
  }

  connect(port = 80, localPort = 0): void {
    this.driver.putAddresses(PEER);
    this.handle = this.driver.calls.tcpConnect(port, localPort);
    expect(this.handle, 'tcpConnect').toBeGreaterThan(0);
    this.driver.calls.tcpEndpoints(this.handle);
    this.localPort = this.driver.core.result(8);
    this.peerPort = port;
    this.driver.output();
  }

  /** The events of the connection since the last look. */
  events(): string[] {
    this.#look();
    return this.#events.splice(0);
  }

  /** Sends text, or so many bytes of the pattern. @returns how many were taken, or a negative ERROR_* */
  send(data: string | number): number {
    const bytes = typeof data === 'number' ? pattern(this.#sent, data) : encoder.encode(data);
    const taken = this.driver.core.send(this.handle, bytes);
    if (taken > 0) this.#sent += taken;
    this.driver.output();
    return taken;
  }

  /** Takes what has arrived, and checks each byte against the pattern. @returns how many bytes */
  receive(): number {
    const bytes = this.#receiveAll();
    const expected = pattern(this.#received, bytes.length);
    expect(Buffer.compare(bytes, expected), `the ${bytes.length} bytes from ${this.#received} on`).toBe(0);
    this.#received += bytes.length;
    return bytes.length;
  }

  shutdown(): number {
    return this.#then(this.driver.calls.tcpShutdown(this.handle));
  }

  abort(): number {
    return this.#then(this.driver.calls.tcpAbort(this.handle));
  }

  release(): number {
    return this.#then(this.driver.calls.tcpRelease(this.handle));
  }

  flush(): number {
    return this.#then(this.driver.calls.tcpFlush(this.handle));
  }

  option(option: number, value: number): number {
    return this.#then(this.driver.calls.tcpSetOption(this.handle, option, value));
  }

  get state(): string {
    return STATES[this.driver.calls.tcpState(this.handle)] ?? 'gone';
  }

  get error(): number {
    return this.driver.calls.tcpError(this.handle);
  }

  /** Nothing is outstanding: nothing more is sent, and when the connection counts as idle it waits for nothing. */
  settles(): void {
    this.pass(10_000);
    this.#quiet();
    expect(this.driver.deadline, 'the next deadline').toBe(Number.POSITIVE_INFINITY);
  }

  /** The connection is released, and nothing of it is left: no block, no byte, no deadline, nothing to say. */
  expectGone(): void {
    this.#quiet();
    this.events();
    if (this.driver.calls.tcpState(this.handle) === STATE_CLOSED) this.release();
    expect(this.driver.connections, 'control blocks in use').toBe(0);
    expect(this.driver.bufferBytes, 'bytes of buffers in use').toBe(0);
    expect(this.driver.deadline, 'the next deadline').toBe(Number.POSITIVE_INFINITY);
    this.#quiet();
  }

  readonly #events: string[] = [];

  #receiveAll(): Uint8Array {
    const chunks: Uint8Array[] = [];
    let chunk = this.driver.core.receive(this.handle);
    for (; chunk !== undefined; chunk = this.driver.core.receive(this.handle)) chunks.push(chunk);
    this.driver.output();
    return Buffer.concat(chunks);
  }

  #look(): void {
    for (const { handle, listener, events } of this.driver.happened()) {
      if (events.includes('open') && listener === this.listener && this.handle === 0) this.handle = handle;
      if (handle === this.handle) this.#events.push(...events);
      else if (events.includes('closed')) this.driver.calls.tcpRelease(handle);
    }
  }

  #then(answer: number): number {
    this.driver.output();
    return answer;
  }

  #quiet(): void {
    const next = this.driver.emitted[0];
    if (next === undefined) return;
    const packet = this.#parse(next);
    const { seq, ack } = this.#relative(packet, false);
    const more = this.driver.emitted.length - 1;
    throw new Error(
      `nobody expected, at ${next.at - START} ms: ${packet.flags} seq ${seq} ack ${ack} win ${packet.window}` +
        ` data ${packet.data.length} to port ${packet.destinationPort}, and ${more} more`,
    );
  }

  #parse({ bytes, virtio }: Emitted): Packet {
    const packet = parsePacket(bytes, isPartial(virtio));
    if (packet.flags.includes('S')) this.iss = packet.seq;
    if (packet.options.timestamps !== undefined) this.tsEcr = packet.options.timestamps[0];
    return packet;
  }

  #relative(packet: Packet, absolute: boolean): { seq: number; ack: number } {
    if (absolute) return { seq: packet.seq, ack: packet.ack };
    return { seq: (packet.seq - this.iss) | 0, ack: (packet.ack - PEER_ISS) | 0 };
  }
}

/** A SACK option with blocks that are relative to `base`. */
function blocks(sack: Segment['sack'], base: number): Options {
  if (sack === undefined) return {};
  return { sack: sack.map(([left, right]) => [(base + left) >>> 0, (base + right) >>> 0] as const) };
}

/** A script before its first line. */
export function timeline(options: TimelineOptions = {}): Promise<Timeline> {
  return Timeline.create(options);
}

/** A script whose connection was opened by the peer and is established; the handshake's segments are done with. */
export async function accepted(options: TimelineOptions = {}): Promise<Timeline> {
  const t = await timeline(options);
  t.listen();
  t.inject({ flags: 'S', seq: 0, options: t.syn });
  t.expect({ flags: 'SA', seq: 0, ack: 1 });
  t.inject({});
  expect(t.events()).toEqual(['open']);
  t.driver.calls.tcpListenerClose(t.listener);
  return t;
}

/** The same for a connection that the user opened. */
export async function connected(options: TimelineOptions = {}): Promise<Timeline> {
  const t = await timeline(options);
  t.connect();
  t.expect({ flags: 'S', seq: 0 });
  t.inject({ flags: 'SA', seq: 0, options: t.syn });
  t.expect({});
  expect(t.events()).toEqual(['open']);
  return t;
}

/** The number of the first byte of data. */
function firstByte(flags: string, seq: number): number {
  return flags.includes('S') ? seq + 1 : seq;
}

/** The bytes of a stream from a relative sequence number on. */
export function pattern(from: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let index = 0; index < length; index++) {
    const place = from + index;
    bytes[index] = (place * 31 + (place >> 8) * 17 + (place >> 16) * 7) & 255;
  }
  return bytes;
}

function describe({ flags = 'A', seq = 1, ack = 1, data = '' }: Segment): string {
  return `${flags} seq ${seq} ack ${ack} data ${typeof data === 'number' ? data : data.length}`;
}

function readable(data: Uint8Array): string {
  const text = Buffer.from(data).toString('latin1');
  return data.length <= 40
    ? text
    : `${data.length} bytes, ${Buffer.from(data.subarray(0, 8)).toString('hex')}…${hash(data)}`;
}

function hash(data: Uint8Array): number {
  return data.reduce((sum, byte) => (Math.imul(sum, 31) + byte) | 0, 0);
}

function sorted(flags: string): string {
  return [...'FSRPAUEW'].filter((letter) => flags.includes(letter)).join('');
}

/** So near the end of the circle that every script of some length passes it. */
export const PEER_ISS = 0xffff_ff00;

const encoder = new TextEncoder();
const STATES: Readonly<Record<number, string>> = {
  [STATE_CLOSED]: 'Closed',
  [STATE_LISTEN]: 'Listen',
  [STATE_SYN_SENT]: 'SynSent',
  [STATE_SYN_RECEIVED]: 'SynReceived',
  [STATE_ESTABLISHED]: 'Established',
  [STATE_FIN_WAIT_1]: 'FinWait1',
  [STATE_FIN_WAIT_2]: 'FinWait2',
  [STATE_CLOSE_WAIT]: 'CloseWait',
  [STATE_CLOSING]: 'Closing',
  [STATE_LAST_ACK]: 'LastAck',
  [STATE_TIME_WAIT]: 'TimeWait',
};
