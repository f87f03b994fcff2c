// The trace: the ring in which the core says what happens to each segment and state. Off by default; when it is full
// the oldest record goes and is counted; it never changes behaviour.
//
//   time f64 ms @0 | handle u32 @8 | kind u8 @12 | state before u8 @13 | state after u8 @14 | control bits u8 @15
//   sequence u32 @16 | acknowledgment u32 @20 | length u32 @24 | window u32, scaled @28
//   local port u16 @32 | remote port u16 @34 | zero u32 @36 | remote address, 16 bytes @40 | zero u64 @56
//
// The handle is 0 where only a record is left of a connection: half-open, or in TIME-WAIT without a user.

import { TRACE_LIMIT, TRACE_RECORD } from '../abi/limits';
import { setResult, TRACE_BASE } from '../memory/map';
import { state } from '../memory/state';

/** Turns the trace on (1) or off (0). */
export function traceEnable(on: u32): void {
  state.traceOn = on;
}

/** Takes the records that lie in one piece: how many, result[0] = their address, result[1] = dropped since the last call. */
export function traceTake(): u32 {
  const taken = min(state.traceCount, TRACE_LIMIT - state.traceHead);
  setResult(0, <u32>TRACE_BASE + state.traceHead * TRACE_RECORD);
  setResult(1, state.traceDropped);
  state.traceHead = (state.traceHead + taken) % TRACE_LIMIT;
  state.traceCount -= taken;
  state.traceDropped = 0;
  return taken;
}

/** Address of a new record to be filled; 0 when the trace is off. */
export function traceRecord(): usize {
  return state.traceOn ? next() : 0;
}

function next(): usize {
  const slot = (state.traceHead + state.traceCount) % TRACE_LIMIT;
  if (state.traceCount < TRACE_LIMIT) {
    state.traceCount++;
  } else {
    state.traceHead = (state.traceHead + 1) % TRACE_LIMIT;
    state.traceDropped++;
  }
  return TRACE_BASE + <usize>(slot * TRACE_RECORD);
}
