/** Path MTU discovery without routers: probes, black holes (RFC 4821, RFC 8899 §5.1.2). */

import { describe, expect, test } from 'vitest';
import {
  MTU_DISCOVER_DO,
  MTU_DISCOVER_DONT,
  OFFLOAD_CHECKSUM,
  OPTION_MTU_DISCOVER,
  SETTING_BASE_MSS,
  SETTING_INITIAL_WINDOW,
  SETTING_MTU_PROBING,
  SETTING_TAIL_PROBE,
} from '../../assembly/abi/constants.js';
import { describeIPv4, OFFLOAD_TSO, perFamily, testIPv4, testIPv6 } from '../kit/family.js';
import { tooBig } from '../kit/icmp.js';
import { established, RTT } from '../kit/recovery.js';
import type { Timeline, TimelineOptions } from '../kit/timeline.js';

const SYN = { mss: 1460, sackPermitted: true };
/** Where a search begins. */
const BASE = perFamily(1000, 1220);

/** A connection that searches from `BASE` bytes on, and may send 22 segments of that size. */
function searching(options: TimelineOptions = {}): Promise<Timeline> {
  const settings = {
    [SETTING_MTU_PROBING]: 2,
    [SETTING_BASE_MSS]: BASE,
    [SETTING_INITIAL_WINDOW]: 22,
    ...options.settings,
  };
  return established(RTT, { syn: SYN, ...options, settings });
}

/** Where the segments begin that were sent since the last look, and how long they are. */
function segments(t: Timeline): [seq: number, length: number][] {
  return t.take().map(({ seq, data }) => [seq, data.length]);
}

function lengths(t: Timeline): number[] {
  return t.take().map(({ data }) => data.length);
}

/** The peer has all but the bytes from `start` to `end`; what there is behind them it says segment by segment. */
function lose(t: Timeline, start: number, end: number, next: number): void {
  t.pass(RTT);
  t.inject({ ack: start, sack: [[end, next]] });
}

describe('a search', () => {
  test('begins at the base, and tries the largest size first, with enough behind it (RFC 4821 §7.2, §7.4)', async () => {
    const t = await searching();
    t.send(20_000);
    expect(lengths(t).slice(0, 4)).toEqual([1460, BASE, BASE, BASE]);
  });

  testIPv6('begins over IPv6 at what every path takes, however small the base (RFC 8899 §5.1.2)', async () => {
    const t = await searching({ settings: { [SETTING_BASE_MSS]: 1024 } });
    t.send(20_000);
    expect(lengths(t).slice(0, 2)).toEqual([1460, 1220]);
  });

  test('is over when the largest size arrives: segments are so large from then on (§7.6.1)', async () => {
    const t = await searching();
    t.send(1460 + 5 * BASE);
    expect(segments(t)).toHaveLength(6);
    t.pass(RTT);
    t.inject({ ack: 1461 });
    t.expectNothing();
    t.inject({ ack: 1461 + 5 * BASE });
    t.send(20_000);
    expect(new Set(lengths(t).slice(0, -1))).toEqual(new Set([1460]));
  });

  test('sends one probe at a time', async () => {
    const t = await searching();
    t.send(40_000);
    expect(lengths(t).filter((length) => length > BASE)).toEqual([1460]);
  });

  test('that loses a probe sends it again at once in segments that fit, at no cost to the window (§7.6.2)', async () => {
    const t = await searching();
    t.send(100_000);
    const sent = segments(t).reduce((sum, [, length]) => sum + length, 0);
    lose(t, 1, 1461, 1461 + 3 * BASE);
    const more = segments(t);
    expect(more.slice(0, 2), 'the probe again').toEqual([
      [1, BASE],
      [1 + BASE, 1460 - BASE],
    ]);
    const [seq, length] = more.at(-1) as [number, number];
    t.inject({ ack: seq + length });
    const next = lengths(t).reduce((sum, each) => sum + each, 0);
    expect(next, 'the window has grown').toBeGreaterThan(sent);
  });

  test('halves what is left, and ends within 8 bytes of what the path carries (§7.3)', async () => {
    const t = await searching({ win: 65_535 });
    const path = perFamily(1236, 1310);
    const probes: number[] = [];
    let next = 1;
    for (let round = 0; round < 12; round++) {
      t.send(20_000);
      const sent = segments(t);
      const [first] = sent as [[number, number]];
      const last = sent.at(-1) as [number, number];
      const [start, length] = first;
      const usual = (sent[1] as [number, number])[1];
      const isProbe = length > usual;
      if (isProbe) probes.push(length);
      if (isProbe && length > path) {
        lose(t, start, start + length, last[0] + last[1]);
        t.take();
      } else t.pass(RTT);
      next = last[0] + last[1];
      t.inject({ ack: next });
      while (t.driver.emitted.length > 0) {
        const more = t.take().at(-1) as { seq: number; data: Uint8Array };
        t.inject({ ack: more.seq + more.data.length });
      }
    }
    expect(probes).toEqual(perFamily([1460, 1230, 1345, 1287, 1258, 1244, 1237], [1460, 1340, 1280, 1310, 1325, 1317]));
    t.send(20_000);
    expect(lengths(t)[0]).toBe(perFamily(1230, 1310));
  });

  test('takes the loss of a probe among others for congestion, and tries that size again (§7.6.2)', async () => {
    const t = await searching();
    t.send(40_000);
    const sent = segments(t).reduce((sum, [, length]) => sum + length, 0);
    lose(t, 1, 1461 + BASE, 1461 + 7 * BASE);
    const again = segments(t);
    expect(again[0]).toEqual([1, BASE]);
    t.pass(RTT);
    t.inject({ ack: sent + 1 });
    const window = segments(t);
    expect(window.reduce((sum, [, length]) => sum + length, 0)).toBeLessThan(sent);
    const last = window.at(-1) as [number, number];
    t.inject({ ack: last[0] + last[1] });
    t.send(40_000);
    expect(Math.max(...window.map(([, length]) => length), ...lengths(t))).toBe(1460);
  });

  test.each<[string, (t: Timeline) => void]>([
    ['little is queued', (t) => t.send(1460 + 4 * BASE - 1)],
    [
      'the peer’s window is small',
      (t) => {
        t.win = 1460 + 4 * BASE - 1;
        t.inject({});
        t.send(20_000);
      },
    ],
  ])('waits while %s: its loss would not show (§7.4)', async (_, act) => {
    const t = await searching();
    act(t);
    expect(Math.max(...lengths(t))).toBe(BASE);
  });

  test('waits while the congestion window is small', async () => {
    const t = await searching({ settings: { [SETTING_INITIAL_WINDOW]: 5 } });
    t.send(20_000);
    expect(lengths(t)).toEqual([BASE, BASE, BASE, BASE, BASE]);
  });

  test('sends nothing behind the FIN: nothing is queued there', async () => {
    const t = await searching();
    t.send(2 * BASE);
    t.shutdown();
    expect(segments(t)).toEqual([
      [1, BASE],
      [1 + BASE, BASE],
      [1 + 2 * BASE, 0],
    ]);
    t.pass(RTT);
    t.inject({ ack: 2 + 2 * BASE });
    t.expectNothing();
    expect(t.state).toBe('FinWait2');
  });

  test('needs SACK: without it segments are as large as both ends allow', async () => {
    const t = await searching({ syn: { mss: 1460, sackPermitted: false } });
    t.send(20_000);
    expect(lengths(t)[0]).toBe(1460);
  });

  test('leaves room for timestamps', async () => {
    const t = await searching({ syn: { ...SYN, timestamps: [1, 0] } });
    t.send(20_000);
    expect(lengths(t).slice(0, 2)).toEqual([1448, BASE - 12]);
  });

  test('does not take place where the path may fragment', async () => {
    const t = await searching();
    t.option(OPTION_MTU_DISCOVER, MTU_DISCOVER_DONT);
    t.send(20_000);
    expect(lengths(t)[0]).toBe(BASE);
  });

  test('sends a probe in one packet, though the device cuts the others', async () => {
    const t = await searching({ offloads: OFFLOAD_CHECKSUM | OFFLOAD_TSO });
    t.send(1460 + 14 * BASE);
    const pieces = t.driver.emitted.map(({ virtio }) => (virtio[4] as number) | ((virtio[5] as number) << 8));
    expect(pieces).toEqual([0, BASE]);
    expect(lengths(t)).toEqual([1460, 14 * BASE]);
  });

  test('is shortened by a router that says what it takes (RFC 1191)', async () => {
    const t = await searching();
    t.send(1460 + 19 * BASE);
    t.take();
    t.injectRaw(tooBig(t, 1340, 1, 1500));
    expect(segments(t).slice(0, 2), 'the probe again, at once').toEqual([
      [1, BASE],
      [1 + BASE, 1460 - BASE],
    ]);
    t.pass(RTT);
    t.inject({ ack: 1461 + 19 * BASE });
    t.send(20_000);
    expect(lengths(t)[0], 'between the base and 1300').toBe((BASE + 1300) / 2);
  });

  test('is not hurt by a forged claim for a probe', async () => {
    const t = await searching();
    t.send(1460 + 19 * BASE);
    t.take();
    t.injectRaw(tooBig(t, 1500, 1, 1500), tooBig(t, 1300, -1, 1500), tooBig(t, 1300, 1, 1300));
    t.expectNothing();
    t.pass(RTT);
    t.inject({ ack: 1461 + 19 * BASE });
    t.send(20_000);
    expect(lengths(t)[0]).toBe(1460);
  });

  test('counts a probe as lost when the retransmission timer expires (§7.6.4)', async () => {
    const t = await searching({ settings: { [SETTING_TAIL_PROBE]: 0 } });
    t.send(20_000);
    t.take();
    t.pass(250);
    const sent = segments(t);
    expect(sent[0]).toEqual([1, BASE]);
    t.inject({ ack: 20_001 });
    t.send(60_000);
    let first: number | undefined;
    for (let round = 0; round < 6 && first === undefined; round++) {
      const more = segments(t);
      first = more.map(([, length]) => length).find((length) => length > BASE);
      const last = more.at(-1) as [number, number];
      t.inject({ ack: last[0] + last[1] });
    }
    t.take();
    expect(first, 'the middle between the base and 1459').toBe((BASE + 1460) / 2);
  });
});

describe('a black hole', () => {
  /** A connection that does not search before it has to; what it sends vanishes. */
  async function vanishing(options: TimelineOptions = {}): Promise<Timeline> {
    const settings = {
      [SETTING_MTU_PROBING]: 1,
      [SETTING_BASE_MSS]: BASE,
      [SETTING_TAIL_PROBE]: 0,
      ...options.settings,
    };
    const t = await established(RTT, { syn: SYN, ...options, settings });
    t.send(14_600);
    expect(lengths(t)[0]).toBe(1460);
    return t;
  }

  /** Lets the retransmission timer expire once. @returns the length of what is sent then */
  function expire(t: Timeline): number | undefined {
    while (t.driver.emitted.length === 0) t.pass(t.driver.deadline - t.driver.now);
    return lengths(t)[0];
  }

  test('is suspected after three timeouts: segments of the base size get through (§7.7)', async () => {
    const t = await vanishing();
    expect([expire(t), expire(t), expire(t)]).toEqual([1460, 1460, BASE]);
    t.inject({ ack: 1 + BASE });
    expect(Math.max(...lengths(t))).toBe(BASE);
  });

  testIPv4(
    'that swallows those too makes them smaller, and in the end leaves the rest to fragments of IPv4',
    async () => {
      const t = await vanishing();
      expect([expire(t), expire(t), expire(t), expire(t)]).toEqual([1460, 1460, 1000, 512]);
      while (t.driver.emitted.length === 0) t.pass(t.driver.deadline - t.driver.now);
      expect(t.driver.emitted[0]?.bytes[6], 'DF').toBe(0);
      expect(lengths(t)).toEqual([512]);
    },
  );

  testIPv4('is never left to fragments of IPv4 when the user forbids them', async () => {
    const t = await vanishing();
    t.option(OPTION_MTU_DISCOVER, MTU_DISCOVER_DO);
    for (let count = 0; count < 4; count++) expire(t);
    while (t.driver.emitted.length === 0) t.pass(t.driver.deadline - t.driver.now);
    expect(t.driver.emitted[0]?.bytes[6]).toBe(0x40);
    t.take();
  });

  testIPv6('makes packets of IPv6 no smaller than every path takes, 1,280 bytes', async () => {
    const t = await vanishing({ settings: { [SETTING_BASE_MSS]: 1024 } });
    expect([expire(t), expire(t), expire(t), expire(t), expire(t)]).toEqual([1460, 1460, 1220, 1220, 1220]);
  });

  test('is not looked for where it is not wanted', async () => {
    const t = await vanishing({ settings: { [SETTING_MTU_PROBING]: 0 } });
    expect([expire(t), expire(t), expire(t), expire(t)]).toEqual([1460, 1460, 1460, 1460]);
  });

  test('is not suspected when what vanishes is small', async () => {
    const t = await established(RTT, {
      syn: SYN,
      settings: { [SETTING_MTU_PROBING]: 1, [SETTING_TAIL_PROBE]: 0 },
    });
    t.send(1200);
    t.take();
    for (let count = 0; count < 4; count++) expect(expire(t)).toBe(1200);
    t.inject({ ack: 1201 });
    t.send(3000);
    expect(lengths(t)[0]).toBe(1460);
  });

  test('that was none is found out by the first probe', async () => {
    const t = await vanishing();
    for (let count = 0; count < 3; count++) expire(t);
    t.inject({ ack: 1 + BASE });
    let next = 1 + BASE;
    let largest = 0;
    t.send(60_000);
    for (let round = 0; round < 30 && largest < 1460; round++) {
      for (const { seq, data } of t.take()) {
        next = Math.max(next, seq + data.length);
        largest = Math.max(largest, data.length);
      }
      t.inject({ ack: next });
    }
    expect(largest).toBe(1460);
    t.take();
  });
});

describeIPv4('what a search over IPv4 has found', () => {
  /** A search that has ended at 1000 bytes: a router takes no more, as one of IPv6 can't say (RFC 8201 §4). */
  async function ended(settings: TimelineOptions['settings'] = {}): Promise<Timeline> {
    const t = await searching({ settings });
    t.send(20_460);
    t.take();
    t.injectRaw(tooBig(t, 1043, 1, 1500));
    t.take();
    t.pass(RTT);
    t.inject({ ack: 20_461 });
    t.send(20_000);
    expect(new Set(lengths(t))).toEqual(new Set([1000]));
    t.pass(RTT);
    t.inject({ ack: 40_461 });
    return t;
  }

  test('holds for new connections to that destination', async () => {
    const t = await ended();
    t.connect(81);
    t.take();
    t.inject({ flags: 'SA', seq: 0, options: SYN });
    t.take();
    t.send(20_000);
    expect(lengths(t)[0]).toBe(1000);
  });

  test('is looked into again after ten minutes, by a probe: a larger segment that is lost would cost more', async () => {
    const t = await ended();
    t.pass(600_000);
    t.send(20_000);
    expect(lengths(t).slice(0, 2)).toEqual([1460, 1000]);
  });
});
