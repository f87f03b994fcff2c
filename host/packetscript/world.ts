/**
 * What a script acts on: a stack of its own on a clock that only the script moves, and the wire between them.
 * Not for: the script's events (`interpreter.ts`).
 */

import { AF_INET, AF_INET6, TCP_CLOSE } from '../bsd/constants.js';
import type { Bsd } from '../bsd/contract.js';
import { type ManualClock, manualClock } from '../core/clock.js';
import type { CompiledCore } from '../core/load.js';
import type { StateName } from '../stack/observation.js';
import { Stack } from '../stack/stack.js';
import type { Configuration } from './configuration.js';
import { ScriptDevice } from './device.js';
import { Endpoints } from './packet/endpoints.js';
import type { ProfileName, StackSettings } from './profiles.js';
import { PROFILES } from './profiles.js';
import { blocks, type CallContext } from './system/calls.js';
import type { CommandHost } from './system/commands.js';
import { Descriptors } from './system/descriptors.js';

export class World implements CallContext, CommandHost {
  readonly clock: ManualClock = manualClock(START);
  readonly device: ScriptDevice;
  readonly stack: Stack;
  readonly bsd: Bsd;
  readonly descriptors: Descriptors;
  readonly endpoints: Endpoints;
  readonly addresses;
  /** Of sockets that a script does not give one. */
  readonly domain: number;
  readonly variables = new Map<string, string>();
  readonly blocks = blocks;
  /** Called after every step of the clock: a call that blocks may have its answer. */
  moved: () => void = () => {};
  /** What went wrong inside the stack by itself. */
  broken: Error | undefined;

  constructor(
    core: CompiledCore,
    configuration: Configuration,
    readonly profile: ProfileName,
  ) {
    this.addresses = configuration.addresses;
    this.domain = configuration.version === 'ipv4' ? AF_INET : AF_INET6;
    this.device = new ScriptDevice(
      configuration.mtu,
      `${this.addresses.local}/${configuration.version === 'ipv6' ? 64 : 16}`,
    );
    const error = (broken: Error) => {
      this.broken ??= broken;
    };
    const { settings } = PROFILES[profile];
    this.stack = Stack.createSync(core, { ...settings, device: this.device, clock: this.clock, seed: 1, error });
    this.bsd = this.stack.bsd;
    this.bsd.profile = profile === 'freebsd' ? 'freebsd' : 'linux';
    this.bsd.arrived = () => this.moved();
    this.descriptors = new Descriptors(this.bsd);
    this.endpoints = new Endpoints(this.addresses);
  }

  /** Microseconds since the script began. */
  get time(): number {
    return Math.round((this.clock.now() - START) * 1000);
  }

  /** When a packet left, as the script counts. */
  scriptTime(microseconds: number): number {
    return microseconds - START * 1000;
  }

  now(): number {
    return this.clock.now();
  }

  /** Moves to a time of the script, with every timer on the way at its moment. */
  waitUntil(time: number): void {
    while (this.step(time)) {}
    const left = START + time / 1000 - this.clock.now();
    if (left > 0) this.clock.advance(left);
  }

  /** Moves to the next timer that is due by `limit`. @returns false when there is none */
  step(limit: number): boolean {
    // Times are whole microseconds; the sum of a start and a fraction need not be.
    if (!(this.clock.next <= START + (limit + 0.5) / 1000)) return false;
    this.clock.step();
    this.#settle();
    return true;
  }

  /** A packet comes in from the wire. */
  inject(packet: Uint8Array): void {
    this.device.inject(packet);
    this.stack.pump();
    this.#settle();
  }

  /** A call has been made. */
  called(): void {
    this.stack.pump();
    this.#settle();
  }

  configure(settings: StackSettings): void {
    this.stack.tune(settings);
  }

  forget(): void {
    this.stack.forgetFastOpen();
  }

  sleep(seconds: number): void {
    this.waitUntil(this.time + Math.round(seconds * 1e6));
  }

  connectionsIn(state: string): number {
    const name = STATE_NAMES[state];
    return this.stack.states().filter((one) => one === name).length + this.#unheld(state);
  }

  /** The state of the connection under test, for reports. */
  stateOf(fd: number | undefined): string | undefined {
    const info = fd === undefined ? undefined : this.bsd.tcpInfo(this.descriptors.live(fd));
    return info === undefined ? undefined : INFO_STATES[info.tcpi_state];
  }

  close(): void {
    this.stack.close();
  }

  /** Connections of which the stack keeps a record, and descriptors that have no connection any more. */
  #unheld(state: string): number {
    const { halfOpen, timeWait } = this.stack.counters();
    if (state === 'SYN_RCVD') return halfOpen;
    if (state === 'TIME_WAIT') return timeWait;
    if (state !== 'CLOSED') return 0;
    return this.bsd.descriptors.filter((fd) => this.bsd.tcpInfo(fd)?.tcpi_state === TCP_CLOSE).length;
  }

  #settle(): void {
    if (this.broken !== undefined) throw this.broken;
    this.descriptors.sample();
    this.moved();
  }
}

/** Milliseconds on the stack's clock when a script begins: so long that nothing is close to zero by chance. */
const START = 1000;

/** FreeBSD's names for states, in ours. */
const STATE_NAMES: Readonly<Record<string, StateName>> = {
  CLOSED: 'Closed',
  LISTEN: 'Listen',
  SYN_SENT: 'SynSent',
  SYN_RCVD: 'SynReceived',
  ESTABLISHED: 'Established',
  CLOSE_WAIT: 'CloseWait',
  FIN_WAIT_1: 'FinWait1',
  CLOSING: 'Closing',
  LAST_ACK: 'LastAck',
  FIN_WAIT_2: 'FinWait2',
  TIME_WAIT: 'TimeWait',
};

/** `tcpi_state` in the RFC's words. */
const INFO_STATES = [
  '',
  'ESTABLISHED',
  'SYN-SENT',
  'SYN-RECEIVED',
  'FIN-WAIT-1',
  'FIN-WAIT-2',
  'TIME-WAIT',
  'CLOSED',
  'CLOSE-WAIT',
  'LAST-ACK',
  'LISTEN',
  'CLOSING',
];
