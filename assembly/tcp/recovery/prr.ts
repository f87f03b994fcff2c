// Proportional rate reduction (RFC 9937): how much may be sent while recovery is under way, so that the window reaches
// ssthresh at its end without a pause and without a burst. The answer is kept in `cwnd`.

import { congestionLoss } from '../congestion/window';
import { payloadSize } from '../path/size';
import { ECN_REDUCES, Tcb } from '../tcb';
import { inFlight, scoreboard } from './sent';

/**
 * Recovery begins (§6.1): ssthresh is set, the ledger is empty. `delivered`: bytes that have newly arrived with the ACK
 * that begins it; when a timer does, the window lets the first retransmission go.
 */
export function prrBegin(tcb: Tcb, delivered: u32): void {
  if (tcb.has(ECN_REDUCES)) {
    // A loss in a window that has been marked too: it is reduced once, so the ledger goes on (RFC 3168 §6.1.2).
    tcb.clear(ECN_REDUCES);
  } else {
    congestionLoss(tcb);
    prrReset(tcb, tcb.sndNxt - tcb.sndUna - scoreboard(tcb).sacked + delivered);
  }
  tcb.cwnd = inFlight(tcb) + payloadSize(tcb);
}

/** Opens the ledger; `flight`: bytes that were in flight when congestion showed (RecoverFS). */
export function prrReset(tcb: Tcb, flight: u32): void {
  const board = scoreboard(tcb);
  board.prrDelivered = 0;
  board.prrOut = 0;
  board.prrFlight = max(flight, 1);
}

/** An ACK during recovery (§6.2). `safe`: it moved SND.UNA and showed no further loss. */
export function prrAcknowledged(tcb: Tcb, delivered: u32, safe: bool): void {
  if (delivered == 0) return;
  const board = scoreboard(tcb);
  const mss = payloadSize(tcb);
  const pipe = inFlight(tcb);
  board.prrDelivered += delivered;
  let allowance: u32;
  if (pipe > tcb.ssthresh) {
    const share = (<u64>board.prrDelivered * tcb.ssthresh + board.prrFlight - 1) / board.prrFlight;
    allowance = <u32>share > board.prrOut ? <u32>share - board.prrOut : 0;
  } else {
    const owed = board.prrDelivered > board.prrOut ? board.prrDelivered - board.prrOut : 0;
    allowance = max(owed, delivered) + (safe ? mss : 0);
    allowance = min(tcb.ssthresh - pipe, allowance);
  }
  // The first retransmission goes out whatever the ledger says.
  if (board.prrOut == 0) allowance = max(allowance, mss);
  tcb.cwnd = pipe + allowance;
}

/** Bytes have been sent during recovery. */
export function prrSent(tcb: Tcb, length: u32): void {
  scoreboard(tcb).prrOut += length;
}
