// The trace: what the core says about each segment and each change of state. Off by default; a ring that drops its
// oldest record and counts what it dropped; it never changes behaviour.
//
//   time f64 ms @0 | handle u32 @8 | kind u8 @12 | state before u8 @13 | state after u8 @14 | control bits u8 @15
//   sequence u32 @16 | acknowledgment u32 @20 | length u32 @24 | window u32, scaled @28
//   local port u16 @32 | remote port u16 @34 | remote address, IPv4 u32 @36 | zero @40

import { TRACE_STATE } from "../abi/constants";
import { TRACE_LIMIT, TRACE_RECORD } from "../abi/limits";
import { mappedBytes } from "../ip/address";
import { TRACE_BASE, setResult } from "../memory/map";
import { state } from "../memory/state";
import { Tcb } from "../tcp/tcb";

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

/** A segment of a connection that arrived or was sent; its state now and before. */
export function traceSegment(
  tcb: Tcb,
  kind: u32,
  before: i32,
  control: u32,
  sequence: u32,
  acknowledgment: u32,
  length: u32,
  window: u32,
): void {
  if (!state.traceOn) return;
  const record = next();
  store<f64>(record, <f64>state.now / 1000);
  store<u32>(record + 8, tcb.handle);
  store<u8>(record + 12, <u8>kind);
  store<u8>(record + 13, <u8>before);
  store<u8>(record + 14, <u8>tcb.state);
  store<u8>(record + 15, <u8>control);
  store<u32>(record + 16, sequence);
  store<u32>(record + 20, acknowledgment);
  store<u32>(record + 24, length);
  store<u32>(record + 28, window);
  store<u16>(record + 32, tcb.localPort);
  store<u16>(record + 34, tcb.remotePort);
  store<u32>(record + 36, mappedBytes(tcb.remoteLow));
  store<u64>(record + 40, 0);
}

/** A change of state by a call or a timer. */
export function traceState(tcb: Tcb, before: i32): void {
  if (tcb.state != before) traceSegment(tcb, TRACE_STATE, before, 0, tcb.sndNxt, tcb.rcvNxt, 0, tcb.sndWnd);
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
