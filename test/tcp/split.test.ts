/**
 * Header-data split (`assembly/tcp/block/pieces.ts`, `host/core/split.ts`): data that lies elsewhere is never read where it is not.
 * Its place in the receive arena holds poison.
 */
import { describe, expect, test } from 'vitest';
import {
  HEADROOM,
  OFFLOAD_CHECKSUM,
  OPTION_PAUSED,
  RECEIVE_DESCRIPTOR,
  VNET_HEADER,
} from '../../assembly/abi/constants.js';
import { Core } from '../../host/core/core.js';
import { compileCore } from '../../host/core/load.js';
import { TEST_CORE } from '../kit/driver.js';
import { WIDER } from '../kit/family.js';
import { accepted, type Outside, pattern, type Segment, type Timeline } from '../kit/timeline.js';

const SIZE = 1000;
const PEER = { syn: { mss: SIZE, windowScale: 4 }, offloads: OFFLOAD_CHECKSUM } as const;
/** Of virtio: the checksum was verified. */
const VALID = 2;

interface Arrival extends Segment, Outside {
  /** Its data is elsewhere. */
  apart?: boolean;
  /** Nobody has looked at its checksum. */
  unverified?: boolean;
}

/** Puts segments in as one batch. @returns how many of them were taken before data had to be put where it belongs */
function arrive(t: Timeline, ...segments: Arrival[]): number {
  const { core, calls } = t.driver;
  const { split, bytes, words } = core;
  split.learn(HEADERS, SIZE);
  split.prepare(segments.length, (buffer) => {
    lanes.set(next, new Uint8Array(buffer));
    next += 2 ** 32;
    return next - 2 ** 32;
  });
  let at = calls.receiveArena() + HEADROOM;
  segments.forEach((segment, index) => {
    const packet = t.build(segment);
    bytes.fill(0, at - HEADROOM, at);
    bytes[at - VNET_HEADER] = segment.unverified === true ? 0 : VALID;
    bytes.set(packet, at);
    const descriptor = (calls.receiveDescriptors() + index * RECEIVE_DESCRIPTOR) >> 2;
    words.set([at, packet.length, 1, 0], descriptor);
    if (segment.apart === true) words[descriptor + 3] = takeApart(core, index, at, packet.length);
    at = (at + packet.length + HEADROOM + 63) & -64;
  });
  split.used(segments.length);
  let taken = -1;
  const { input } = core.calls;
  const counted = (count: number, now: number) => {
    const answer = input(count, now);
    if (taken < 0) taken = answer;
    return answer;
  };
  Object.defineProperty(core.calls, 'input', { value: counted, configurable: true });
  core.input(segments.length, t.driver.now);
  Reflect.deleteProperty(core.calls, 'input');
  return taken;
}

function takeApart({ split, bytes }: Core, index: number, at: number, length: number): number {
  const data = bytes.subarray(at + HEADERS, at + length);
  const address = split.address(index);
  const base = Math.floor(address / 2 ** 32) * 2 ** 32;
  lanes.get(base)?.set(data, address - base);
  data.fill(0xee);
  return split.came(index, at, length, bytes);
}

/** Takes all that a connection has. */
function take(t: Timeline): number[] {
  const all: number[] = [];
  for (let chunk = t.driver.core.receive(t.handle); chunk !== undefined; chunk = t.driver.core.receive(t.handle)) {
    all.push(...chunk);
  }
  return all;
}

/** What the peer sends from `seq` on. */
const sent = (seq: number, length: number) => [...pattern(seq, length)];
const lanes = new Map<number, Uint8Array>();
let next = 2 ** 32;
const HEADERS = 40 + WIDER;

describe('data that is elsewhere', () => {
  test('stays there when its segments come next', async () => {
    const t = await accepted(PEER);
    expect(arrive(t, { seq: 1, data: SIZE, apart: true }, { seq: 1001, data: SIZE, apart: true })).toBe(2);
    expect(take(t)).toEqual(sent(1, 2 * SIZE));
    t.driver.output();
    t.expect({ ack: 2001 });
  });

  test('does not mind an ACK for another connection, or for nobody', async () => {
    const t = await accepted(PEER);
    expect(
      arrive(t, { seq: 1, data: SIZE, apart: true }, { seq: 1, peerPort: 999 }, { seq: 1001, data: 700, apart: true }),
    ).toBe(3);
    expect(take(t)).toEqual(sent(1, 1700));
  });

  test.each<[what: string, taken: number, ...Arrival[]]>([
    ['a gap before it', 0, { seq: 1001, data: SIZE, apart: true }, { seq: 1, data: SIZE }],
    [
      'some of it has come',
      1,
      { seq: 1, data: SIZE },
      { seq: 501, data: 500, apart: true },
      { seq: 1001, data: SIZE, apart: true },
    ],
    [
      'a checksum that nobody has verified',
      0,
      { seq: 1, data: SIZE, apart: true, unverified: true },
      { seq: 1001, data: SIZE },
    ],
    ['a SYN', 0, { seq: 1, data: SIZE, apart: true, flags: 'SA' }, { seq: 1, data: SIZE }, { seq: 1001, data: SIZE }],
    [
      'something out of order behind it',
      1,
      { seq: 1, data: SIZE, apart: true },
      { seq: 3001, data: 10 },
      { seq: 1001, data: SIZE },
    ],
    [
      'a segment without a connection',
      0,
      { seq: 1, data: SIZE, apart: true, peerPort: 999 },
      { seq: 1, data: SIZE },
      { seq: 1001, data: SIZE },
    ],
  ])('is put where it belongs when there is %s', async (_, taken, ...segments) => {
    const t = await accepted(PEER);
    expect(arrive(t, ...segments)).toBe(taken);
    expect(take(t).slice(0, 2 * SIZE)).toEqual(sent(1, 2 * SIZE));
  });

  test('is put where it belongs for a reader that pauses, before or behind', async () => {
    for (const early of [true, false]) {
      const t = await accepted(PEER);
      if (early) t.option(OPTION_PAUSED, 1);
      expect(arrive(t, { seq: 1, data: SIZE, apart: true }), `${early}`).toBe(early ? 0 : 1);
      if (!early) t.option(OPTION_PAUSED, 1);
      t.driver.output();
      expect(arrive(t, { seq: 1001, data: SIZE })).toBe(1);
      t.option(OPTION_PAUSED, 0);
      expect(take(t)).toEqual(sent(1, 2 * SIZE));
    }
  });

  test('that nobody took is there in the next batch, and in a snapshot', async () => {
    const t = await accepted(PEER);
    arrive(t, { seq: 1, data: SIZE, apart: true });
    const core = Core.restored((await compileCore(TEST_CORE)).instantiate(0), t.driver.core.snapshot());
    t.driver.output();
    arrive(t, { seq: 1001, data: SIZE });
    expect(take(t)).toEqual(sent(1, 2 * SIZE));
    expect([...(core.receive(t.handle) ?? [])]).toEqual(sent(1, SIZE));
  });

  test('may be taken in parts, or copied to where somebody wants it', async () => {
    const t = await accepted(PEER);
    const { core } = t.driver;
    arrive(t, { seq: 1, data: SIZE, apart: true }, { seq: 1001, data: SIZE, apart: true });
    const peeked = new Uint8Array(1500);
    expect(core.receiveInto(t.handle, peeked, true)).toBe(1500);
    expect([...peeked]).toEqual(sent(1, 1500));
    expect([...(core.receive(t.handle, 300) ?? [])]).toEqual(sent(1, 300));
    t.driver.output();
    expect(take(t)).toEqual(sent(301, 1700));
  });
});
