/**
 * One of several stacks with the same addresses (SETTING_SHARE): which ports it chooses (RFC 6056 §3.2), what it leaves
 * unanswered, how it numbers what may be fragmented (RFC 6864 §4.3).
 */
import { describe, expect, test } from 'vitest';
import { CHOSEN_PORTS, ERROR_ADDRESS_IN_USE, ERROR_INVALID, SETTING_SHARE } from '../../assembly/abi/constants.js';
import { Driver, LOCAL, PEER } from '../kit/driver.js';
import { ANY } from '../kit/family.js';
import { cut, viewFragment } from '../kit/fragment.js';
import { accepted, timeline } from '../kit/timeline.js';
import { UdpDriver } from '../udp/driver.js';

const COUNT = 3;

describe.each([0, 1, 2])('stack %d of three', (index) => {
  const settings = { [SETTING_SHARE]: (COUNT << 8) | index };

  test('connects, listens and sends datagrams from ports of its own', async () => {
    const t = await UdpDriver.create({ settings });
    const ports = [
      ...Array.from({ length: 50 }, () => connect(t.driver)),
      ...Array.from({ length: 50 }, () => listen(t.driver)),
      ...Array.from({ length: 50 }, () => localPort(t, t.open(ANY, 0))),
    ];
    expect(ports.every((port) => port >= CHOSEN_PORTS)).toBe(true);
    expect(new Set(ports.map((port) => (port - CHOSEN_PORTS) % COUNT))).toEqual(new Set([index]));
  });

  test('has a third of the ports for one destination, and not one more', async () => {
    const { driver } = await UdpDriver.create({ settings });
    const ports = new Set<number>();
    for (let port = connect(driver); port !== ERROR_ADDRESS_IN_USE; port = connect(driver)) ports.add(port);
    expect(ports.size).toBe(Math.floor((65536 - CHOSEN_PORTS) / COUNT));
  });
});

describe('a segment without a connection', () => {
  test.each([
    ['that came whole is refused', false, ['R']],
    ['that came in fragments is another stack’s, perhaps, and not answered', true, []],
  ] as const)('%s', async (_, fragmented, answers) => {
    const t = await timeline({ settings: { [SETTING_SHARE]: 2 << 8 } });
    t.listen(80);
    const segment = t.build({ data: 100 });
    t.injectRaw(...(fragmented ? cut(segment, 64) : [segment]));
    expect(t.take().map(({ flags }) => flags)).toEqual(answers);
  });

  test('is refused even in fragments by a stack that shares nothing', async () => {
    const t = await timeline();
    t.injectRaw(...cut(t.build({ data: 100 }), 64));
    expect(t.take().map(({ flags }) => flags)).toEqual(['R']);
  });

  test('opens no connection when a SYN comes in fragments: every stack would answer', async () => {
    const t = await timeline({ settings: { [SETTING_SHARE]: 2 << 8 } });
    t.listen(80);
    t.injectRaw(...cut(t.build({ flags: 'S', seq: 0, data: 100 }), 64));
    t.expectNothing();
    expect(t.driver.connections).toBe(0);
  });
});

test('fragments of a segment reach the connection that they are of', async () => {
  const t = await accepted({ settings: { [SETTING_SHARE]: 2 << 8 } });
  t.injectRaw(...cut(t.build({ data: 100 }), 64));
  expect(t.receive()).toBe(100);
  t.take();
});

test('of two stacks one gives its packets even identifications, the other odd ones', async () => {
  const seen = await Promise.all(
    [0, 1].map(async (index) => {
      const driver = await Driver.create({ settings: { [SETTING_SHARE]: (2 << 8) | index } });
      return Array.from({ length: 5 }, () => largePing(driver) % 2);
    }),
  );
  expect(seen).toEqual([
    [0, 0, 0, 0, 0],
    [1, 1, 1, 1, 1],
  ]);
});

test('there is no share of nothing, nor of more stacks than a device has queues', async () => {
  const { calls } = await Driver.create();
  expect([0, 255, 257 << 8].map((value) => calls.configure(SETTING_SHARE, value))).toEqual([
    ERROR_INVALID,
    ERROR_INVALID,
    ERROR_INVALID,
  ]);
});

function connect(driver: Driver): number {
  driver.putAddresses(PEER);
  const handle = driver.calls.tcpConnect(80, 0);
  if (handle < 0) return handle;
  driver.calls.tcpEndpoints(handle);
  return driver.core.result(8);
}

function listen(driver: Driver): number {
  driver.putAddresses(LOCAL);
  expect(driver.calls.tcpListen(0, 8)).toBeGreaterThan(0);
  return driver.core.result(0);
}

function localPort(t: UdpDriver, handle: number): number {
  expect(t.calls.udpEndpoints(handle)).toBe(0);
  return t.driver.core.result(8);
}

/** @returns the identification of its fragments */
function largePing(driver: Driver): number {
  driver.putAddresses(PEER);
  expect(driver.calls.icmpEcho(1, 3000, 0)).toBeGreaterThanOrEqual(0);
  driver.output();
  const [first] = driver.emitted.splice(0);
  return viewFragment((first as { bytes: Uint8Array }).bytes).identification;
}
