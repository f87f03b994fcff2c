// Datagrams that wait for their user, each with where it came from. It stays in the slot it arrived in until the user takes
// it, which saves a copy; what is still there when the batch ends moves to memory of its own, as far as the socket's buffer goes.
// Those that came in one packet wait as one, and are taken off it one by one.
//
//   socket.first → datagram ⇄ datagram ⇄ datagram ← socket.last
//                  in a slab block …     in the table of the batch, its bytes in a slot
//
// Not for: which socket it is (input.ts).

import { COUNTER_DATAGRAMS_DROPPED, ERROR_AGAIN, ERROR_STALE_HANDLE, UDP_DATA } from '../abi/constants';
import { BATCH_LIMIT } from '../abi/limits';
import { incoming } from '../ip/incoming';
import { countMany } from '../memory/counters';
import { RESULT_BASE, setResult, UDP_DATAGRAMS } from '../memory/map';
import { slabGive, slabScarce, slabSize, slabTake } from '../memory/slab';
import { state } from '../memory/state';
import { raise } from './events';
import { receiveLimit, socketFind, UdpSocket } from './socket';

@unmanaged
export class Datagram {
  fromHigh: u64;
  fromLow: u64;
  toHigh: u64;
  toLow: u64;
  owner: usize; // in the table of the batch: its socket, 0 once it is taken
  previous: usize;
  next: usize;
  address: usize; // its first byte
  length: u32;
  blockSize: u32; // of the slab block that it lies in; 0: it stands in the table of the batch
  fromPort: u16;
  interface: u8;
  lifetime: u8;
  service: u8;
  size: u16; // bytes of each datagram but the last, where there are several; 0: it is one
}

/** What is in `incoming` waits for the user of a socket: `length` bytes at `data`, datagrams of `size` bytes each, or one if that is 0. */
export function datagramArrives(socket: UdpSocket, data: usize, length: u32, size: u32, fromPort: u32): void {
  const inTable = state.datagramCount < BATCH_LIMIT;
  const datagram = inTable ? inBatch(state.datagramCount++) : inBlock(socket, length, size);
  if (datagram == null) return;
  datagram.fromHigh = incoming.fromHigh;
  datagram.fromLow = incoming.fromLow;
  datagram.toHigh = incoming.toHigh;
  datagram.toLow = incoming.toLow;
  datagram.fromPort = <u16>fromPort;
  datagram.interface = <u8>incoming.interface;
  datagram.lifetime = <u8>incoming.lifetime;
  datagram.service = <u8>incoming.service;
  datagram.size = <u16>size;
  datagram.owner = changetype<usize>(socket);
  if (inTable) {
    datagram.blockSize = 0;
    datagram.address = data;
    datagram.length = length;
  } else memory.copy(datagram.address, data, datagram.length);
  append(socket, datagram);
  raise(socket, UDP_DATA);
}

/**
 * Takes the first datagram: answers its length, ERROR_AGAIN when there is none. result[0..3] where it came from, [4..7] where it
 * went, [8] the port it came from, [9] interface, [10] hops left, [11] Differentiated Services field and ECN, [12] address of its
 * bytes, which are there until the next call.
 */
export function udpReceive(handle: u32): i32 {
  const socket = socketFind(handle);
  if (socket == null) return ERROR_STALE_HANDLE;
  if (socket.first == 0) return ERROR_AGAIN;
  const datagram = changetype<Datagram>(socket.first);
  memory.copy(RESULT_BASE, changetype<usize>(datagram), ADDRESSES);
  setResult(8, datagram.fromPort);
  setResult(9, datagram.interface);
  setResult(10, datagram.lifetime);
  setResult(11, datagram.service);
  setResult(12, <u32>datagram.address);
  const length = datagram.length;
  const size: u32 = datagram.size;
  if (size == 0 || size >= length) {
    remove(socket, datagram);
    return <i32>length;
  }
  datagram.address += size;
  datagram.length = length - size;
  if (datagram.blockSize != 0) socket.heldBytes -= size;
  return <i32>size;
}

/** How many datagrams of `size` bytes `length` bytes are; one if that is 0. */
export function datagramsIn(length: u32, size: u32): u32 {
  return size == 0 || size >= length ? 1 : (length + size - 1) / size;
}

/** Ends a batch: its slots are about to be filled again. */
export function datagramsSettle(): void {
  for (let index: u32 = 0; index < state.datagramCount; index++) {
    const datagram = inBatch(index);
    if (datagram.owner != 0) settle(changetype<UdpSocket>(datagram.owner), datagram);
  }
  state.datagramCount = 0;
}

/** Forgets what waits in a socket. */
export function datagramsDrop(socket: UdpSocket): void {
  while (socket.first != 0) remove(socket, changetype<Datagram>(socket.first));
}

/** A datagram moves to memory of its own, in its place. */
function settle(socket: UdpSocket, datagram: Datagram): void {
  const moved = inBlock(socket, datagram.length, datagram.size);
  if (moved == null) {
    remove(socket, datagram);
    return;
  }
  const address = moved.address;
  const length = moved.length;
  const blockSize = moved.blockSize;
  memory.copy(address, datagram.address, length);
  memory.copy(changetype<usize>(moved), changetype<usize>(datagram), RECORD);
  moved.address = address;
  moved.length = length;
  moved.blockSize = blockSize;
  link(socket, moved);
}

/** The list goes over a datagram that knows its neighbours. */
function link(socket: UdpSocket, datagram: Datagram): void {
  const address = changetype<usize>(datagram);
  if (datagram.previous == 0) socket.first = address;
  else changetype<Datagram>(datagram.previous).next = address;
  if (datagram.next == 0) socket.last = address;
  else changetype<Datagram>(datagram.next).previous = address;
}

function append(socket: UdpSocket, datagram: Datagram): void {
  datagram.previous = socket.last;
  datagram.next = 0;
  link(socket, datagram);
}

function remove(socket: UdpSocket, datagram: Datagram): void {
  if (datagram.previous == 0) socket.first = datagram.next;
  else changetype<Datagram>(datagram.previous).next = datagram.next;
  if (datagram.next == 0) socket.last = datagram.previous;
  else changetype<Datagram>(datagram.next).previous = datagram.previous;
  datagram.owner = 0;
  if (datagram.blockSize == 0) return;
  socket.heldBytes -= datagram.length + OVERHEAD;
  slabGive(changetype<usize>(datagram), datagram.blockSize);
}

function inBatch(index: u32): Datagram {
  return changetype<Datagram>(UDP_DATAGRAMS + <usize>(index * RECORD));
}

/**
 * Memory for what outlives its batch, or for the first datagrams of it; null when the socket's buffer or the stack's memory has
 * room for none. The others are dropped.
 */
function inBlock(socket: UdpSocket, length: u32, size: u32): Datagram | null {
  const used = socket.heldBytes + OVERHEAD;
  const free = max(receiveLimit(socket), used) - used;
  const kept = length <= free || size == 0 ? length : free - (free % size);
  const blockSize = slabSize(RECORD + kept);
  const fits = used + kept <= receiveLimit(socket) && (kept > 0 || length == 0) && !slabScarce(blockSize);
  const block = fits ? slabTake(blockSize) : 0;
  if (block == 0 || kept < length) drop(socket, block == 0 ? length : length - kept, size);
  if (block == 0) return null;
  socket.heldBytes += kept + OVERHEAD;
  const datagram = changetype<Datagram>(block);
  datagram.address = block + RECORD;
  datagram.length = kept;
  datagram.blockSize = blockSize;
  return datagram;
}

function drop(socket: UdpSocket, length: u32, size: u32): void {
  const dropped = datagramsIn(length, size);
  socket.dropped += dropped;
  countMany(COUNTER_DATAGRAMS_DROPPED, dropped);
}

const RECORD: u32 = 64;
/** The addresses that a record begins with. */
const ADDRESSES: usize = 32;
/** What waits counts more than its bytes in the buffer of its socket: many small ones cost memory, too. */
const OVERHEAD: u32 = 256;
