/** Many packets in one batch: what was looked up for all of them beforehand is no more than a guess. */

import { describe, expect, test } from 'vitest';
import { type Packet, parsePacket } from '../kit/packet.js';
import type { Outside, Segment } from '../kit/timeline.js';
import { type Timeline, timeline } from '../kit/timeline.js';

/** Connections that the peer has opened from ports 1 … `count`, each with its handle and our ISS. */
async function crowd(count: number): Promise<{ t: Timeline; handles: number[]; iss: number[] }> {
  const t = await timeline({ syn: {} });
  t.listen(80, 100);
  const ports = Array.from({ length: count }, (_, index) => index + 1);
  t.inject(...ports.map((peerPort) => ({ flags: 'S', seq: PEER, peerPort, absolute: true })));
  const first = new Map(sent(t).map(({ destinationPort, seq }) => [destinationPort, seq]));
  const numbers = ports.map((port) => first.get(port) ?? 0);
  t.inject(...ports.map((peerPort) => says(peerPort, numbers, {})));
  t.expectNothing();
  return { t, handles: t.driver.happened().map(({ handle }) => handle), iss: numbers };
}

/** What the core has put out, numbers as they stand there. */
function sent(t: Timeline): Packet[] {
  return t.driver.emitted.splice(0).map((emitted) => parsePacket(emitted.bytes));
}

/** A segment of the connection from `peerPort`. */
function says(peerPort: number, iss: readonly number[], segment: Segment): Segment & Outside {
  const ack = ((iss[peerPort - 1] ?? 0) + 1) >>> 0;
  return { seq: PEER + 1, ack, ...segment, peerPort, absolute: true };
}

describe('segments of one batch', () => {
  test('reach each its own connection, in whatever order they come', async () => {
    const { t, handles, iss } = await crowd(50);
    const order = iss.map((_, index) => ((index * 37) % 50) + 1);
    t.inject(...order.map((port) => says(port, iss, { flags: 'AP', data: `<${port}>` })));
    sent(t);
    const read = handles.map((handle) => Buffer.from(t.driver.core.receive(handle) ?? []).toString());
    expect(read).toEqual(handles.map((_, index) => `<${index + 1}>`));
  });

  test('make their connections ready, which can be seen as often as one likes before they are taken', async () => {
    const { t, handles, iss } = await crowd(60);
    const ports = iss.map((_, index) => index + 1).reverse();
    t.inject(...ports.map((port) => says(port, iss, { flags: 'AP', data: 'x' })));
    const { calls, core } = t.driver;
    const peek = () => Array.from({ length: calls.readyPeek() }, (_, index) => core.result(index));
    const expected = ports.map((port) => handles[port - 1]);
    expect(peek()).toEqual(expected);
    expect(calls.readyNext()).toBe(expected[0]);
    expect(peek()).toEqual(expected.slice(1));
    expect(t.driver.happened()).toHaveLength(59);
    expect(peek()).toEqual([]);
  });

  test('that come behind the end of their connection find none', async () => {
    const { t, iss } = await crowd(2);
    t.inject(
      says(1, iss, { flags: 'R' }),
      says(2, iss, { flags: 'AP', data: 'lives' }),
      says(1, iss, { flags: 'AP', data: 'too late' }),
      says(2, iss, { flags: 'AP', seq: PEER + 6, data: 'on' }),
    );
    const answers = sent(t).map(({ destinationPort, flags }) => [destinationPort, flags]);
    expect(answers).toContainEqual([1, 'R']);
    expect(answers.every(([port, flags]) => port === 1 || flags === 'A')).toBe(true);
  });

  test('find the connection that a new SYN makes where one has ended before it', async () => {
    const { t, iss } = await crowd(2);
    t.inject(
      says(1, iss, { flags: 'R' }),
      { flags: 'S', seq: PEER + 5_000, peerPort: 1, absolute: true },
      says(2, iss, { flags: 'AP', data: 'lives' }),
      { flags: 'S', seq: PEER + 5_000, peerPort: 1, absolute: true },
    );
    const answers = sent(t).filter(({ destinationPort }) => destinationPort === 1);
    expect(answers.map(({ flags }) => flags)).toEqual(['SA']);
  });
});

const PEER = 70_000;
