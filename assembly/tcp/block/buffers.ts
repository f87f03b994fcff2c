// How large a connection's buffers are, and what its SYN says of them (RFC 9293 §3.8.6, RFC 7323 §2.3).
// Not for: the storage (memory/ring.ts takes it when bytes arrive).

import { OPTION_ORDER_LINUX } from '../../abi/constants';
import { state } from '../../memory/state';
import { MAXIMUM_SHIFT, TIMESTAMPS_SIZE } from '../options';
import { PASSIVE, Tcb, TIMESTAMPS_ON } from '../tcb';

/** The window field of our SYN, which is never scaled (RFC 7323 §2.2); `mss` is what the SYN announces. */
export function synWindow(tcb: Tcb, mss: u32): u32 {
  const buffer = min(state.receiveBufferInitial, state.receiveBuffer);
  if (buffer <= <u32>u16.MAX_VALUE || state.optionOrder != OPTION_ORDER_LINUX) return min<u32>(buffer, u16.MAX_VALUE);
  // Linux offers whole segments, as many as its buffer takes; a client does not know yet what they will carry.
  const segment = mss - (tcb.has(PASSIVE) && tcb.has(TIMESTAMPS_ON) ? TIMESTAMPS_SIZE : 0);
  return min<u32>(buffer - (buffer % segment), u16.MAX_VALUE);
}

/** The smallest shift that lets 16 bits say the largest buffer there may be (RFC 7323 §2.3). */
export function windowShift(): u32 {
  let shift: u32 = 0;
  while (shift < MAXIMUM_SHIFT && state.receiveBuffer >> shift > u16.MAX_VALUE) shift++;
  return shift;
}
