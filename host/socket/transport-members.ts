/**
 * The members of a socket that its transport answers: addresses of both ends, and how TCP treats the connection.
 * Not for: bytes and endings (`socket.ts`).
 */
import { OPTION_DIFFSERV, OPTION_NO_DELAY } from '../../assembly/abi/constants.js';
import { addressFamily } from '../core/address.js';
import type { Transport } from './transport.js';
import { applyKeepAlive, parseTypeOfService } from './tuning.js';

/** How the members reach the transport of their socket; `undefined` once it is closed. */
export const TRANSPORT: unique symbol = Symbol('transport');
/** Whether the socket is connected and not closed. */
export const LIVE: unique symbol = Symbol('live');

export abstract class TransportMembers {
  abstract get [TRANSPORT](): Transport | undefined;
  abstract get [LIVE](): boolean;
  #typeOfService = 0;

  /** Addresses and ports are `undefined` once the socket is closed, which their types, Bun's, do not say. */
  get localAddress(): string {
    return this[TRANSPORT]?.endpoints()?.localAddress as string;
  }

  get localPort(): number {
    return this[TRANSPORT]?.endpoints()?.localPort as number;
  }

  get localFamily(): 'IPv4' | 'IPv6' {
    return family(this.localAddress);
  }

  get remoteAddress(): string {
    return this[TRANSPORT]?.endpoints()?.remoteAddress as string;
  }

  get remotePort(): number {
    return this[TRANSPORT]?.endpoints()?.remotePort as number;
  }

  get remoteFamily(): 'IPv4' | 'IPv6' {
    return family(this.remoteAddress);
  }

  /** Always -1: no socket of this stack has a descriptor of the operating system. */
  get fd(): number {
    return -1;
  }

  /** Sends now what is held back to be sent together. */
  flush(): void {
    if (this[LIVE]) this[TRANSPORT]?.flush();
  }

  /** Nagle's algorithm off (as it is from the start) or on. @returns false when not connected */
  setNoDelay(noDelay: boolean = true): boolean {
    return this[LIVE] && (this[TRANSPORT]?.setOption(OPTION_NO_DELAY, noDelay ? 1 : 0) ?? false);
  }

  /**
   * Probes a silent peer: first after `initialDelay` milliseconds (0: two hours), then every second, ten times.
   * @returns false when not connected
   */
  setKeepAlive(enable: boolean = false, initialDelay: number = 0): boolean {
    return applyKeepAlive(this[LIVE] ? this[TRANSPORT] : undefined, enable, initialDelay);
  }

  /**
   * The Differentiated Services field of what is sent; its lowest two bits are ECN's and are left out (RFC 3168).
   * @returns 0, or a negative error number: -9 (EBADF) when not connected
   * @throws TypeError, RangeError outside 0 … 255
   */
  setTypeOfService(tos: number = 0): number {
    const value = parseTypeOfService(tos);
    if (!this[LIVE] || !this[TRANSPORT]?.setOption(OPTION_DIFFSERV, value)) return NOT_CONNECTED;
    this.#typeOfService = value;
    return 0;
  }

  getTypeOfService(): number {
    return this[LIVE] ? this.#typeOfService : NOT_CONNECTED;
  }

  resume(): void {
    if (this[LIVE] && this[TRANSPORT]?.paused) this[TRANSPORT].resume();
  }
}

function family(address: string | undefined): 'IPv4' | 'IPv6' {
  return (address === undefined ? undefined : addressFamily(address)) as 'IPv4' | 'IPv6';
}

/** Linux's EBADF, as Bun answers it. */
const NOT_CONNECTED = -9;
