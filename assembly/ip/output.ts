// IP output: a packet gets its header and goes on its interface's transmit queue. It never calls input: what we send to
// ourselves waits on loopback's queue like any other packet.

import { COUNTER_PACKETS_OUT } from '../abi/constants';
import { LOOPBACK_INTERFACE } from '../abi/limits';
import { sipHash } from '../crypto/siphash';
import { count } from '../memory/counters';
import { state } from '../memory/state';
import { isLoopback, mappedBytes } from './address';
import { FRAGMENTS, writeHeader4 } from './header4';
import { interfaceAt } from './interface';
import { transmitCommit, transmitRoom } from './transmit';
import { writePlain } from './virtio';

/** Room for a packet of `length` bytes; 0 when the interface's queue is full. */
export function packetBegin(interfaceNumber: u32, length: u32): usize {
  return transmitRoom(interfaceNumber, length);
}

/** Sends a packet without offload. Addresses as they lie in memory; the header is written here. */
export function packetSend(interfaceNumber: u32, packet: usize, protocol: u32, length: u32, from: u32, to: u32): void {
  writePlain(packet);
  packetSendOffloaded(interfaceNumber, packet, protocol, length, from, to, 0, state.timeToLive);
}

/** The same for a packet whose virtio-net header is already written, with a Differentiated Services field and TTL of its own. */
export function packetSendOffloaded(
  interfaceNumber: u32,
  packet: usize,
  protocol: u32,
  length: u32,
  from: u32,
  to: u32,
  service: u32,
  lifetime: u32,
): void {
  const id = service & FRAGMENTS ? identification(from, to) : 0;
  writeHeader4(packet, length, protocol, from, to, service, lifetime, id);
  transmitCommit(interfaceNumber, packet, length);
  count(COUNTER_PACKETS_OUT);
}

/** Our IPv4 address, as it lies in memory, for packets that leave by an interface to a destination; 0 when it has none. */
export function sourceFor(interfaceNumber: u32, high: u64, low: u64): u32 {
  if (interfaceNumber != LOOPBACK_INTERFACE) {
    const entry = interfaceAt(interfaceNumber);
    return entry.hasAddress ? mappedBytes(entry.low) : 0;
  }
  // To ourselves, from the address that is called (RFC 1122 §3.2.1.3 (g) for 127/8).
  return isLoopback(high, low) ? LOOPBACK_ADDRESS : mappedBytes(low);
}

/** A number that packets between two hosts do not share for long (RFC 6864 §4.3), and that tells a third one nothing. */
function identification(from: u32, to: u32): u32 {
  const between = ((<u64>from) << 32) | to;
  return (<u32>sipHash(state.isnKey0, state.isnKey1, between, 0, 0, 0, 0) + state.identification++) & 0xffff;
}

/** 127.0.0.1 as it lies in memory. */
const LOOPBACK_ADDRESS: u32 = 0x0100007f;
