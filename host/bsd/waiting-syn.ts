/**
 * A SYN that waits for the program's first bytes, to carry them (RFC 7413 §4.2.1). Not for: cookies, which are the core's.
 */
import { OPEN_COOKIE, OPEN_NO_COOKIE, OPTION_FAST_OPEN } from '../../assembly/abi/constants.js';
import type { Connections } from '../stack/connections.js';
import { EINPROGRESS } from './errno.js';

export class WaitingSyn {
  /** Bytes that it can carry; 0: none waits. */
  #room = 0;

  constructor(private readonly ground: Pick<Connections<unknown>, 'port'>) {}

  get waits(): boolean {
    return this.#room > 0;
  }

  /** Lets the SYN of the connection `handle` wait, if a cookie is known or none is needed. */
  ask(handle: number, bare: boolean): void {
    const { calls } = this.ground.port.core;
    this.#room = Math.max(calls.tcpSetOption(handle, OPTION_FAST_OPEN, bare ? OPEN_NO_COOKIE : OPEN_COOKIE), 0);
  }

  /** The SYN goes out, with as much as it can carry. @returns how many bytes; -EINPROGRESS when there were none */
  send(handle: number, bytes: Uint8Array): number {
    const { core } = this.ground.port;
    const taken = core.send(handle, bytes.subarray(0, this.#room));
    if (taken === 0) core.calls.tcpFlush(handle);
    this.forget();
    this.ground.port.transmit();
    return taken === 0 ? -EINPROGRESS : taken;
  }

  forget(): void {
    this.#room = 0;
  }
}
