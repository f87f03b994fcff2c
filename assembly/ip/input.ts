// IP input: one packet at a time, checked, and handed to its protocol or to the way on (RFC 791, RFC 1122 §3.2.1,
// RFC 8200). Not for: sending; what is owed in answer is noted.

import { COUNTER_PACKETS_BAD, COUNTER_PACKETS_IN, OFFLOAD_CHECKSUM } from '../abi/constants';
import { LOOPBACK_INTERFACE } from '../abi/limits';
import { count } from '../memory/counters';
import { state } from '../memory/state';
import { tcpInput } from '../tcp/input';
import { udpInput } from '../udp/input';
import {
  isLimitedBroadcast,
  isLoopback,
  isMapped,
  isMulticast,
  isUnicast4,
  isUnspecified,
  mappedLow,
  withZone,
} from './address';
import { isBroadcast, isOurs } from './addresses';
import { addressSum, fold, headerSum } from './checksum';
import { extensionsWalk, UNKNOWN_HEADER, UNKNOWN_OPTION, WALK_FRAGMENT, WALK_ON, WALK_PROBLEM } from './extension';
import { forward } from './forward';
import { nextHeaderAt } from './fragment/chain';
import { reassemble } from './fragment/reassemble';
import {
  destination,
  fragmentOffset,
  HEADER4,
  headerLength,
  identification,
  isFragment,
  moreFragments,
  PROTOCOL_ICMP,
  PROTOCOL_IGMP,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
  protocol,
  source,
  timeToLive,
  totalLength,
  typeOfService,
  version,
} from './header4';
import {
  destination6,
  HEADER6,
  hopLimit,
  NO_NEXT_HEADER,
  nextHeader,
  PROTOCOL_ICMP6,
  payloadLength,
  source6,
  trafficClass,
} from './header6';
import { icmpErrorOwe } from './icmp/errors';
import { icmp6Input, icmpInput } from './icmp/input';
import { OPTION_UNKNOWN, PARAMETER, PROTOCOL_UNREACHABLE } from './icmp/kinds';
import {
  INCOMING_CHECKSUM_KNOWN,
  INCOMING_FRAGMENT,
  INCOMING_LINK_MULTICAST,
  INCOMING_MULTICAST,
  incoming,
} from './incoming';
import { interfaceAt } from './interface';
import { isMember } from './multicast/groups';
import { igmpInput } from './multicast/igmp';
import { checksumKnown } from './virtio';

/** Takes the packet of at most `length` bytes at `packet`, which came from an interface. `flags`: INCOMING_LINK_MULTICAST, or 0. */
export function ipInput(packet: usize, length: u32, interfaceNumber: u32, flags: u32): void {
  count(COUNTER_PACKETS_IN);
  incoming.packet = packet;
  incoming.interface = interfaceNumber;
  incoming.flags = flags;
  const good =
    length >= HEADER4 && parse(packet, length) && (isTrain() ? receive() : addressesPossible() && dispatch());
  if (!good) count(COUNTER_PACKETS_BAD);
}

/** Fills `incoming` with what the headers of a packet say. False: malformed. */
export function parse(packet: usize, length: u32): bool {
  if ((interfaceAt(incoming.interface).offloads & OFFLOAD_CHECKSUM) != 0 && checksumKnown(packet)) {
    incoming.flags |= INCOMING_CHECKSUM_KNOWN;
  }
  return version(packet) == 4 ? parse4(packet, length) : version(packet) == 6 && parse6(packet, length);
}

function parse4(packet: usize, length: u32): bool {
  const header = headerLength(packet);
  const total = totalLength(packet);
  // Options are skipped (RFC 1122 §3.2.1.8: unknown ones must be ignored); the link may have padded the packet.
  if (header < HEADER4 || total < header || total > length) return false;
  if (fold(headerSum(packet, header)) != 0xffff) return false;
  incoming.family = 4;
  incoming.fromHigh = 0;
  incoming.fromLow = mappedLow(source(packet));
  incoming.toHigh = 0;
  incoming.toLow = mappedLow(destination(packet));
  incoming.length = total;
  incoming.payload = packet + header;
  incoming.size = total - header;
  incoming.protocol = protocol(packet);
  incoming.lifetime = timeToLive(packet);
  incoming.service = typeOfService(packet);
  if (isFragment(packet)) {
    incoming.flags |= INCOMING_FRAGMENT;
    incoming.fragmentAt = fragmentOffset(packet) << 3;
    incoming.fragmentMore = moreFragments(packet) ? 1 : 0;
    incoming.identification = identification(packet);
  }
  return true;
}

function parse6(packet: usize, length: u32): bool {
  if (length < HEADER6 || HEADER6 + payloadLength(packet) > length) return false;
  incoming.family = 6;
  incoming.fromHigh = withZone(load<u64>(source6(packet)), incoming.interface);
  incoming.fromLow = load<u64>(source6(packet) + 8);
  incoming.toHigh = withZone(load<u64>(destination6(packet)), incoming.interface);
  incoming.toLow = load<u64>(destination6(packet) + 8);
  incoming.length = HEADER6 + payloadLength(packet);
  incoming.payload = packet + HEADER6;
  incoming.size = payloadLength(packet);
  incoming.protocol = nextHeader(packet);
  incoming.lifetime = hopLimit(packet);
  incoming.service = trafficClass(packet);
  // An IPv4 address in an IPv6 packet is a trick on whoever tells the families apart above (RFC 4942 §2.2).
  return !isMapped(incoming.fromHigh, incoming.fromLow) && !isMapped(incoming.toHigh, incoming.toLow);
}

/** Packets come in trains: what was true of the addresses of the last packet for us is true of the same ones again. */
function isTrain(): bool {
  return (
    incoming.trainFromLow == incoming.fromLow &&
    incoming.trainToLow == incoming.toLow &&
    incoming.trainFromHigh == incoming.fromHigh &&
    incoming.trainToHigh == incoming.toHigh &&
    incoming.trainInterface == incoming.interface &&
    incoming.trainGeneration == state.addressGeneration + 1
  );
}

function beginTrain(): void {
  incoming.trainFromLow = incoming.fromLow;
  incoming.trainToLow = incoming.toLow;
  incoming.trainFromHigh = incoming.fromHigh;
  incoming.trainToHigh = incoming.toHigh;
  incoming.trainInterface = incoming.interface;
  incoming.trainGeneration = state.addressGeneration + 1;
  incoming.trainSum = addressSum(incoming);
}

/** RFC 1122 §3.2.1.3, RFC 4291 §2.5 and §2.7: from one host, which is not ourselves unless it came over loopback. */
function addressesPossible(): bool {
  const high = incoming.fromHigh;
  const low = incoming.fromLow;
  if (isMulticast(high, low)) return false;
  if (incoming.interface == LOOPBACK_INTERFACE) return true;
  if (isWithinHost(incoming.toHigh) || isLoopback(incoming.toHigh, incoming.toLow) || isLoopback(high, low))
    return false;
  // A host that has no address yet may speak to those on its link (RFC 951 §3.2, RFC 4862 §5.4.2), never further.
  if (isUnspecified(high, low)) return true;
  return (incoming.family == 6 || isUnicast4(low)) && !isOurs(high, low) && !isBroadcast(high, low);
}

/** A group of no scope, or of that of a host: it never comes from a link (RFC 4291 §2.7 and erratum 3480). */
function isWithinHost(high: u64): bool {
  return (<u32>high & 0x0eff) == 0x00ff;
}

/** To a protocol here, or on to somebody else. False: nobody's. */
function dispatch(): bool {
  const high = incoming.toHigh;
  const low = incoming.toLow;
  if (isOurs(high, low)) {
    beginTrain();
    return receive();
  }
  const group = isMulticast(high, low);
  if (group || isLimitedBroadcast(high, low) || isBroadcast(high, low)) {
    incoming.flags |= INCOMING_MULTICAST;
    return (!group || isMember(incoming.interface, high, low)) && receive();
  }
  if (state.forwarding == 0) return false;
  forward();
  return true;
}

/** The packet is for us. */
function receive(): bool {
  if (incoming.family == 6 && !walk(true)) return false;
  if (incoming.has(INCOMING_FRAGMENT)) {
    if (!reassemble()) return true;
    // Headers may follow that only the whole packet shows; a fragment within fragments is nobody's.
    if (incoming.family == 6 && (!walk(false) || incoming.has(INCOMING_FRAGMENT))) return false;
  }
  return deliver();
}

/** Goes along the extension headers; `first`: from the IPv6 header on. False: the packet is dropped. */
function walk(first: bool): bool {
  const outcome = extensionsWalk(first);
  if (outcome == WALK_PROBLEM) {
    const code = incoming.problemCode;
    const at = code == UNKNOWN_HEADER ? nextHeaderAt(incoming.packet, incoming.payload) : incoming.problemAt;
    const kind = code == UNKNOWN_HEADER ? PROTOCOL_UNREACHABLE : code == UNKNOWN_OPTION ? OPTION_UNKNOWN : PARAMETER;
    icmpErrorOwe(kind, <u32>(at - incoming.packet));
  }
  return outcome == WALK_ON || outcome == WALK_FRAGMENT;
}

function deliver(): bool {
  const proto = incoming.protocol;
  if (proto == PROTOCOL_TCP) return isBetweenTwo() && tcpInput();
  if (proto == PROTOCOL_UDP) return udpInput();
  if (proto == PROTOCOL_IGMP && incoming.family == 4) return igmpInput();
  if (proto == PROTOCOL_ICMP && incoming.family == 4) return icmpInput();
  if (proto == PROTOCOL_ICMP6 && incoming.family == 6) return icmp6Input();
  if (proto != NO_NEXT_HEADER || incoming.family == 4) refuse();
  return true;
}

/** Nobody here speaks the protocol (RFC 1122 §3.2.2.1, RFC 8200 §4). */
function refuse(): void {
  const six = incoming.family == 6;
  icmpErrorOwe(
    PROTOCOL_UNREACHABLE,
    six ? <u32>(nextHeaderAt(incoming.packet, incoming.payload) - incoming.packet) : 0,
  );
}

/** RFC 9293 §3.9.2.3 MUST-57, MUST-63: what TCP asks of addresses. */
function isBetweenTwo(): bool {
  const many = incoming.has(INCOMING_MULTICAST | INCOMING_LINK_MULTICAST);
  return !many && !isUnspecified(incoming.fromHigh, incoming.fromLow);
}
