/** How large segments may be: the MSS option, both ways (RFC 9293 §3.7.1), and what the user and the interface allow. */

import { describe, expect, test } from 'vitest';
import {
  ERROR_INVALID,
  LISTENER_DIFFSERV,
  LISTENER_MSS,
  LISTENER_MTU_DISCOVER,
  LISTENER_TIME_TO_LIVE,
  MTU_DISCOVER_DO,
  MTU_DISCOVER_DONT,
  OPTION_MSS,
  OPTION_MTU_DISCOVER,
} from '../../assembly/abi/constants.js';
import { PEER } from '../kit/driver.js';
import { DEFAULT_MSS, describeIPv4, IPV6, LEAST_MTU } from '../kit/family.js';
import { parseIp } from '../kit/packet.js';
import { accepted, connected, type Timeline, timeline } from '../kit/timeline.js';

/** The sizes of the segments that leave when there is much to send. */
function sizes(t: Timeline): number[] {
  t.send(20_000);
  return t.take().map(({ data }) => data.length);
}

describe('the MSS we announce', () => {
  test('is what one packet of the interface carries without options', async () => {
    const t = await timeline({ mtu: LEAST_MTU });
    t.connect();
    expect(t.expect({ flags: 'S', seq: 0 }).options.mss).toBe(DEFAULT_MSS);
  });

  test('is the user’s when that is less: active', async () => {
    const t = await timeline();
    t.driver.putAddresses(PEER);
    t.handle = t.driver.calls.tcpConnect(80, 40_000);
    [t.localPort, t.peerPort] = [40_000, 80];
    expect(t.option(OPTION_MSS, 700)).toBe(0);
    expect(t.expect({ flags: 'S', seq: 0 }).options.mss).toBe(700);
    t.inject({ flags: 'SA', seq: 0, options: { mss: 1400 } });
    t.expect({});
    expect(sizes(t)[0], 'and it bounds what we send').toBe(700);
  });

  test('is the user’s when that is less: passive', async () => {
    const t = await timeline();
    t.listen();
    expect(t.driver.calls.tcpListenerOption(t.listener, LISTENER_MSS, 700)).toBe(0);
    t.inject({ flags: 'S', seq: 0, options: { mss: 1400 } });
    expect(t.expect({ flags: 'SA', seq: 0 }).options.mss).toBe(700);
    t.inject({});
    t.events();
    expect(sizes(t)[0]).toBe(700);
  });

  test('is never more than the interface carries, whatever the user asks for', async () => {
    const t = await timeline({ mtu: LEAST_MTU });
    t.listen();
    t.driver.calls.tcpListenerOption(t.listener, LISTENER_MSS, 32_767);
    t.inject({ flags: 'S', seq: 0 });
    expect(t.expect({ flags: 'SA', seq: 0 }).options.mss).toBe(DEFAULT_MSS);
  });
});

describe('the user’s bound', () => {
  test('is from 88 to 32767, or 0 for none', async () => {
    const t = await accepted();
    for (const value of [1, 87, 32_768, 65_624]) expect(t.option(OPTION_MSS, value), `${value}`).toBe(ERROR_INVALID);
    for (const value of [0, 88, 32_767]) expect(t.option(OPTION_MSS, value), `${value}`).toBe(0);
    t.listen(81);
    expect(t.driver.calls.tcpListenerOption(t.listener, LISTENER_MSS, 87)).toBe(ERROR_INVALID);
  });

  test('makes the segments of an open connection smaller, never larger', async () => {
    const t = await accepted();
    t.option(OPTION_MSS, 32_767);
    t.send(1000);
    t.expect({ flags: 'PA', data: 1000 });
    t.inject({ ack: 1001 });
    t.option(OPTION_MSS, 400);
    t.send(800);
    t.expect({ seq: 1001, data: 400 });
    t.expect({ flags: 'PA', seq: 1401, data: 400 });
  });
});

describe('the peer’s MSS option', () => {
  const offers: [what: string, mss: number | undefined, segment: number][] = [
    ['absent: 536, over IPv6 1220 (MUST-15)', undefined, DEFAULT_MSS],
    ['0: as if it were absent', 0, DEFAULT_MSS],
    ['tiny: 64, or each byte would cost a packet', 1, 64],
    ['small: obeyed', 100, 100],
    ['larger than what our interface carries: what it carries', 9000, 1460],
    ['the largest number: the same', 65_535, 1460],
  ];
  test.each(offers)('%s', async (_, mss, segment) => {
    const t = await connected({ syn: mss === undefined ? {} : { mss } });
    expect(sizes(t)[0]).toBe(segment);
  });

  test('leaves out the options that each segment carries (MUST-16)', async () => {
    const t = await connected({ syn: { mss: 1000, timestamps: [1, 0] } });
    expect(sizes(t)[0]).toBe(988);
  });
});

describeIPv4('fragments of IPv4', () => {
  const flags = ({ driver }: Timeline) => driver.emitted.splice(0).map(({ bytes }) => (bytes[6] as number) >> 5);
  const numbers = ({ driver }: Timeline) =>
    driver.emitted.splice(0).map(({ bytes }) => ((bytes[4] as number) << 8) | (bytes[5] as number));

  test('are forbidden by default: DF on SYN, data, ACK, FIN and RST (RFC 1191 §3)', async () => {
    const t = await timeline();
    t.connect();
    expect(flags(t)).toEqual([2]);
    const u = await accepted();
    u.send(10);
    expect(flags(u), 'data').toEqual([2]);
    u.inject({ ack: 11, data: 10 }, { ack: 11, data: 10 });
    expect(flags(u), 'an ACK').toEqual([2]);
    u.shutdown();
    expect(flags(u), 'a FIN').toEqual([2]);
    u.abort();
    expect(flags(u), 'a RST').toEqual([2]);
  });

  test('are allowed when the user says so, and then packets have numbers of their own (RFC 6864 §4.3)', async () => {
    const t = await accepted();
    expect(t.option(OPTION_MTU_DISCOVER, MTU_DISCOVER_DONT)).toBe(0);
    t.send(3000);
    const sent = [...t.driver.emitted];
    expect(flags(t)).toEqual([0, 0, 0]);
    t.driver.emitted.push(...sent);
    expect(new Set(numbers(t)).size).toBe(3);
    t.inject({ ack: 3001 });
    t.option(OPTION_MTU_DISCOVER, MTU_DISCOVER_DO);
    t.send(10);
    expect(flags(t)).toEqual([2]);
    expect(t.option(OPTION_MTU_DISCOVER, 4)).toBe(ERROR_INVALID);
  });
});

describe('a listener’s connections', () => {
  test('inherit its Differentiated Services field, TTL and leave to fragment, from the SYN-ACK on', async () => {
    const t = await timeline();
    t.listen();
    const { calls, emitted } = t.driver;
    expect(calls.tcpListenerOption(t.listener, LISTENER_DIFFSERV, 0x2b)).toBe(0);
    expect(calls.tcpListenerOption(t.listener, LISTENER_TIME_TO_LIVE, 9)).toBe(0);
    expect(calls.tcpListenerOption(t.listener, LISTENER_MTU_DISCOVER, MTU_DISCOVER_DONT)).toBe(0);
    expect(calls.tcpListenerOption(t.listener, LISTENER_TIME_TO_LIVE, 0)).toBe(ERROR_INVALID);
    t.inject({ flags: 'S', seq: 0 });
    const seen = () => {
      const { bytes } = emitted[0] as { bytes: Uint8Array };
      const { tos, lifetime } = parseIp(bytes);
      return [tos, mayFragment(bytes), lifetime];
    };
    expect(seen()).toEqual([0x28, true, 9]);
    t.expect({ flags: 'SA', seq: 0 });
    t.inject({});
    t.events();
    t.send(10);
    expect(seen()).toEqual([0x28, true, 9]);
    t.expect({ flags: 'PA', data: 10 });
    t.abort();
    t.expect({ flags: 'RA', seq: 11 });
    t.driver.calls.tcpListenerClose(t.listener);
    t.expectGone();
  });
});

/** Routers of IPv4 may, unless DF is set; those of IPv6 never do. */
function mayFragment(bytes: Uint8Array): boolean {
  return IPV6 || ((bytes[6] as number) & 0x40) === 0;
}
