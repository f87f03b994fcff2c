// The entry points that concern the stack as a whole: life, packets, time, events. Each sets the moment of the call.
// Not for: what a protocol does.

import {
  COUNTER_BUFFER_BYTES,
  COUNTER_CONNECTIONS,
  COUNTER_GROUPS,
  COUNTER_HALF_OPEN,
  COUNTER_LISTENERS,
  COUNTER_MEMORY_TAKEN,
  COUNTER_NEIGHBORS,
  COUNTER_ORPHANS,
  COUNTER_REASSEMBLIES,
  COUNTER_TIME_WAIT,
  COUNTER_TLS,
  COUNTER_UDP_SOCKETS,
  LINK_ETHERNET,
} from './abi/constants';
import { BATCH_LIMIT, LOOPBACK_INTERFACE, RECEIVE_DESCRIPTOR } from './abi/limits';
import './abi/fault'; // the compiler is told to look for `abort` there
import { random_get } from './abi/wasi_snapshot_preview1';
import { addressesExpire } from './ip/configure';
import { forwardSend } from './ip/forward';
import { reassemblyExpire, reassemblySend } from './ip/fragment/expire';
import { identificationsInitialize } from './ip/fragment/identification';
import { fragmentsInitialize, reassembly, wholeRelease } from './ip/fragment/packets';
import { icmpReply } from './ip/icmp/echo';
import { icmpLimitInitialize } from './ip/icmp/limit';
import { icmpErrorSend } from './ip/icmp/report';
import { incoming } from './ip/incoming';
import { ipInput } from './ip/input';
import { interfaceAt, interfacesInitialize } from './ip/interface';
import { groupsInitialize, groupsWanted, OWES_REPORTS } from './ip/multicast/groups';
import { membershipsExpire, membershipsSend } from './ip/multicast/report';
import { routesExpire } from './ip/route';
import { transmitCount, transmitDone, transmitWaiting } from './ip/transmit';
import { linkExpire } from './link/expire';
import { linkInput } from './link/input';
import { advertisementReply, arpReply, linkOutput } from './link/output';
import { link } from './link/state';
import { countOf } from './memory/counters';
import { DYNAMIC_BASE, RECEIVE_DESCRIPTORS, STATE_BASE, setResult } from './memory/map';
import {
  REPLY_ACK,
  REPLY_ADVERTISEMENT,
  REPLY_ARP,
  REPLY_COOKIE,
  REPLY_ECHO,
  REPLY_ERROR,
  REPLY_FORWARD,
  REPLY_RECORD_ACK,
  replyAt,
} from './memory/replies';
import { settingsInitialize } from './memory/settings';
import { NEVER, State, state } from './memory/state';
import { wheelNext } from './memory/wheel';
import { guessAhead, lookAhead } from './tcp/block/ahead';
import { grantMemory } from './tcp/block/buffers';
import { halfOpenPool, RECORD, recordsInitialize, timeWaitPool } from './tcp/block/endpoint';
import { freeIfDone } from './tcp/block/finish';
import { splitPossible } from './tcp/block/pieces';
import { readyTake } from './tcp/block/ready';
import { TimeWait } from './tcp/block/timewait';
import { emitReplyAck, emitReplyReset } from './tcp/emit';
import { HalfOpen } from './tcp/open/halfopen';
import { listenerInitialize, listenerPool } from './tcp/open/listener';
import { emitReplyCookie, emitReplyRecordAck, sendSynAcks } from './tcp/open/records';
import { settleBatch } from './tcp/receive';
import { sendOwed } from './tcp/send';
import { connectionsInUse, HELD, tcbInitialize } from './tcp/tcb';
import { tcpTimersExpire } from './tcp/timers';
import { tlsInitialize, tlsPool } from './tls/state';
import { socketMembershipsInitialize } from './udp/membership';
import { datagramsSettle } from './udp/receive';
import { socketsInitialize, udpPool } from './udp/socket';

/** Prepares memory and seeds the secrets; once, before any other call. */
export function initialize(): void {
  // hashKey0 … random lie one behind the other.
  random_get(STATE_BASE + offsetof<State>('hashKey0'), SECRETS);
  state.dynamicEnd = DYNAMIC_BASE;
  settingsInitialize();
  state.wakeAt = NEVER;
  state.routeGeneration = 1;
  state.echoIdentifier = <u32>state.random & 0xffff;
  tcbInitialize();
  assert(offsetof<HalfOpen>() <= RECORD && offsetof<TimeWait>() <= RECORD, 'a record has grown');
  recordsInitialize();
  listenerInitialize();
  tlsInitialize();
  groupsInitialize();
  socketMembershipsInitialize();
  socketsInitialize();
  interfacesInitialize();
  fragmentsInitialize();
  identificationsInitialize();
  icmpLimitInitialize();
}

/** The value of COUNTER_*. */
export function counter(which: u32): f64 {
  if (which == COUNTER_CONNECTIONS) return connectionsInUse();
  if (which == COUNTER_ORPHANS) return state.orphans;
  if (which == COUNTER_HALF_OPEN) return halfOpenPool.used;
  if (which == COUNTER_TIME_WAIT) return timeWaitPool.used;
  if (which == COUNTER_LISTENERS) return listenerPool.used;
  if (which == COUNTER_TLS) return tlsPool.used;
  if (which == COUNTER_REASSEMBLIES) return reassembly().packets;
  if (which == COUNTER_NEIGHBORS) return link.count;
  if (which == COUNTER_UDP_SOCKETS) return udpPool.used;
  if (which == COUNTER_GROUPS) return groupsWanted();
  if (which == COUNTER_BUFFER_BYTES) return state.bufferBytes;
  if (which == COUNTER_MEMORY_TAKEN) return <f64>state.dynamicEnd;
  return countOf(which);
}

/**
 * Takes `count` packets from the receive descriptors, then what waits on loopback, BATCH_LIMIT in all. Sends nothing. Answers
 * how many of the `count`: fewer where data is needed that is elsewhere (tcp/block/pieces.ts). Once it is there, call again for the rest.
 */
export function input(count: u32, now: f64): u32 {
  setNow(now);
  assert(count <= BATCH_LIMIT, 'a batch is too large');
  settleBatch();
  datagramsSettle();
  wholeRelease();
  transmitDone(LOOPBACK_INTERFACE, state.loopbackTaken);
  const ahead = count > 1 && state.hashBuckets > 0;
  if (ahead) lookAhead(count);
  let split = false;
  for (let index: u32 = 0; index < count; index++) {
    if (ahead) guessAhead(index);
    const descriptor = RECEIVE_DESCRIPTORS + <usize>(index * RECEIVE_DESCRIPTOR);
    const packet = <usize>load<u32>(descriptor);
    const length = load<u32>(descriptor, 4);
    const number = load<u32>(descriptor, 8);
    const headers = load<u32>(descriptor, 12);
    const isFrame = interfaceAt(number).link == LINK_ETHERNET;
    split = split || headers != 0;
    if (split && (isFrame || !splitPossible(packet, length, number, headers))) return index;
    incoming.place = index + 1;
    if (isFrame) linkInput(packet, length, number);
    else ipInput(packet, length, number, 0);
  }
  // Loopback's packets stay on its queue until the next batch: what they carry may still be taken from there.
  incoming.place = 0;
  const looped = min(transmitCount(LOOPBACK_INTERFACE), BATCH_LIMIT - count);
  for (let index: u32 = 0; index < looped; index++) {
    const descriptor = transmitWaiting(LOOPBACK_INTERFACE, index);
    ipInput(load<u32>(descriptor), load<u32>(descriptor, 4), LOOPBACK_INTERFACE, 0);
  }
  state.loopbackTaken = looped;
  if (state.memoryHead != 0) grantMemory();
  return count;
}

/** Puts what is owed on the transmit queues. Answers how many packets wait on loopback for `input`. */
export function output(now: f64): u32 {
  setNow(now);
  settleBatch();
  datagramsSettle();
  sendReplies();
  reassemblySend();
  sendSynAcks();
  if (state.owes & OWES_REPORTS) membershipsSend();
  sendOwed();
  linkOutput(); // the last: what went before may have asked for neighbours
  return transmitCount(LOOPBACK_INTERFACE) - state.loopbackTaken;
}

/** Runs every timer that has come due. What it makes owed goes out with `output`. */
export function timersExpire(now: f64): void {
  setNow(now);
  tcpTimersExpire();
  if (state.now < state.wakeAt) return;
  // Each says again what it still waits for.
  state.wakeAt = NEVER;
  addressesExpire();
  routesExpire();
  reassemblyExpire();
  linkExpire();
  membershipsExpire();
}

/** Milliseconds of the earliest deadline, Infinity when there is none. */
export function nextDeadline(): f64 {
  const deadline = min(wheelNext(), state.wakeAt);
  return deadline == NEVER ? Infinity : <f64>deadline / 1000;
}

/** Takes the next connection with events: its handle, result[0] = EVENT_*, result[1] = its listener's handle; 0: none. */
export function readyNext(): u32 {
  for (let tcb = readyTake(); tcb != null; tcb = readyTake()) {
    if (tcb.events == 0) {
      // Released since: nobody waits for it any more.
      freeIfDone(tcb);
      continue;
    }
    setResult(0, tcb.events);
    setResult(1, tcb.listener);
    tcb.set(HELD);
    tcb.events = 0;
    return tcb.handle;
  }
  return 0;
}

/** Answers one by one what input met. A full queue drops them, as a wire would. */
function sendReplies(): void {
  for (let index: u32 = 0; index < state.replyCount; index++) {
    const reply = replyAt(index);
    if (reply.kind == REPLY_ACK) emitReplyAck(reply);
    else if (reply.kind == REPLY_RECORD_ACK) emitReplyRecordAck(reply);
    else if (reply.kind == REPLY_FORWARD) forwardSend(reply);
    else if (reply.kind == REPLY_COOKIE) emitReplyCookie(reply);
    else if (reply.kind == REPLY_ARP) arpReply(reply);
    else if (reply.kind == REPLY_ADVERTISEMENT) advertisementReply(reply);
    else if (reply.kind == REPLY_ECHO) icmpReply(reply);
    else if (reply.kind == REPLY_ERROR) icmpErrorSend(reply);
    else emitReplyReset(reply);
  }
  state.replyCount = 0;
}

function setNow(now: f64): void {
  // To the nearest microsecond: a deadline that went out as milliseconds comes back as itself.
  state.now = max(state.now, i64(nearest(now * 1000)));
}

const SECRETS: usize = 40;
