/** The accept queue: connections that are open and that the user has not taken. */
import { describe, expect, test } from 'vitest';
import {
  COUNTER_SYNS_DROPPED,
  ERROR_CONNECTION_RESET,
  ERROR_INVALID,
  ERROR_STALE_HANDLE,
  LISTENER_BACKLOG,
  LISTENER_DEFER_ACCEPT,
  LISTENER_QUEUE,
} from '../../assembly/abi/constants.js';
import { type Timeline, timeline } from '../kit/timeline.js';

/** A listener on whose queue connections wait. */
async function queueing(backlog: number): Promise<Timeline> {
  const t = await timeline();
  t.listen(80, backlog);
  expect(t.driver.calls.tcpListenerOption(t.listener, LISTENER_QUEUE, 1)).toBe(0);
  return t;
}

function handshake(t: Timeline, peerPort: number): void {
  t.inject({ flags: 'S', seq: 0, peerPort });
  t.expect({ flags: 'SA', seq: 0, ack: 1 });
  t.inject({ peerPort });
}

const accept = (t: Timeline): number => t.driver.calls.tcpAccept(t.listener);
const waiting = (t: Timeline): number => t.driver.calls.tcpAcceptable(t.listener);

describe('an accept queue', () => {
  test('hands connections out in the order in which they opened, and none through the ready list', async () => {
    const t = await queueing(8);
    expect(waiting(t)).toBe(0);
    expect(accept(t)).toBe(0);
    for (const peerPort of [1, 2, 3]) handshake(t, peerPort);
    expect(t.driver.happened()).toEqual([]);
    expect(waiting(t)).toBe(3);
    for (const peerPort of [1, 2, 3]) expect(t.driver.core.endpoints(accept(t))?.remotePort).toBe(peerPort);
    expect(accept(t)).toBe(0);
    expect(waiting(t)).toBe(0);
  });

  test('keeps what arrives meanwhile for whoever takes the connection', async () => {
    const t = await queueing(8);
    handshake(t, t.peerPort);
    t.inject({ flags: 'FPA', seq: 1, data: 10 });
    t.expect({ ack: 12 });
    expect(t.driver.happened()).toEqual([]);
    t.handle = accept(t);
    expect(t.events()).toEqual(['data', 'end']);
    expect(t.receive()).toBe(10);
  });

  test('still hands out a connection that the peer has reset, with its error', async () => {
    const t = await queueing(8);
    handshake(t, t.peerPort);
    t.inject({ flags: 'R', seq: 1 });
    expect(waiting(t)).toBe(1);
    t.handle = accept(t);
    expect(t.events()).toEqual(['closed']);
    expect(t.error).toBe(ERROR_CONNECTION_RESET);
    t.expectGone();
  });

  test('that is full drops the last ACK of a handshake; the data behind it opens the connection later', async () => {
    const t = await queueing(2);
    handshake(t, 1);
    for (const peerPort of [2, 3]) {
      t.inject({ flags: 'S', seq: 0, peerPort });
      t.expect({ flags: 'SA', seq: 0, ack: 1 });
    }
    const last = t.iss;
    t.inject({ flags: 'R', seq: 1, peerPort: 2 });
    handshake(t, 4);
    t.iss = last;
    t.inject({ flags: 'PA', seq: 1, data: 10, peerPort: 3 });
    t.expectNothing();
    expect(waiting(t)).toBe(2);
    expect(accept(t)).toBeGreaterThan(0);
    t.inject({ flags: 'PA', seq: 1, data: 10, peerPort: 3 });
    t.pass(40);
    t.expect({ ack: 11 });
    accept(t);
    t.handle = accept(t);
    expect(t.receive()).toBe(10);
  });

  test('that is full drops SYNs and counts them', async () => {
    const t = await queueing(1);
    handshake(t, 1);
    t.inject({ flags: 'S', seq: 0, peerPort: 2 });
    t.expectNothing();
    expect(t.driver.calls.counter(COUNTER_SYNS_DROPPED)).toBe(1);
    accept(t);
    handshake(t, 2);
    expect(waiting(t)).toBe(1);
  });

  test('is reset with its listener, and leaves nothing', async () => {
    const t = await queueing(8);
    handshake(t, 1);
    handshake(t, 2);
    t.inject({ flags: 'R', seq: 1, peerPort: 1 });
    t.driver.calls.tcpListenerClose(t.listener);
    t.driver.output();
    expect(t.take().map(({ flags, destinationPort }) => [flags, destinationPort])).toEqual([['RA', 2]]);
    expect(t.driver.connections).toBe(0);
    expect(accept(t)).toBe(ERROR_STALE_HANDLE);
    expect(waiting(t)).toBe(ERROR_STALE_HANDLE);
  });
});

describe('options of a listener', () => {
  test('are checked', async () => {
    const t = await queueing(8);
    const option = (name: number, value: number) => t.driver.calls.tcpListenerOption(t.listener, name, value);
    expect(option(LISTENER_BACKLOG, 0)).toBe(ERROR_INVALID);
    expect(option(LISTENER_QUEUE, 2)).toBe(ERROR_INVALID);
    expect(option(99, 1)).toBe(ERROR_INVALID);
    expect(option(LISTENER_BACKLOG, 5)).toBe(0);
    expect(option(LISTENER_DEFER_ACCEPT, 3000)).toBe(0);
    expect(t.driver.calls.tcpListenerOption(1, LISTENER_BACKLOG, 5)).toBe(ERROR_STALE_HANDLE);
  });
});
