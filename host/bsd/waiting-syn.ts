/**
 * A SYN that waits for the program's first bytes, to carry them (RFC 7413 §4.2.1). Not for: cookies, which are the core's.
 */
import { OPEN_COOKIE, OPEN_NO_COOKIE, OPTION_FAST_OPEN } from '../../assembly/abi/constants.js';
import type { Connections } from '../stack/connections.js';
import { MSG_WAITALL } from './constants.js';
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

  /**
   * The SYN goes out, with as much as it can carry; with MSG_WAITALL, the rest waits behind it.
   * @returns how many bytes were taken; -EINPROGRESS when there were none
   */
  send(handle: number, bytes: Uint8Array, flags: number): number {
    const { core } = this.ground.port;
    const whole = (flags & MSG_WAITALL) !== 0;
    const taken = core.send(handle, whole ? bytes : bytes.subarray(0, this.#room));
    if (taken === 0) core.calls.tcpFlush(handle);
    this.forget();
    this.ground.port.transmit();
    return taken === 0 ? -EINPROGRESS : taken;
  }

  /** The SYN has gone without data. With MSG_WAITALL they wait for its answer. */
  queue(handle: number, bytes: Uint8Array, flags: number): number {
    const taken = (flags & MSG_WAITALL) === 0 ? 0 : this.ground.port.core.send(handle, bytes);
    return taken > 0 ? taken : -EINPROGRESS;
  }

  forget(): void {
    this.#room = 0;
  }
}
