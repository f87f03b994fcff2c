/**
 * One call of `connect`: from a host to a connection that the stack makes, told by the events that Node has for it.
 * Not for: what happens once it is open (`socket.ts`).
 */
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
  stack: Stack;
  tls: TLSOptions | undefined;
  handlers: SocketHandler<Socket | undefined>;
  reffed: boolean;
}

export class Dial {
  #cancelled = false;
  #place: Place | undefined;
  #stack: Stack | undefined;

  constructor(
    private readonly socket: Socket,
    private readonly destination: Destination,
    private readonly ingredients: () => Ingredients,
  ) {}

  begin(): void {
    findAddress(this.destination, (found) => {
      if (!this.#cancelled) this.#found(found);
    });
  }

  cancel(): void {
    this.#cancelled = true;
  }

  /** What the stack is making; only it knows before it is open. */
  channel(): Channel | undefined {
    for (const inner of this.#stack?.sockets ?? []) if (inner.data === this.socket) return inner as unknown as Channel;
    return undefined;
  }

  /** The connection could not be made. @returns why, in Node's words */
  failed(error: Error): Error {
    const place = this.#place;
    const failure = systemError(error, 'connect', place);
    if (place !== undefined) {
      this.socket.emit('connectionAttemptFailed', place.address, place.port, familyOf(place.address), failure);
    }
    return failure;
  }

  #found(found: Found): void {
    const { socket } = this;
    const { host, port } = this.destination;
    if (found.kind === 'failed') {
      socket.emit('lookup', found.error, undefined, found.family, host);
      socket.destroy(found.error);
      return;
    }
    const { address } = found;
    if (found.kind === 'name') socket.emit('lookup', null, address, found.family, host);
    if (this.#cancelled) return;
    this.#place = { address, port };
    socket.emit('connectionAttempt', address, port, familyOf(address));
    if (this.#cancelled) return;
    try {
      this.#start(address);
    } catch (error) {
      socket.destroy(error as Error);
    }
  }

  #start(hostname: string): void {
    const { stack, tls, handlers, reffed } = this.ingredients();
    const { port, localAddress } = this.destination;
    this.#stack = stack;
    const connected = stack.connect<Socket | undefined>({
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

function familyOf(address: string): 4 | 6 {
  return address.includes(':') ? 6 : 4;
}
