/** Path MTU discovery from what routers say (RFC 1191), and what attackers can not make of it (RFC 5927 §7). */

import { describe, expect, test } from 'vitest';
import {
  FAST_OPEN_CLIENT,
  FAST_OPEN_CLIENT_NO_COOKIE,
  MTU_DISCOVER_DO,
  MTU_DISCOVER_DONT,
  MTU_DISCOVER_PROBE,
  OFFLOAD_CHECKSUM,
  OPEN_NO_COOKIE,
  OPTION_FAST_OPEN,
  OPTION_MTU_DISCOVER,
  SETTING_FAST_OPEN,
  SETTING_INITIAL_WINDOW,
  SETTING_MTU_PROBING,
} from '../../assembly/abi/constants.js';
import { PEER } from '../kit/driver.js';
import { LEAST_MTU, neighbor, OFFLOAD_TSO, testIPv4, testIPv6, WIDER } from '../kit/family.js';
import { icmpError, TOO_BIG, tooBig } from '../kit/icmp.js';
import type { Options } from '../kit/packet.js';
import { connected, type Timeline, type TimelineOptions, timeline } from '../kit/timeline.js';

const SACK: Options = { mss: 1460, sackPermitted: true };
const PLAIN: Options = { mss: 1460 };

/** A connection that may send ten segments of 1460 bytes. */
function open(syn = SACK, options: TimelineOptions = {}): Promise<Timeline> {
  const settings = { [SETTING_INITIAL_WINDOW]: 10, [SETTING_MTU_PROBING]: 0, ...options.settings };
  return connected({ ...options, syn, settings });
}

/** Where the segments begin that were sent since the last look, and how long they are. */
function segments(t: Timeline): [seq: number, length: number][] {
  return t.take().map(({ seq, data }) => [seq, data.length]);
}

function flags(t: Timeline): number[] {
  return t.driver.emitted.splice(0).map(({ bytes }) => (bytes[6] as number) >> 5);
}

describe('a packet that was too big', () => {
  test.each([
    ['with SACK', SACK],
    ['without SACK', PLAIN],
  ])('goes out again at once, in segments that fit (RFC 1191 §6.5): %s', async (_, syn) => {
    const t = await open(syn);
    t.send(2920);
    expect(segments(t)).toEqual([
      [1, 1460],
      [1461, 1460],
    ]);
    t.injectRaw(tooBig(t, 1300, 1, 1500));
    expect(segments(t)).toEqual([
      [1, 1260],
      [1261, 1260],
      [2521, 400],
    ]);
    t.inject({ ack: 2921 });
    t.send(2520);
    expect(segments(t)).toEqual([
      [2921, 1260],
      [4181, 1260],
    ]);
  });

  test('leaves out what passed: a short last segment', async () => {
    const t = await open();
    t.send(3000);
    t.flush();
    segments(t);
    t.injectRaw(tooBig(t, 1300, 1, 1500));
    expect(segments(t)).toEqual([
      [1, 1260],
      [1261, 1260],
      [2521, 400],
    ]);
  });

  test('leaves out what the peer has', async () => {
    const t = await open();
    for (let part = 0; part < 3; part++) {
      t.send(1460);
      t.take();
      t.pass(5);
    }
    t.inject({ sack: [[1461, 2921]] });
    expect(segments(t), 'lost, as it seems').toEqual([[1, 1460]]);
    t.injectRaw(tooBig(t, 1300, 1, 1500));
    expect(segments(t)).toEqual([
      [1, 1260],
      [1261, 200],
      [2921, 1260],
      [4181, 200],
    ]);
  });

  test.each([
    ['with SACK', SACK],
    ['without SACK', PLAIN],
  ])('costs no congestion window: nobody was congested (RFC 1191 §6.5): %s', async (_, syn) => {
    const t = await open(syn);
    t.send(100_000);
    expect(segments(t)).toHaveLength(10);
    t.injectRaw(tooBig(t, 1300, 1, 1500));
    const again = segments(t);
    expect(
      again.reduce((sum, [, length]) => sum + length, 0),
      'the window as it was',
    ).toBeGreaterThan(13_600);
    expect(again[0]).toEqual([1, 1260]);
    let more = 0;
    for (let ack = 1261; ack <= 13_861; ack += 1260) {
      t.inject({ ack });
      more += segments(t).length;
    }
    expect(more, 'and it grows').toBeGreaterThan(11);
  });

  test('is no sign of congestion either while not all of it has gone out again', async () => {
    const t = await open();
    t.send(100_000);
    t.take();
    t.injectRaw(tooBig(t, 1300, 1, 1500));
    t.take();
    t.pass(5);
    t.inject({ ack: 1261, sack: [[2521, 5041]] });
    t.take();
    t.pass(5);
    t.inject({ ack: 14_601 });
    const last = segments(t).at(-1) as [number, number];
    expect(last[0] + last[1] - 14_601, 'bytes in flight').toBeGreaterThan(13_600);
  });

  test('goes out again only once, however many routers complain (RFC 1191 §6.5)', async () => {
    const t = await open();
    t.send(14_600);
    segments(t);
    t.injectRaw(tooBig(t, 1300, 1, 1500), tooBig(t, 1300, 1461, 1500), tooBig(t, 1300, 2921, 1500));
    expect(segments(t).filter(([seq]) => seq === 1)).toHaveLength(1);
    t.injectRaw(tooBig(t, 1300, 4381, 1500));
    t.expectNothing();
  });

  test('may turn out too big again at the next router', async () => {
    const t = await open();
    t.send(1460);
    segments(t);
    t.injectRaw(tooBig(t, 1400, 1, 1500));
    expect(segments(t)).toEqual([
      [1, 1360],
      [1361, 100],
    ]);
    t.injectRaw(tooBig(t, 1300, 1, 1400));
    expect(segments(t)).toEqual([
      [1, 1260],
      [1261, 100],
    ]);
  });

  test('makes room for options: timestamps', async () => {
    const t = await open({ mss: 1460, sackPermitted: true, timestamps: [1, 0] });
    t.send(1448);
    segments(t);
    t.injectRaw(tooBig(t, 1300, 1, 1500));
    expect(segments(t)).toEqual([
      [1, 1248],
      [1249, 200],
    ]);
  });

  test('in fast recovery ends it where the window was to go', async () => {
    const t = await open(PLAIN);
    t.send(14_600);
    segments(t);
    t.inject({}, {}, {}, {});
    expect(segments(t)[0]).toEqual([1, 1460]);
    t.injectRaw(tooBig(t, 1300, 1, 1500));
    const again = segments(t).reduce((sum, [, length]) => sum + length, 0);
    expect(again).toBeLessThanOrEqual(7300);
    expect(again).toBeGreaterThan(6200);
  });

  test('carries its FIN again', async () => {
    const t = await open();
    t.send(1460);
    t.shutdown();
    t.take();
    t.injectRaw(tooBig(t, 1300, 1, 1500));
    t.expect({ data: 1260 });
    const { flags: control, data } = t.take()[0] as { flags: string; data: Uint8Array };
    expect([control, data.length]).toEqual(['FPA', 200]);
  });

  test('under TSO was one of many, and the device cuts smaller from then on', async () => {
    const t = await open(SACK, { offloads: OFFLOAD_CHECKSUM | OFFLOAD_TSO });
    const cuts = () => t.driver.emitted.map(({ virtio }) => (virtio[4] as number) | ((virtio[5] as number) << 8));
    t.send(14_600);
    expect(cuts()).toEqual([1460]);
    t.take();
    t.injectRaw(tooBig(t, 1300, 1461, 1500));
    expect(Math.max(...segments(t).map(([, length]) => length)), 'repetitions').toBeLessThanOrEqual(1260);
    t.inject({ ack: 14_601 });
    t.send(20_000);
    expect(new Set(cuts().slice(0, 1))).toEqual(new Set([1260]));
    t.take();
  });
});

describe('the size that is claimed', () => {
  /** A connection with one segment of 1460 bytes in flight. */
  async function one(options: TimelineOptions = {}): Promise<Timeline> {
    const t = await open(SACK, options);
    t.send(1460);
    segments(t);
    return t;
  }

  testIPv4.each([
    [1500, 1492],
    [1492, 1006],
    [1006, 552],
  ])(
    '0, by an old router of IPv4, of a packet of %i bytes stands for %i: the next smaller plateau (RFC 1191 §5, §7)',
    async (size, mtu) => {
      const t = await one();
      if (size < 1500) {
        t.injectRaw(tooBig(t, size, 1, 1500));
        segments(t);
      }
      t.injectRaw(tooBig(t, 0, 1, size));
      expect(segments(t)[0]).toEqual([1, mtu - 40]);
    },
  );

  testIPv4(
    '0 of an IPv4 packet whose length is quoted too large stands for less than what we send (RFC 1191 §5)',
    async () => {
      const t = await one();
      t.injectRaw(tooBig(t, 0, 1, 65_000));
      expect(segments(t)[0]).toEqual([1, 1452]);
    },
  );

  testIPv4.each([68, 256, 551])(
    'of %i bytes of IPv4 counts as 552, and routers may fragment from then on',
    async (claimed) => {
      const t = await one();
      t.injectRaw(tooBig(t, claimed, 1, 1500));
      expect(new Set(t.driver.emitted.map(({ bytes }) => bytes[6]))).toEqual(new Set([0]));
      expect(segments(t)).toEqual([
        [1, 512],
        [513, 512],
        [1025, 436],
      ]);
    },
  );

  testIPv4('of 552 bytes of IPv4 counts, and nothing may be fragmented', async () => {
    const t = await one();
    t.injectRaw(tooBig(t, 552, 1, 1500));
    expect(t.driver.emitted[0]?.bytes[6]).toBe(0x40);
    expect(segments(t)[0]).toEqual([1, 512]);
  });

  testIPv4('below 552 of IPv4 with leave to fragment denied counts as 552 all the same', async () => {
    const t = await one();
    t.option(OPTION_MTU_DISCOVER, MTU_DISCOVER_DO);
    t.injectRaw(tooBig(t, 100, 1, 1500));
    expect(flags(t)).toEqual([2, 2, 2]);
  });

  testIPv4('below 552 lets packets of IPv4 be fragmented when they are that small already', async () => {
    const t = await one();
    t.injectRaw(tooBig(t, 552, 1, 1500));
    expect(flags(t)).toEqual([2, 2, 2]);
    t.injectRaw(tooBig(t, 500, 1, 552));
    t.inject({ ack: 1461 });
    t.send(100);
    expect(flags(t)).toEqual([0]);
  });

  testIPv6.each([0, 68, 1279 - 20])(
    'of less than 1280 bytes is nothing that a router of IPv6 can mean (RFC 8201 §4): %i',
    async (claimed) => {
      const t = await one();
      t.injectRaw(tooBig(t, claimed, 1, 1500));
      t.expectNothing();
    },
  );

  testIPv6('of 1280 bytes counts', async () => {
    const t = await one();
    t.injectRaw(tooBig(t, LEAST_MTU, 1, 1500));
    expect(segments(t)).toEqual([
      [1, 1220],
      [1221, 240],
    ]);
  });

  test.each<[string, number, number]>([
    ['larger than the packet (RFC 5927 §7)', 1501, 1500],
    ['as large as the packet', 1500, 1500],
    ['larger than the packet that is quoted, though smaller than ours', 1400, 1300],
    ['what no quoted packet without data exceeds', 1400, 40],
  ])('%s is not believed', async (_, mtu, size) => {
    const t = await one();
    t.injectRaw(tooBig(t, mtu, 1, size));
    t.expectNothing();
    t.inject({ ack: 1461 });
    t.send(1460);
    expect(segments(t)).toEqual([[1461, 1460]]);
  });

  test.each<[string, number]>([
    ['before what is in flight', 0],
    ['behind it', 1461],
    ['anywhere else', 123_456_789],
  ])('for a segment %s is not believed (RFC 5927 §4.1)', async (_, seq) => {
    const t = await one();
    t.injectRaw(tooBig(t, 1300, seq, 1500));
    t.expectNothing();
    t.inject({ ack: 1461 });
    t.send(1460);
    expect(segments(t)).toEqual([[1461, 1460]]);
  });

  test('for another connection is not ours', async () => {
    const t = await one();
    t.injectRaw(
      icmpError(t, { ...TOO_BIG, mtu: 1300, seq: 1, size: 1500, localPort: 7 }),
      icmpError(t, { ...TOO_BIG, mtu: 1300, seq: 1, size: 1500, peer: neighbor(77) }),
    );
    t.expectNothing();
  });

  test.each([
    ['may be fragmented', MTU_DISCOVER_DONT],
    ['probes by itself', MTU_DISCOVER_PROBE],
  ])('concerns no connection that %s', async (_, choice) => {
    const t = await open();
    t.option(OPTION_MTU_DISCOVER, choice);
    t.send(1460);
    segments(t);
    t.injectRaw(tooBig(t, 1300, 1, 1500));
    t.expectNothing();
  });

  test('does no harm while a SYN is on its way', async () => {
    const t = await open();
    t.handle = 0;
    t.connect(81);
    t.expect({ flags: 'S', seq: 0 });
    t.injectRaw(tooBig(t, 1260, 0, 60), tooBig(t, 1260, 0, 1500));
    t.expectNothing();
    expect(t.state).toBe('SynSent');
  });
});

describe('a SYN with data on it (RFC 7413)', () => {
  /** A SYN that carries 1400 bytes. */
  async function early(): Promise<Timeline> {
    const settings = { [SETTING_FAST_OPEN]: FAST_OPEN_CLIENT | FAST_OPEN_CLIENT_NO_COOKIE };
    const t = await timeline({ settings, syn: SACK });
    t.driver.putAddresses(PEER);
    t.handle = t.driver.calls.tcpConnect(80, 40_000);
    [t.localPort, t.peerPort] = [40_000, 80];
    expect(t.option(OPTION_FAST_OPEN, OPEN_NO_COOKIE)).toBeGreaterThan(1000);
    t.send(1400);
    expect(t.take().map(({ flags: control, data }) => [control, data.length])).toEqual([['S', 1400]]);
    return t;
  }

  test.each([
    ['whose size the router quotes', 1460],
    ['of which it quotes a bare header', 40],
  ])('that is too big for the path goes out again without, and says what the path takes: %s', async (_, size) => {
    const t = await early();
    t.injectRaw(tooBig(t, 1300, 0, size));
    expect(t.expect({ flags: 'S', seq: 0 }).options.mss).toBe(1260);
    t.injectRaw(tooBig(t, 1300, 0, size));
    t.expectNothing();
    t.inject({ flags: 'SA', seq: 0, ack: 1, options: SACK });
    const sent = t.take().filter(({ data }) => data.length > 0);
    expect(sent.map(({ seq, data }) => [seq, data.length])).toEqual([
      [1, 1260],
      [1261, 140],
    ]);
  });

  test.each([
    ['a claim that it does not exceed', 1480, 0],
    ['a claim for what is not in flight', 1300, 1401],
  ])('is not disturbed by %s', async (_, mtu, seq) => {
    const t = await early();
    t.injectRaw(tooBig(t, mtu, seq, 1500));
    t.expectNothing();
  });
});

describe('what was learnt of a path', () => {
  /** The path to the peer takes 1300 bytes; nothing is in flight. */
  async function narrow(): Promise<Timeline> {
    const t = await open();
    t.send(1460);
    t.take();
    t.injectRaw(tooBig(t, 1300, 1, 1500));
    t.take();
    t.inject({ ack: 1461 });
    return t;
  }

  /** Another connection to the same peer. */
  function again(t: Timeline, peer?: string): void {
    if (peer === undefined) t.connect(81);
    else {
      t.driver.putAddresses(peer);
      t.handle = t.driver.calls.tcpConnect(81, 50_000);
      t.driver.output();
      [t.localPort, t.peerPort] = [50_000, 81];
    }
    const syn = t.take()[0];
    expect(syn?.options.mss, 'what we can receive is another matter (RFC 2923 §2.3)').toBe(1460);
    t.inject({ flags: 'SA', seq: 0, options: SACK, ...(peer === undefined ? {} : { peer }) });
    t.take();
    t.send(1460);
  }

  test('holds for new connections to that destination (RFC 1191 §6.3)', async () => {
    const t = await narrow();
    again(t);
    expect(segments(t)[0]?.[1]).toBe(1260);
  });

  test('does not hold for others', async () => {
    const t = await narrow();
    again(t, neighbor(7));
    expect(segments(t)[0]?.[1]).toBe(1460);
  });

  test('is tried anew after ten minutes (RFC 1191 §6.3), by whatever is sent then', async () => {
    const t = await narrow();
    t.at(599_999);
    t.send(2520);
    expect(segments(t)).toEqual([
      [1461, 1260],
      [2721, 1260],
    ]);
    t.inject({ ack: 3981 });
    t.at(600_001);
    t.send(1460);
    expect(segments(t)).toEqual([[3981, 1460]]);
    again(t);
    expect(segments(t)[0]?.[1]).toBe(1460);
  });

  test('is learnt anew when the path is as narrow as before', async () => {
    const t = await narrow();
    t.at(600_001);
    t.send(1460);
    t.take();
    t.injectRaw(tooBig(t, 1300, 1461, 1500));
    expect(segments(t)).toEqual([
      [1461, 1260],
      [2721, 200],
    ]);
    t.inject({ ack: 2921 });
    t.pass(599_000);
    t.send(1460);
    expect(segments(t)[0]).toEqual([2921, 1260]);
  });

  test('never makes segments larger than what the peer takes', async () => {
    const t = await connected({ syn: { mss: 1400 }, settings: { [SETTING_MTU_PROBING]: 0 } });
    t.send(1400);
    t.take();
    t.injectRaw(tooBig(t, 1300, 1, 1440));
    t.take();
    t.inject({ ack: 1401 });
    t.at(600_001);
    t.send(1400);
    expect(segments(t)).toEqual([[1401, 1400]]);
  });

  test('is remembered of 64 destinations; the oldest is forgotten first', async () => {
    const t = await open();
    for (let host = 10; host < 75; host++) {
      const peer = neighbor(host);
      t.driver.putAddresses(peer);
      t.handle = t.driver.calls.tcpConnect(80, 50_000);
      t.driver.output();
      [t.localPort, t.peerPort] = [50_000, 80];
      t.take();
      t.inject({ flags: 'SA', seq: 0, options: SACK, peer });
      t.take();
      t.driver.core.send(t.handle, new Uint8Array(1460));
      t.driver.output();
      t.driver.emitted.splice(0);
      t.injectRaw(icmpError(t, { ...TOO_BIG, mtu: 1300, seq: 1, size: 1500, peer }));
      t.driver.emitted.splice(0);
      t.pass(1);
    }
    t.driver.emitted.splice(0);
    const size = (peer: string) => {
      t.driver.putAddresses(peer);
      t.handle = t.driver.calls.tcpConnect(82, 50_001);
      t.driver.output();
      [t.localPort, t.peerPort] = [50_001, 82];
      t.take();
      t.inject({ flags: 'SA', seq: 0, options: SACK, peer });
      t.take();
      t.driver.core.send(t.handle, new Uint8Array(1460));
      t.driver.output();
      return t.driver.emitted.splice(0)[0]?.bytes.length;
    };
    expect([10, 11, 74].map((host) => size(neighbor(host)))).toEqual([1500, 1300, 1300].map((size) => size + WIDER));
  });
});
