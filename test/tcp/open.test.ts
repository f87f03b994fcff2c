/** OPEN, passive and active: listeners and their SYN queue, ports, addresses (RFC 9293 §3.9.1, §3.10.1, RFC 6056). */

import { describe, expect, test } from 'vitest';
import {
  COUNTER_LISTENERS,
  COUNTER_SYNS_DROPPED,
  ERROR_ADDRESS_IN_USE,
  ERROR_ADDRESS_NOT_AVAILABLE,
  ERROR_INVALID,
  ERROR_NETWORK_UNREACHABLE,
  ERROR_NO_BUFFERS,
  ERROR_STALE_HANDLE,
  SETTING_CONNECTION_LIMIT,
  SETTING_SYN_COOKIES,
} from '../../assembly/abi/constants.js';
import { Driver, LOCAL, PEER } from '../kit/driver.js';
import { ANY, LOOPBACK, neighbor, perFamily } from '../kit/family.js';
import { type Timeline, timeline } from '../kit/timeline.js';

function listen(t: Timeline | { driver: Driver }, address: string, port: number, backlog = 8): number {
  t.driver.putAddresses(address);
  return t.driver.calls.tcpListen(port, backlog);
}

function connect(t: Timeline | { driver: Driver }, remote: string, port: number, local = 0, from?: string): number {
  t.driver.putAddresses(remote, from);
  return t.driver.calls.tcpConnect(port, local);
}

describe('a listener', () => {
  test('bounds its SYN queue, drops in silence beyond and counts it', async () => {
    const t = await timeline({ settings: { [SETTING_SYN_COOKIES]: 0 } });
    t.listen(80, 3);
    t.inject(...[1, 2, 3, 4, 5].map((peerPort) => ({ flags: 'S', seq: 0, peerPort })));
    expect(t.take().map(({ flags }) => flags)).toEqual(['SA', 'SA', 'SA']);
    expect(t.driver.connections).toBe(3);
    expect(t.driver.calls.counter(COUNTER_SYNS_DROPPED)).toBe(2);
  });

  test('has room again when a handshake is complete, reset, or given up', async () => {
    const t = await timeline();
    t.listen(80, 1);
    t.inject({ flags: 'S', seq: 0 });
    t.take();
    t.inject({});
    t.inject({ flags: 'S', seq: 0, peerPort: 1 });
    expect(t.take()).toHaveLength(1);
    t.inject({ flags: 'R', seq: 1, peerPort: 1 });
    t.inject({ flags: 'S', seq: 0, peerPort: 2 });
    expect(t.take()).toHaveLength(1);
    t.driver.advance(600_000);
    t.take();
    t.inject({ flags: 'S', seq: 0, peerPort: 3 });
    expect(t.take()).toHaveLength(1);
  });

  test('drops a RST, resets an ACK, drops what is neither SYN nor ACK (RFC 9293 §3.10.7.2)', async () => {
    const t = await timeline();
    t.listen();
    t.inject({ flags: 'R', seq: 0 });
    t.expectNothing();
    t.inject({ flags: 'A', seq: 5, ack: 99, absolute: true });
    t.expect({ flags: 'R', seq: 99, absolute: true });
    t.inject({ flags: 'FP', seq: 5, data: 10 });
    t.expectNothing();
    t.inject({ flags: 'SR', seq: 5 });
    t.expectNothing();
    t.inject({ flags: 'SA', seq: 5, ack: 77, absolute: true });
    t.expect({ flags: 'R', seq: 77, absolute: true });
    expect(t.driver.connections).toBe(0);
  });

  test('forgets its half-open connections when it closes, and leaves the open ones alone', async () => {
    const t = await timeline();
    t.listen();
    t.inject({ flags: 'S', seq: 0 });
    t.take();
    t.inject({});
    t.events();
    t.inject({ flags: 'S', seq: 0, peerPort: 2 });
    t.take();
    t.driver.calls.tcpListenerClose(t.listener);
    t.driver.output();
    t.expectNothing();
    expect(t.driver.connections).toBe(1);
    t.inject({ peerPort: 2 });
    t.expect({ flags: 'R', seq: 1 });
    expect(t.state).toBe('Established');
    t.inject({ flags: 'S', seq: 0, peerPort: 3 });
    expect(t.take()[0]).toMatchObject({ flags: 'RA', destinationPort: 3 });
    expect(t.driver.calls.counter(COUNTER_LISTENERS)).toBe(0);
    expect(t.driver.calls.tcpListenerClose(t.listener)).toBe(ERROR_STALE_HANDLE);
  });

  test('whose port is taken is refused, on any address or the same', async () => {
    const t = await timeline();
    expect(listen(t, ANY, 80)).toBeGreaterThan(0);
    expect(listen(t, ANY, 80)).toBe(ERROR_ADDRESS_IN_USE);
    expect(listen(t, LOCAL, 80)).toBe(ERROR_ADDRESS_IN_USE);
    expect(listen(t, LOCAL, 81)).toBeGreaterThan(0);
    expect(listen(t, LOOPBACK, 81)).toBeGreaterThan(0);
    expect(listen(t, neighbor(77), 82)).toBe(ERROR_ADDRESS_NOT_AVAILABLE);
    expect(listen(t, LOCAL, 65_536)).toBe(ERROR_INVALID);
  });

  test('on port 0 gets a free one', async () => {
    const t = await timeline();
    const ports = new Set<number>();
    for (let index = 0; index < 100; index++) {
      expect(listen(t, ANY, 0)).toBeGreaterThan(0);
      ports.add(t.driver.core.result(0));
    }
    expect(ports.size).toBe(100);
  });

  test('on one address does not hear what comes to another', async () => {
    const t = await timeline();
    listen(t, LOOPBACK, 80);
    t.inject({ flags: 'S', seq: 0 });
    expect(t.take()[0]?.flags).toBe('RA');
  });

  test('drops SYNs when the connection limit is reached, and goes on afterwards', async () => {
    const t = await timeline({ settings: { [SETTING_CONNECTION_LIMIT]: 2 } });
    t.listen();
    t.inject(...[1, 2, 3].map((peerPort) => ({ flags: 'S', seq: 0, peerPort })));
    expect(t.take()).toHaveLength(2);
    expect(t.driver.connections).toBe(2);
    t.inject({ flags: 'R', seq: 1, peerPort: 1 });
    t.inject({ flags: 'S', seq: 0, peerPort: 3 });
    expect(t.take()[0]).toMatchObject({ flags: 'SA', destinationPort: 3 });
  });
});

describe('an active open', () => {
  test('takes ports from 32768 on, each destination in an order of its own (RFC 6056 §3.3.3)', async () => {
    const t = await timeline();
    const portsTo = (remote: string) =>
      Array.from({ length: 20 }, () => {
        const handle = connect(t, remote, 80);
        t.driver.calls.tcpEndpoints(handle);
        return t.driver.core.result(8);
      });
    const first = portsTo(PEER);
    const second = portsTo(neighbor(3));
    expect(new Set(first).size).toBe(20);
    expect(Math.min(...first, ...second)).toBeGreaterThanOrEqual(32_768);
    const offset = (second[0] as number) - (first[0] as number);
    expect(offset, 'not simply the next ports').not.toBe(20);
  });

  test('from a port in use to the same end is refused (§3.9.1.1)', async () => {
    const t = await timeline();
    expect(connect(t, PEER, 80, 5000)).toBeGreaterThan(0);
    expect(connect(t, PEER, 80, 5000)).toBe(ERROR_ADDRESS_IN_USE);
    expect(connect(t, PEER, 81, 5000)).toBeGreaterThan(0);
  });

  test('when every port is taken is refused, and succeeds when one is free again', async () => {
    const t = await timeline();
    let handle = 0;
    let count = 0;
    for (; count < 40_000; count++) {
      const next = connect(t, PEER, 80);
      if (next < 0) {
        expect(next).toBe(ERROR_ADDRESS_IN_USE);
        break;
      }
      handle = next;
    }
    expect(count).toBe(32_768);
    t.driver.calls.tcpRelease(handle);
    t.driver.output();
    t.take();
    expect(connect(t, PEER, 80)).toBeGreaterThan(0);
  });

  test('to an address of ours never takes the port that it goes to: it would meet itself', async () => {
    const t = await timeline();
    const ports = new Set<number>();
    for (;;) {
      const handle = connect(t, LOCAL, 40_000);
      if (handle < 0) break;
      t.driver.calls.tcpEndpoints(handle);
      ports.add(t.driver.core.result(8));
    }
    expect(ports.has(40_000)).toBe(false);
    expect(ports.size).toBe(32_767);
    expect(connect(t, LOCAL, 40_000, 40_000), 'who asks for it gets it').toBeGreaterThan(0);
  });

  const BROADCAST: Refused = [
    'to the broadcast address of an IPv4 network of ours (MUST-46)',
    '10.9.0.255',
    80,
    ERROR_INVALID,
  ];
  const refused: Refused[] = [
    ['to port 0', PEER, 0, ERROR_INVALID],
    ['to port 65536', PEER, 65_536, ERROR_INVALID],
    ['to nobody', ANY, 80, ERROR_INVALID],
    ['to a multicast address (MUST-46)', '224.0.0.1', 80, ERROR_INVALID],
    ['to a multicast address of IPv6 (MUST-46)', 'ff02::1', 80, ERROR_INVALID],
    ['to the broadcast address (MUST-46)', '255.255.255.255', 80, ERROR_INVALID],
    perFamily<Refused>(BROADCAST, [
      'to an IPv4 address without having one',
      '10.9.0.255',
      80,
      ERROR_NETWORK_UNREACHABLE,
    ]),
    [
      'to an address of the other family without having one',
      perFamily('2001:db8::1', '192.0.2.1'),
      80,
      ERROR_NETWORK_UNREACHABLE,
    ],
  ];
  test.each(refused)('%s is refused (RFC 9293 §3.9.1)', async (_, remote, port, answer) => {
    const t = await timeline();
    expect(connect(t, remote, port)).toBe(answer);
    expect(t.driver.connections).toBe(0);
  });

  test('without an interface that leads there is unreachable', async () => {
    const driver = await Driver.create({ bare: true });
    expect(connect({ driver }, PEER, 80)).toBe(ERROR_NETWORK_UNREACHABLE);
  });

  test('from an address that is not ours is refused (RFC 9293 §3.9.1.1)', async () => {
    const t = await timeline();
    expect(connect(t, PEER, 80, 0, neighbor(99))).toBe(ERROR_ADDRESS_NOT_AVAILABLE);
  });

  test('beyond the connection limit is refused', async () => {
    const t = await timeline({ settings: { [SETTING_CONNECTION_LIMIT]: 1 } });
    expect(connect(t, PEER, 80)).toBeGreaterThan(0);
    expect(connect(t, PEER, 80)).toBe(ERROR_NO_BUFFERS);
  });

  test('says where it goes and from where', async () => {
    const t = await timeline();
    const handle = connect(t, PEER, 80, 4000);
    expect(t.driver.core.endpoints(handle)).toEqual({
      localAddress: LOCAL,
      localPort: 4000,
      remoteAddress: PEER,
      remotePort: 80,
    });
  });
});

describe('a stranger', () => {
  test('gets a RST that his segment explains (RFC 9293 §3.10.7.1)', async () => {
    const t = await timeline();
    t.inject({ flags: 'S', seq: 100, absolute: true });
    t.expect({ flags: 'RA', seq: 0, ack: 101, absolute: true });
    t.inject({ flags: 'FP', seq: 100, data: 10, absolute: true });
    t.expect({ flags: 'RA', seq: 0, ack: 111, absolute: true });
    t.inject({ flags: 'FA', seq: 100, ack: 555, absolute: true });
    t.expect({ flags: 'R', seq: 555, absolute: true });
  });

  test('who sends a RST gets nothing (§3.10.7.1)', async () => {
    const t = await timeline();
    t.inject({ flags: 'R', seq: 100 }, { flags: 'RA', seq: 100, ack: 5 }, { flags: 'SR', seq: 1 });
    t.expectNothing();
  });
});

type Refused = [name: string, remote: string, port: number, answer: number];
