// Path MTU discovery (RFC 1191, RFC 8201): a router says that a packet was too big for the next hop, and segments get smaller.
// Not for: whether the message is to be believed at all (tcp/path/errors.ts).

import { MTU_DISCOVER_DO, STATE_SYN_SENT } from '../../abi/constants';
import { isMapped } from '../../ip/address';
import { LEAST_MTU6 } from '../../ip/header6';
import { knowMtu, plateauBelow } from '../../ip/icmp/paths';
import { discover } from '../block/rare';
import { wantSend } from '../block/sendlist';
import { MAY_FRAGMENT, OWES_SYN, Tcb } from '../tcb';
import { resendTooLarge } from './resend';
import { isSearch, searchTooBig } from './search';
import { fitPath, headers, hears, plainSize } from './size';

/**
 * A router could not pass on a packet of `size` bytes of this connection, which begins at `sequence`. `claimed`: what the
 * next hop takes; 0 from routers that do not say (RFC 1191 §4, §5).
 */
export function packetTooBig(tcb: Tcb, sequence: u32, claimed: u32, size: u32): void {
  // RFC 8201 §4: no link of IPv6 carries less, so nobody can mean it.
  if (!hears(tcb) || (claimed < LEAST_MTU6 && leastMtu(tcb) == LEAST_MTU6)) return;
  if (tcb.state == STATE_SYN_SENT) {
    synTooBig(tcb, claimed);
    return;
  }
  if (sequence == tcb.iss) return; // a SYN-ACK is smaller than any path
  const before = <u32>tcb.mss + headers(tcb);
  const probe = isSearch(tcb, sequence);
  const mtu = claimed == 0 ? plateauBelow(probe ? size : min(size, before)) : claimed;
  // A packet that fits was not too big, whoever says so.
  if (mtu >= size) return;
  if (probe) searchTooBig(tcb, mtu);
  // News that makes nothing smaller is none (RFC 1191 §6.5).
  if (mtu >= before) return;
  const least = min(leastMtu(tcb), before);
  // Every host takes more than that; the rest is for fragments (RFC 791 §3.2), unless the user forbids them.
  if (mtu < least && discover(tcb) != MTU_DISCOVER_DO) tcb.set(MAY_FRAGMENT);
  if (least == before) return;
  narrow(tcb, max(mtu, least));
}

/** Only a SYN with data on it can be too big (RFC 7413 §4.2.1): it goes out again without. */
function synTooBig(tcb: Tcb, claimed: u32): void {
  const size = min(tcb.sndNxt - tcb.iss - 1, <u32>tcb.mss) + headers(tcb);
  const mtu = claimed == 0 ? plateauBelow(size) : max(claimed, leastMtu(tcb));
  if (mtu >= size) return;
  knowMtu(tcb.remoteHigh, tcb.remoteLow, mtu);
  fitPath(tcb);
  tcb.set(OWES_SYN);
  wantSend(tcb);
}

/** The path takes packets of `mtu` bytes: segments get smaller, and what was sent too large goes out again. */
function narrow(tcb: Tcb, mtu: u32): void {
  const full = plainSize(tcb);
  knowMtu(tcb.remoteHigh, tcb.remoteLow, mtu);
  fitPath(tcb);
  resendTooLarge(tcb, full, plainSize(tcb));
}

/** The smallest that a claim is believed down to. */
function leastMtu(tcb: Tcb): u32 {
  return isMapped(tcb.remoteHigh, tcb.remoteLow) ? LEAST_MTU : LEAST_MTU6;
}

/** Linux's min_pmtu: 512 bytes and headers. A forged claim can do no more harm than this (RFC 5927 §7). */
const LEAST_MTU: u32 = 552;
