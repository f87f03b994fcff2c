/**
 * The members of a socket that say which two ends its connection has. Not for: finding them out (`channel.ts`).
 */
import type { AddressInfo } from 'node:net';
import { Duplex } from 'node:stream';
import type { Ends } from './channel.js';

export const ENDS: unique symbol = Symbol('ends');

export abstract class DuplexWithEnds extends Duplex {
  /** Known from `connect` on, and kept after `close`. */
  abstract get [ENDS](): Ends | undefined;

  /** Of this side; `{}` while there is no connection. */
  address(): AddressInfo | Record<string, never> {
    const ends = this[ENDS];
    return ends === undefined ? {} : { address: ends.localAddress, family: ends.localFamily, port: ends.localPort };
  }

  /** `undefined`, as all of them, while there is no connection; Node's types can't say that of a getter. */
  get localAddress(): string {
    return this[ENDS]?.localAddress as string;
  }

  get localPort(): number {
    return this[ENDS]?.localPort as number;
  }

  get localFamily(): string {
    return this[ENDS]?.localFamily as string;
  }

  get remoteAddress(): string | undefined {
    return this[ENDS]?.remoteAddress;
  }

  get remotePort(): number | undefined {
    return this[ENDS]?.remotePort;
  }

  get remoteFamily(): string | undefined {
    return this[ENDS]?.remoteFamily;
  }
}
