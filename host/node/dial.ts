/**
 * One call of `connect`: from a host to a connection that the stack makes, told by the events that Node has for it.
 * Not for: what happens once it is open (`socket.ts`).
 */
import type { Timer } from '../core/clock.js';
import type { SocketHandler } from '../socket/handlers.js';
import type { Stack } from '../stack/stack.js';
import type { TLSOptions } from '../tls/options.js';
import type { Channel } from './channel.js';
import type { Destination } from './connect-options.js';
import { type Place, systemError } from './errors.js';
import { type Found, findAddress } from './lookup.js';
import type { Socket } from './socket.js';

/** What the connection is made of, found out when the address is known. */
export interface Ingredients {
  tls: TLSOptions | undefined;
  handlers: SocketHandler<Socket | undefined>;
  reffed: boolean;
}

export class Dial {
  #cancelled = false;
  /** The address that is being tried. */
  #place: Place | undefined;
  /** Those that come after it. */
  #left: string[] = [];
  /** Whether there were several: then the error is all their errors. */
  #several = false;
  readonly #errors: Error[] = [];
  #timer: Timer | undefined;

  constructor(
    private readonly socket: Socket,
    private readonly destination: Destination,
    private readonly stack: Stack,
    private readonly ingredients: () => Ingredients,
  ) {}

  begin(): void {
    findAddress(
      this.destination,
      () => this.stack.resolver,
      (found) => {
        if (!this.#cancelled) this.#found(found);
      },
    );
  }

  cancel(): void {
    this.#cancelled = true;
    this.#timer?.arm(Number.POSITIVE_INFINITY);
  }

  /** The connection is there. */
  opened(): void {
    this.#timer?.arm(Number.POSITIVE_INFINITY);
  }

  /** What the stack is making; only it knows before it is open. */
  channel(): Channel | undefined {
    for (const inner of this.stack.sockets) if (inner.data === this.socket) return inner as unknown as Channel;
    return undefined;
  }

  /**
   * The connection could not be made.
   * @returns why, in Node's words; `undefined` when the next address is tried
   */
  failed(error: Error): Error | undefined {
    const failure = systemError(error, 'connect', this.#place);
    this.#errors.push(failure);
    const { socket } = this;
    if (this.#place !== undefined) socket.emit('connectionAttemptFailed', ...argumentsOf(this.#place), failure);
    if (this.#cancelled) return undefined;
    return this.#left.length > 0 ? this.#next() : this.#verdict(failure);
  }

  #found(found: Found): void {
    const { socket } = this;
    const { host } = this.destination;
    if (found.kind === 'failed') {
      socket.emit('lookup', found.error, undefined, found.family, host);
      socket.destroy(found.error);
      return;
    }
    if (found.kind === 'literal') {
      this.#left = [found.address];
    } else {
      for (const { address, family } of found.told) {
        socket.emit('lookup', null, address, family, host);
        if (this.#cancelled) return;
      }
      this.#left = found.addresses.map(({ address }) => address);
    }
    this.#several = this.#left.length > 1;
    if (this.#several) socket.autoSelectFamilyAttemptedAddresses = [];
    if (this.#cancelled) return;
    const failure = this.#next();
    if (failure !== undefined) socket.destroy(failure);
  }

  /** @returns what could not even begin, when nothing is left */
  #next(): Error | undefined {
    const { socket } = this;
    const { port } = this.destination;
    const address = this.#left.shift() as string;
    this.#place = { address, port };
    if (this.#several) socket.autoSelectFamilyAttemptedAddresses.push(`${address}:${port}`);
    socket.emit('connectionAttempt', ...argumentsOf(this.#place));
    if (this.#cancelled) return undefined;
    try {
      this.#start(address);
    } catch (error) {
      return error as Error;
    }
    if (this.#several) this.#limit();
    return undefined;
  }

  /** The last one has all the time that TCP takes. */
  #limit(): void {
    const { clock } = this.stack;
    this.#timer ??= clock.timer(() => this.#late());
    const wait = this.#left.length > 0 ? this.destination.attemptTimeout : Number.POSITIVE_INFINITY;
    this.#timer.arm(clock.now() + wait);
  }

  /** Node gives this address up and tries the next one. */
  #late(): void {
    const { socket } = this;
    if (this.#cancelled || this.#place === undefined) return;
    const channel = this.channel();
    if (channel !== undefined) channel.data = undefined;
    channel?.terminate();
    socket.emit('connectionAttemptTimeout', ...argumentsOf(this.#place));
    const failure = this.#cancelled ? undefined : this.#next();
    if (failure !== undefined) socket.destroy(failure);
  }

  #verdict(failure: Error): Error {
    if (!this.#several) return failure;
    const { code } = this.#errors[0] as NodeJS.ErrnoException;
    return Object.assign(new AggregateError(this.#errors), { code });
  }

  #start(hostname: string): void {
    const { tls, handlers, reffed } = this.ingredients();
    const { port, localAddress } = this.destination;
    const connected = this.stack.connect<Socket | undefined>({
      hostname,
      port,
      ...(localAddress !== undefined && { localAddress }),
      ...(tls !== undefined && { tls }),
      allowHalfOpen: true,
      data: this.socket,
      socket: handlers,
    });
    // `connectError` tells of it.
    connected.catch(() => {});
    if (!reffed) this.channel()?.unref();
  }
}

function argumentsOf({ address, port }: Place): [address: string, port: number, family: 4 | 6] {
  return [address, port, familyOf(address)];
}

function familyOf(address: string): 4 | 6 {
  return address.includes(':') ? 6 : 4;
}
