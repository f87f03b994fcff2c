/**
 * What a connection is like at this moment, as far as calls and `poll` need to know it.
 * Not for: `tcp_info` (`read-info.ts`).
 */
import { STATE_CLOSED, STATE_LISTEN, STATE_SYN_RECEIVED, STATE_SYN_SENT } from '../../assembly/abi/constants.js';
import type { Core } from '../core/core.js';
import {
  POLLHUP,
  POLLIN,
  POLLOUT,
  POLLRDHUP,
  POLLRDNORM,
  POLLWRNORM,
  SO_RCVLOWAT,
  SOL_SOCKET,
  SOL_TCP,
  TCP_NOTSENT_LOWAT,
} from './constants.js';
import type { Settings } from './options.js';

export interface Look {
  /** STATE_* */
  state: number;
  unread: number;
  unacknowledged: number;
  unsent: number;
  sendBuffer: number;
  receiveBuffer: number;
  /** Whole segments that go out together at most: half the peer's window, 64 KiB. */
  burst: number;
  /** The peer's FIN is reached. */
  peerDone: boolean;
}

export function lookAt(core: Core, handle: number): Look {
  const state = core.calls.tcpQueues(handle);
  return {
    state,
    unread: core.result(0),
    unacknowledged: core.result(1),
    unsent: core.result(2),
    sendBuffer: core.result(3),
    peerDone: core.result(4) !== 0,
    receiveBuffer: core.result(5),
    burst: core.result(6),
  };
}

/** The handshake is under way. */
export function isOpening(state: number): boolean {
  return state === STATE_SYN_SENT || state === STATE_SYN_RECEIVED;
}

/** What poll(2) computes, as Linux does (net/ipv4/tcp.c, tcp_poll), errors and urgent data aside. */
export function pollMask(look: Look, halves: Halves, settings: Settings): number {
  const { readShut, writeShut, usable } = halves;
  let mask = (readShut && writeShut) || look.state === STATE_CLOSED ? POLLHUP : 0;
  if (readShut) mask |= POLLIN | POLLRDNORM | POLLRDHUP;
  if (!usable) return mask;
  if (look.unread >= settings.get(SOL_SOCKET, SO_RCVLOWAT)) mask |= POLLIN | POLLRDNORM;
  if (writeShut || isWritable(look, settings)) mask |= POLLOUT | POLLWRNORM;
  return mask;
}

export interface Halves {
  readShut: boolean;
  writeShut: boolean;
  /** The handshake is over, or bytes may go before it is. */
  usable: boolean;
}

/** A third of the buffer is free, and half of what may wait unsent. */
function isWritable({ unacknowledged, unsent, sendBuffer }: Look, settings: Settings): boolean {
  const bound = settings.get(SOL_TCP, TCP_NOTSENT_LOWAT);
  return sendBuffer - unacknowledged >= unacknowledged >> 1 && (bound === 0 || 2 * unsent < bound);
}

/** A socket without a connection. */
export const NOTHING: Look = {
  state: STATE_CLOSED,
  unread: 0,
  unacknowledged: 0,
  unsent: 0,
  sendBuffer: 1,
  receiveBuffer: 0,
  burst: 1,
  peerDone: false,
};
export const LISTENING: Look = { ...NOTHING, state: STATE_LISTEN };
