// Counters of the whole stack, COUNTER_* of abi/constants.ts.

import { COUNTER_LIMIT } from '../abi/limits';
import { STATE_BASE } from './map';
import { State } from './state';

/** Adds one to a counter. */
export function count(which: u32): void {
  countMany(which, 1);
}

export function countMany(which: u32, times: u32): void {
  const address = slot(which);
  store<u64>(address, load<u64>(address) + times);
}

/** The value of a counter; 0 for a number that names none. */
export function countOf(which: u32): f64 {
  return which < COUNTER_LIMIT ? <f64>load<u64>(slot(which)) : 0;
}

function slot(which: u32): usize {
  return STATE_BASE + offsetof<State>('counters') + ((<usize>which) << 3);
}
