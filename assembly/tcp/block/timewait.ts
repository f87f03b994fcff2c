// TIME-WAIT that no user holds, in 128 bytes: what it takes to acknowledge the peer's FIN once more, to tell old segments
// from new ones, and to know a new incarnation by its timestamps (RFC 9293 §3.6.1, RFC 6191).
// Not for: what a segment does to it (tcp/close.ts).

import { poolGive, poolTake } from '../../memory/pool';
import { wheelArm, wheelCancel } from '../../memory/wheel';
import { tableRemove, tableReplace } from '../table';
import { Tcb } from '../tcb';
import { Endpoint, endpointCopy, TIME_WAIT, timeWaitPool } from './endpoint';

@unmanaged
export class TimeWait extends Endpoint {
  sndNxt: u32;
  window: u32; // what we last offered
}

/** Leaves a record of a control block in TIME-WAIT, when there is room for one, and nothing else. */
export function timeWaitFold(tcb: Tcb): void {
  const record = changetype<TimeWait | null>(poolTake(timeWaitPool, TIME_WAIT_LIMIT));
  if (record == null) {
    tableRemove(tcb);
    return;
  }
  record.kind = TIME_WAIT;
  endpointCopy(record, tcb);
  tableReplace(tcb, record);
  record.sndNxt = tcb.sndNxt;
  record.window = tcb.rcvAdv - tcb.rcvNxt;
  wheelArm(record, tcb.retransmitAt);
}

/** The wait is over, or cut short by a new incarnation. */
export function timeWaitFree(record: TimeWait): void {
  tableRemove(record);
  wheelCancel(record);
  poolGive(timeWaitPool, changetype<usize>(record));
}

/** Records of the whole stack, 32 MiB; beyond them connections end without a wait. */
const TIME_WAIT_LIMIT: u32 = 1 << 18;
