// What belongs to which of several stacks that have the same addresses, each with a queue of one device (SETTING_SHARE): the
// ports that it may choose. Not for: how a packet comes to its stack; the host sees to that (host/workers/owner.ts).

import { CHOSEN_PORTS } from '../abi/constants';
import { state } from './state';

/** Whether there are others with our addresses. */
export function isShared(): bool {
  return state.share >> 8 > 1;
}

/** How many ports are ours to choose from. */
export function ownPorts(): u32 {
  return COUNT / (state.share >> 8);
}

/** One of them, the same for the same number modulo `ownPorts`. */
export function ownPort(number: u32): u32 {
  return FIRST + (number % ownPorts()) * (state.share >> 8) + (state.share & 0xff);
}

/** RFC 6056 §3.2 asks for as many ports as possible; below 32768 many services live. */
const FIRST: u32 = CHOSEN_PORTS;
const COUNT: u32 = 65536 - FIRST;
