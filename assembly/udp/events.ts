// What the host is to be told of UDP sockets: the ready list, and the list of those that wait for room to send. A socket stands
// on each at most once. Not for: connections (tcp/block/ready.ts).

import { UDP_DRAIN } from '../abi/constants';
import { TRANSMIT_LIMIT } from '../abi/limits';
import { transmitCount, transmitRoom } from '../ip/transmit';
import { setResult } from '../memory/map';
import { state } from '../memory/state';
import { CLOSED, ON_READY_LIST, ON_WAIT_LIST, socketFreeIfDone, UdpSocket } from './socket';

/** Tells the host of UDP_*. */
export function raise(socket: UdpSocket, event: u32): void {
  socket.events |= <u8>event;
  if (socket.has(ON_READY_LIST)) return;
  socket.set(ON_READY_LIST);
  socket.readyNext = 0;
  if (state.udpReadyTail == 0) state.udpReadyHead = <u32>changetype<usize>(socket);
  else changetype<UdpSocket>(<usize>state.udpReadyTail).readyNext = changetype<usize>(socket);
  state.udpReadyTail = <u32>changetype<usize>(socket);
}

/** UDP_DRAIN follows when the queue of an interface has room for a packet of `length` bytes, and half of it is free. */
export function waitForRoom(socket: UdpSocket, interfaceNumber: u32, length: u32): void {
  socket.waitInterface = <u8>interfaceNumber;
  socket.waitLength = length;
  if (socket.has(ON_WAIT_LIST)) return;
  socket.set(ON_WAIT_LIST);
  socket.waitNext = <usize>state.udpWaitHead;
  state.udpWaitHead = <u32>changetype<usize>(socket);
}

/** The handle of the next socket with events, 0 when there is none; result[0] = UDP_*. */
export function udpReadyNext(): u32 {
  if (state.udpWaitHead != 0) raiseDrains();
  while (state.udpReadyHead != 0) {
    const socket = changetype<UdpSocket>(<usize>state.udpReadyHead);
    state.udpReadyHead = <u32>socket.readyNext;
    if (state.udpReadyHead == 0) state.udpReadyTail = 0;
    socket.clear(ON_READY_LIST);
    const handle = socket.handle;
    if (socket.events == 0) {
      socketFreeIfDone(socket);
      continue;
    }
    setResult(0, socket.events);
    socket.events = 0;
    return handle;
  }
  return 0;
}

function raiseDrains(): void {
  let at = <usize>state.udpWaitHead;
  state.udpWaitHead = 0;
  while (at != 0) {
    const socket = changetype<UdpSocket>(at);
    at = socket.waitNext;
    socket.clear(ON_WAIT_LIST);
    if (socket.has(CLOSED)) socketFreeIfDone(socket);
    else if (hasRoom(socket.waitInterface, socket.waitLength)) raise(socket, UDP_DRAIN);
    else waitForRoom(socket, socket.waitInterface, socket.waitLength);
  }
}

function hasRoom(interfaceNumber: u32, length: u32): bool {
  return transmitCount(interfaceNumber) <= TRANSMIT_LIMIT >> 1 && transmitRoom(interfaceNumber, length) != 0;
}
