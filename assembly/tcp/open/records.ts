// What goes out for connections that have no control block: SYN-ACKs of those in SYN-RECEIVED, SYN-ACKs with a cookie,
// ACKs of either and of TIME-WAIT. Not for: what is owed (tcp/open/halfopen.ts, tcp/open/syncookie.ts, tcp/close.ts).

import { COUNTER_SEGMENTS_RETRANSMITTED, STATE_CLOSED, STATE_SYN_RECEIVED } from '../../abi/constants';
import { count } from '../../memory/counters';
import { endsCopy } from '../../memory/ends';
import { DRAFT_BASE } from '../../memory/map';
import { poolGive } from '../../memory/pool';
import { REPLY_ECN, REPLY_SACK, REPLY_SCALES, REPLY_STAMPS, Reply } from '../../memory/replies';
import { state } from '../../memory/state';
import { HALF_OPEN, halfOpenPool, RECORD } from '../block/endpoint';
import { emitRecordAck, emitSyn } from '../emit';
import { timestampNow } from '../recovery/rtt';
import { ECN_ON, GRANTS_COOKIE, ON_SEND_LIST, PASSIVE, SACK_ON, SCALING_ON, TIMESTAMPS_ON } from '../tcb';
import { HalfOpen, oweSynAck } from './halfopen';

/** Sends the SYN-ACKs that are owed; those whose interface is full wait. Gives back the records that are done with. */
export function sendSynAcks(): void {
  const last = state.synAckTail;
  for (let address = take(); address != 0; address = take()) {
    const record = changetype<HalfOpen>(address);
    if (record.state == STATE_CLOSED) poolGive(halfOpenPool, address);
    else if (!emitSyn(record, timestampNow(record))) oweSynAck(record);
    else {
      record.clear(GRANTS_COOKIE); // once: something on the path may dislike it
      if (record.repeated) count(COUNTER_SEGMENTS_RETRANSMITTED);
    }
    if (<u32>address == last) break;
  }
}

/** An ACK of a record; best effort. */
export function emitReplyRecordAck(reply: Reply): void {
  fill(reply);
  draft.state = reply.state;
  emitRecordAck(draft, reply.sequence, reply.window, reply.tsVal);
}

/** A SYN-ACK whose number is a cookie; best effort, the peer's SYN will come again. */
export function emitReplyCookie(reply: Reply): void {
  fill(reply);
  draft.state = STATE_SYN_RECEIVED;
  draft.iss = reply.sequence;
  emitSyn(draft, reply.tsVal);
}

/** First in, first out; 0: none is owed. */
function take(): usize {
  const address = <usize>state.synAckHead;
  if (address == 0) return 0;
  const record = changetype<HalfOpen>(address);
  state.synAckHead = <u32>record.sendNext;
  if (state.synAckHead == 0) state.synAckTail = 0;
  record.clear(ON_SEND_LIST);
  return address;
}

function fill(reply: Reply): void {
  memory.fill(DRAFT_BASE, 0, RECORD);
  draft.kind = HALF_OPEN;
  draft.listener = reply.handle;
  draft.interface = reply.interface;
  draft.localPort = reply.localPort;
  draft.remotePort = reply.remotePort;
  endsCopy(draft.ends, reply.ends);
  draft.rcvNxt = reply.acknowledgment;
  draft.rcvShift = reply.shift;
  draft.tsRecent = reply.tsEcr;
  draft.set(PASSIVE);
  if (reply.options & REPLY_STAMPS) draft.set(TIMESTAMPS_ON);
  if (reply.options & REPLY_SACK) draft.set(SACK_ON);
  if (reply.options & REPLY_ECN) draft.set(ECN_ON);
  if (reply.options & REPLY_SCALES) draft.set(SCALING_ON);
}

/** What is written from, one at a time. */
const draft: HalfOpen = changetype<HalfOpen>(DRAFT_BASE);
