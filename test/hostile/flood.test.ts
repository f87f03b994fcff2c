/**
 * A flood of SYNs from forged addresses: what it costs, and what it costs others (RFC 4987). And the blind attacks of
 * RFC 5961, whose attacker knows the ends of a connection and guesses its numbers.
 */
import { describe, expect, test } from 'vitest';
import {
  COUNTER_COOKIES_SENT,
  COUNTER_HALF_OPEN,
  LISTENER_QUEUE,
  SETTING_SYN_COOKIES,
} from '../../assembly/abi/constants.js';
import { SeededRandom } from '../../host/device/random.js';
import { IPV6, perFamily } from '../kit/family.js';
import type { Options } from '../kit/packet.js';
import { amount } from '../kit/soak.js';
import { accepted, type Segment, type Timeline, timeline } from '../kit/timeline.js';

const FLOOD = perFamily(amount(30_000, 100_000), 20_000);
const BACKLOG = 128;
const BATCH = 50;

/** SYNs from so many addresses and ports that nobody has. */
function flood(t: Timeline, count: number, random: SeededRandom): void {
  for (let sent = 0; sent < count; sent += BATCH) {
    t.driver.input(
      Array.from({ length: BATCH }, (_, index) =>
        t.build({
          flags: 'S',
          seq: Math.floor(random.fraction() * 2 ** 32),
          peer: address(sent + index),
          peerPort: 1024 + Math.floor(random.fraction() * 60_000),
          options: { mss: 1460, sackPermitted: true, timestamps: [sent + 1, 0], windowScale: 7 },
        }),
      ),
    );
    t.driver.output();
    t.driver.emitted.length = 0;
  }
}

/** 11.0.0.0 or 2001:db8:: and the addresses behind it. */
function address(index: number): string {
  if (IPV6) return `2001:db8::${(index >> 16).toString(16)}:${(index & 0xffff).toString(16)}`;
  return `11.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;
}

const memory = (t: Timeline): number => t.driver.core.memory.buffer.byteLength;
const counter = (t: Timeline, which: number): number => t.driver.calls.counter(which);

describe(`a flood of ${FLOOD} SYNs`, () => {
  test('costs the records of the backlog, 128 KiB, and nothing more; nothing of it stays', async () => {
    const t = await timeline();
    t.listen(80, BACKLOG);
    const random = new SeededRandom(1);
    flood(t, BACKLOG, random);
    const before = [memory(t), t.driver.connections];
    flood(t, FLOOD - BACKLOG, random);
    expect([memory(t), t.driver.connections]).toEqual(before);
    expect(counter(t, COUNTER_HALF_OPEN)).toBe(BACKLOG);
    expect(t.driver.bufferBytes).toBe(0);
    expect(counter(t, COUNTER_COOKIES_SENT)).toBeGreaterThanOrEqual(FLOOD - BACKLOG - BATCH);
    t.driver.advance(120_000);
    t.take();
    expect(t.driver.connections).toBe(0);
    expect(t.driver.deadline).toBe(Number.POSITIVE_INFINITY);
  });

  test('takes at most 2 MiB of linear memory from a fresh stack', async () => {
    const t = await timeline();
    const fresh = memory(t);
    t.listen(80, BACKLOG);
    flood(t, FLOOD, new SeededRandom(2));
    expect(memory(t) - fresh).toBeLessThanOrEqual(2 << 20);
  });

  const clients: [name: string, syn: Options][] = [
    ['without timestamps', { mss: 1000 }],
    ['with timestamps', { mss: 1000, sackPermitted: true, timestamps: [7, 0], windowScale: 7 }],
  ];
  test.each(clients)('does not keep an honest client out, %s', async (_, syn) => {
    const t = await timeline({ syn });
    t.listen(80, BACKLOG);
    const random = new SeededRandom(3);
    flood(t, FLOOD / 2, random);
    // The flood goes on while the client's round trip of 100 ms lasts.
    const started = t.time;
    t.inject({ flags: 'S', seq: 0, options: t.syn });
    t.expect({ flags: 'SA', seq: 0, ack: 1 });
    const [iss, tsEcr] = [t.iss, t.tsEcr];
    flood(t, FLOOD / 2, random);
    t.driver.now += 100;
    [t.iss, t.tsEcr] = [iss, tsEcr];
    t.inject({});
    t.take();
    expect(t.events()).toEqual(['open']);
    expect(t.time - started).toBeLessThanOrEqual(100);
    t.send(3000);
    expect(t.take().length).toBeGreaterThan(0);
    t.inject({ flags: 'PA', ack: 1, data: 10 });
    expect(t.receive()).toBe(10);
  });

  test('does not disturb connections that are open', async () => {
    const t = await timeline();
    t.listen(80, BACKLOG);
    t.inject({ flags: 'S', seq: 0, options: t.syn });
    t.expect({ flags: 'SA', seq: 0 });
    t.inject({});
    t.events();
    const { iss } = t;
    const random = new SeededRandom(4);
    let received = 0;
    for (let round = 0; round < 20; round++) {
      flood(t, 1000, random);
      t.iss = iss;
      t.inject({ seq: 1 + round * 500, data: 500 });
      t.take();
      received += t.receive();
      t.take();
    }
    expect(received).toBe(10_000);
  });

  test('with answers, to a user who takes nothing, is bounded by the backlog too', async () => {
    const t = await timeline();
    t.listen(80, BACKLOG);
    t.driver.calls.tcpListenerOption(t.listener, LISTENER_QUEUE, 1);
    for (let index = 0; index < 2000; index++) {
      const ends = { peer: address(index), peerPort: 5000 };
      t.inject({ ...ends, flags: 'S', seq: 0 });
      t.take();
      t.inject({ ...ends, flags: 'PA', data: 1000 });
      t.take();
    }
    expect(t.driver.calls.tcpAcceptable(t.listener)).toBe(BACKLOG);
    expect(t.driver.connections).toBe(BACKLOG);
  });

  test('without cookies keeps clients out, but nothing else: that is what they are for', async () => {
    const t = await timeline({ settings: { [SETTING_SYN_COOKIES]: 0 } });
    t.listen(80, BACKLOG);
    flood(t, 1000, new SeededRandom(5));
    t.inject({ flags: 'S', seq: 0 });
    t.expectNothing();
    expect(counter(t, COUNTER_HALF_OPEN)).toBe(BACKLOG);
  });
});

describe('a blind attacker, with 10,000 guesses all over the space of numbers,', () => {
  const attacks: [name: string, limit: number, segment: (guess: number) => Segment][] = [
    ['who resets', 1000, (guess) => ({ flags: 'R', seq: guess })],
    ['who resets with an ACK', 1000, (guess) => ({ flags: 'RA', seq: guess, ack: guess })],
    ['who synchronizes', 1000, (guess) => ({ flags: 'S', seq: guess })],
    [
      'who injects text',
      20_000,
      (guess) => ({ flags: 'PA', seq: guess, ack: Math.imul(guess, 0x9e37_79b1) >>> 0, data: 20 }),
    ],
    ['who ends the stream', 20_000, (guess) => ({ flags: 'FA', seq: guess, ack: Math.imul(guess, 0x85eb_ca6b) >>> 0 })],
  ];
  // Every 32 KiB one guess: a window of 64 KiB is hit twice, and RCV.NXT itself never.
  const guesses = Array.from({ length: 10_000 }, (_, index) => (2 + index * 429_496) >>> 0);

  test.each(attacks)(
    '%s breaks nothing, earns at most %i answers, and the stream goes on',
    async (_, limit, segment) => {
      const t = await accepted();
      t.send(1000);
      t.expect({ flags: 'PA', data: 1000 });
      let answers = 0;
      for (const guess of guesses) {
        t.driver.input([t.build(segment(guess)), t.build(segment(guess % 65_000 || 2))]);
        t.driver.output();
        answers += t.driver.emitted.splice(0).length;
      }
      expect(t.state).toBe('Established');
      expect(t.receive()).toBe(0);
      expect(answers).toBeLessThanOrEqual(limit);
      t.inject({ ack: 1001, data: 100 });
      t.take();
      expect(t.receive()).toBe(100);
      t.send(10);
      expect(t.take().some(({ data }) => data.length === 10)).toBe(true);
    },
  );
});
