/** TCP options, theirs in any segment and at any place, ours as they lie on the wire (RFC 9293 §3.1, §3.2, §3.7.1). */

import { describe, expect, test } from 'vitest';
import { DEFAULT_MSS, IP_HEADER, LEAST_MTU, WIDER } from '../kit/family.js';
import { accepted, connected, type Timeline, timeline } from '../kit/timeline.js';

/** Options that nobody knows. */
const UNKNOWN = [254, 6, 1, 2, 3, 4, 1, 1, 253, 3, 9, 1];
/** The same, and timestamps, which these connections have not negotiated. */
const STRANGE = [...UNKNOWN, 1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0];

describe('options of the peer', () => {
  test('that are unknown or were not negotiated may stand on an ACK, on text, on a FIN (MUST-5, MUST-6)', async () => {
    const t = await accepted();
    const options = { raw: STRANGE };
    t.send(10);
    t.take();
    t.inject({ ack: 11, options });
    t.settles();
    t.inject({ ack: 11, data: 10, options });
    expect(t.receive()).toBe(10);
    t.inject({ flags: 'FA', seq: 11, ack: 11, options });
    t.expect({ seq: 11, ack: 12 });
    expect(t.state).toBe('CloseWait');
  });

  test.each(['S', 'SA'])('that are unknown may stand on a %s (MUST-5, MUST-6)', async (flags) => {
    const t = await timeline();
    if (flags === 'S') t.listen();
    else t.connect();
    t.take();
    t.inject({ flags, seq: 0, ack: 1, options: { raw: [...UNKNOWN, 2, 4, 3, 232] } });
    t.take();
    if (flags === 'S') t.inject({});
    expect(t.events()).toEqual(['open']);
    t.send(5000);
    expect(t.take()[0]?.data).toHaveLength(1000);
  });

  test('that are unknown may stand on a RST (MUST-5, MUST-6)', async () => {
    const t = await accepted();
    t.inject({ flags: 'R', seq: 1, options: { raw: STRANGE } });
    expect(t.state).toBe('Closed');
  });

  test.each([0, 1, 2, 3])('need not begin on a word: all of them %i bytes behind one (MUST-64)', async (shift) => {
    const t = await timeline({ win: 100 });
    t.listen();
    const padding = Array.from({ length: shift }, () => 1);
    const raw = [...padding, 2, 4, 3, 232, 3, 3, 7, 8, 10, 0, 0, 1, 244, 0, 0, 0, 0, 4, 2];
    t.inject({ flags: 'S', seq: 0, options: { raw }, win: 65_535 });
    const { options } = t.expect({ flags: 'SA', seq: 0 });
    expect(options.timestamps?.[1]).toBe(500);
    expect(options.sackPermitted).toBe(true);
    expect(options.windowScale).toBeDefined();
    const stamps = [...padding, 8, 10, 0, 0, 1, 245, ...bytesOf(t.tsEcr)];
    t.inject({ options: { raw: stamps } });
    t.events();
    t.driver.core.send(t.handle, new Uint8Array(20_000));
    t.driver.output();
    const sent = t.take();
    expect(sent[0]?.data, 'the MSS less the timestamps').toHaveLength(988);
    expect(sent[0]?.options.timestamps?.[1]).toBe(501);
    expect(sent.length, 'the window of 100, scaled by 7').toBeGreaterThan(9);
  });
});

describe('options of ours', () => {
  test('are well formed in every kind of segment: lengths, and nothing but zeros behind an end (MUST-68, MUST-69)', async () => {
    const syn = { mss: 1000, timestamps: [500, 0] as const, windowScale: 7, sackPermitted: true };
    for (const open of [accepted, connected]) {
      const t = await open({ syn });
      t.send(10);
      expect(kindsSent(t), 'timestamps on data').toContain(8);
      t.inject({ seq: 1001, ack: 11, data: 10 });
      expect(kindsSent(t), 'timestamps and SACK on an ACK').toEqual(expect.arrayContaining([5, 8]));
      t.shutdown();
      expect(kindsSent(t), 'timestamps on a FIN').toContain(8);
      t.abort();
      expect(kindsSent(t), 'timestamps on a RST').toContain(8);
    }
    for (const options of [{}, syn, { mss: 1000 }, { ...syn, timestamps: undefined }]) {
      const t = await timeline();
      t.listen();
      t.inject({ flags: 'S', seq: 0, options: JSON.parse(JSON.stringify(options)) });
      expect(kindsSent(t)).toContain(2);
    }
  });

  test('hold an MSS on the SYN and the SYN-ACK, even the one that goes without saying, and nowhere else (MUST-14, MUST-65, SHLD-5, MAY-3)', async () => {
    const active = await timeline({ mtu: LEAST_MTU });
    active.connect();
    expect(active.expect({ flags: 'S', seq: 0 }).options.mss).toBe(DEFAULT_MSS);
    active.inject({ flags: 'SA', seq: 0, options: active.syn });
    const sent = active.take();
    active.send(2000);
    sent.push(...active.take());
    active.inject({ ack: 500, seq: 1001, data: 100 });
    active.shutdown();
    active.driver.advance(1000);
    active.abort();
    sent.push(...active.take());
    expect(new Set(sent.map(({ flags }) => flags))).toEqual(new Set(['A', 'PA', 'FA', 'RA']));
    for (const { options } of sent) expect(options.mss).toBeUndefined();
    const passive = await timeline({ mtu: LEAST_MTU });
    passive.listen();
    passive.inject({ flags: 'S', seq: 0 });
    expect(passive.expect({ flags: 'SA', seq: 0 }).options.mss).toBe(DEFAULT_MSS);
  });

  test('with the peer’s MSS and our MTU bound what a segment carries, options included (MUST-16)', async () => {
    const cases: [mtu: number, mss: number, timestamps: boolean, carried: number][] = [
      [1500, 1000, false, 1000],
      [1500, 9000, false, 1460],
      [1500, 9000, true, 1448],
      [1500, 700, true, 688],
      [LEAST_MTU, 9000, true, DEFAULT_MSS - 12],
    ];
    for (const [mtu, mss, stamped, carried] of cases) {
      const t = await connected({ mtu, syn: stamped ? { mss, timestamps: [1, 0] } : { mss } });
      t.send(5000);
      for (const { bytes } of t.driver.emitted) expect(bytes.length).toBeLessThanOrEqual(mtu + WIDER);
      expect(t.take()[0]?.data).toHaveLength(carried);
    }
  });
});

/** The kinds of options in what was sent; fails where their bytes are not what §3.1 allows. */
function kindsSent(t: Timeline): number[] {
  const kinds: number[] = [];
  for (const { bytes } of t.driver.emitted) {
    const options = bytes.subarray(IP_HEADER + 20, IP_HEADER + ((bytes[IP_HEADER + 12] as number) >> 4) * 4);
    for (let at = 0; at < options.length; ) {
      const kind = options[at] as number;
      kinds.push(kind);
      if (kind === 0) {
        expect([...options.subarray(at)].every((byte) => byte === 0)).toBe(true);
        break;
      }
      const length = kind === 1 ? 1 : (options[at + 1] as number);
      expect(length).toBeGreaterThanOrEqual(kind === 1 ? 1 : 2);
      expect(at + length).toBeLessThanOrEqual(options.length);
      at += length;
    }
  }
  t.take();
  return kinds;
}

function bytesOf(word: number): number[] {
  return [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255];
}
