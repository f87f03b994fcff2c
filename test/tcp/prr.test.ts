/** Proportional rate reduction (RFC 9937): how much each ACK of a recovery lets go, and where the window ends. */
import { describe, expect, test } from 'vitest';
import { SETTING_INITIAL_WINDOW } from '../../assembly/abi/constants.js';
import { type Timeline, timeline } from '../kit/timeline.js';

const MSS = 1000;
const RTT = 40;
const SYN = { mss: MSS, sackPermitted: true, windowScale: 5 };

/** Segments of the flight: 0 begins at `base`. All that is queued is out, `flight` segments; the window has room for no more. */
interface Flight {
  t: Timeline;
  base: number;
}

/** A flight of so many segments, all sent at one moment a round trip ago, in a window of just that size. */
async function inFlight(flight: number): Promise<Flight> {
  const t = await timeline({ syn: SYN, settings: { [SETTING_INITIAL_WINDOW]: flight } });
  t.connect();
  t.take();
  t.pass(RTT);
  t.inject({ flags: 'SA', seq: 0, options: SYN });
  t.take();
  t.events();
  t.send(flight * MSS);
  expect(t.take()).toHaveLength(flight);
  t.pass(RTT);
  return { t, base: 1 };
}

/** The segments that were sent, numbered from the first of the flight. */
function segments({ t, base }: Flight): number[] {
  return t.take().map(({ seq }) => (seq - base) / MSS);
}

function sack({ t, base }: Flight, from: number, to: number, acknowledged = 0): void {
  t.inject({ ack: base + acknowledged * MSS, sack: [[base + from * MSS, base + to * MSS]] });
}

/** RFC 9937 §6, in segments, for ACKs that report one segment each. Answers what each of them lets go. */
function model(flight: number, sackedBefore: number, lost: number, acks: number): number[] {
  const ssthresh = flight / 2;
  const recoverFlight = flight - sackedBefore;
  const allowed: number[] = [];
  let [delivered, out, pipe] = [0, 0, flight - sackedBefore - lost];
  for (let ack = 0; ack < acks; ack++) {
    delivered++;
    pipe--;
    let count =
      pipe > ssthresh
        ? (delivered * ssthresh) / recoverFlight - out
        : Math.min(ssthresh - pipe, Math.max(delivered - out, 1));
    // A segment goes whole or not at all; the first retransmission goes in any case.
    count = Math.max(Math.floor(count + 1e-9), out === 0 ? 1 : 0);
    allowed.push(count);
    out += count;
    pipe += count;
  }
  return allowed;
}

describe('a recovery', () => {
  test('halves the window in proportion to what arrives, one lost of twenty (RFC 9937 §6.2)', async () => {
    const f = await inFlight(20);
    sack(f, 1, 3);
    expect(segments(f)).toEqual([]);
    const counts: number[] = [];
    f.t.send(60 * MSS);
    // That was queued behind a full window of 18 under way and two SACKed: two go by what has arrived.
    const early = segments(f).length;
    for (let end = 4; end <= 20; end++) {
      sack(f, 1, end);
      counts.push(segments(f).length);
    }
    expect(early + counts.length).toBeGreaterThan(17);
    expect(counts[0], 'the retransmission').toBe(1);
    expect(Math.max(...counts), 'no burst').toBe(1);
    // Half of what was delivered since, within one segment.
    const sent = counts.reduce((sum, count) => sum + count, 0);
    expect(sent).toBeGreaterThanOrEqual(8);
    expect(sent).toBeLessThanOrEqual(11);
  });

  test('sends what the arithmetic says, with three SACKed before it (RFC 9937 §6.1, §6.2)', async () => {
    const f = await inFlight(20);
    sack(f, 1, 3);
    const counts: number[] = [];
    for (let end = 4; end <= 20; end++) {
      sack(f, 1, end);
      // Only now is there more to send: the flight that recovery begins with is known.
      if (end === 4) f.t.send(60 * MSS);
      counts.push(segments(f).length);
    }
    expect(counts).toEqual(model(20, 2, 1, 17));
  });

  test('leaves out of RecoverFS what was SACKed before it began (RFC 9937 §6.1)', async () => {
    const f = await inFlight(20);
    // Reordering was seen: recovery waits for the window of 10 ms and a tick, and eight segments are SACKed until then.
    sack(f, 1, 2);
    f.t.inject({ ack: f.base + 2 * MSS });
    expect(segments(f)).toEqual([]);
    for (let end = 4; end <= 11; end++) {
      sack(f, 3, end, 2);
      expect(segments(f)).toEqual([]);
    }
    f.t.driver.advance(11);
    expect(segments(f), 'the timer lets one segment go').toEqual([2]);
    f.t.send(60 * MSS);
    const counts: number[] = [];
    for (let end = 12; end <= 20; end++) {
      sack(f, 3, end, 2);
      counts.push(segments(f).length);
    }
    // Eighteen outstanding, ssthresh nine, nine are under way: each that arrives lets one go.
    expect(counts.slice(1)).toEqual([1, 1, 1, 1, 1, 1, 1, 1]);
  });

  test('that a timer begins retransmits one segment, not the whole window (RFC 9937 §6.2)', async () => {
    const f = await inFlight(20);
    f.t.inject({
      sack: [
        [f.base + 9 * MSS, f.base + 10 * MSS],
        [f.base + 19 * MSS, f.base + 20 * MSS],
      ],
    });
    expect(segments(f)).toEqual([]);
    f.t.driver.advance(10);
    expect(segments(f), 'of eighteen lost').toEqual([0]);
  });

  test('of heavy loss sends no more than has arrived, and one for an ACK that moves on (RFC 9937 §4, §6.2)', async () => {
    const f = await inFlight(20);
    // All but the last four are lost.
    const counts: number[][] = [];
    for (let end = 17; end <= 20; end++) {
      sack(f, 16, end);
      counts.push(segments(f));
    }
    expect(counts).toEqual([[], [], [0], [1]]);
    f.t.pass(RTT);
    sack(f, 16, 20, 1);
    expect(segments(f), 'one arrived, one more since it is safe').toEqual([2, 3]);
    sack(f, 16, 20, 2);
    expect(segments(f)).toEqual([4, 5]);
  });

  test('sends nothing for an ACK that delivers nothing (RFC 9937 §6.2)', async () => {
    const f = await inFlight(20);
    sack(f, 16, 19);
    expect(segments(f).length).toBeGreaterThanOrEqual(1);
    for (let repeat = 0; repeat < 10; repeat++) {
      sack(f, 16, 19);
      expect(segments(f)).toEqual([]);
    }
  });

  const losses: [what: string, lost: number[]][] = [
    ['one segment', [0]],
    ['one in the middle', [9]],
    ['each other segment', [0, 2, 4, 6, 8, 10, 12, 14, 16]],
    ['the first ten', [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]],
  ];
  test.each(losses)(
    'from the loss of %s ends with a window of ssthresh, without a burst (RFC 9937 §4)',
    async (_, lost) => {
      const f = await inFlight(20);
      let largest = 0;
      const arrived = Array.from({ length: 20 }, (_unused, index) => !lost.includes(index));
      const queue = arrived.flatMap((here, index) => (here ? [index] : []));
      const held = new Set<number>();
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        held.add(next);
        let acknowledged = 0;
        while (held.has(acknowledged)) acknowledged++;
        let end = next + 1;
        while (held.has(end)) end++;
        let start = next;
        while (held.has(start - 1)) start--;
        if (start < acknowledged) f.t.inject({ ack: f.base + acknowledged * MSS });
        else sack(f, start, end, acknowledged);
        const sent = segments(f);
        largest = Math.max(largest, sent.length);
        // Retransmissions arrive a round trip later, in order.
        queue.push(...sent);
        if (queue.length === sent.length) f.t.pass(RTT);
      }
      expect(held.size).toBe(20);
      expect(largest).toBeLessThanOrEqual(3);
      f.t.send(60 * MSS);
      const window = segments(f).length;
      // FlightSize when the loss was found: what came before the first hole was acknowledged by then (RFC 5681 equation 4).
      expect(window).toBe(Math.floor((20 - (lost[0] ?? 0)) / 2));
    },
  );
});
