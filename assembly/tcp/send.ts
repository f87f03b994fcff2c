// What a connection sends, and when: SYN, lost segments, new data within both windows, FIN, ACK. `tcpOutput` is called
// for connections on the want-to-send list. Not for: writing the segment (tcp/emit.ts).

import { DIALECT_BSD, STATE_CLOSED, STATE_SYN_RECEIVED } from '../abi/constants';
import { ringFree } from '../memory/ring';
import { NEVER, state } from '../memory/state';
import { armRetransmit, waitBegins } from './block/deadlines';
import { freeIfDone } from './block/finish';
import { recordLength, unsent } from './block/queues';
import { sendHeldFirst, sendHold, sendTake, wantSend } from './block/sendlist';
import { flow, flowEnsure, smallOut } from './congestion/flow';
import { paceAllows, paceSent } from './congestion/pacing';
import { validationSent } from './congestion/validation';
import { congestionRestart } from './congestion/window';
import { bareSequence, emitReset, emitSegment, emitSyn } from './emit';
import { ACK, FIN, PSH } from './header';
import { countRepeated, noteLimit } from './observe/statistics';
import { synLength } from './open/fastconnect';
import { largestBurst } from './path/burst';
import { searchDue, searchSent, widen } from './path/search';
import { payloadSize } from './path/size';
import { forwardHolds } from './recovery/frto';
import { limitedTransmit } from './recovery/newreno';
import { prrSent } from './recovery/prr';
import { armLossTimerSent, PROBE_NEW, PROBE_REPEATED } from './recovery/rack';
import { rttForget, rttSent, timestampNow } from './recovery/rtt';
import {
  firstLost,
  inFlight,
  REPEATED,
  recordAt,
  recordStart,
  scoreboard,
  sentAppend,
  sentSplit,
  sentTailRepeated,
  setFate,
} from './recovery/sent';
import { undoRepeated } from './recovery/undo';
import { seqGe, seqGt, seqLt, seqMin } from './seq';
import {
  CORK,
  ECN_REDUCES,
  ECN_WAITS,
  FAST_OPEN,
  FIN_QUEUED,
  FIN_SENT,
  FLUSH,
  GRANTS_COOKIE,
  MORE_COMES,
  NARROW,
  NO_DELAY,
  OWES_ACK,
  OWES_KEEP_ALIVE,
  OWES_PROBE,
  OWES_RESET,
  OWES_RETRANSMIT,
  OWES_SYN,
  OWES_TAIL_PROBE,
  PASSIVE,
  PERSIST,
  PROBED,
  RECOVERY,
  RESET_WHEN_SENT,
  SACK_ON,
  SEARCHES,
  Tcb,
  UNPUSHED,
} from './tcb';

/** Sends what connections owe until all is sent or the transmit queues are full. */
export function sendOwed(): void {
  while (sendRound()) {}
}

/**
 * One round over the want-to-send list: each connection sends up to BURST segments, and goes to the end if it has more. Who
 * finds its queue full keeps its place before them, so nobody starves. Answers whether another round may send more.
 */
function sendRound(): bool {
  const last = state.sendTail;
  let full: u32 = 0; // a bit for each interface whose queue is: no other needs to try
  let more = false;
  for (let tcb = sendTake(); tcb != null; tcb = sendTake()) {
    const outcome = full & (1 << tcb.interface) ? FULL : tcpOutput(tcb);
    if (outcome == FULL) full |= 1 << tcb.interface;
    if (outcome == MORE) more = true;
    if (outcome == FULL) sendHold(tcb);
    else if (outcome == MORE) wantSend(tcb);
    else freeIfDone(tcb);
    if (<u32>changetype<usize>(tcb) == last) break;
  }
  sendHeldFirst();
  return more;
}

/** Sends what a connection owes. DONE: all of it that may go now; MORE: its turn is over; FULL: the queue is full. */
function tcpOutput(tcb: Tcb): u32 {
  if (tcb.has(OWES_RESET)) {
    if (!emitReset(tcb)) return FULL;
    tcb.clear(OWES_RESET);
  }
  if (tcb.state == STATE_CLOSED) return DONE;
  if (tcb.has(OWES_SYN) && !sendSyn(tcb)) return FULL;
  if (tcb.state < STATE_SYN_RECEIVED || (tcb.state == STATE_SYN_RECEIVED && !answersEarly(tcb))) return DONE;
  if (tcb.has(OWES_RETRANSMIT) && !retransmitOldest(tcb)) return FULL;
  if (tcb.has(OWES_PROBE) && !sendProbe(tcb)) return FULL;
  if (tcb.has(OWES_TAIL_PROBE) && !sendTailProbe(tcb)) return FULL;
  if (tcb.has(OWES_KEEP_ALIVE) && !sendKeepAlive(tcb)) return FULL;
  const outcome = sendQueued(tcb);
  if (outcome == FULL) return FULL;
  if (tcb.has(OWES_ACK) && !sendAck(tcb)) return FULL;
  if (tcb.statistics != 0) noteLimit(tcb);
  giveBackStorage(tcb);
  if (outcome == DONE) tcb.clear(FLUSH | MORE_COMES);
  return outcome;
}

function sendSyn(tcb: Tcb): bool {
  const again = tcb.retransmitAt != NEVER;
  const length = synLength(tcb);
  if (!emitSyn(tcb, timestampNow(tcb))) return false;
  tcb.clear(OWES_SYN | GRANTS_COOKIE);
  waitBegins(tcb);
  if (again) {
    noteAgain(tcb, 0);
  } else {
    tcb.sndNxt = tcb.iss + 1 + length;
    tcb.sndResume = tcb.sndNxt;
    rttSent(tcb, tcb.iss + 1);
  }
  // A SYN that the peer repeats is answered, but buys it no time.
  if (tcb.retransmitAt == NEVER) armRetransmit(tcb, state.now + tcb.rto);
  return true;
}

/** Whether a connection sends before its SYN-ACK is acknowledged: it was opened fast, by the peer (RFC 7413 §4.2.2). */
function answersEarly(tcb: Tcb): bool {
  return tcb.has(FAST_OPEN) && tcb.has(PASSIVE);
}

/** A bare ACK. In BSD's ways it repeats a FIN that is not acknowledged yet. */
function sendAck(tcb: Tcb): bool {
  const again = state.dialect == DIALECT_BSD && tcb.has(FIN_SENT) && tcb.sndUna != tcb.sndNxt;
  return emitSegment(tcb, again ? tcb.sndNxt - 1 : bareSequence(tcb), 0, 0, again ? ACK | FIN : ACK);
}

/** What was lost, new data, and the FIN behind it. */
function sendQueued(tcb: Tcb): u32 {
  if (tcb.has(ECN_WAITS)) return DONE;
  if (tcb.sendRing.length > 0) congestionRestart(tcb);
  if (tcb.has(NARROW)) widen(tcb);
  for (let sent: u32 = 0; sent < BURST; sent++) {
    if (lostMayGo(tcb)) {
      if (!paceAllows(tcb)) return DONE;
      if (!sendLost(tcb)) return FULL;
      continue;
    }
    const probe = tcb.has(SEARCHES) ? searchDue(tcb, unsent(tcb)) : 0;
    if (probe > 0) {
      if (!paceAllows(tcb)) return DONE;
      if (!sendSearch(tcb, probe)) return FULL;
      continue;
    }
    const length = sendable(tcb);
    const fin = finDue(tcb, length);
    if (length == 0 && !fin) {
      startProbing(tcb);
      return DONE;
    }
    if (length > 0 && !paceAllows(tcb)) return DONE;
    if (tcb.has(PERSIST)) stopProbing(tcb);
    if (!sendNext(tcb, length, fin)) return FULL;
  }
  return MORE;
}

/** Whether something is lost and the window lets it go out again. */
function lostMayGo(tcb: Tcb): bool {
  return tcb.scoreboard != 0 && scoreboard(tcb).lost > 0 && inFlight(tcb) < tcb.cwnd && !forwardHolds(tcb);
}

/** The first lost segment, once more. */
function sendLost(tcb: Tcb): bool {
  const board = scoreboard(tcb);
  const index = firstLost(board);
  const start = recordStart(tcb, board, index);
  const end = repeat(tcb, start, recordAt(board, index).end);
  if (end == start) return false;
  // Without memory for one more record the whole of it counts as sent again; a timeout will find the rest.
  sentSplit(tcb, end);
  noteRepeated(tcb, index);
  if (tcb.retransmitAt == NEVER) armRetransmit(tcb, state.now + tcb.rto);
  return true;
}

/** Emits what begins at `firstSeq` again, a segment's worth before `limit` at most. Answers its end, `firstSeq` if nothing went. */
function repeat(tcb: Tcb, firstSeq: u32, limit: u32): u32 {
  const length = min(recordLength(tcb, firstSeq, seqMin(dataEnd(tcb), limit) - firstSeq), payloadSize(tcb));
  const end = firstSeq + length;
  const fin = tcb.has(FIN_SENT) && end == dataEnd(tcb);
  const control = pushed(tcb, end, length) | (fin ? FIN : 0);
  if (!emitSegment(tcb, firstSeq, firstSeq - tcb.sndUna, length, control)) return firstSeq;
  noteAgain(tcb, length);
  return fin ? end + 1 : end;
}

/** The last buffered bytes are pushed (RFC 9293 §3.9.1.2 MUST-61), unless the user said that more comes; so is a record's end. */
function pushed(tcb: Tcb, end: u32, length: u32): u32 {
  if (length == 0) return ACK;
  const pushes = end == dataEnd(tcb) ? !tcb.has(UNPUSHED) : recordLength(tcb, end - 1, 2) == 1;
  return pushes ? ACK | PSH : ACK;
}

/** Sends the next `length` bytes, and the FIN if it is its turn. */
function sendNext(tcb: Tcb, length: u32, fin: bool): bool {
  const sequence = tcb.sndResume;
  const end = sequence + length;
  const control = pushed(tcb, end, length) | (fin ? FIN : 0);
  if (!emitSegment(tcb, sequence, sequence - tcb.sndUna, length, control)) return false;
  const behind = fin ? end + 1 : end;
  if (fin) flowEnsure(tcb); // it may be all there is, and can be lost like data
  if (seqLt(sequence, tcb.sndNxt)) noteAgain(tcb, length);
  waitBegins(tcb);
  tcb.sndResume = behind;
  if (seqGt(behind, tcb.sndNxt)) {
    tcb.sndNxt = behind;
    noteSent(tcb, behind, behind - sequence);
    if (tcb.scoreboard == 0) rttSent(tcb, behind);
  }
  if (fin) tcb.set(FIN_SENT);
  if (tcb.flow != 0) noteUse(tcb, length);
  armLossTimerSent(tcb); // RFC 6298 §5.1, RFC 8985 §7.2
  return true;
}

/** A segment larger than what the path is known to carry, in one packet whatever the device could cut (RFC 4821 §7.4). */
function sendSearch(tcb: Tcb, size: u32): bool {
  const mss = tcb.mss;
  const start = tcb.sndNxt;
  tcb.mss = <u16>size;
  const sent = sendNext(tcb, payloadSize(tcb), false);
  tcb.mss = mss;
  if (sent) searchSent(tcb, start, size);
  return sent;
}

/** How many bytes may go out now in one segment, or in one that the device cuts up. */
function sendable(tcb: Tcb): u32 {
  const end = dataEnd(tcb);
  if (seqGe(tcb.sndResume, end)) return 0;
  const queued = recordLength(tcb, tcb.sndResume, end - tcb.sndResume);
  const sent = tcb.sndResume - tcb.sndUna;
  const pipe = tcb.sndResume == tcb.sndNxt ? inFlight(tcb) : sent;
  const cwnd = tcb.cwnd + limitedTransmit(tcb);
  const usable = min(cwnd > pipe ? cwnd - pipe : 0, tcb.sndWnd > sent ? tcb.sndWnd - sent : 0);
  const length = min(queued, usable);
  const full = payloadSize(tcb);
  if (length >= full) return min(length - (length % full), largestBurst(tcb, full));
  return length > 0 && shortMayGo(tcb, length, queued, sent) ? length : 0;
}

/** Whether a segment that is not full-sized may go: sender's silly window avoidance (RFC 9293 §3.8.6.2.1) and Nagle. */
function shortMayGo(tcb: Tcb, length: u32, queued: u32, sent: u32): bool {
  // Not new: it was allowed before, unless cwnd cuts it short.
  if (seqLt(tcb.sndResume, tcb.sndNxt)) return length == queued || sent + length == tcb.sndWnd;
  if (length < queued) return length >= tcb.sndWndMax >> 1; // (3); what the window cuts short waits
  if (tcb.sndResume + length != dataEnd(tcb)) return true; // the end of a record, and more behind it
  if (tcb.has(CORK | MORE_COMES)) return tcb.has(FLUSH | FIN_QUEUED);
  return !smallOut(tcb, sent) || tcb.has(NO_DELAY | FLUSH | FIN_QUEUED); // (2)
}

/** Whether the FIN may go out behind `length` bytes: it is queued, is due, and has its place in the window. */
function finDue(tcb: Tcb, length: u32): bool {
  if (!tcb.has(FIN_QUEUED) || tcb.sndResume + length != dataEnd(tcb)) return false;
  if (tcb.has(FIN_SENT)) return tcb.sndResume != tcb.sndNxt; // once more
  return !tcb.has(RESET_WHEN_SENT) && tcb.sendRing.length < tcb.sndWnd; // a RST takes its place
}

/** Something waits, nothing is under way and nothing may go: the window will have to be probed (§3.8.6.1 MUST-36). */
function startProbing(tcb: Tcb): void {
  if (tcb.sndUna != tcb.sndNxt || tcb.retransmitAt != NEVER) return;
  if (tcb.sendRing.length == 0 && (!tcb.has(FIN_QUEUED) || tcb.has(FIN_SENT))) return;
  tcb.set(PERSIST);
  waitBegins(tcb);
  armRetransmit(tcb, state.now + tcb.rto);
}

/** What was held back may go after all: the window is not shut. */
function stopProbing(tcb: Tcb): void {
  tcb.clear(PERSIST);
  tcb.retransmissions = 0;
  armRetransmit(tcb, NEVER);
}

/**
 * One octet of data, or the FIN, though the window is shut (§3.8.6.1 MUST-35); as much as a small window takes when it
 * was only too small to be worth a segment (§3.8.6.2.1, the override timeout).
 */
function sendProbe(tcb: Tcb): bool {
  tcb.sndResume = tcb.sndUna;
  const length = min(tcb.sendRing.length, max<u32>(min(tcb.sndWnd, payloadSize(tcb)), 1));
  tcb.clear(UNPUSHED); // nothing more has come for a while
  if (!sendNext(tcb, length, length == 0)) return false;
  tcb.clear(OWES_PROBE);
  return true;
}

/** The oldest unacknowledged segment, once more (RFC 5681 §3.2 step 3). */
function retransmitOldest(tcb: Tcb): bool {
  if (tcb.sndUna != tcb.sndNxt && repeat(tcb, tcb.sndUna, tcb.sndNxt) == tcb.sndUna) return false;
  tcb.clear(OWES_RETRANSMIT);
  return true;
}

/** New data if there is any, else the last segment once more: what it makes the peer say tells what is missing (RFC 8985 §7.3). */
function sendTailProbe(tcb: Tcb): bool {
  tcb.clear(OWES_TAIL_PROBE);
  if (tcb.scoreboard == 0) return true;
  const full = payloadSize(tcb);
  const sent = tcb.sndNxt - tcb.sndUna;
  const fresh = min(
    min(recordLength(tcb, tcb.sndNxt, dataEnd(tcb) - tcb.sndNxt), full),
    tcb.sndWnd > sent ? tcb.sndWnd - sent : 0,
  );
  const isFresh = seqLt(tcb.sndNxt, dataEnd(tcb)) && fresh > 0;
  const tail = tcb.sndNxt - min(sent, full);
  if (isFresh ? !sendNext(tcb, fresh, false) : repeat(tcb, tail, tcb.sndNxt) == tail) {
    tcb.set(OWES_TAIL_PROBE);
    return false;
  }
  if (!isFresh) sentTailRepeated(tcb, tail);
  const f = flow(tcb);
  f.probing = isFresh ? PROBE_NEW : PROBE_REPEATED;
  f.probeEnd = tcb.sndNxt;
  tcb.set(PROBED);
  armRetransmit(tcb, state.now + tcb.rto);
  return true;
}

/** What the transmission says of the use of the window. */
function noteUse(tcb: Tcb, length: u32): void {
  const f = flow(tcb);
  f.sentAt = state.now;
  f.idleAt = NEVER;
  if (length % payloadSize(tcb) != 0) f.smallEnd = tcb.sndNxt;
  validationSent(tcb, inFlight(tcb));
  paceSent(tcb, length);
}

/** Enters new bytes on the scoreboard. Without memory for what it says of the path there is none. */
function noteSent(tcb: Tcb, end: u32, length: u32): void {
  if (!tcb.has(SACK_ON) || tcb.flow == 0) return;
  sentAppend(tcb, end);
  if (tcb.has(RECOVERY | ECN_REDUCES) && tcb.scoreboard != 0) prrSent(tcb, length);
}

/** Record `index` is on its way again. */
function noteRepeated(tcb: Tcb, index: u32): void {
  const board = scoreboard(tcb);
  const record = recordAt(board, index);
  const length = record.end - recordStart(tcb, board, index);
  setFate(tcb, board, index, REPEATED);
  record.at = state.now;
  paceSent(tcb, length);
  if (!tcb.has(RECOVERY)) return;
  prrSent(tcb, length);
}

/** Something goes out once more: it is not timed (Karn's rule), and may have been needless. */
function noteAgain(tcb: Tcb, length: u32): void {
  countRepeated(tcb, length);
  rttForget(tcb);
  undoRepeated(tcb, length);
}

/** A segment that makes the peer answer: one number before SND.NXT, no data (RFC 9293 §3.8.4). */
function sendKeepAlive(tcb: Tcb): bool {
  if (!emitSegment(tcb, tcb.sndNxt - 1, 0, 0, ACK)) return false;
  tcb.clear(OWES_KEEP_ALIVE);
  return true;
}

/** The number behind the last queued byte; the FIN's, once it is queued. */
function dataEnd(tcb: Tcb): u32 {
  return tcb.sndUna + tcb.sendRing.length;
}

/** Rings that hold nothing go back: an idle connection is its control block and nothing else. */
function giveBackStorage(tcb: Tcb): void {
  if (tcb.sendRing.length == 0) ringFree(tcb.sendRing);
  if (tcb.receiveRing.length == 0 && tcb.reassembly == 0) ringFree(tcb.receiveRing);
}

const DONE: u32 = 0;
const MORE: u32 = 1;
const FULL: u32 = 2;
/** Segments a connection sends in its turn. */
const BURST: u32 = 32;
