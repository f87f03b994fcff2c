// UDP input: the datagram in `incoming` is checked and given to whoever it is for (RFC 768, RFC 1122 §4.1).
// Not for: what becomes of it then (receive.ts).

import {
  COUNTER_DATAGRAMS_BAD,
  COUNTER_DATAGRAMS_IN,
  COUNTER_DATAGRAMS_UNCLAIMED,
  OFFLOAD_USO,
} from '../abi/constants';
import { fold, pseudoSum, sum } from '../ip/checksum';
import { PROTOCOL_UDP } from '../ip/header4';
import { icmpErrorOwe } from '../ip/icmp/errors';
import { PORT_UNREACHABLE } from '../ip/icmp/kinds';
import {
  INCOMING_CHECKSUM_KNOWN,
  INCOMING_LINK_MULTICAST,
  INCOMING_MULTICAST,
  INCOMING_REASSEMBLED,
  incoming,
} from '../ip/incoming';
import { interfaceAt } from '../ip/interface';
import { datagramSize } from '../ip/virtio';
import { count, countMany } from '../memory/counters';
import { checksumField, destinationPort, lengthField, sourcePort, UDP_HEADER } from './header';
import { mayHear } from './membership';
import { datagramArrives, datagramsIn } from './receive';
import { UdpSocket } from './socket';
import { tableFind, tableFirst, tableNext, takes } from './table';

/** Takes the datagram in `incoming`. False: malformed. */
export function udpInput(): bool {
  const udp = incoming.payload;
  if (!sound(udp)) {
    count(COUNTER_DATAGRAMS_BAD);
    return false;
  }
  const data = udp + UDP_HEADER;
  const length = lengthField(udp) - UDP_HEADER;
  countMany(COUNTER_DATAGRAMS_IN, datagramsIn(length, together()));
  if (incoming.has(INCOMING_MULTICAST)) toAll(data, length, destinationPort(udp), sourcePort(udp));
  else toOne(data, length, destinationPort(udp), sourcePort(udp));
  return true;
}

function sound(udp: usize): bool {
  if (incoming.size < UDP_HEADER) return false;
  // What stands behind the datagram is not part of it, and not of the checksum (RFC 768).
  const length = lengthField(udp);
  return length >= UDP_HEADER && length <= incoming.size && checksumGood(udp, length);
}

/** Over IPv4 none is allowed (RFC 768); over IPv6 nothing else protects the addresses (RFC 8200 §8.1). */
function checksumGood(udp: usize, length: u32): bool {
  if (checksumField(udp) == 0) return incoming.family == 4;
  if (incoming.has(INCOMING_CHECKSUM_KNOWN)) return true;
  const ends = pseudoSum(incoming, PROTOCOL_UDP, length);
  return fold(ends + fold(sum(udp, length))) == 0xffff;
}

function toOne(data: usize, length: u32, toPort: u32, fromPort: u32): void {
  const socket = tableFind(incoming.toHigh, incoming.toLow, toPort, incoming.fromHigh, incoming.fromLow, fromPort);
  // An address of one host in a frame for all is a trick (RFC 1122 §3.3.6), and nobody is told of it.
  if (socket != null && !incoming.has(INCOMING_LINK_MULTICAST)) {
    datagramArrives(socket, data, length, together(), fromPort);
    return;
  }
  count(COUNTER_DATAGRAMS_UNCLAIMED);
  icmpErrorOwe(PORT_UNREACHABLE, 0); // RFC 1122 §4.1.3.1
}

/** Multicast and broadcast are for every socket that listens (RFC 1122 §4.1.3.3 says nothing else). */
function toAll(data: usize, length: u32, toPort: u32, fromPort: u32): void {
  let heard = false;
  for (let address = tableFirst(toPort); address != 0; address = tableNext(address)) {
    const socket = changetype<UdpSocket>(address);
    if (!isFor(socket, fromPort) || !mayHear(socket)) continue;
    datagramArrives(socket, data, length, together(), fromPort);
    heard = true;
  }
  if (!heard) count(COUNTER_DATAGRAMS_UNCLAIMED);
}

/**
 * Bytes of each datagram in the packet but the last, where its sender gave several to its kernel as one (Linux's UDP_SEGMENT);
 * 0: it is one. Only a device that was asked for it says so, and not of fragments.
 */
function together(): u32 {
  const may = (interfaceAt(incoming.interface).offloads & OFFLOAD_USO) != 0 && !incoming.has(INCOMING_REASSEMBLED);
  return may ? datagramSize(incoming.packet) : 0;
}

function isFor(socket: UdpSocket, fromPort: u32): bool {
  return takes(socket, incoming.toHigh, incoming.toLow, incoming.fromHigh, incoming.fromLow, fromPort);
}
