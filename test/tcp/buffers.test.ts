/** The sizes of buffers: how they begin, follow the path, and are bounded (RFC 9293 §3.8.6, RFC 7323 §2). */

import { describe, expect, test } from 'vitest';
import {
  COUNTER_BUFFER_BYTES,
  COUNTER_CONNECTIONS,
  LISTENER_RECEIVE_BUFFER,
  LISTENER_SEND_BUFFER,
  OPTION_PAUSED,
  OPTION_RECEIVE_BUFFER,
  OPTION_SEND_BUFFER,
  SETTING_MEMORY_LIMIT,
  SETTING_RECEIVE_BUFFER,
  SETTING_RECEIVE_BUFFER_INITIAL,
  SETTING_SEND_BUFFER,
  SETTING_SEND_BUFFER_INITIAL,
} from '../../assembly/abi/constants.js';
import { memoryWire } from '../../host/device/memory.js';
import { weather } from '../../host/device/weather.js';
import type { Limits, Tuning } from '../../host/stack/settings.js';
import { PEER } from '../kit/family.js';
import type { Internals } from '../kit/internals.js';
import type { Options } from '../kit/packet.js';
import { converse, lab, Recorder } from '../kit/stacks.js';
import { accepted, connected, type Timeline, timeline } from '../kit/timeline.js';

const KIB = 1024;
const MIB = 1024 * KIB;
const INITIAL = 64 * KIB;
const ROUND_TRIP = 20;
const SYN: Options = { mss: 1000, windowScale: 0 };
const RECEIVE = { [SETTING_RECEIVE_BUFFER]: MIB, [SETTING_RECEIVE_BUFFER_INITIAL]: INITIAL };
const SEND = { [SETTING_SEND_BUFFER]: MIB, [SETTING_SEND_BUFFER_INITIAL]: 16 * KIB };

/** Our SYN waits for a round trip, so that its time is known. */
async function opened(settings: Record<number, number>, syn = SYN): Promise<Timeline> {
  const t = await timeline({ settings, syn });
  t.connect();
  t.take();
  t.pass(ROUND_TRIP);
  t.inject({ flags: 'SA', seq: 0, options: syn });
  t.take();
  t.events();
  return t;
}

/** A peer that sends what it may, round trip by round trip, and how the window answers. */
class Sender {
  next = 1;
  edge = 1;
  constructor(
    readonly t: Timeline,
    readonly shift: number,
  ) {}

  /** Sends `bytes`, which the user takes or not; ends a round trip later. @returns the window, in bytes */
  round(bytes: number, read = true): number {
    const { t } = this;
    for (let left = bytes; left > 0; ) {
      const batch = Array.from({ length: Math.min(32, Math.ceil(left / 1000)) }, () => {
        const data = Math.min(left, 1000);
        const segment = { seq: this.next, data };
        this.next += data;
        left -= data;
        return segment;
      });
      // As a stack does it: what has come is read before the ACK goes out.
      t.driver.input(batch.map((segment) => t.build(segment)));
      if (read) t.receive();
      else t.driver.output();
      this.look();
    }
    t.driver.advance(ROUND_TRIP);
    this.look();
    t.tsVal += ROUND_TRIP;
    return this.edge - this.next;
  }

  look(): void {
    for (const { ack, window } of this.t.take()) {
      const edge = ack + window * 2 ** this.shift;
      expect(edge, 'the right edge (SHLD-14)').toBeGreaterThan(this.edge - 2 ** this.shift);
      this.edge = Math.max(this.edge, edge);
    }
  }
}

describe('the receive buffer', () => {
  test('grows to four times what the user takes in a round trip', async () => {
    const s = new Sender(await opened(RECEIVE), 5);
    s.round(1000);
    expect(s.round(40_000)).toBeLessThanOrEqual(INITIAL);
    // What was taken in a round trip is known when the next one begins.
    expect(s.round(40_000)).toBeGreaterThanOrEqual(2 * 40_000);
    expect(s.round(40_000)).toBeLessThanOrEqual(4 * 40_000);
  });

  test('stays as it is under a sender that needs less', async () => {
    const s = new Sender(await opened(RECEIVE), 5);
    for (let round = 0; round < 20; round++) expect(s.round(16_000)).toBeLessThanOrEqual(INITIAL);
  });

  test('stays as it is when the user does not take what comes', async () => {
    const t = await opened(RECEIVE);
    t.option(OPTION_PAUSED, 1);
    const s = new Sender(t, 5);
    s.round(30_000, false);
    s.round(30_000, false);
    expect(s.round(1000, false)).toBeLessThanOrEqual(INITIAL - 61_000);
  });

  test('follows a sender in slow start up to the largest size', async () => {
    const s = new Sender(await opened(RECEIVE), 5);
    for (let sent = 8000; sent <= 512_000; sent *= 2) {
      // The window never holds the sender up.
      expect(s.round(sent)).toBeGreaterThanOrEqual(Math.min(2 * sent, MIB - 1000) - 2000);
    }
    expect(s.round(1000)).toBeLessThanOrEqual(MIB);
  });

  test('measures the round trip by timestamps where there are any', async () => {
    const t = await opened(RECEIVE, { ...SYN, timestamps: [1, 0] });
    const s = new Sender(t, 5);
    s.round(1000);
    const begun = t.tsEcr;
    // The peer goes on answering what was sent before: its round trip is longer than that of the handshake.
    for (let round = 0; round < 4; round++) {
      expect(s.round(10_000)).toBeLessThanOrEqual(INITIAL);
      t.tsEcr = begun - 1;
    }
    t.tsEcr = begun + ROUND_TRIP;
    expect(s.round(1000), '40,000 were taken in this round trip').toBeGreaterThan(INITIAL);
  });

  test('is what the user has fixed, and is no longer tuned', async () => {
    const t = await opened(RECEIVE);
    expect(t.option(OPTION_RECEIVE_BUFFER, 50_000)).toBe(0);
    const s = new Sender(t, 5);
    for (let round = 0; round < 8; round++) expect(s.round(40_000)).toBeLessThanOrEqual(INITIAL);
    expect(t.option(OPTION_RECEIVE_BUFFER, 0)).toBe(0);
    s.round(40_000);
    expect(s.round(40_000)).toBeGreaterThan(80_000);
  });

  test('may be made smaller, but what was offered stays offered (SHLD-14)', async () => {
    const t = await opened(RECEIVE);
    t.option(OPTION_RECEIVE_BUFFER, 4096);
    t.option(OPTION_PAUSED, 1);
    const s = new Sender(t, 5);
    s.edge = INITIAL - 1000;
    s.round(60_000, false);
    t.option(OPTION_PAUSED, 0);
    expect(t.receive()).toBe(60_000);
  });

  test('may be made larger, and the peer hears of it', async () => {
    const t = await opened({ ...RECEIVE, [SETTING_RECEIVE_BUFFER_INITIAL]: 2048 });
    t.option(OPTION_PAUSED, 1);
    t.inject({ seq: 1, data: 2048 });
    t.take();
    t.option(OPTION_RECEIVE_BUFFER, 100_000);
    expect(t.expect({ ack: 2049 }).window * 2 ** 5).toBeGreaterThan(90_000);
  });

  test('that is fixed before the SYN has gone decides the window scale', async () => {
    const t = await timeline({ settings: RECEIVE });
    t.driver.putAddresses(PEER);
    t.handle = t.driver.calls.tcpConnect(80, 0);
    t.driver.calls.tcpSetOption(t.handle, OPTION_RECEIVE_BUFFER, 10_000);
    t.driver.output();
    const [syn] = t.take();
    expect([syn?.window, syn?.options.windowScale]).toEqual([10_000, 0]);
  });

  test('of accepted connections is what their listener says', async () => {
    const t = await timeline({ settings: { ...RECEIVE, ...SEND }, syn: SYN });
    t.listen();
    expect(t.driver.calls.tcpListenerOption(t.listener, LISTENER_RECEIVE_BUFFER, 200_000)).toBe(0);
    expect(t.driver.calls.tcpListenerOption(t.listener, LISTENER_SEND_BUFFER, 5000)).toBe(0);
    t.inject({ flags: 'S', seq: 0, options: SYN });
    expect(t.expect({ flags: 'SA', seq: 0 }).options.windowScale).toBe(2);
    t.inject({});
    t.events();
    expect(t.send(10_000)).toBe(5000);
  });
});

describe('the send buffer', () => {
  test('holds twice the congestion window, and grows with it', async () => {
    const t = await accepted({ settings: SEND, syn: { ...SYN, windowScale: 7 }, win: 8000 });
    expect(t.send(MIB), 'the initial window is 10,000').toBe(20_000);
    expect(t.take()).toHaveLength(10);
    t.inject({ ack: 10_001 });
    expect(t.take().length).toBeGreaterThan(9);
    expect(t.events()).toContain('drain');
    expect(t.send(MIB)).toBeGreaterThan(10_000);
  });

  test('says when half of it is empty', async () => {
    const t = await accepted({ settings: SEND, syn: SYN });
    t.option(OPTION_SEND_BUFFER, 8000);
    expect(t.send(10_000)).toBe(8000);
    t.take();
    t.inject({ ack: 3001 });
    expect(t.events()).toEqual([]);
    t.inject({ ack: 4001 });
    expect(t.events()).toEqual(['drain']);
  });

  test('is no larger than the stack allows', async () => {
    const t = await accepted({
      settings: { ...SEND, [SETTING_SEND_BUFFER]: 18_000 },
      syn: { ...SYN, windowScale: 7 },
      win: 8000,
    });
    expect(t.send(MIB)).toBe(18_000);
  });

  test('is what the user has fixed, within bounds', async () => {
    const t = await accepted({ settings: SEND, syn: SYN });
    t.option(OPTION_SEND_BUFFER, 1);
    expect(t.send(10_000)).toBe(2048);
    t.option(OPTION_SEND_BUFFER, 3000);
    expect(t.send(10_000)).toBe(952);
    t.option(OPTION_SEND_BUFFER, 0);
    expect(t.send(MIB)).toBe(20_000 - 3000);
  });
});

describe('when the buffers of all connections take much of the memory limit', () => {
  const LIMIT = 32 * MIB;
  const settings = { ...RECEIVE, ...SEND, [SETTING_MEMORY_LIMIT]: LIMIT };
  const occupy = (t: Timeline, bytes: number) => (t.driver.calls as Internals).slabTake(bytes);

  test('a half: buffers no longer grow', async () => {
    const t = await opened(settings, { ...SYN, windowScale: 7 });
    occupy(t, LIMIT / 2);
    occupy(t, 256);
    expect(t.send(MIB)).toBe(16 * KIB);
    t.take();
    const s = new Sender(t, 5);
    s.round(40_000);
    s.round(40_000);
    expect(s.round(40_000)).toBeLessThanOrEqual(INITIAL);
  });

  test('three quarters: what comes out of order is not kept, what is in order is', async () => {
    const t = await opened(settings);
    occupy(t, LIMIT / 2);
    occupy(t, LIMIT / 4);
    occupy(t, 256);
    t.inject({ seq: 1001, data: 1000 });
    t.expect({});
    t.inject({ seq: 1, data: 1000 });
    expect(t.receive()).toBe(1000);
    t.take();
    t.inject({ seq: 1001, data: 1000 });
    expect(t.receive()).toBe(1000);
  });
});

describe('when memory has run out', () => {
  const settings = { ...SEND, [SETTING_MEMORY_LIMIT]: 8 * MIB };

  /** Takes all that is left. @returns what gives a block of it back */
  function exhaust(t: Timeline): (size: number) => void {
    const core = t.driver.calls as Internals;
    const blocks = [256, 1024, 4096].map((size): [number, number] => [core.slabTake(size), size]);
    for (let size = 65_536; size >= 256; ) {
      const block = core.slabTake(size);
      if (block === 0) size /= 2;
      else blocks.push([block, size]);
    }
    return (size) => {
      const index = blocks.findIndex(([, bytes]) => bytes === size);
      const [[block, bytes]] = blocks.splice(index, 1) as [[number, number]];
      core.slabGive(block, bytes);
      core.input(0, t.driver.now);
    };
  }

  test('a user who could write nothing is told as soon as there is some again', async () => {
    const t = await accepted({ settings, syn: SYN });
    const giveBack = exhaust(t);
    expect(t.send(1000)).toBe(0);
    expect(t.events()).toEqual([]);
    giveBack(65_536);
    expect(t.events()).toEqual(['drain']);
    expect(t.send(1000)).toBe(1000);
    t.expect({ flags: 'PA', seq: 1, data: 1000 });
  });

  test('it is told once, and what it does not use goes back', async () => {
    const t = await accepted({ settings, syn: SYN });
    const giveBack = exhaust(t);
    const before = t.driver.calls.counter(COUNTER_BUFFER_BYTES);
    t.send(1000);
    t.send(1000);
    giveBack(65_536);
    expect(t.events()).toEqual(['drain']);
    t.driver.output();
    giveBack(4096);
    expect(t.events()).toEqual([]);
    expect(t.driver.calls.counter(COUNTER_BUFFER_BYTES)).toBeLessThanOrEqual(before - 65_536 - 4096 + 256);
  });

  test('less than was asked for is better than nothing', async () => {
    const t = await accepted({ settings, syn: SYN });
    const giveBack = exhaust(t);
    giveBack(1024);
    expect(t.send(10_000)).toBe(512);
    t.expect({ flags: 'PA', seq: 1, data: 512 });
    expect(t.send(10_000)).toBe(0);
    t.inject({ seq: 1, ack: 513 });
    expect(t.events()).toEqual(['drain']);
  });

  test('a connection that is closed while it waits is forgotten when its turn comes', async () => {
    const t = await accepted({ settings, syn: SYN });
    const giveBack = exhaust(t);
    expect(t.send(1000)).toBe(0);
    t.abort();
    t.take();
    expect(t.events()).toEqual(['closed']);
    t.release();
    giveBack(256);
    t.driver.output();
    expect(t.driver.calls.counter(COUNTER_CONNECTIONS)).toBe(0);
  });
});

describe('100 Mbit/s with a round trip of 100 ms', () => {
  const RATE = 100e6;
  const BYTES = 12 * MIB;

  /** Milliseconds that the transfer takes. */
  async function transfer(limits: Limits, tcp: Tuning): Promise<number> {
    const [left, right] = memoryWire({ mtu: 9000 });
    const far = weather(left, { delay: 50, rate: RATE, queue: 4000 });
    const l = await lab({ wire: [far, right], both: { tcp, ...limits } });
    const data = new Uint8Array(BYTES);
    let sent = 0;
    const pump = (socket: { write(bytes: Uint8Array): number; end(): unknown }) => {
      while (sent < BYTES) {
        const taken = socket.write(data.subarray(sent, sent + 256 * KIB));
        if (taken <= 0) return;
        sent += taken;
      }
      socket.end();
    };
    const heard = { client: new Recorder({ drain: pump }), server: new Recorder() };
    const { client } = await converse(l, heard);
    const start = l.clock.now();
    pump(client);
    await l.until(() => heard.server.received === BYTES, 'the last byte');
    const took = l.clock.now() - start;
    l.close();
    return took;
  }

  test('is filled by buffers that grow, and not by those that they begin with', async () => {
    const ideal = (BYTES * 8 * 1000) / RATE;
    const small = { sendBufferInitial: 64 * KIB, receiveBufferInitial: 64 * KIB };
    const large = { sendBufferInitial: 8 * MIB, receiveBufferInitial: 8 * MIB };
    const most = { sendBuffer: 8 * MIB, receiveBuffer: 8 * MIB };
    const [tuned, roomy] = [await transfer(most, small), await transfer(most, large)];
    // What slow start costs, it costs with any buffers.
    expect(tuned).toBeLessThan(1.05 * roomy);
    expect(tuned).toBeLessThan(ideal + 700);
    // A buffer's worth in a round trip: 64 KiB in 100 ms are a twentieth of the rate.
    expect(await transfer({ sendBuffer: 64 * KIB, receiveBuffer: 64 * KIB }, {})).toBeGreaterThan(10 * ideal);
  });
});

test('a connection whose SYN was answered late still measures from its own round trips', async () => {
  const t = await connected({ settings: RECEIVE, syn: SYN });
  const s = new Sender(t, 5);
  s.round(1000);
  s.round(50_000);
  expect(s.round(50_000)).toBeGreaterThan(100_000);
});
