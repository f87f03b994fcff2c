// Errors that are owed about `incoming`: which packets may be answered with one (RFC 1122 §3.2.2, RFC 1812 §4.3.2.7,
// RFC 4443 §2.4 (e)). The packet stays in its place until output has quoted it. Not for: the message (icmp/report.ts).

import { LOOPBACK_INTERFACE } from '../../abi/limits';
import { REPLY_ERROR, replyNew } from '../../memory/replies';
import { isMulticast, isUnicast } from '../address';
import { isBroadcast } from '../addresses';
import { upperAt, upperProtocol } from '../fragment/chain';
import { PROTOCOL_ICMP } from '../header4';
import { PROTOCOL_ICMP6 } from '../header6';
import { INCOMING_FRAGMENT, INCOMING_LINK_MULTICAST, INCOMING_MULTICAST, incoming } from '../incoming';
import { OPTION_UNKNOWN, TOO_BIG } from './kinds';
import { errorAllowed } from './limit';
import { ADDRESS_MASK_REPLY, ECHO_REPLY, ECHO_REQUEST, INFORMATIONAL6, REDIRECT6, TIMESTAMP } from './message';

/** Notes an error about `incoming`, unless it is of those that nobody is told of. `parameter`: an MTU, or an offset. */
export function icmpErrorOwe(kind: u32, parameter: u32): void {
  if (!mayAnswer(kind)) return;
  // Nobody floods himself.
  const outside = incoming.interface != LOOPBACK_INTERFACE;
  if (outside && !errorAllowed(incoming.fromHigh, incoming.fromLow)) return;
  const reply = replyNew(REPLY_ERROR);
  if (reply == null) return;
  reply.control = <u8>kind;
  reply.interface = <u8>incoming.interface;
  reply.sequence = <u32>incoming.packet;
  reply.acknowledgment = incoming.length;
  reply.tsVal = parameter;
  reply.localHigh = incoming.toHigh;
  reply.localLow = incoming.toLow;
  reply.remoteHigh = incoming.fromHigh;
  reply.remoteLow = incoming.fromLow;
}

/** Whether an error of a kind about `incoming` may be sent at all. */
export function mayAnswer(kind: u32): bool {
  const high = incoming.fromHigh;
  const low = incoming.fromLow;
  // To one host, which can be reached by its address.
  if (!isUnicast(high, low) || isBroadcast(high, low)) return false;
  if (incoming.has(INCOMING_LINK_MULTICAST | INCOMING_MULTICAST) || isMulticast(incoming.toHigh, incoming.toLow)) {
    // Path MTU discovery works for groups, too, and options may ask for it.
    return incoming.family == 6 && (kind == TOO_BIG || kind == OPTION_UNKNOWN) && !isAboutError();
  }
  if (incoming.family == 4 && incoming.has(INCOMING_FRAGMENT) && incoming.fragmentAt != 0) return false;
  return !isAboutError();
}

/** No error is answered with an error, or two hosts could keep each other busy for ever. */
function isAboutError(): bool {
  if (incoming.has(INCOMING_FRAGMENT) && incoming.fragmentAt != 0) return false; // its type lies in another fragment
  const end = incoming.packet + incoming.length;
  if (incoming.family == 4) {
    if (incoming.protocol != PROTOCOL_ICMP) return false;
    return incoming.size == 0 || !isQuery4(load<u8>(incoming.payload));
  }
  const at = upperAt(incoming.protocol, incoming.payload, end);
  if (at == 0 || upperProtocol(incoming.protocol, incoming.payload) != PROTOCOL_ICMP6) return false;
  if (at == end) return true;
  const type = load<u8>(at);
  return type < INFORMATIONAL6 || type == REDIRECT6;
}

/** Whatever is no query may be an error. */
function isQuery4(type: u32): bool {
  return type == ECHO_REPLY || type == ECHO_REQUEST || (type >= TIMESTAMP && type <= ADDRESS_MASK_REPLY);
}
