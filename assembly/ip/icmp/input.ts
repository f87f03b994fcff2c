// ICMP input (RFC 792, RFC 1122 §3.2.2, RFC 4443): echo requests to us are owed a reply, replies to us are kept for the host,
// errors go to the protocol of the packet that they quote. Timestamp requests are not answered: RFC 1122 §3.2.2.8 leaves
// that open, and our clock is nobody's business; nor are requests for address masks (RFC 6918). Redirects are not followed.
// Not for: sending (icmp/echo.ts, icmp/report.ts).

import { PACKET_LIMIT } from '../../abi/limits';
import { REDIRECT, ROUTER_SOLICITATION } from '../../link/header';
import { ndpInput } from '../../link/ndp';
import { load16 } from '../../memory/bytes';
import { REPLY_ECHO, replyNew } from '../../memory/replies';
import { state } from '../../memory/state';
import { isUnicast } from '../address';
import { fold, pseudoSum, sum } from '../checksum';
import { PROTOCOL_ICMP6 } from '../header6';
import { INCOMING_LINK_MULTICAST, INCOMING_MULTICAST, INCOMING_REASSEMBLED, incoming } from '../incoming';
import { isMembership, mldInput } from '../multicast/mld';
import { answerKeep } from './answers';
import { isError } from './kinds';
import { ECHO_REPLY, ECHO_REPLY6, ECHO_REQUEST, ECHO_REQUEST6, ICMP_HEADER } from './message';
import { errorArrives } from './received';

/** Takes an ICMP message addressed to us. False: malformed. */
export function icmpInput(): bool {
  if (incoming.size < ICMP_HEADER || fold(sum(incoming.payload, incoming.size)) != 0xffff) return false;
  const type = load<u8>(incoming.payload);
  if (isError(type, 4)) return errorArrives();
  // Nobody answers for a group: it would multiply what an attacker sends (RFC 1122 §3.2.2.6).
  if (type == ECHO_REQUEST && !incoming.has(INCOMING_MULTICAST | INCOMING_LINK_MULTICAST)) owe();
  else if (type == ECHO_REPLY) reply();
  return true;
}

/** Takes an ICMPv6 message addressed to us. False: malformed. */
export function icmp6Input(): bool {
  const i = incoming;
  if (i.size < ICMP_HEADER) return false;
  const pseudo = pseudoSum(i, PROTOCOL_ICMP6, i.size);
  if (fold(pseudo + sum(i.payload, i.size)) != 0xffff) return false;
  const type = load<u8>(i.payload);
  if (isError(type, 6)) return errorArrives();
  if (type >= ROUTER_SOLICITATION && type <= REDIRECT) return ndpInput();
  // Groups are answered (RFC 4443 §4.2): this is how a host finds its neighbours.
  if (type == ECHO_REQUEST6) owe();
  else if (type == ECHO_REPLY6) reply();
  else if (isMembership(type)) return mldInput();
  return true;
}

function owe(): void {
  if (!isUnicast(incoming.fromHigh, incoming.fromLow)) return;
  const reply = replyNew(REPLY_ECHO);
  if (reply == null) return;
  reply.sequence = <u32>incoming.payload;
  reply.acknowledgment = incoming.size;
  reply.tsVal = incoming.service;
  reply.tsEcr = incoming.has(INCOMING_REASSEMBLED) ? max(incoming.largest, EVERY_LINK) : PACKET_LIMIT;
  reply.localHigh = incoming.toHigh;
  reply.localLow = incoming.toLow;
  reply.remoteHigh = incoming.fromHigh;
  reply.remoteLow = incoming.fromLow;
}

function reply(): void {
  if (load16(incoming.payload + 4) == state.echoIdentifier)
    answerKeep(load16(incoming.payload + 6), incoming.size - ICMP_HEADER);
}

/** What every path carries: smaller fragments than that are of no use (RFC 8200 §5). */
const EVERY_LINK: u32 = 1280;
