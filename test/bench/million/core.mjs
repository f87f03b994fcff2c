/**
 * The core alone before a crowd: what a stack costs without JavaScript objects, handlers and events. The host's part is
 * the least that can be: packets in, the bytes of who is ready copied back, packets out.
 */
import {
  BATCH_LIMIT,
  COUNTER_CONNECTIONS,
  EVENT_END,
  HEADROOM,
  LINK_IP,
  OPTION_KEEP_ALIVE,
  OPTION_NO_DELAY,
  RECEIVE_DESCRIPTOR,
  STATE_CLOSED,
  TRANSMIT_DESCRIPTOR,
  TRANSMIT_LIMIT,
} from '../../../dist/assembly/abi/constants.js';
import { parseAddress } from '../../../dist/host/core/address.js';
import { Core } from '../../../dist/host/core/core.js';
import { compileCore } from '../../../dist/host/core/load.js';
import { decodePacket } from '../../../dist/host/packet/packet.js';
import { Crowd } from './crowd.mjs';
import { witnessOf } from './witness.mjs';

/** @param {number} limit of connections */
export async function coreAlone(limit) {
  const crowd = new Crowd(limit, { server: 0x0a000001, port: 7 }, witnessOf(decodePacket));
  const core = Core.initialized((await compileCore()).instantiate(1));
  const { calls } = core;
  const clock = { now: () => now };
  let now = 1000;
  crowd.attach({ clock, memory: core.memory, onReadable: turn });
  const number = calls.interfaceAdd(1500, 0, LINK_IP);
  core.putAddress(parseAddress('10.0.0.1'));
  calls.addressAdd(number, 96 + 8, 0);
  core.putAddress(parseAddress('10.0.0.1'));
  calls.tcpListen(7, 512, 0);
  return { crowd, run, pass, more, left: () => calls.counter(COUNTER_CONNECTIONS), end() {} };

  /** With a keep-alive timer on every connection: what `nextDeadline` costs, nanoseconds, and a look at a timer not due yet. */
  function more() {
    keepAlive(1);
    const next = timed(() => calls.nextDeadline());
    const expire = timed(() => calls.timersExpire(now));
    keepAlive(0);
    return { next, expire };
  }

  function keepAlive(on) {
    for (let handle = calls.tcpNext(0); handle > 0; handle = calls.tcpNext(handle)) {
      calls.tcpSetOption(handle, OPTION_KEEP_ALIVE, on);
    }
  }

  /** Nanoseconds of a call. */
  function timed(call) {
    const start = performance.now();
    for (let times = 0; times < CALLS; times++) call();
    return ((performance.now() - start) * 1e6) / CALLS;
  }

  async function run(done) {
    crowd.ring();
    while (!done()) turn();
  }

  async function pass(milliseconds) {
    for (const end = now + milliseconds; now < end; ) {
      now = Math.min(end, now + 10);
      if (calls.nextDeadline() <= now) calls.timersExpire(now);
      turn();
    }
  }

  /** One batch. */
  function turn() {
    calls.input(read(), now);
    for (let handle = calls.readyNext(); handle !== 0; handle = calls.readyNext()) react(handle, core.result(0));
    calls.output(now);
    flush();
  }

  function read() {
    const descriptors = calls.receiveDescriptors() >> 2;
    let address = calls.receiveArena();
    let count = 0;
    for (; count < BATCH_LIMIT; count++) {
      const length = crowd.read(address + HEADROOM);
      if (length === 0) break;
      const at = descriptors + count * (RECEIVE_DESCRIPTOR >> 2);
      core.words[at] = address + HEADROOM;
      core.words[at + 1] = length;
      core.words[at + 2] = number;
      address = (address + HEADROOM + length + 63) & -64;
    }
    return count;
  }

  function react(handle, events) {
    if (calls.tcpReceive(handle, 65536) > 0) {
      const from = core.result(2);
      const length = core.result(3);
      calls.tcpSendReserve(handle, length);
      core.bytes.copyWithin(core.result(0), from, from + length);
      calls.tcpSendCommit(handle, length);
    } else if ((events & EVENT_END) !== 0) calls.tcpShutdown(handle);
    else if (calls.tcpState(handle) === STATE_CLOSED) calls.tcpRelease(handle);
    else calls.tcpSetOption(handle, OPTION_NO_DELAY, 1);
  }

  function flush() {
    const queue = calls.transmitQueue(number) >> 2;
    const { words } = core;
    const head = words[queue];
    const count = words[queue + 1];
    for (let sent = 0; sent < count; sent++) {
      const at = queue + 2 + ((head + sent) % TRANSMIT_LIMIT) * (TRANSMIT_DESCRIPTOR >> 2);
      crowd.write(words[at], words[at + 1]);
    }
    if (count > 0) calls.transmitDone(number, count);
  }
}

const CALLS = 20_000;
