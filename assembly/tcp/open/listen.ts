// Passive open: LISTEN's side of the handshake (RFC 9293 §3.10.1, §3.10.7.2) and its SYN queue.

import {
  BIND_IPV6_ONLY,
  COUNTER_SYNS_DROPPED,
  DIALECT_BSD,
  ERROR_ADDRESS_IN_USE,
  ERROR_ADDRESS_NOT_AVAILABLE,
  ERROR_CONNECTION_ABORTED,
  ERROR_INVALID,
  ERROR_NO_BUFFERS,
  ERROR_STALE_HANDLE,
  LISTENER_BACKLOG,
  LISTENER_DEFER_ACCEPT,
  LISTENER_DIFFSERV,
  LISTENER_FAST_OPEN,
  LISTENER_MSS,
  LISTENER_MTU_DISCOVER,
  LISTENER_QUEUE,
  LISTENER_RECEIVE_BUFFER,
  LISTENER_SEND_BUFFER,
  LISTENER_TIME_TO_LIVE,
  OPTION_DIFFSERV,
  OPTION_MSS,
  OPTION_MTU_DISCOVER,
  OPTION_RECEIVE_BUFFER,
  OPTION_SEND_BUFFER,
  OPTION_TIME_TO_LIVE,
  STATE_CLOSED,
  STATE_SYN_RECEIVED,
} from '../../abi/constants';
import { isUnspecified } from '../../ip/address';
import { isOurs } from '../../ip/addresses';
import { count } from '../../memory/counters';
import { RESULT_BASE, setResult } from '../../memory/map';
import { poolScan, slotOf } from '../../memory/pool';
import { state } from '../../memory/state';
import { abort, freeIfDone } from '../block/finish';
import { OWE_RESET, STOP } from '../block/owed';
import { ACK, FIN, RST, SYN } from '../header';
import { wish } from '../path/wishes';
import { Segment } from '../segment';
import { connectionPool, HELD, Tcb, tcbOrphan } from '../tcb';
import { acceptQueueFull, acceptTake } from './accept';
import { fastOpenTake } from './fastopen';
import { halfOpenForgetAll, halfOpenNew, synQueueFull } from './halfopen';
import { Listener, listenerByHandle, listenerCollides, listenerFree, listenerNew } from './listener';
import { listeningPort } from './port';
import { cookieOwe } from './syncookie';

/**
 * Listens on the address at result[0..3] (`::`: any, `0.0.0.0`: any of IPv4); port 0 chooses one. `flags`: BIND_*. Answers the
 * handle; result[0] = the port.
 */
export function tcpListen(port: u32, backlog: u32, flags: u32): i32 {
  const high = load<u64>(RESULT_BASE);
  const low = load<u64>(RESULT_BASE + 8);
  if (port > u16.MAX_VALUE || backlog == 0 || flags > <u32>BIND_IPV6_ONLY) return ERROR_INVALID;
  if (!isUnspecified(high, low) && !isOurs(high, low)) return ERROR_ADDRESS_NOT_AVAILABLE;
  const only = flags & BIND_IPV6_ONLY;
  const chosen = port == 0 ? listeningPort(high, low, only) : port;
  if (chosen == 0 || listenerCollides(high, low, chosen, only)) return ERROR_ADDRESS_IN_USE;
  const listener = listenerNew(high, low, chosen, backlog, only);
  if (listener == null) return ERROR_NO_BUFFERS;
  setResult(0, chosen);
  return <i32>listener.handle;
}

/**
 * Stops listening. Connections that the user has taken live on; those that wait to be accepted are
 * reset, and handshakes that are under way are forgotten: the peer hears of it when it sends something more.
 */
export function tcpListenerClose(handle: u32): i32 {
  const listener = listenerByHandle(handle);
  if (listener == null) return ERROR_STALE_HANDLE;
  halfOpenForgetAll(listener);
  for (let address = poolScan(connectionPool, 0); address != 0 && listener.halfOpen > 0; ) {
    const tcb = changetype<Tcb>(address);
    address = poolScan(connectionPool, slotOf(tcb.handle) + 1);
    // What the user has by fast open lives on.
    if (tcb.state == STATE_SYN_RECEIVED && tcb.listener == handle && !tcb.has(HELD))
      abort(tcb, ERROR_CONNECTION_ABORTED);
  }
  for (let tcb = acceptTake(listener); tcb != null; tcb = acceptTake(listener)) {
    tcbOrphan(tcb);
    if (tcb.state == STATE_CLOSED) freeIfDone(tcb);
    else abort(tcb, ERROR_CONNECTION_ABORTED);
  }
  listenerFree(listener);
  return 0;
}

/** Sets LISTENER_*. */
export function tcpListenerOption(handle: u32, option: u32, value: u32): i32 {
  const listener = listenerByHandle(handle);
  if (listener == null) return ERROR_STALE_HANDLE;
  if (option == LISTENER_BACKLOG && value > 0) listener.backlog = value;
  else if (option == LISTENER_QUEUE && value <= 1) listener.queues = value;
  else if (option == LISTENER_DEFER_ACCEPT) listener.deferAccept = value;
  else if (option == LISTENER_FAST_OPEN) listener.fastOpen = value;
  else if (option == LISTENER_DIFFSERV) return wish(listener.wishes, OPTION_DIFFSERV, value);
  else if (option == LISTENER_TIME_TO_LIVE) return wish(listener.wishes, OPTION_TIME_TO_LIVE, value);
  else if (option == LISTENER_MSS) return wish(listener.wishes, OPTION_MSS, value);
  else if (option == LISTENER_MTU_DISCOVER) return wish(listener.wishes, OPTION_MTU_DISCOVER, value);
  else if (option == LISTENER_SEND_BUFFER) return wish(listener.wishes, OPTION_SEND_BUFFER, value);
  else if (option == LISTENER_RECEIVE_BUFFER) return wish(listener.wishes, OPTION_RECEIVE_BUFFER, value);
  else return ERROR_INVALID;
  return 0;
}

/** SEGMENT ARRIVES in LISTEN (RFC 9293 §3.10.7.2). */
export function listenerArrives(listener: Listener, seg: Segment): u32 {
  if (seg.flags & RST) return STOP; // first
  // Second: a RST; BSD passes over a SYN-ACK, whose sender may have been asked by somebody else in our name.
  if (seg.flags & ACK) return seg.flags & SYN && state.dialect == DIALECT_BSD ? STOP : OWE_RESET | STOP;
  if (!(seg.flags & SYN)) return STOP; // fourth: anything else is dropped
  if (seg.flags & FIN && state.dropSynFin != 0) return STOP;
  // Third
  if (!takeSyn(listener, seg)) count(COUNTER_SYNS_DROPPED);
  return STOP;
}

/**
 * A SYN is remembered, answered with a cookie, or dropped in silence: the peer asks again, and a RST would tell it that
 * nobody listens.
 */
function takeSyn(listener: Listener, seg: Segment): bool {
  // Connections that the user does not take must not cost more than those that wait already.
  if (acceptQueueFull(listener)) return false;
  const full = synQueueFull(listener);
  if (state.synCookies == COOKIES_ALWAYS || (full && state.synCookies != 0)) return cookieOwe(listener, seg);
  if (full) return false;
  return fastOpenTake(listener, seg) || halfOpenNew(listener, seg) != null;
}

const COOKIES_ALWAYS: u32 = 2;
