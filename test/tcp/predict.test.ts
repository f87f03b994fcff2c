/**
 * Header prediction is a short way through SEGMENT ARRIVES, and nothing else may show that it was taken. A segment with
 * CWR is not expected, and without ECN the bit says nothing: so of two connections that hear the same, with and without
 * that bit, one takes the short way and the other the eight checks, and both must be left with the same memory.
 */
import { describe, expect, test } from 'vitest';
import {
  OPTION_PAUSED,
  SETTING_ECN,
  SETTING_RECEIVE_BUFFER,
  SETTING_RECEIVE_BUFFER_INITIAL,
} from '../../assembly/abi/constants.js';
import { SeededRandom } from '../../host/device/random.js';
import type { Options } from '../kit/packet.js';
import { accepted, type Segment, type Timeline } from '../kit/timeline.js';

const PEERS: Readonly<Record<string, Options>> = {
  'with all options': { mss: 1000, windowScale: 4, sackPermitted: true, timestamps: [5000, 0] },
  'with SACK alone': { mss: 1000, sackPermitted: true },
  'without options': { mss: 1000 },
};

describe.each(Object.entries(PEERS))('prediction, before a peer %s', (_, syn) => {
  test('leaves what the eight checks leave', async () => {
    for (let seed = 1; seed <= 10; seed++) {
      const [short, long] = await Promise.all([connection(syn, seed), connection(syn, seed)]);
      const random = randomFrom(seed);
      const peer = { next: 1, acknowledged: 1, queued: 0, random };
      for (let step = 0; step < 40; step++) {
        const act = action(peer, short);
        act(short, '');
        act(long, 'W');
        const told = `seed ${seed}, step ${step}`;
        expect(sent(long), `the segments sent, ${told}`).toEqual(sent(short));
        expect(long.events(), `the events, ${told}`).toEqual(short.events());
        expect(sameMemory(short, long), `the same memory, ${told}`).toBe(true);
      }
    }
  });
});

function connection(syn: Options, seed: number): Promise<Timeline> {
  return accepted({ syn, seed, settings: SETTINGS });
}

interface Peer {
  /** The number of its next byte, and what it has acknowledged of ours; relative. */
  next: number;
  acknowledged: number;
  /** Bytes that our user has given. */
  queued: number;
  readonly random: (below: number) => number;
}

/** What happens next, mostly what a well-behaved peer does; to be done to both. */
function action(peer: Peer, t: Timeline): (t: Timeline, more: string) => void {
  const { random } = peer;
  const what = random(16);
  if (what < 2) return (t) => void t.option(OPTION_PAUSED, what);
  if (what === 2 || what === 3) {
    const size = 1 + random(3000);
    peer.queued += size;
    return (t) => void t.send(size);
  }
  const time = random(400);
  if (what === 4) return (t) => t.driver.advance(time);
  const segments = Array.from({ length: 1 + random(5) }, () => segment(peer, t));
  const stamp = random(3);
  const takes = random(3) > 0;
  return (t, more) => {
    t.tsVal += stamp - (stamp === 0 && segments.length === 1 ? 1 : 0);
    const packets = segments.map((said) => t.build({ ...said, flags: said.flags + more }));
    t.driver.input(packets);
    if (takes) while (t.driver.core.receive(t.handle) !== undefined);
    t.driver.output();
  };
}

function segment(peer: Peer, t: Timeline): Segment & { flags: string } {
  const { random } = peer;
  const said = {
    flags: random(2) === 0 ? 'A' : 'PA',
    seq: peer.next,
    ack: peer.acknowledged,
    win: 4096 + random(3) * 64,
  };
  const kind = random(12);
  if (kind < 3) {
    // What the peer can have heard of by now.
    const known = peer.acknowledged + random(Math.min(peer.queued, 1000 * 9) + 1);
    const could = Math.min(known, heard.get(t) ?? 1);
    peer.acknowledged = Math.max(peer.acknowledged, could);
    return { ...said, ack: peer.acknowledged };
  }
  const size = 1 + random(1000);
  if (kind === 3) return { ...said, seq: peer.next + 1 + random(2000), data: size };
  if (kind === 4) return { ...said, seq: peer.next - Math.min(peer.next - 1, random(900)), data: size };
  if (kind === 5) return { ...said, win: random(2) * 2000 };
  if (kind === 6) return { ...said, ack: peer.acknowledged - random(300) };
  peer.next += size;
  return { ...said, data: size };
}

/** How far our bytes have been sent, as the peer sees them; relative. */
const heard = new WeakMap<Timeline, number>();

function sent(t: Timeline): string[] {
  const bytes = t.driver.emitted.map((emitted) => Buffer.from(emitted.bytes).toString('hex'));
  const furthest = t.take().map(({ seq, data }) => seq + data.length);
  heard.set(t, Math.max(heard.get(t) ?? 1, ...furthest));
  return bytes;
}

/** Whole numbers below a bound that follow from a seed. */
function randomFrom(seed: number): (below: number) => number {
  const random = new SeededRandom(seed);
  return (below) => Math.floor(random.fraction() * below);
}

/** State and everything that is allocated. Not the segment under examination, which has the bit. */
function sameMemory(one: Timeline, other: Timeline): boolean {
  const [a, b] = [one.driver.core.bytes, other.driver.core.bytes];
  return [a.subarray(STATE, SEGMENT), a.subarray(DYNAMIC)].every(
    (part) => Buffer.compare(part, b.subarray(part.byteOffset, part.byteOffset + part.length)) === 0,
  );
}

/** A buffer that is full now and then. */
const SETTINGS = { [SETTING_ECN]: 0, [SETTING_RECEIVE_BUFFER]: 6000, [SETTING_RECEIVE_BUFFER_INITIAL]: 6000 };

// As in assembly/memory/map.ts.
const STATE = 0x10000;
const SEGMENT = 0x11800;
const DYNAMIC = 0x150000;
