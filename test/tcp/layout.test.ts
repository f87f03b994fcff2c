/** How the options of a SYN are laid out, and what its window says (RFC 9293 §3.2, RFC 7323 §2). */

import { describe, expect, test } from 'vitest';
import {
  DIALECT_BSD,
  DIALECT_LINUX,
  SETTING_DIALECT,
  SETTING_RECEIVE_BUFFER,
  SETTING_RECEIVE_BUFFER_INITIAL,
  SETTING_SACK,
  SETTING_TIMESTAMPS,
  SETTING_WINDOW_SCALING,
} from '../../assembly/abi/constants.js';
import { IP_HEADER } from '../kit/family.js';
import type { Options } from '../kit/packet.js';
import { type Timeline, timeline } from '../kit/timeline.js';

const MSS = [2, 4, 1460 >> 8, 1460 & 255];
const NOP = 1;
const END = 0;
const PERMITTED = [4, 2];
const SHIFT = [3, 3, 5];
/** The values of timestamps are not compared. */
const STAMPS = [8, 10, 'TSval', 'TSecr'];

/** The options of the next segment, octet by octet, timestamps by name. */
function options(t: Timeline): (number | string)[] {
  const { bytes } = t.driver.emitted.shift() ?? { bytes: new Uint8Array() };
  const raw = [...bytes.subarray(IP_HEADER + 20, IP_HEADER + ((bytes[IP_HEADER + 12] ?? 0) >> 4) * 4)];
  const stamps = raw.findIndex((octet, at) => octet === 8 && raw[at + 1] === 10);
  return stamps < 0 ? raw : [...raw.slice(0, stamps), ...STAMPS, ...raw.slice(stamps + 10)];
}

function window(t: Timeline): number {
  const { bytes } = t.driver.emitted[0] ?? { bytes: new Uint8Array(64) };
  return ((bytes[IP_HEADER + 14] ?? 0) << 8) | (bytes[IP_HEADER + 15] ?? 0);
}

async function syn(settings: Record<number, number>): Promise<Timeline> {
  const t = await timeline({ settings });
  t.connect();
  return t;
}

async function synAck(settings: Record<number, number>, offered: Options): Promise<Timeline> {
  const t = await timeline({ settings });
  t.listen();
  t.inject({ flags: 'S', seq: 0, options: offered });
  return t;
}

const ALL: Options = { mss: 1460, sackPermitted: true, timestamps: [7, 0], windowScale: 5 };

describe("Linux's order", () => {
  const order = { [SETTING_DIALECT]: DIALECT_LINUX };
  const cases: [name: string, settings: Record<number, number>, expected: (number | string)[]][] = [
    ['all', {}, [...MSS, ...PERMITTED, ...STAMPS, NOP, ...SHIFT]],
    ['all but timestamps', { [SETTING_TIMESTAMPS]: 0 }, [...MSS, NOP, NOP, ...PERMITTED, NOP, ...SHIFT]],
    ['all but SACK', { [SETTING_SACK]: 0 }, [...MSS, NOP, NOP, ...STAMPS, NOP, ...SHIFT]],
    ['all but scaling', { [SETTING_WINDOW_SCALING]: 0 }, [...MSS, ...PERMITTED, ...STAMPS]],
  ];
  test.each(cases)('of %s', async (_, settings, expected) => {
    expect(options(await syn({ ...order, ...settings }))).toEqual(expected);
  });

  test('of an answer holds what both sides want (RFC 7323 §2.2, §3.2)', async () => {
    expect(options(await synAck(order, ALL))).toEqual([...MSS, ...PERMITTED, ...STAMPS, NOP, ...SHIFT]);
    expect(options(await synAck(order, { mss: 1460, sackPermitted: true }))).toEqual([...MSS, NOP, NOP, ...PERMITTED]);
  });
});

describe("BSD's order", () => {
  const order = { [SETTING_DIALECT]: DIALECT_BSD };
  const cases: [name: string, settings: Record<number, number>, expected: (number | string)[]][] = [
    ['all', {}, [...MSS, NOP, ...SHIFT, ...PERMITTED, ...STAMPS]],
    ['all but timestamps', { [SETTING_TIMESTAMPS]: 0 }, [...MSS, NOP, ...SHIFT, ...PERMITTED, END, END]],
    ['all but SACK', { [SETTING_SACK]: 0 }, [...MSS, NOP, ...SHIFT, NOP, NOP, ...STAMPS]],
    ['all but scaling', { [SETTING_WINDOW_SCALING]: 0 }, [...MSS, ...PERMITTED, ...STAMPS]],
    ['SACK alone', { [SETTING_WINDOW_SCALING]: 0, [SETTING_TIMESTAMPS]: 0 }, [...MSS, ...PERMITTED, END, END]],
  ];
  test.each(cases)('of %s', async (_, settings, expected) => {
    expect(options(await syn({ ...order, ...settings }))).toEqual(expected);
  });

  test('of an answer to a peer that only permits SACK ends with the end of the list', async () => {
    expect(options(await synAck(order, { mss: 1460, sackPermitted: true }))).toEqual([...MSS, ...PERMITTED, END, END]);
  });
});

describe('the window of a SYN', () => {
  const buffers = { [SETTING_RECEIVE_BUFFER]: 6 << 20, [SETTING_RECEIVE_BUFFER_INITIAL]: 1 << 16 };
  const linux = { ...buffers, [SETTING_DIALECT]: DIALECT_LINUX };
  const bsd = { ...buffers, [SETTING_DIALECT]: DIALECT_BSD };

  test("is the buffer that a connection begins with, in whole segments with Linux's order", async () => {
    expect(window(await syn(linux))).toBe(44 * 1460);
    expect(window(await syn(bsd))).toBe(65535);
  });

  test('of an answer counts the timestamps that its segments will carry', async () => {
    expect(window(await synAck(linux, ALL))).toBe(45 * 1448);
    expect(window(await synAck(linux, { mss: 1460 }))).toBe(44 * 1460);
    expect(window(await synAck(bsd, ALL))).toBe(65535);
  });

  test('is what the peer may use, and no more', async () => {
    const t = await synAck(linux, { mss: 1460 });
    t.take();
    t.inject({});
    t.events();
    t.inject({ seq: 1 + 44 * 1460, data: 1 });
    t.expect({});
    expect(t.driver.bufferBytes, 'a byte behind the window').toBe(0);
    t.inject({ seq: 44 * 1460, data: 1 });
    t.expect({});
    expect(t.driver.bufferBytes, 'the last byte of the window').toBeGreaterThan(0);
  });

  test('is scaled for the largest buffer there may be (RFC 7323 §2.3)', async () => {
    for (const [most, shift] of [
      [2048, 0],
      [65535, 0],
      [65536, 1],
      [2 << 20, 6],
      [6 << 20, 7],
      [15 << 20, 8],
    ] as const) {
      const t = await syn({ [SETTING_RECEIVE_BUFFER]: most });
      expect(t.take()[0]?.options.windowScale, `${most} bytes`).toBe(shift);
    }
  });
});
