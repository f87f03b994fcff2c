// Frames from an Ethernet interface: those for us go on to IP, ARP is heard. Frames with a VLAN tag and those of IEEE 802.3
// carry nothing for us. Which multicast groups are heard is IP's matter.
//
//   linkInput ── ip/input        IPv4, IPv6
//             └─ link/arp        ARP
//
// Not for: sending; what is owed in answer is noted.

import { COUNTER_FRAMES_BAD } from '../abi/constants';
import { INCOMING_LINK_MULTICAST } from '../ip/incoming';
import { ipInput } from '../ip/input';
import { interfaceAt } from '../ip/interface';
import { count } from '../memory/counters';
import { arpInput } from './arp';
import {
  ETHERNET_HEADER,
  frameDestination,
  frameSource,
  frameType,
  isGroup,
  TYPE_ARP,
  TYPE_IPV4,
  TYPE_IPV6,
} from './ethernet';

/** Takes the frame of `length` bytes at `frame`. */
export function linkInput(frame: usize, length: u32, number: u32): void {
  if (length < ETHERNET_HEADER || isGroup(frameSource(frame))) {
    count(COUNTER_FRAMES_BAD);
    return;
  }
  const own = interfaceAt(number).hardware;
  const destination = frameDestination(frame);
  const group = isGroup(destination);
  // What is not for us, and what we have sent ourselves and a loop has brought back.
  if ((destination != own && !group) || frameSource(frame) == own) return;
  const type = frameType(frame);
  const packet = frame + ETHERNET_HEADER;
  const size = length - ETHERNET_HEADER;
  if (type == TYPE_ARP) {
    if (!arpInput(packet, size, number)) count(COUNTER_FRAMES_BAD);
    return;
  }
  const version: u32 = type == TYPE_IPV4 ? 4 : type == TYPE_IPV6 ? 6 : 0;
  if (version == 0) return;
  if (size == 0 || load<u8>(packet) >> 4 != version) count(COUNTER_FRAMES_BAD);
  else ipInput(packet, size, number, group ? INCOMING_LINK_MULTICAST : 0);
}
