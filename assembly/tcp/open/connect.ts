// Active open: the OPEN call (RFC 9293 §3.10.1).

import {
  ERROR_ADDRESS_IN_USE,
  ERROR_ADDRESS_NOT_AVAILABLE,
  ERROR_INVALID,
  ERROR_NETWORK_UNREACHABLE,
  ERROR_NO_BUFFERS,
  STATE_SYN_SENT,
} from '../../abi/constants';
import { isLinkLocal, isMapped, isUnicast, isUnspecified, withZone, zoneOf } from '../../ip/address';
import { isBroadcast, isOurs } from '../../ip/addresses';
import { choice, route } from '../../ip/route';
import { sourceFor } from '../../ip/source';
import { endsCopy, endsOf } from '../../memory/ends';
import { RESULT_BASE } from '../../memory/map';
import { state } from '../../memory/state';
import { wantSend } from '../block/sendlist';
import { ecnOffer } from '../congestion/ecn';
import { tcbOpen } from '../handshake';
import { tableFind, tableInsert } from '../table';
import { HELD, tcbFree, tcbNew } from '../tcb';
import { ephemeralPort } from './port';

/**
 * Connects to the address at result[0..3], from the one at result[4..7] (unspecified: ours on the way there) and from
 * `localPort` (0: an ephemeral one). Answers the handle or ERROR_*.
 */
export function tcpConnect(remotePort: u32, localPort: u32): i32 {
  const remoteHigh = onTheOnlyLink(load<u64>(RESULT_BASE));
  const remoteLow = load<u64>(RESULT_BASE + 8);
  let localHigh = load<u64>(RESULT_BASE + 16);
  let localLow = load<u64>(RESULT_BASE + 24);
  if (remotePort == 0 || remotePort > u16.MAX_VALUE || localPort > u16.MAX_VALUE) return ERROR_INVALID;
  // RFC 9293 §3.9.1.1 MUST-46: broadcast and multicast are no remote end, nor is nobody.
  if (!isUnicast(remoteHigh, remoteLow) || isBroadcast(remoteHigh, remoteLow)) return ERROR_INVALID;
  const number = route(remoteHigh, remoteLow);
  if (number < 0) return ERROR_NETWORK_UNREACHABLE;
  if (isUnspecified(localHigh, localLow)) {
    if (!sourceFor(number, remoteHigh, remoteLow)) return ERROR_NETWORK_UNREACHABLE;
    localHigh = choice.sourceHigh;
    localLow = choice.sourceLow;
  } else if (isMapped(localHigh, localLow) != isMapped(remoteHigh, remoteLow)) return ERROR_INVALID;
  else if (!isOurs(localHigh, localLow)) return ERROR_ADDRESS_NOT_AVAILABLE;
  const ends = endsOf(localHigh, localLow, remoteHigh, remoteLow);
  const port = localPort == 0 ? ephemeralPort(ends, remotePort) : localPort;
  if (port == 0 || tableFind(ends, port, remotePort) != null) return ERROR_ADDRESS_IN_USE;

  const tcb = tcbNew();
  if (tcb == null) return ERROR_NO_BUFFERS;
  endsCopy(tcb.ends, ends);
  tcb.localPort = <u16>port;
  tcb.remotePort = <u16>remotePort;
  tcb.interface = <u8>number;
  if (!tableInsert(tcb)) {
    tcbFree(tcb);
    return ERROR_NO_BUFFERS;
  }
  tcbOpen(tcb);
  ecnOffer(tcb, false);
  tcb.set(HELD);
  tcb.state = STATE_SYN_SENT;
  wantSend(tcb);
  return <i32>tcb.handle;
}

/** A link-local address that does not say on which link is taken for one on the only link there is. */
function onTheOnlyLink(high: u64): u64 {
  return isLinkLocal(high) && zoneOf(high) == 0 && state.interfaceCount == 2 ? withZone(high, 1) : high;
}
