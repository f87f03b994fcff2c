// IP input: one packet at a time, checked and handed to its protocol (RFC 791, RFC 1122 §3.2.1).
// Not for: reassembly and forwarding; a fragment is dropped and counted.

import { COUNTER_PACKETS_BAD, COUNTER_PACKETS_IN, OFFLOAD_CHECKSUM } from '../abi/constants';
import { LOOPBACK_INTERFACE } from '../abi/limits';
import { count } from '../memory/counters';
import { tcpInput } from '../tcp/input';
import { isLoopback, isUnicast4, mappedLow } from './address';
import { fold, sum } from './checksum';
import {
  destination,
  HEADER4,
  headerLength,
  isFragment,
  PROTOCOL_ICMP,
  PROTOCOL_TCP,
  protocol,
  source,
  totalLength,
  version,
} from './header4';
import { icmpInput } from './icmp';
import { interfaceAt, isBroadcast, isOurs } from './interface';
import { checksumKnown } from './virtio';

/** Takes the packet of `length` bytes at `packet`, which came from an interface. */
export function ipInput(packet: usize, length: u32, interfaceNumber: u32): void {
  count(COUNTER_PACKETS_IN);
  if (!accept(packet, length, interfaceNumber)) count(COUNTER_PACKETS_BAD);
}

/** False: the packet was not one that a host may accept. */
function accept(packet: usize, length: u32, interfaceNumber: u32): bool {
  if (length < HEADER4 || version(packet) != 4) return false;
  const header = headerLength(packet);
  const total = totalLength(packet);
  // Options are skipped (RFC 1122 §3.2.1.8: unknown ones must be ignored); the link may have padded the packet.
  if (header < HEADER4 || total < header || total > length) return false;
  if (fold(sum(packet, header)) != 0xffff || isFragment(packet)) return false;
  if (!addressesPossible(packet, interfaceNumber)) return false;
  const proto = protocol(packet);
  if (proto == PROTOCOL_TCP) {
    const known = (interfaceAt(interfaceNumber).offloads & OFFLOAD_CHECKSUM) != 0 && checksumKnown(packet);
    return tcpInput(packet, header, total, interfaceNumber, known);
  }
  if (proto == PROTOCOL_ICMP) return icmpInput(packet, interfaceNumber);
  return true; // another protocol: nobody here listens
}

/** RFC 1122 §3.2.1.3: addressed to us, by one host that is not ourselves unless it came over loopback. */
function addressesPossible(packet: usize, interfaceNumber: u32): bool {
  const from = mappedLow(source(packet));
  const to = mappedLow(destination(packet));
  if (!isUnicast4(source(packet)) || !isOurs(0, to)) return false;
  if (interfaceNumber == LOOPBACK_INTERFACE) return true;
  return !isLoopback(0, to) && !isOurs(0, from) && !isBroadcast(from);
}
