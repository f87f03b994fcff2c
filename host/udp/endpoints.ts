/**
 * All UDP sockets of a stack, and the way from the core's ready list to their owners. Microtasks that a handler queues run before
 * the next handler: delivery stops after each one and is called again when they have run.
 * Not for: TCP (`../stack/delivery.ts`), one socket (`endpoint.ts`).
 */
import { ADDRESS_SIZE, UDP_DATA, UDP_DRAIN, UDP_ERROR } from '../../assembly/abi/constants.js';
import type { Address } from '../core/address.js';
import { Chunks } from '../core/chunks.js';
import type { Core } from '../core/core.js';
import type { StackPort } from '../stack/connections.js';
import type { Turn } from '../stack/delivery.js';
import { Endpoint, type Sender } from './endpoint.js';

export class Endpoints {
  readonly #live = new Map<number, Endpoint>();
  readonly #chunks = new Chunks();
  #current: Endpoint | undefined;
  #events = 0;
  readonly #lastAddress = new Uint32Array(ADDRESS_WORDS);
  #lastSender: Sender = { address: '', port: 0 };

  constructor(
    readonly port: StackPort,
    private readonly turn: Turn,
  ) {}

  /** Events told since the last `run`. */
  delivered = 0;

  /**
   * A socket on an address; port 0 chooses one.
   * @param flags BIND_*, UDP_REUSE_*
   * @returns a negative ERROR_* when it can't be had
   */
  open(address: Address, port: number, flags: number): Endpoint | number {
    this.core.putAddress(address);
    const handle = this.core.calls.udpOpen(port, flags);
    return handle < 0 ? handle : this.#add(handle);
  }

  /** The number of the interface that has an address; -1: none. */
  interfaceOf(address: Address): number {
    this.core.putAddress(address);
    return this.core.calls.udpInterfaceOf();
  }

  /** Every socket that is not closed. */
  all(): readonly Endpoint[] {
    return [...this.#live.values()];
  }

  /** Sockets that the core remembers from another stack: nobody will read them any more. */
  closeRestored(): void {
    const handles: number[] = [];
    const { calls } = this.core;
    for (let handle = calls.udpNext(0); handle !== 0; handle = calls.udpNext(handle)) handles.push(handle);
    for (const handle of handles) calls.udpClose(handle);
  }

  /** Tells what is ready. @returns false when microtasks have to run first: come back for the rest */
  run(): boolean {
    this.delivered = 0;
    while (this.#events !== 0 || this.#next()) {
      if (this.turn.due) return false;
      if (!this.#deliver(this.#current as Endpoint)) continue;
      this.turn.due = true;
      this.delivered++;
    }
    return true;
  }

  forget(endpoint: Endpoint): void {
    this.#live.delete(endpoint.handle);
    if (endpoint === this.#current) this.#events = 0;
  }

  /** Tells every owner that the core has failed. */
  fail(error: Error): void {
    for (const endpoint of this.all()) {
      endpoint.forget();
      endpoint.owner?.lost(error);
    }
  }

  private get core(): Core {
    return this.port.core;
  }

  #add(handle: number): Endpoint {
    const endpoint = new Endpoint(this, handle);
    this.#live.set(handle, endpoint);
    return endpoint;
  }

  #next(): boolean {
    const { core } = this;
    while (core.udpReady) {
      const handle = core.calls.udpReadyNext();
      if (handle === 0) break;
      this.#current = this.#live.get(handle);
      this.#events = core.result(0);
      if (this.#current !== undefined) return true;
    }
    this.#events = 0;
    return false;
  }

  /** Tells one thing. @returns whether there was one */
  #deliver(endpoint: Endpoint): boolean {
    if ((this.#events & UDP_ERROR) !== 0) {
      this.#events ^= UDP_ERROR;
      return this.#deliverError(endpoint);
    }
    if ((this.#events & UDP_DATA) !== 0) {
      if (this.#deliverDatagram(endpoint)) return true;
      this.#events &= ~UDP_DATA;
    }
    if ((this.#events & UDP_DRAIN) === 0) return false;
    this.#events ^= UDP_DRAIN;
    endpoint.owner?.drained();
    return true;
  }

  #deliverDatagram(endpoint: Endpoint): boolean {
    const { core } = this;
    const length = core.calls.udpReceive(endpoint.handle);
    if (length < 0) return false;
    const data = this.#chunks.copy(core.view(core.result(12), length));
    endpoint.owner?.message(data, this.#sender());
    return true;
  }

  /** Whom the datagram is from. Mostly it is who sent the one before: then nothing is made. */
  #sender(): Sender {
    const { core } = this;
    let known = core.result(8) === this.#lastSender.port;
    for (let word = 0; word < ADDRESS_WORDS; word++) {
      known &&= core.result(word) === this.#lastAddress[word];
      this.#lastAddress[word] = core.result(word);
    }
    if (!known) this.#lastSender = { address: core.takeAddress(0), port: core.result(8) };
    return this.#lastSender;
  }

  #deliverError(endpoint: Endpoint): boolean {
    const { core } = this;
    const errno = core.calls.udpError(endpoint.handle);
    if (errno === 0) return false;
    endpoint.owner?.failed(errno, { address: core.takeAddress(0), port: core.result(4) });
    return true;
  }
}

const ADDRESS_WORDS = ADDRESS_SIZE / 4;
