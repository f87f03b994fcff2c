// What a connection tells the trace: each segment in and out with the state before and after, and changes of state that
// no segment made. Not for: the ring (trace/trace.ts).

import { TRACE_STATE } from '../../abi/constants';
import { state } from '../../memory/state';
import { traceRecord } from '../../trace/trace';
import { Tcb } from '../tcb';
import { CONNECTION, Endpoint } from './endpoint';

/** A segment that arrived or was sent. `before`: the state when it came; `window` is scaled. */
export function traceSegment(
  end: Endpoint,
  kind: u32,
  before: i32,
  control: u32,
  sequence: u32,
  acknowledgment: u32,
  length: u32,
  window: u32,
): void {
  const record = traceRecord();
  if (record == 0) return;
  store<f64>(record, <f64>state.now / 1000);
  store<u32>(record + 8, end.kind == CONNECTION ? end.handle : 0);
  store<u8>(record + 12, <u8>kind);
  store<u8>(record + 13, <u8>before);
  store<u8>(record + 14, <u8>end.state);
  store<u8>(record + 15, <u8>control);
  store<u32>(record + 16, sequence);
  store<u32>(record + 20, acknowledgment);
  store<u32>(record + 24, length);
  store<u32>(record + 28, window);
  store<u16>(record + 32, end.localPort);
  store<u16>(record + 34, end.remotePort);
  store<u32>(record + 36, 0);
  store<u64>(record + 40, end.remoteHigh);
  store<u64>(record + 48, end.remoteLow);
  store<u64>(record + 56, 0);
}

/** A change of state by a call or a timer. */
export function traceState(tcb: Tcb, before: i32): void {
  if (tcb.state != before) traceSegment(tcb, TRACE_STATE, before, 0, tcb.sndNxt, tcb.rcvNxt, 0, tcb.sndWnd);
}
