/** Segments that a device completes or cuts up (virtio 1.2 §5.1.6), and loopback inside the stack. */

import { describe, expect, test } from 'vitest';
import { COUNTER_PACKETS_BAD, OFFLOAD_CHECKSUM } from '../../assembly/abi/constants.js';
import { Driver, LOCAL, PEER } from '../kit/driver.js';
import { GSO_TCP, IP_HEADER, LOOPBACK, OFFLOAD_TSO } from '../kit/family.js';
import { accepted, pattern, timeline } from '../kit/timeline.js';

const BOTH = OFFLOAD_CHECKSUM | OFFLOAD_TSO;

/** The ten bytes before a packet. */
function virtio(bytes: Uint8Array) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return {
    flags: view.getUint8(0),
    gsoType: view.getUint8(1),
    headerLength: view.getUint16(2, true),
    gsoSize: view.getUint16(4, true),
    checksumStart: view.getUint16(6, true),
    checksumOffset: view.getUint16(8, true),
  };
}

const PLAIN = { flags: 0, gsoType: 0, headerLength: 0, gsoSize: 0, checksumStart: 0, checksumOffset: 0 };

describe('sending', () => {
  test('without offloads leaves nothing to the device', async () => {
    const t = await accepted();
    t.send(3000);
    for (const { virtio: header } of t.driver.emitted) expect(virtio(header)).toEqual(PLAIN);
    t.take();
  });

  test('with checksum offload leaves the sum of the pseudo-header and says where it goes', async () => {
    const t = await accepted({ offloads: OFFLOAD_CHECKSUM });
    t.send(1000);
    expect(t.driver.emitted).toHaveLength(1);
    const header = virtio((t.driver.emitted[0] as { virtio: Uint8Array }).virtio);
    expect(header).toEqual({
      ...PLAIN,
      flags: 1,
      headerLength: IP_HEADER + 20,
      checksumStart: IP_HEADER,
      checksumOffset: 16,
    });
    t.expect({ flags: 'PA', seq: 1, data: 1000 });
  });

  test('with TSO makes one packet of many segments, a whole number of them or the end of the stream', async () => {
    const t = await accepted({ offloads: BOTH, win: 65535 });
    t.send(5500);
    const header = virtio((t.driver.emitted[0] as { virtio: Uint8Array }).virtio);
    expect(header).toEqual({
      flags: 1,
      gsoType: GSO_TCP,
      headerLength: IP_HEADER + 20,
      gsoSize: 1000,
      checksumStart: IP_HEADER,
      checksumOffset: 16,
    });
    t.expect({ seq: 1, data: 5000 });
    t.expect({ flags: 'PA', seq: 5001, data: 500 });
  });

  test('with TSO stays within the congestion window, the peer’s window and 64 KiB', async () => {
    const t = await accepted({ offloads: BOTH, win: 65535, syn: { mss: 1000, windowScale: 5 } });
    t.send(500_000);
    t.expect({ seq: 1, data: 10_000 });
    let acknowledged = 1;
    let largest = 0;
    for (let round = 0; round < 200 && acknowledged < 500_001; round++) {
      acknowledged = Math.min(acknowledged + 10_000, 500_001);
      t.inject({ ack: acknowledged });
      for (const { data, seq } of t.take()) {
        largest = Math.max(largest, data.length);
        expect(Buffer.compare(data, pattern(seq, data.length))).toBe(0);
        expect(data.length % 1000 === 0 || seq + data.length === 500_001).toBe(true);
      }
    }
    expect(largest).toBeGreaterThan(10_000);
    expect(largest + IP_HEADER + 20).toBeLessThanOrEqual(65_535);
  });

  test('with TSO sends again one segment only (RFC 5681 §3.2)', async () => {
    const t = await accepted({ offloads: BOTH });
    t.send(5000);
    t.expect({ flags: 'PA', seq: 1, data: 5000 });
    t.inject({}, {}, {});
    t.expect({ seq: 1, data: 1000 });
  });
});

describe('receiving', () => {
  const packet = async (offloads: number, flags: number, spoil: boolean) => {
    const t = await accepted({ offloads });
    const bytes = t.build({ flags: 'PA', seq: 1, data: 100 });
    if (spoil) bytes.set([0xde, 0xad], IP_HEADER + 16);
    const header = new Uint8Array(10);
    header[0] = flags;
    t.injectRaw({ bytes, virtio: header });
    return t;
  };

  test('trusts a partial or verified checksum only where the device offers offloads', async () => {
    expect((await packet(OFFLOAD_CHECKSUM, 1, true)).receive()).toBe(100);
    expect((await packet(OFFLOAD_CHECKSUM, 2, true)).receive()).toBe(100);
    expect((await packet(OFFLOAD_CHECKSUM, 0, true)).receive()).toBe(0);
    const without = await packet(0, 1, true);
    expect(without.receive()).toBe(0);
    expect(without.driver.calls.counter(COUNTER_PACKETS_BAD)).toBe(1);
  });

  test('takes a super-segment of many segments whole and acknowledges it at once', async () => {
    const t = await accepted({ offloads: BOTH });
    t.inject({ flags: 'PA', seq: 1, data: 60_000 });
    t.expect({ ack: 60_001 });
    expect(t.receive()).toBe(60_000);
  });
});

describe('loopback', () => {
  async function pair(address: string) {
    const driver = await Driver.create();
    driver.putAddresses(address);
    const listener = driver.calls.tcpListen(80, 8);
    driver.putAddresses(address);
    const client = driver.calls.tcpConnect(80, 0);
    driver.output();
    const server = driver.happened().find((event) => event.listener === listener)?.handle ?? 0;
    expect(server).toBeGreaterThan(0);
    return { driver, client, server };
  }

  test.each([LOOPBACK, '127.9.9.9', LOCAL])('connects to %s without a device (RFC 1122 §3.2.1.3)', async (address) => {
    const { driver, client, server } = await pair(address);
    const sent = pattern(1, 300_000);
    let taken = 0;
    const received: Uint8Array[] = [];
    for (let round = 0; round < 1000 && (taken < sent.length || received.length === 0); round++) {
      const now = driver.core.send(client, sent.subarray(taken));
      if (now > 0) taken += now;
      driver.output();
      const chunk = driver.core.receive(server);
      if (chunk !== undefined) received.push(chunk);
    }
    // What the first window does not hold may wait for an ACK that the receiver delays.
    driver.advance(50);
    for (let chunk = driver.core.receive(server); chunk !== undefined; chunk = driver.core.receive(server)) {
      received.push(chunk);
      driver.output();
    }
    expect(Buffer.compare(Buffer.concat(received), sent)).toBe(0);
    expect(driver.emitted).toEqual([]);
  });

  test('says both ends with the address that was called', async () => {
    const { driver, client, server } = await pair(LOOPBACK);
    const ours = driver.core.endpoints(client);
    const theirs = driver.core.endpoints(server);
    expect([theirs?.remoteAddress, theirs?.remotePort]).toEqual([ours?.localAddress, ours?.localPort]);
    expect(theirs?.localAddress).toBe(LOOPBACK);
  });

  test('connects a socket to itself as a simultaneous open (RFC 9293 §3.5)', async () => {
    const driver = await Driver.create();
    driver.putAddresses(LOOPBACK);
    const handle = driver.calls.tcpConnect(5000, 5000);
    driver.output();
    expect(driver.happened()).toEqual([{ handle, listener: 0, events: ['open'] }]);
    driver.core.send(handle, pattern(1, 1000));
    driver.output();
    expect(driver.core.receive(handle)).toHaveLength(1000);
  });

  test('is not reachable from outside, nor is an address of ours believed there (RFC 1122 §3.2.1.3)', async () => {
    const t = await timeline();
    t.listen();
    t.injectRaw(t.build({ flags: 'S', seq: 0, peer: LOOPBACK }), t.build({ flags: 'S', seq: 0, peer: LOCAL }));
    t.expectNothing();
    t.inject({ flags: 'S', seq: 0, peer: PEER });
    t.expect({ flags: 'SA', seq: 0 });
  });
});
