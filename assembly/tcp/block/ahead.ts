// Looks ahead in a batch. Where there are very many connections each packet is for one that no cache holds, and its bucket,
// then its control block, would be waited for, packet by packet. So before the first is taken all are looked up, step by
// step, and the loads of a step do not depend on each other: memory answers them together.
//
//   1 hash of each    2 head of each bucket    3 end by end of each chain    4 the lines of the control block
//   5 what lies beside it while something is in flight
//
// A processor has begun as many loads as fit into the few hundred instructions that it looks ahead itself, so the loops do
// little else than load. What is found is a guess that input puts before `tableFind`, which checks it: until its packet's
// turn comes anything may have happened to it. Not for: deciding anything.

import { LINK_ETHERNET } from '../../abi/constants';
import { RECEIVE_DESCRIPTOR } from '../../abi/limits';
import { mappedLow, withZone } from '../../ip/address';
import {
  destination,
  HEADER4,
  headerLength,
  isFragment,
  PROTOCOL_TCP,
  protocol,
  source,
  version,
} from '../../ip/header4';
import { destination6, HEADER6, nextHeader, source6 } from '../../ip/header6';
import { interfaceAt } from '../../ip/interface';
import { AHEAD_BASE, RECEIVE_DESCRIPTORS } from '../../memory/map';
import { state } from '../../memory/state';
import { Flow } from '../congestion/flow';
import { destinationPort, sourcePort } from '../header';
import { segment } from '../segment';
import { bucketOf, tupleHash } from '../table';
import { Tcb } from '../tcb';
import { CONNECTION, Endpoint } from './endpoint';

/** What is known of a packet of the batch. */
@unmanaged
class Ahead {
  hash: u32;
  at: usize; // its bucket, then its end; 0: none
}

/** Looks up the first `count` packets of the receive descriptors. */
export function lookAhead(count: u32): void {
  let before: usize = 0;
  for (let index: u32 = 0; index < count; index++) before = findBucket(index, before);
  for (let index: u32 = 0; index < count; index++) {
    const ahead = aheadOf(index);
    if (ahead.at != 0) ahead.at = load<usize>(ahead.at);
  }
  do touchEnds(count);
  while (follow(count));
  for (let index: u32 = 0; index < count; index++) touchBlock(aheadOf(index).at);
  for (let index: u32 = 0; index < count; index++) touchFlight(aheadOf(index).at);
}

/** Who packet `index` seems to be for, in place of who was found last. */
export function guessAhead(index: u32): void {
  const end = aheadOf(index).at;
  if (end != 0) state.lastFound = <u32>end;
}

/**
 * Puts the four-tuple of a packet, as IP's header and the ports say it, into `segment`. Answers where its TCP header is; 0: it
 * is not the whole of a segment, or headers of extension come first.
 */
export function tupleOf(packet: usize, length: u32, interfaceNumber: u32): usize {
  let tcp = packet + HEADER6;
  if (version(packet) == 4) {
    if (protocol(packet) != PROTOCOL_TCP || length < HEADER4 + PORTS || isFragment(packet)) return 0;
    tcp = packet + headerLength(packet);
    segment.localHigh = 0;
    segment.localLow = mappedLow(destination(packet));
    segment.remoteHigh = 0;
    segment.remoteLow = mappedLow(source(packet));
  } else {
    if (nextHeader(packet) != PROTOCOL_TCP || length < HEADER6 + PORTS) return 0;
    const to = destination6(packet);
    const from = source6(packet);
    segment.localHigh = withZone(load<u64>(to), interfaceNumber);
    segment.localLow = load<u64>(to, 8);
    segment.remoteHigh = withZone(load<u64>(from), interfaceNumber);
    segment.remoteLow = load<u64>(from, 8);
  }
  segment.localPort = destinationPort(tcp);
  segment.remotePort = sourcePort(tcp);
  return tcp;
}

/** `before`: the packet before this one. Answers this one. */
function findBucket(index: u32, before: usize): usize {
  const ahead = aheadOf(index);
  ahead.at = 0;
  const descriptor = RECEIVE_DESCRIPTORS + <usize>(index * RECEIVE_DESCRIPTOR);
  const number = load<u32>(descriptor, 8);
  const frame: u32 = interfaceAt(number).link == LINK_ETHERNET ? ETHERNET : 0;
  const packet = <usize>(load<u32>(descriptor) + frame);
  if (before != 0 && version(packet) == 4 && isTrain(packet, before)) return packet;
  if (tupleOf(packet, load<u32>(descriptor, 4) - frame, number) == 0) return packet;
  ahead.hash = tupleHash(segment.ends, segment.localPort, segment.remotePort);
  ahead.at = bucketOf(ahead.hash);
  return packet;
}

/** IPv4: packets come in trains, whose first is found for all of them. What is no segment may look like one: it is a guess. */
function isTrain(packet: usize, before: usize): bool {
  const addresses = load<u64>(source(packet)) == load<u64>(source(before));
  return addresses && load<u32>(packet, HEADER4) == load<u32>(before, HEADER4);
}

function touchEnds(count: u32): void {
  for (let index: u32 = 0; index < count; index++) {
    const address = aheadOf(index).at;
    if (address != 0) touch(address + offsetof<Endpoint>('hash'));
  }
}

/** One step along each chain that has another end first. Answers whether there was one. */
function follow(count: u32): bool {
  let moved = false;
  for (let index: u32 = 0; index < count; index++) {
    const ahead = aheadOf(index);
    if (ahead.at == 0 || changetype<Endpoint>(ahead.at).hash == ahead.hash) continue;
    ahead.at = changetype<Endpoint>(ahead.at).hashNext;
    moved = true;
  }
  return moved;
}

function touchBlock(address: usize): void {
  if (address == 0) return;
  touch(address);
  if (changetype<Endpoint>(address).kind != CONNECTION) return;
  // Up to what hardly any segment needs; the line before these is known, by `hash`.
  for (let at = offsetof<Tcb>('recover') - 1; at > LINE; at -= LINE) touch(address + at);
}

/** What there is beside the control block while something is in flight. */
function touchFlight(address: usize): void {
  if (address == 0 || changetype<Endpoint>(address).kind != CONNECTION) return;
  const tcb = changetype<Tcb>(address);
  if (tcb.flow != 0) for (let line: usize = 0; line < offsetof<Flow>(); line += LINE) touch(tcb.flow + line);
  if (tcb.scoreboard != 0) touch(tcb.scoreboard);
}

function aheadOf(index: u32): Ahead {
  return changetype<Ahead>(AHEAD_BASE + <usize>(index << 3));
}

/** A load whose value nobody waits for: it can't be left out, since it could trap. */
function touch(address: usize): void {
  load<u32>(address);
}

const ETHERNET: u32 = 14;
/** Bytes of a TCP header with both ports. */
const PORTS: u32 = 4;
/** Bytes of a cache line. */
const LINE: usize = 64;
