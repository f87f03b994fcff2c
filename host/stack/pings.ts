/**
 * ICMP echo, RFC 792 and RFC 4443: requests under way, matched with the replies and errors that the core kept.
 * Not for: answering the requests of others; the core does that.
 */
import { ECHO_DONT_FRAGMENT, ERROR_NO_BUFFERS, ERROR_TIMED_OUT, PACKET_LIMIT } from '../../assembly/abi/constants.js';
import { type Address, formatAddress, isIPv4, parseAddress } from '../core/address.js';
import type { Clock } from '../core/clock.js';
import type { Core } from '../core/core.js';
import { nameFailure, outOfRange, type PingTrouble, pingFailure } from '../socket/errors.js';
import type { KeepAlive } from './keep-alive.js';

export interface PingOptions {
  /** Milliseconds to wait for an answer, 5000 by default. */
  timeout?: number;
  /** Bytes of data, 56 by default; as many as a packet holds (65,507 over IPv4), in fragments where they have to be. */
  length?: number;
  /** Hops that the request may take, 1 to 255; by default those of all packets of the stack. */
  ttl?: number;
  /** Nobody may fragment the request, this stack neither: what does not fit is an error (`EMSGSIZE`). */
  dontFragment?: boolean;
}

export interface PingReply {
  /** Round-trip time in milliseconds. */
  rtt: number;
  /** What was left of the reply's hops. */
  ttl: number;
  /** Bytes of data that came back. */
  length: number;
  /** Who replied. */
  address: string;
}

export class Pings {
  readonly #waiting = new Map<number, Waiting>();
  #sequence = 0;

  constructor(
    private readonly core: Core,
    private readonly clock: Clock,
    private readonly keepAlive: KeepAlive,
  ) {}

  /** Sends one request. @throws RangeError at once for options that mean nothing */
  send(text: string, options: PingOptions): Promise<PingReply> {
    const { timeout = 5000, length = 56, ttl = 0, dontFragment = false } = options;
    if (!(timeout >= 0)) throw outOfRange(`timeout can't be ${timeout}: it is in milliseconds`);
    inRange('length', length, 0, PACKET_LIMIT);
    if (options.ttl !== undefined) inRange('ttl', ttl, 1, 255);
    const target = parseAddress(text);
    if (target === undefined) return Promise.reject(nameFailure(text));
    if (this.#waiting.size > LAST_SEQUENCE) return Promise.reject(pingFailure(ERROR_NO_BUFFERS, text));
    // What came for those that nobody waits for any more would be in the way.
    this.#take(this.clock.now());
    const sequence = this.#nextSequence();
    this.core.putAddress(target);
    const answer = this.core.calls.icmpEcho(sequence, length, ttl | (dontFragment ? ECHO_DONT_FRAGMENT : 0));
    if (answer < 0) return Promise.reject(pingFailure(answer, text));
    return new Promise((resolve, reject) => {
      this.keepAlive.hold();
      const sent = this.clock.now();
      const timer = this.clock.timer(() => this.#end(sequence, pingFailure(ERROR_TIMED_OUT, text)));
      timer.arm(sent + timeout);
      const end = (how: PingReply | Error) => {
        timer.arm(Number.POSITIVE_INFINITY);
        this.keepAlive.release();
        if (how instanceof Error) reject(how);
        else resolve(how);
      };
      this.#waiting.set(sequence, { text, target: formatAddress(target), group: isGroup(target), sent, end });
    });
  }

  /** Matches the answers that came since. */
  collect(now: number): void {
    if (this.#waiting.size > 0) this.#take(now);
  }

  #take(now: number): void {
    const { core } = this;
    while (core.calls.icmpEchoNext() === 1) {
      const sequence = core.result(4);
      const errno = core.result(10) | 0;
      const waiting = this.#waiting.get(sequence);
      // An error quotes whom the request was for; a reply comes from there, unless it was for a group.
      const about = errno === 0 ? core.takeAddress(0) : core.takeAddress(3);
      if (waiting === undefined || !(isSame(about, waiting.target) || (errno === 0 && waiting.group))) continue;
      const address = core.takeAddress(0);
      const rtt = now - waiting.sent;
      this.#waiting.delete(sequence);
      if (errno === 0) waiting.end({ rtt, ttl: core.result(6), length: core.result(5), address });
      else waiting.end(pingFailure(errno, waiting.text, { from: address, rtt, ...this.#icmp() }));
    }
  }

  /** Ends every ping under way with an error. */
  fail(cause: number): void {
    for (const [sequence, { text }] of [...this.#waiting]) this.#end(sequence, pingFailure(cause, text));
  }

  /** What the last answer says as an error. */
  #icmp(): Pick<PingTrouble, 'icmp' | 'exceeded'> {
    const [type, code, mtu] = [7, 8, 9].map((index) => this.core.result(index)) as [number, number, number];
    const exceeded = code === 0 && type === (isIPv4(this.core.bytes, this.core.calls.resultArea()) ? 11 : 3);
    return { icmp: { type, code, ...(mtu > 0 && { mtu }) }, exceeded };
  }

  #nextSequence(): number {
    do this.#sequence = (this.#sequence + 1) & LAST_SEQUENCE;
    while (this.#waiting.has(this.#sequence));
    return this.#sequence;
  }

  #end(sequence: number, how: PingReply | Error): void {
    const waiting = this.#waiting.get(sequence);
    this.#waiting.delete(sequence);
    waiting?.end(how);
  }
}

interface Waiting {
  /** As the user has put it. */
  readonly text: string;
  /** The address, as the core tells it. */
  readonly target: string;
  /** More than one may reply. */
  readonly group: boolean;
  readonly sent: number;
  readonly end: (how: PingReply | Error) => void;
}

/** A link-local address without a zone is that of any link. */
function isSame(address: string, target: string): boolean {
  return address === target || address.split('%')[0] === target;
}

function isGroup(address: Address): boolean {
  return address[0] === 0xff || (isIPv4(address) && (address[12] as number) >= 224);
}

function inRange(name: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw outOfRange(`${name} must be an integer from ${least} to ${most}, and is ${value}`);
  }
}

const LAST_SEQUENCE = 0xffff;
