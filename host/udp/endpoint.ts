/**
 * The host's half of a UDP socket: calls into the core with its handle, and whom to tell what. Bun's socket and Node's are both
 * made of it. Not for: when it is told (`endpoints.ts`), options in words.
 */
import { UDP_OPTION_RECEIVE_BUFFER } from '../../assembly/abi/constants.js';
import { type Address, ANY_ADDRESS } from '../core/address.js';
import type { Core } from '../core/core.js';
import { Hold } from '../stack/keep-alive.js';
import type { Endpoints } from './endpoints.js';

/** Where a datagram came from, and how. */
export interface Sender {
  readonly address: string;
  readonly port: number;
}

/** What the owner of an endpoint hears. */
export interface EndpointOwner {
  /** A datagram, in memory that nobody else refers to. */
  message(data: Uint8Array<ArrayBuffer>, sender: Sender): void;
  /** There is room again after a `send` for which there was none. */
  drained(): void;
  /** ICMP says that a datagram did not arrive. @param errno a negative ERROR_* */
  failed(errno: number, destination: Sender): void;
  /** The core is dead. */
  lost(error: Error): void;
}

/** An end as the core has it. */
export interface End {
  readonly address: string;
  readonly port: number;
}

export class Endpoint {
  owner: EndpointOwner | undefined;
  #closed = false;
  readonly #hold: Hold;

  /** For `Endpoints`. */
  constructor(
    readonly all: Endpoints,
    readonly handle: number,
  ) {
    this.#hold = new Hold(all.port.keepAlive);
    this.#hold.live = true;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Our end and, when it is connected, the peer's. */
  ends(): { local: End; remote: End | undefined } {
    const { core } = this;
    core.calls.udpEndpoints(this.handle);
    const local = { address: core.takeAddress(0), port: core.result(8) };
    const port = core.result(9);
    return { local, remote: port === 0 ? undefined : { address: core.takeAddress(1), port } };
  }

  /**
   * Sends a datagram.
   * @param address `undefined`: to the peer
   * @returns 1; 0: there is no room, and `drained` follows; a negative ERROR_*
   */
  send(data: Uint8Array, address?: Address, port = 0): number {
    const answer = this.#send(data, address, port);
    if (answer !== 0) return answer;
    // What is queued has not even been offered to the device yet.
    this.all.port.transmit();
    return this.#closed ? 0 : this.#send(data, address, port);
  }

  /** @returns 0 or a negative ERROR_* */
  connect(address: Address, port: number): number {
    this.core.putAddress(address);
    return this.core.calls.udpConnect(this.handle, port);
  }

  disconnect(): void {
    this.core.calls.udpConnect(this.handle, 0);
  }

  /** Sets UDP_OPTION_*. @returns 0 or a negative ERROR_* */
  setOption(option: number, value: number): number {
    return this.core.calls.udpOption(this.handle, option, value);
  }

  /** Bounds what waits for the reader. */
  setReceiveBuffer(bytes: number): number {
    return this.setOption(UDP_OPTION_RECEIVE_BUFFER, bytes);
  }

  /**
   * Joins or leaves a group, on an interface (its number + 1; 0: the one that leads there).
   * @returns 0 or a negative ERROR_*
   */
  setMembership(join: boolean, group: Address, source: Address = ANY_ADDRESS, interfacePlace = 0): number {
    this.all.port.tick();
    this.core.putAddress(group, 0);
    this.core.putAddress(source, 1);
    const answer = this.core.calls.udpMembership(this.handle, interfacePlace, join ? 1 : 0);
    this.all.port.wake();
    return answer;
  }

  ref(): void {
    this.#hold.ref();
  }

  unref(): void {
    this.#hold.unref();
  }

  close(): void {
    if (this.#closed) return;
    this.forget();
    if (this.core.fault !== undefined) return;
    this.core.calls.udpClose(this.handle);
    this.all.port.wake();
  }

  /** The core knows it no longer. */
  forget(): void {
    this.#closed = true;
    this.#hold.live = false;
    this.all.forget(this);
  }

  private get core(): Core {
    return this.all.port.core;
  }

  #send(data: Uint8Array, address: Address | undefined, port: number): number {
    const { core } = this;
    if (address !== undefined) core.putAddress(address);
    const answer = core.calls.udpSendReserve(this.handle, port, data.length);
    if (answer !== 1) return answer;
    core.bytes.set(data, core.result(0));
    const sent = core.calls.udpSendCommit(this.handle);
    this.all.port.wake();
    return sent;
  }
}
