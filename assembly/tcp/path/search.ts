// Path MTU discovery without routers (RFC 4821): now and then a segment is sent that is larger than what the path is known
// to carry. If it arrives, segments may be so large; if it alone is lost, they may not, and nobody was congested. Where
// nothing arrives any more, segments get smaller first (§7.7). Needs SACK, which tells the one from the other.
//
//   Eff.snd.MSS ≤ the largest that arrived      searchHigh: smaller than the least that was lost; 0: none was
//
// Not for: what routers say (tcp/path/discovery.ts); sending (tcp/send.ts).

import { MTU_DISCOVER_DO } from '../../abi/constants';
import { isMapped } from '../../ip/address';
import { knowMtu, knownMtu } from '../../ip/icmp/paths';
import { state } from '../../memory/state';
import { discover, Rare, rareTake } from '../block/rare';
import { wantSend } from '../block/sendlist';
import { inFlight, LOST, recordAt, recordStart, SACKED, scoreboard, sentSplit, setFate } from '../recovery/sent';
import { seqLe, seqLt, seqMax, seqMin } from '../seq';
import { ECN_REDUCES, MAY_FRAGMENT, NARROW, PERSIST, RECOVERY, SACK_ON, SEARCHES, Tcb } from '../tcb';
import { baseSegment, fitPath, headers, payloadSize } from './size';

/** What was learnt of the path is old: larger segments are tried again (RFC 1191 §6.3), at once or by searching. */
export function widen(tcb: Tcb): void {
  if (knownMtu(tcb.remoteHigh, tcb.remoteLow) <= <u32>tcb.mss + headers(tcb)) return;
  tcb.clear(NARROW);
  if (state.mtuProbing != 0 && tcb.has(SACK_ON)) begin(tcb);
  else {
    tcb.mss = tcb.ceiling;
    fitPath(tcb);
  }
}

/** The size, in terms of MSS, that a segment shall have which goes out now to probe the path; 0: none. `queued`: bytes not sent. */
export function searchDue(tcb: Tcb, queued: u32): u32 {
  const rare = rareTake(tcb);
  if (rare == null || rare.searchSize != 0) return 0;
  const mss = <u32>tcb.mss;
  const high: u32 = rare.searchHigh == 0 ? tcb.ceiling : rare.searchHigh;
  if (high < mss + PRECISION) {
    end(tcb, rare);
    return 0;
  }
  // Most paths carry what their ends do; what is between is halved (§7.3).
  const size = rare.searchHigh == 0 ? high : (mss + high + 1) >> 1;
  return isQuiet(tcb) && hasRoom(tcb, size - mss + payloadSize(tcb), queued) ? size : 0;
}

/** The probe has gone out. */
export function searchSent(tcb: Tcb, start: u32, size: u32): void {
  const rare = changetype<Rare>(tcb.rare);
  rare.searchSize = <u16>size;
  rare.searchStart = start;
  rare.searchEnd = tcb.sndNxt;
  rare.searchFailed = 0;
}

/** SND.UNA has moved: if the probe has arrived as it was sent, segments may be so large from now on (§7.6.1). */
export function searchAcknowledged(tcb: Tcb): void {
  if (!isUnderWay(tcb)) return;
  const rare = changetype<Rare>(tcb.rare);
  if (seqLt(tcb.sndUna, rare.searchEnd)) return;
  if (!rare.searchFailed) tcb.mss = <u16>max(tcb.mss, rare.searchSize);
  rare.searchSize = 0;
}

/** Whether nothing is lost but the probe: then it was too large, and it is no sign of congestion (§7.6.2). */
export function searchLost(tcb: Tcb): bool {
  if (!isUnderWay(tcb)) return false;
  const rare = changetype<Rare>(tcb.rare);
  const board = scoreboard(tcb);
  let within: u32 = 0;
  for (let index: u32 = 0; index < board.count; index++) {
    const record = recordAt(board, index);
    const start = seqMax(recordStart(tcb, board, index), rare.searchStart);
    const end = seqMin(record.end, rare.searchEnd);
    if (record.fate & LOST && seqLt(start, end)) within += end - start;
  }
  if (within == 0) return false;
  // Among other losses its own says nothing: the same size is tried again.
  rare.searchFailed = 1;
  if (within == board.lost) rare.searchHigh = rare.searchSize - 1;
  return within == board.lost;
}

/** Whether a segment of ours is the probe. */
export function isSearch(tcb: Tcb, sequence: u32): bool {
  if (!isUnderWay(tcb)) return false;
  const rare = changetype<Rare>(tcb.rare);
  return seqLe(rare.searchStart, sequence) && seqLt(sequence, rare.searchEnd);
}

/** A router says that the probe was too big, and takes `mtu` bytes: it goes out again at once as it should have been. */
export function searchTooBig(tcb: Tcb, mtu: u32): void {
  const rare = changetype<Rare>(tcb.rare);
  fail(rare, max(mtu - headers(tcb), tcb.mss));
  if (tcb.scoreboard == 0 || !sentSplit(tcb, rare.searchStart) || !sentSplit(tcb, rare.searchEnd)) return;
  const board = scoreboard(tcb);
  for (let index: u32 = 0; index < board.count; index++) {
    const record = recordAt(board, index);
    if (!seqLe(rare.searchStart, recordStart(tcb, board, index)) || !seqLe(record.end, rare.searchEnd)) continue;
    if (!(record.fate & SACKED)) setFate(tcb, board, index, record.fate | LOST);
  }
  wantSend(tcb);
}

/** The retransmission timer expired. What it says of a probe is not clear; it counts as lost (§7.6.4). */
export function searchTimeout(tcb: Tcb): void {
  if (isUnderWay(tcb)) {
    const rare = changetype<Rare>(tcb.rare);
    if (!rare.searchFailed) fail(rare, rare.searchSize - 1);
  }
  if (state.mtuProbing != 0 && tcb.retransmissions >= SUSPICION) suspect(tcb);
}

/** Again and again nothing arrives: perhaps a router drops what is large and does not say so (§7.7, RFC 2923 §2.1). */
function suspect(tcb: Tcb): void {
  const outstanding = min(tcb.sndNxt - tcb.sndUna, tcb.sendRing.length);
  if (tcb.has(MAY_FRAGMENT) || outstanding < payloadSize(tcb)) return;
  const base = baseSegment(tcb);
  if (tcb.mss > base) tcb.mss = <u16>base;
  else if (tcb.retransmissions == SUSPICION || !isMapped(tcb.remoteHigh, tcb.remoteLow))
    return; // hardly any path takes less, of IPv6 none
  else if (tcb.mss > LEAST_MSS) tcb.mss = <u16>max<u32>(tcb.mss >> 1, LEAST_MSS);
  else if (discover(tcb) != MTU_DISCOVER_DO) tcb.set(MAY_FRAGMENT);
  if (tcb.has(SACK_ON)) begin(tcb);
}

function begin(tcb: Tcb): void {
  tcb.set(SEARCHES);
  if (tcb.rare == 0) return;
  const rare = changetype<Rare>(tcb.rare);
  rare.searchHigh = 0;
  rare.searchSize = 0;
}

/** The search is over for the next ten minutes; new connections need none either. */
function end(tcb: Tcb, rare: Rare): void {
  tcb.clear(SEARCHES);
  if (rare.searchHigh == 0) return;
  knowMtu(tcb.remoteHigh, tcb.remoteLow, <u32>tcb.mss + headers(tcb));
  tcb.set(NARROW);
}

function fail(rare: Rare, high: u32): void {
  rare.searchHigh = <u16>high;
  rare.searchFailed = 1;
}

function isUnderWay(tcb: Tcb): bool {
  return tcb.has(SEARCHES) && tcb.rare != 0 && changetype<Rare>(tcb.rare).searchSize != 0;
}

/** Nothing is amiss, and the next segment would be a new one (§7.4). */
function isQuiet(tcb: Tcb): bool {
  if (tcb.has(RECOVERY | ECN_REDUCES | PERSIST | MAY_FRAGMENT) || tcb.retransmissions > 0) return false;
  if (tcb.srtt == 0 || tcb.sndResume != tcb.sndNxt || seqLt(tcb.sndUna, tcb.recover)) return false;
  if (tcb.scoreboard == 0) return true;
  const board = scoreboard(tcb);
  return board.lost == 0 && board.sacked == 0;
}

/** A probe of `size` bytes fits both windows, and so much follows it that its loss alone would be noticed (§7.4). */
function hasRoom(tcb: Tcb, size: u32, queued: u32): bool {
  const needed = size + (state.duplicateThreshold + 1) * payloadSize(tcb);
  const sent = tcb.sndNxt - tcb.sndUna;
  return queued >= needed && tcb.sndWnd >= sent + needed && tcb.cwnd >= needed && tcb.cwnd >= inFlight(tcb) + size;
}

/** A search that has come so near is over, bytes. */
const PRECISION: u32 = 8;
/** Timeouts in a row that make a black hole likely: Linux's tcp_retries1. */
const SUSPICION: u8 = 3;
/** Every host takes packets of 576 bytes (RFC 791 §3.2); what is smaller is for fragments. */
const LEAST_MSS: u32 = 512;
