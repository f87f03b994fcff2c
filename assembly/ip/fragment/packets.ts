// Packets under reassembly: what of them is here, how long they are waited for, and how much of memory they may take.
//
//   bounds     512 packets, 4 MiB in all; 64 packets, 512 KiB a share; 256 fragments a packet
//   a share    what the sources have whose keyed hash is the same: one IPv4 or link-local address, one IPv6 /64. Nobody can
//              aim at the share of somebody else, and a flood from one source takes an eighth of memory at most
//   eviction   where a bound is reached, the oldest packet goes: of the share if it is the share's, else of all
//
// Everything lies in slab blocks: a record for each packet, one for each fragment (fragment/records.ts); the
// records of packets are not counted in bytes, 128 KiB at the most.
// Not for: which fragments fit together (fragment/reassemble.ts), the end of waiting (fragment/expire.ts).

import { COUNTER_REASSEMBLY_FAILED } from '../../abi/constants';
import { sipHash } from '../../crypto/siphash';
import { count } from '../../memory/counters';
import { wakeAt } from '../../memory/deadlines';
import { endsCopy } from '../../memory/ends';
import { takeMemory } from '../../memory/pages';
import { slabGive, slabTake } from '../../memory/slab';
import { Micros, state } from '../../memory/state';
import { isLinkLocal, isMapped } from '../address';
import { incoming } from '../incoming';
import { FRAGMENTED_ABANDONED, FRAGMENTED_EXPIRED, Fragmented, Piece } from './records';

/** All packets under reassembly. */
@unmanaged
class Reassembly {
  oldest: usize;
  newest: usize;
  packets: u32;
  bytes: u32;
  whole: usize; // packets that are put together, until the next batch
  expired: u32; // packets whose time is over, and of whose end somebody is to be told
}

export function fragmentsInitialize(): void {
  state.reassembly = takeMemory(<u32>SHARES + SHARE_LIMIT * SHARE_SIZE);
}

/** The packet that `incoming` is a fragment of; null when it is the first one to come. */
export function fragmentedFind(): Fragmented | null {
  const protocol = keyProtocol();
  for (let at = load<usize>(bucketHead(bucketOf(protocol))); at != 0; at = changetype<Fragmented>(at).next) {
    const packet = changetype<Fragmented>(at);
    if (packet.identification != incoming.identification || packet.protocol != protocol) continue;
    if (packet.fromLow != incoming.fromLow || packet.fromHigh != incoming.fromHigh) continue;
    if (packet.toLow == incoming.toLow && packet.toHigh == incoming.toHigh) return packet;
  }
  return null;
}

/** A new packet, that of `incoming`; null when there is no memory. */
export function fragmentedNew(): Fragmented | null {
  const share = shareOf(incoming.fromHigh, incoming.fromLow);
  if (sharePackets(share) >= SHARE_PACKETS) evict(share, null);
  else if (reassembly().packets >= PACKETS) evict(ALL, null);
  const address = slabTake(RECORD);
  if (address == 0) return null;
  memory.fill(address, 0, offsetof<Fragmented>());
  const packet = changetype<Fragmented>(address);
  endsCopy(packet, incoming);
  packet.identification = incoming.identification;
  packet.protocol = keyProtocol();
  packet.share = share;
  packet.deadline = state.now + (incoming.family == 6 ? PATIENCE6 : PATIENCE4);
  link(packet);
  wakeAt(packet.deadline);
  return packet;
}

/** Memory for a packet: a block of `size` bytes, a slab class; 0 when it may not have so much. */
export function fragmentedTake(packet: Fragmented, size: u32): usize {
  const all = reassembly();
  while (shareBytes(packet.share) + size > SHARE_BYTES) if (!evict(packet.share, packet)) return 0;
  while (all.bytes + size > BYTES) if (!evict(ALL, packet)) return 0;
  const block = slabTake(size);
  if (block != 0) charge(packet, size);
  return block;
}

/** Gives up what has come of a packet; the packet itself is remembered, so that nothing else of it is taken. */
export function fragmentedAbandon(packet: Fragmented): void {
  empty(packet);
  packet.flags = FRAGMENTED_ABANDONED;
  count(COUNTER_REASSEMBLY_FAILED);
}

/** Forgets a packet and all that has come of it. */
export function fragmentedFree(packet: Fragmented): void {
  empty(packet);
  unlink(packet);
  slabGive(changetype<usize>(packet), RECORD);
}

/** Takes a block of a packet off its account: it lives on as a whole packet, until `wholeRelease`. */
export function wholeKeep(packet: Fragmented, block: usize, size: u32): void {
  discharge(packet, size);
  const all = reassembly();
  all.bytes += size;
  store<usize>(block, all.whole);
  store<u32>(block, size, 4);
  all.whole = block;
}

/** Gives back the packets that the last batch has put together. */
export function wholeRelease(): void {
  const all = reassembly();
  while (all.whole != 0) {
    const block = all.whole;
    const size = load<u32>(block, 4);
    all.whole = load<usize>(block);
    all.bytes -= size;
    slabGive(block, size);
  }
}

export function reassembly(): Reassembly {
  return changetype<Reassembly>(state.reassembly);
}

/** Gives up the oldest packet of a share, or of all, that is not `but`; false when there is none. */
function evict(share: u32, but: Fragmented | null): bool {
  for (let at = reassembly().oldest; at != 0; at = changetype<Fragmented>(at).newer) {
    const packet = changetype<Fragmented>(at);
    if (packet == but || (share != ALL && packet.share != share)) continue;
    if (!packet.has(FRAGMENTED_ABANDONED)) count(COUNTER_REASSEMBLY_FAILED);
    fragmentedFree(packet);
    return true;
  }
  return false;
}

function empty(packet: Fragmented): void {
  while (packet.first != 0) {
    const piece = changetype<Piece>(packet.first);
    packet.first = piece.next;
    discharge(packet, piece.block);
    slabGive(changetype<usize>(piece), piece.block);
  }
  packet.last = 0;
  packet.pieces = 0;
}

function charge(packet: Fragmented, size: u32): void {
  packet.bytes += size;
  reassembly().bytes += size;
  const place = sharePlace(packet.share);
  store<u32>(place, load<u32>(place) + size);
}

function discharge(packet: Fragmented, size: u32): void {
  packet.bytes -= size;
  reassembly().bytes -= size;
  const place = sharePlace(packet.share);
  store<u32>(place, load<u32>(place) - size);
}

function link(packet: Fragmented): void {
  const all = reassembly();
  const address = changetype<usize>(packet);
  packet.bucket = bucketOf(packet.protocol);
  packet.next = load<usize>(bucketHead(packet.bucket));
  store<usize>(bucketHead(packet.bucket), address);
  packet.older = all.newest;
  if (all.newest != 0) changetype<Fragmented>(all.newest).newer = address;
  else all.oldest = address;
  all.newest = address;
  all.packets++;
  const place = sharePlace(packet.share);
  store<u32>(place, load<u32>(place, 4) + 1, 4);
}

function unlink(packet: Fragmented): void {
  const all = reassembly();
  const address = changetype<usize>(packet);
  let place = bucketHead(packet.bucket);
  while (load<usize>(place) != address) place = load<usize>(place) + offsetof<Fragmented>('next');
  store<usize>(place, packet.next);
  if (packet.older != 0) changetype<Fragmented>(packet.older).newer = packet.newer;
  else all.oldest = packet.newer;
  if (packet.newer != 0) changetype<Fragmented>(packet.newer).older = packet.older;
  else all.newest = packet.older;
  if (packet.has(FRAGMENTED_EXPIRED)) all.expired--;
  all.packets--;
  const share = sharePlace(packet.share);
  store<u32>(share, load<u32>(share, 4) - 1, 4);
}

/** An IPv4 packet is known by its protocol too; an IPv6 fragment may say another one than the first (RFC 8200 §4.5). */
function keyProtocol(): u32 {
  return incoming.family == 4 ? incoming.protocol : 0;
}

function bucketOf(protocol: u32): u32 {
  const key = ((<u64>protocol) << 32) | incoming.identification;
  const i = incoming;
  const hash = sipHash(state.hashKey0, state.hashKey1, i.fromHigh, i.fromLow, i.toHigh, i.toLow, key);
  return <u32>hash & (BUCKET_LIMIT - 1);
}

function bucketHead(bucket: u32): usize {
  return state.reassembly + BUCKETS + ((<usize>bucket) << 2);
}

function shareOf(high: u64, low: u64): u32 {
  // Who has a /64 has all its addresses.
  const host = isMapped(high, low) || isLinkLocal(high) ? low : 0;
  return <u32>sipHash(state.hashKey0, state.hashKey1, high, host, SHARE, 0, 0) & (SHARE_LIMIT - 1);
}

/** Bytes and packets of a share. */
function sharePlace(share: u32): usize {
  return state.reassembly + SHARES + <usize>share * SHARE_SIZE;
}

function shareBytes(share: u32): u32 {
  return load<u32>(sharePlace(share));
}

function sharePackets(share: u32): u32 {
  return load<u32>(sharePlace(share), 4);
}

/** Its slab class. */
const RECORD: u32 = 256;
/** RFC 8200 §4.5. */
const PATIENCE6: Micros = 60_000_000;
/**
 * RFC 1122 §3.3.2 asks for 60 to 120 seconds, but 65,536 identifications go round in less on fast links, and fragments of
 * two packets are then taken for those of one (RFC 4963 §2): kernels wait for half a minute.
 */
const PATIENCE4: Micros = 30_000_000;
const PACKETS: u32 = 512;
const BYTES: u32 = 4 << 20;
const SHARE_PACKETS: u32 = 64;
const SHARE_BYTES: u32 = 512 << 10;
/** In place of a share: every one. */
const ALL: u32 = u32.MAX_VALUE;
/** Keeps the hashes of shares apart from all others. */
const SHARE: u64 = 0x7368617265;

const BUCKET_LIMIT: u32 = 256;
const SHARE_LIMIT: u32 = 256;
const SHARE_SIZE: u32 = 8;
/** Where they lie, behind Reassembly. */
const BUCKETS: usize = 64;
const SHARES: usize = BUCKETS + BUCKET_LIMIT * 4;
