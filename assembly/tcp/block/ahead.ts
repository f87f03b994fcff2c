// Looks ahead in a batch. Where there are very many connections each packet is for one that no cache holds, and its bucket,
// then its control block, would be waited for, packet by packet. So before the first is taken all are looked up in steps that
// do not depend on each other, and memory answers them together.
//
//   1 bucket of each    2 head of each bucket    3 the end itself, and the lines of its control block
//
// What is found is a guess that input puts before `tableFind`, which checks it: until its packet's turn comes anything may
// have happened to it. Not for: deciding anything.

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
import { destinationPort, sourcePort } from '../header';
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
    if (ahead.at == 0) continue;
    ahead.at = load<usize>(ahead.at);
    if (ahead.at != 0) touch(ahead.at + offsetof<Endpoint>('hash'));
  }
  for (let index: u32 = 0; index < count; index++) findEnd(aheadOf(index));
}

/** Who packet `index` seems to be for, in place of who was found last. */
export function guessAhead(index: u32): void {
  const end = aheadOf(index).at;
  if (end != 0) state.lastFound = <u32>end;
}

/** `before`: the packet before this one. Answers this one. */
function findBucket(index: u32, before: usize): usize {
  const ahead = aheadOf(index);
  ahead.at = 0;
  const descriptor = RECEIVE_DESCRIPTORS + <usize>(index * RECEIVE_DESCRIPTOR);
  const number = load<u32>(descriptor, 8);
  const frame: u32 = interfaceAt(number).link == LINK_ETHERNET ? ETHERNET : 0;
  const packet = <usize>(load<u32>(descriptor) + frame);
  const length = load<u32>(descriptor, 4) - frame;
  if (version(packet) == 4) {
    if (protocol(packet) != PROTOCOL_TCP || length < HEADER4 + PORTS || isFragment(packet)) return packet;
    if (before != 0 && isTrain(packet, before)) return packet;
    const tcp = packet + headerLength(packet);
    const toLow = mappedLow(destination(packet));
    ahead.hash = tupleHash(0, toLow, 0, mappedLow(source(packet)), destinationPort(tcp), sourcePort(tcp));
  } else {
    if (nextHeader(packet) != PROTOCOL_TCP || length < HEADER6 + PORTS) return packet;
    const tcp = packet + HEADER6;
    const to = destination6(packet);
    const from = source6(packet);
    const toHigh = withZone(load<u64>(to), number);
    const fromHigh = withZone(load<u64>(from), number);
    ahead.hash = tupleHash(
      toHigh,
      load<u64>(to, 8),
      fromHigh,
      load<u64>(from, 8),
      destinationPort(tcp),
      sourcePort(tcp),
    );
  }
  ahead.at = bucketOf(ahead.hash);
  touch(ahead.at);
  return packet;
}

/** IPv4: packets come in trains, whose first is found for all of them. */
function isTrain(packet: usize, before: usize): bool {
  const addresses = load<u64>(source(packet)) == load<u64>(source(before));
  return addresses && load<u32>(packet, HEADER4) == load<u32>(before, HEADER4);
}

function findEnd(ahead: Ahead): void {
  let address = ahead.at;
  while (address != 0 && changetype<Endpoint>(address).hash != ahead.hash)
    address = changetype<Endpoint>(address).hashNext;
  ahead.at = address;
  if (address == 0) return;
  touch(address);
  if (changetype<Endpoint>(address).kind != CONNECTION) return;
  for (let line: usize = 2 * LINE; line < offsetof<Tcb>(); line += LINE) touch(address + line);
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
