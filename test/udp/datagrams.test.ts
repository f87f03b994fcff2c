/**
 * What RFC 768, RFC 1122 §4.1 and RFC 8200 §8.1 ask of datagrams, on the core alone; lies and floods too.
 * Not for: sockets of programs (`socket.test.ts`), groups (`../ip/multicast/`).
 */
import { describe, expect, test } from 'vitest';
import {
  BIND_IPV6_ONLY,
  COUNTER_BUFFER_BYTES,
  COUNTER_DATAGRAMS_BAD,
  COUNTER_DATAGRAMS_DROPPED,
  COUNTER_PACKETS_BAD,
  COUNTER_UDP_SOCKETS,
  ERROR_ACCESS,
  ERROR_ADDRESS_IN_USE,
  ERROR_ADDRESS_NOT_AVAILABLE,
  ERROR_AGAIN,
  ERROR_CONNECTION_REFUSED,
  ERROR_DESTINATION_REQUIRED,
  ERROR_MESSAGE_SIZE,
  ERROR_NETWORK_UNREACHABLE,
  ERROR_STALE_HANDLE,
  SETTING_MEMORY_LIMIT,
  SETTING_UDP_RECEIVE_BUFFER,
  UDP_DATA,
  UDP_DRAIN,
  UDP_ERROR,
  UDP_OPTION_BROADCAST,
  UDP_OPTION_ERRORS,
  UDP_OPTION_RECEIVE_BUFFER,
  UDP_REUSE_ADDRESS,
  UDP_REUSE_PORT,
} from '../../assembly/abi/constants.js';
import { dualDriver } from '../kit/dual.js';
import { ANY, FAMILY, faraway, IP_HEADER, LOCAL, LOOPBACK, neighbor, PEER } from '../kit/family.js';
import { icmpMessage, PORT_UNREACHABLE } from '../kit/icmp.js';
import { headerLength, refit, transportChecksum } from '../kit/packet.js';
import { Timeline } from '../kit/timeline.js';
import { datagram, UDP, UdpDriver } from './driver.js';

const arriving = { source: PEER, destination: LOCAL };

describe('what arrives', () => {
  test('is told with its addresses, port, interface and hops', async () => {
    const t = await UdpDriver.create();
    const handle = t.open(ANY, 7);
    t.driver.input([datagram({ ...arriving, data: 'hello', lifetime: 33 })]);
    expect(t.ready()).toEqual(new Map([[handle, UDP_DATA]]));
    expect(t.received(handle)).toEqual([{ from: PEER, to: LOCAL, port: 9, interface: 1, hops: 33, data: 'hello' }]);
    expect(t.ready().size).toBe(0);
  });

  test('may be empty', async () => {
    const t = await UdpDriver.create();
    const handle = t.open(ANY, 7);
    t.driver.input([datagram(arriving)]);
    expect(t.received(handle)).toMatchObject([{ data: '' }]);
  });

  test('waits in order beyond its batch, and costs nothing once it is taken', async () => {
    const t = await UdpDriver.create();
    const handle = t.open(ANY, 7);
    for (const batch of [0, 1, 2]) {
      t.driver.input([1, 2, 3].map((index) => datagram({ ...arriving, data: `${batch}.${index}` })));
      t.driver.output();
    }
    const data = t.received(handle).map((one) => one.data);
    expect(data).toEqual(['0.1', '0.2', '0.3', '1.1', '1.2', '1.3', '2.1', '2.2', '2.3']);
    expect(t.calls.counter(COUNTER_BUFFER_BYTES)).toBe(0);
  });

  test('of an old checksum of zero is taken over IPv4 (RFC 768) and refused over IPv6 (RFC 8200 §8.1)', async () => {
    const t = await UdpDriver.create();
    const handle = t.open(ANY, 7);
    t.driver.input([datagram({ ...arriving, checksum: 0 })]);
    expect(t.received(handle)).toHaveLength(FAMILY === 4 ? 1 : 0);
    expect(t.calls.counter(COUNTER_PACKETS_BAD)).toBe(FAMILY === 4 ? 0 : 1);
  });

  test('ends where its length says, and the checksum with it', async () => {
    const t = await UdpDriver.create();
    const handle = t.open(ANY, 7);
    const whole = datagram({ ...arriving, data: 'abcdef' });
    const padded = new Uint8Array(whole.length + 4);
    padded.set(whole);
    const view = new DataView(padded.buffer);
    if (FAMILY === 6) view.setUint16(4, padded.length - IP_HEADER);
    t.driver.input([padded]);
    expect(t.received(handle)).toMatchObject([{ data: 'abcdef' }]);
  });

  test.each([0, 7, 14, 15, 0xffff])('with a length of %d, which it has not, is bad', async (length) => {
    const t = await UdpDriver.create();
    const handle = t.open(ANY, 7);
    t.driver.input([datagram({ ...arriving, data: 'abcde', length })]);
    expect(t.received(handle)).toEqual([]);
    expect(t.calls.counter(COUNTER_PACKETS_BAD)).toBe(1);
    expect(t.packets()).toEqual([]);
  });

  test('with a wrong checksum, or less than a header, is bad, and answered by nothing', async () => {
    const t = await UdpDriver.create();
    t.open(ANY, 7);
    const short = datagram(arriving).slice(0, IP_HEADER + 7);
    new DataView(short.buffer).setUint16(FAMILY === 4 ? 2 : 4, FAMILY === 4 ? short.length : 7);
    refit(short);
    t.driver.input([datagram({ ...arriving, checksum: 0x1234 }), short]);
    expect(t.calls.counter(COUNTER_PACKETS_BAD)).toBe(2);
    expect(t.calls.counter(COUNTER_DATAGRAMS_BAD)).toBe(2);
    expect(t.packets()).toEqual([]);
  });

  test('for a port that nobody has earns port unreachable (RFC 1122 §4.1.3.1)', async () => {
    const t = await UdpDriver.create();
    t.driver.input([datagram(arriving)]);
    expect(t.told()).toEqual([expect.stringMatching(/icmp6? .*port.*unreachable|unreachable.*port/i)]);
  });
});

describe('who gets it', () => {
  test('the connected socket before the one on the address before the one on any', async () => {
    const t = await UdpDriver.create();
    const any = t.open(ANY, 7, UDP_REUSE_ADDRESS);
    const own = t.open(LOCAL, 7, UDP_REUSE_ADDRESS);
    const connected = t.open(LOCAL, 7, UDP_REUSE_ADDRESS);
    expect(t.connect(connected, PEER, 9)).toBe(0);
    t.driver.input([datagram({ ...arriving, data: 'peer' }), datagram({ ...arriving, from: 10, data: 'other' })]);
    expect(t.received(connected)).toMatchObject([{ data: 'peer' }]);
    expect(t.received(own)).toMatchObject([{ data: 'other' }]);
    t.calls.udpClose(own);
    t.driver.input([datagram({ ...arriving, from: 10, data: 'any' })]);
    expect(t.received(any)).toMatchObject([{ data: 'any' }]);
    expect(t.received(connected)).toEqual([]);
  });

  test('a port is taken once, unless both sides share it', async () => {
    const t = await UdpDriver.create();
    t.open(ANY, 7, UDP_REUSE_ADDRESS);
    expect(t.open(LOCAL, 7)).toBe(ERROR_ADDRESS_IN_USE);
    expect(t.open(ANY, 7, UDP_REUSE_PORT)).toBe(ERROR_ADDRESS_IN_USE);
    expect(t.open(LOCAL, 7, UDP_REUSE_ADDRESS)).toBeGreaterThan(0);
    expect(t.open(faraway(1), 8)).toBe(ERROR_ADDRESS_NOT_AVAILABLE);
  });

  test(':: has both families, or IPv6 alone', async () => {
    const t = await UdpDriver.create();
    const both = t.open('::', 7);
    expect(t.open('0.0.0.0', 7)).toBe(ERROR_ADDRESS_IN_USE);
    expect(t.open('0.0.0.0', 8)).toBeGreaterThan(0);
    expect(t.open('::', 8)).toBe(ERROR_ADDRESS_IN_USE);
    const six = t.open('::', 8, BIND_IPV6_ONLY);
    expect(six).toBeGreaterThan(0);
    t.driver.input([datagram(arriving)]);
    expect(t.received(both)).toHaveLength(1);
    expect(t.send(six, 'x', '10.9.0.1', 9)).toBe(ERROR_NETWORK_UNREACHABLE);
  });

  test('one sender stays with one of those that share a port, and not all with the same', async () => {
    const t = await UdpDriver.create();
    const all = [1, 2, 3, 4].map(() => t.open(ANY, 7, UDP_REUSE_PORT));
    const ports = Array.from({ length: 40 }, (_, index) => 1000 + index);
    t.driver.input(ports.map((from) => datagram({ ...arriving, from })));
    const first = all.map((handle) => t.received(handle).map(({ port }) => port));
    expect(first.filter((heard) => heard.length > 0).length).toBeGreaterThan(1);
    expect(first.flat().sort()).toEqual(ports);
    t.driver.input(ports.map((from) => datagram({ ...arriving, from })));
    expect(all.map((handle) => t.received(handle).map(({ port }) => port))).toEqual(first);
  });

  test('ports that are chosen can’t be foretold, and are free (RFC 6056)', async () => {
    const t = await UdpDriver.create();
    const chosen = Array.from({ length: 200 }, () => {
      t.open(ANY, 0);
      return t.driver.core.result(0);
    });
    expect(new Set(chosen).size).toBe(200);
    expect(chosen.every((port) => port >= 32768)).toBe(true);
    const steps = chosen.slice(1).map((port, index) => port - (chosen[index] as number));
    expect(new Set(steps).size).toBeGreaterThan(150);
  });
});

describe('what leaves', () => {
  test('has ports, length and a checksum that is never zero (RFC 768)', async () => {
    const t = await UdpDriver.create();
    const handle = t.open(ANY, 7);
    // Among all pairs of bytes there is one whose checksum is computed as zero.
    const sums = new Set<number>();
    for (let value = 0; value < 0x10000; value++) {
      expect(t.send(handle, Uint8Array.of(value >> 8, value & 0xff), PEER, 9)).toBe(1);
      if (value % 128 !== 127) continue;
      for (const packet of t.packets()) {
        const at = headerLength(packet);
        if (transportChecksum(packet, UDP) !== 0) throw new Error('a wrong checksum');
        sums.add(new DataView(packet.buffer).getUint16(at + 6));
      }
    }
    expect(sums.has(0)).toBe(false);
    expect(sums.has(0xffff)).toBe(true);
  });

  test('needs a destination, a family that the socket has, and permission for all', async () => {
    const t = await UdpDriver.create();
    const handle = t.open(ANY, 7);
    expect(t.send(handle, 'x')).toBe(ERROR_DESTINATION_REQUIRED);
    expect(t.send(handle, new Uint8Array(65_528), PEER, 9)).toBe(ERROR_MESSAGE_SIZE);
    const four = t.open('0.0.0.0', 8);
    expect(t.send(four, 'x', 'fd00::1', 9)).toBe(ERROR_NETWORK_UNREACHABLE);
    expect(t.send(four, 'x', '255.255.255.255', 9)).toBe(ERROR_ACCESS);
    t.calls.udpOption(four, UDP_OPTION_BROADCAST, 1);
    expect(t.send(four, 'x', '255.255.255.255', 9)).toBe(1);
    t.calls.udpClose(four);
    expect(t.send(four, 'x', PEER, 9)).toBe(ERROR_STALE_HANDLE);
  });

  test('never comes from a broadcast address (RFC 1122 §3.2.1.3)', async () => {
    const driver = await dualDriver();
    const t = new UdpDriver(driver);
    for (const local of ['255.255.255.255', '10.9.0.255']) {
      expect(t.send(t.open(local, 7), 'x', '10.9.0.1', 9)).toBe(1);
      expect(t.told()).toEqual([expect.stringMatching(/^10\.9\.0\.2:7 /)]);
    }
  });

  test('connected anew goes to the family of the socket only', async () => {
    const t = await UdpDriver.create();
    const four = t.open('0.0.0.0', 8);
    expect(t.connect(four, '127.0.0.1', 9)).toBe(0);
    expect(t.connect(four, '::1', 9)).toBe(ERROR_NETWORK_UNREACHABLE);
  });

  test('goes to ourselves over loopback', async () => {
    const t = await UdpDriver.create();
    const server = t.open(ANY, 7);
    const client = t.open(ANY, 0);
    expect(t.send(client, 'to me', LOOPBACK, 7)).toBe(1);
    expect(t.send(client, 'to my address', LOCAL, 7)).toBe(1);
    expect(t.packets()).toEqual([]);
    const heard = t.received(server);
    expect(heard.map(({ data, from }) => [data, from])).toEqual([
      ['to me', LOOPBACK],
      ['to my address', LOCAL],
    ]);
  });

  test('a full queue answers 0, and drain follows when half of it is free', async () => {
    const t = await UdpDriver.create();
    const handle = t.open(ANY, 7);
    t.driver.deviceRoom = 0;
    let sent = 0;
    while (t.send(handle, 'x', PEER, 9) === 1) sent++;
    expect(sent).toBe(256);
    expect(t.ready().size).toBe(0);
    t.driver.deviceRoom = 127;
    t.driver.output();
    expect(t.ready().size).toBe(0);
    t.driver.deviceRoom = 1;
    t.driver.output();
    expect(t.ready()).toEqual(new Map([[handle, UDP_DRAIN]]));
    expect(t.ready().size).toBe(0);
  });
});

describe('what ICMP says', () => {
  async function refused(connected: boolean, all: boolean) {
    const t = await UdpDriver.create();
    const handle = t.open(ANY, 7);
    if (connected) t.connect(handle, PEER, 9);
    if (all) t.calls.udpOption(handle, UDP_OPTION_ERRORS, 1);
    t.send(handle, 'x', PEER, 9);
    const [packet] = t.packets() as [Uint8Array];
    t.driver.input([icmpMessage({ ...PORT_UNREACHABLE, body: packet, router: PEER })]);
    return { t, handle };
  }

  test.each([
    ['a connected socket hears that it is refused', true, false, true],
    ['an unconnected one does not, as everywhere', false, false, false],
    ['unless it asks for errors', false, true, true],
  ])('%s', async (_, connected, all, hears) => {
    const { t, handle } = await refused(connected, all);
    expect(t.ready()).toEqual(hears ? new Map([[handle, UDP_ERROR]]) : new Map());
    expect(t.calls.udpError(handle)).toBe(hears ? ERROR_CONNECTION_REFUSED : ERROR_AGAIN);
    expect(t.calls.udpError(handle)).toBe(ERROR_AGAIN);
    // It says nothing of the next datagram.
    expect(t.send(handle, 'y', PEER, 9)).toBe(1);
  });
});

describe('floods', () => {
  test('a socket that nobody reads holds no more than its buffer, and drops the rest, counted', async () => {
    const t = await UdpDriver.create();
    const handle = t.open(ANY, 7);
    t.calls.udpOption(handle, UDP_OPTION_RECEIVE_BUFFER, 10_000);
    for (let batch = 0; batch < 100; batch++) {
      t.driver.input(Array.from({ length: 64 }, () => datagram({ ...arriving, data: 'x'.repeat(100) })));
    }
    t.driver.output();
    // Each counts its bytes and 256.
    expect(t.calls.counter(COUNTER_DATAGRAMS_DROPPED)).toBe(6400 - Math.floor(10_000 / 356));
    expect(t.calls.counter(COUNTER_BUFFER_BYTES)).toBeLessThan(20_000);
    expect(t.received(handle)).toHaveLength(Math.floor(10_000 / 356));
    expect(t.calls.counter(COUNTER_BUFFER_BYTES)).toBe(0);
  });

  test('a socket without a buffer of its own has that of the stack', async () => {
    const t = await UdpDriver.create({ settings: { [SETTING_UDP_RECEIVE_BUFFER]: 4096 } });
    const handle = t.open(ANY, 7);
    t.driver.input(Array.from({ length: 64 }, () => datagram({ ...arriving, data: 'x'.repeat(100) })));
    t.driver.output();
    expect(t.received(handle)).toHaveLength(Math.floor(4096 / 356));
  });

  test('sockets that nobody reads hold three quarters of the memory in all; a connection still opens and is heard', async () => {
    const limit = 8 << 20;
    const t = await UdpDriver.create({ settings: { [SETTING_MEMORY_LIMIT]: limit } });
    const handles = Array.from({ length: 10 }, (_, index) => t.open(ANY, 7 + index));
    for (const handle of handles) t.calls.udpOption(handle, UDP_OPTION_RECEIVE_BUFFER, 1 << 26);
    for (let batch = 0; batch < 200; batch++) {
      const to = 7 + (batch % handles.length);
      t.driver.input(Array.from({ length: 64 }, () => datagram({ ...arriving, to, data: new Uint8Array(1400) })));
      t.driver.output();
    }
    const held = t.calls.counter(COUNTER_BUFFER_BYTES);
    expect(held).toBeGreaterThan(limit / 4);
    expect(held).toBeLessThanOrEqual((limit * 3) / 4);
    expect(t.calls.counter(COUNTER_DATAGRAMS_DROPPED)).toBeGreaterThan(1000);
    t.driver.happened();
    const peer = new Timeline(t.driver);
    peer.listen();
    peer.inject({ flags: 'S', seq: 0 });
    peer.expect({ flags: 'SA', seq: 0, ack: 1 });
    peer.inject({}, { seq: 1, data: 500 });
    expect(peer.events()).toEqual(['open', 'data']);
    expect(peer.receive()).toBe(500);
  });

  test('closing gives everything back', async () => {
    const t = await UdpDriver.create();
    for (let round = 0; round < 50; round++) {
      const handle = t.open(ANY, 7);
      t.driver.input([datagram({ ...arriving, data: 'x'.repeat(1000) })]);
      t.driver.output();
      t.driver.input([datagram(arriving)]);
      t.calls.udpClose(handle);
      t.ready();
    }
    expect(t.calls.counter(COUNTER_BUFFER_BYTES)).toBe(0);
    expect(t.calls.counter(COUNTER_UDP_SOCKETS)).toBe(0);
  });

  test('ports without anybody are answered at a limited rate', async () => {
    const t = await UdpDriver.create();
    let answers = 0;
    for (let batch = 0; batch < 100; batch++) {
      t.driver.input(Array.from({ length: 64 }, (_, to) => datagram({ ...arriving, source: neighbor(1), to: to + 1 })));
      answers += t.packets().length;
    }
    expect(answers).toBeGreaterThan(0);
    expect(answers).toBeLessThan(1500);
  });
});
