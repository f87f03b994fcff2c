/** Which packets a host accepts (RFC 791, RFC 1122 §3.2.1), ICMP echo (RFC 792), routing. */
import { describe, expect, test } from 'vitest';
import {
  COUNTER_PACKETS_BAD,
  ERROR_INVALID,
  ERROR_NETWORK_UNREACHABLE,
  LINK_IP,
} from '../../assembly/abi/constants.js';
import { Driver, LOCAL, PEER } from '../kit/driver.js';
import { addressBytes, internetChecksum, refit } from '../kit/packet.js';
import { type Timeline, timeline } from '../kit/timeline.js';

/** A SYN to a listener, as bytes to be spoilt. */
async function syn(): Promise<{ t: Timeline; bytes: Uint8Array }> {
  const t = await timeline();
  t.listen();
  return { t, bytes: t.build({ flags: 'S', seq: 0 }) };
}

function bad(t: Timeline): number {
  return t.driver.calls.counter(COUNTER_PACKETS_BAD);
}

describe('an IPv4 packet', () => {
  const spoilt: [name: string, spoil: (bytes: Uint8Array) => void][] = [
    ['of another version', (bytes) => bytes.set([0x55], 0)],
    ['with a header shorter than 20 bytes', (bytes) => bytes.set([0x44], 0)],
    ['with a header longer than itself', (bytes) => bytes.set([0x4f], 0)],
    ['with a total length shorter than its header', (bytes) => bytes.set([0, 19], 2)],
    ['with a total length beyond what arrived', (bytes) => bytes.set([1, 0], 2)],
    ['that is a first fragment', (bytes) => bytes.set([0x20, 0], 6)],
    ['that is a later fragment', (bytes) => bytes.set([0, 1], 6)],
    ['to somebody else', (bytes) => bytes.set(addressBytes('10.9.0.3'), 16)],
    ['to a multicast address', (bytes) => bytes.set(addressBytes('224.0.0.1'), 16)],
    ['from a multicast address', (bytes) => bytes.set(addressBytes('224.0.0.1'), 12)],
    ['from the broadcast address', (bytes) => bytes.set(addressBytes('255.255.255.255'), 12)],
    ['from network 0', (bytes) => bytes.set(addressBytes('0.1.2.3'), 12)],
    ['from ourselves (LAND)', (bytes) => bytes.set(addressBytes(LOCAL), 12)],
    ['from loopback', (bytes) => bytes.set(addressBytes('127.0.0.1'), 12)],
    ['to loopback', (bytes) => bytes.set(addressBytes('127.0.0.1'), 16)],
  ];
  test.each(spoilt)('%s is dropped and counted, checksums right or not', async (_, spoil) => {
    const { t, bytes } = await syn();
    spoil(bytes);
    t.injectRaw(bytes);
    refit(bytes);
    t.injectRaw(bytes);
    t.expectNothing();
    expect(bad(t)).toBe(2);
  });

  test('with a wrong header checksum is dropped (RFC 1122 §3.2.1.2)', async () => {
    const { t, bytes } = await syn();
    bytes.set([64, 6, 0, 0], 8);
    t.injectRaw(bytes);
    t.expectNothing();
    expect(bad(t)).toBe(1);
  });

  test('with options is taken, its options skipped (RFC 1122 §3.2.1.8)', async () => {
    const { t, bytes } = await syn();
    const longer = new Uint8Array(bytes.length + 8);
    longer.set(bytes.subarray(0, 20));
    longer.set([7, 7, 4, 0, 0, 0, 0, 0], 20);
    longer.set(bytes.subarray(20), 28);
    longer[0] = 0x47;
    longer[3] = longer.length;
    refit(longer);
    t.injectRaw(longer);
    t.expect({ flags: 'SA', seq: 0 });
  });

  test('with padding of the link behind it is taken, the padding ignored', async () => {
    const { t, bytes } = await syn();
    const padded = new Uint8Array(bytes.length + 6).fill(0xff);
    padded.set(bytes);
    t.injectRaw(padded);
    t.expect({ flags: 'SA', seq: 0 });
  });

  test('of another protocol is nobody’s, and no fault', async () => {
    const { t, bytes } = await syn();
    bytes[9] = 17;
    refit(bytes);
    t.injectRaw(bytes);
    t.expectNothing();
    expect(bad(t)).toBe(0);
  });
});

describe('a TCP segment', () => {
  const spoilt: [name: string, spoil: (bytes: Uint8Array) => void][] = [
    ['with a data offset below 5', (bytes) => bytes.set([0x40], 32)],
    ['with a data offset beyond its end', (bytes) => bytes.set([0xf0], 32)],
    ['shorter than a header', (bytes) => bytes.set([0, 39], 2)],
  ];
  test.each(spoilt)('%s is dropped and counted', async (_, spoil) => {
    const { t, bytes } = await syn();
    spoil(bytes);
    refit(bytes);
    t.injectRaw(bytes);
    t.expectNothing();
    expect(bad(t)).toBe(1);
  });

  test('with a wrong checksum is dropped (RFC 9293 §3.1 MUST-3)', async () => {
    const { t, bytes } = await syn();
    bytes[37] = (bytes[37] as number) ^ 1;
    t.injectRaw(bytes);
    t.expectNothing();
    expect(bad(t)).toBe(1);
  });
});

describe('ICMP echo', () => {
  function message(type: number, data: Uint8Array, identifier = 7, sequence = 9): Uint8Array {
    const bytes = new Uint8Array(28 + data.length);
    bytes.set([0x45, 0, bytes.length >> 8, bytes.length & 255, 0, 0, 0, 0, 64, 1]);
    bytes.set(addressBytes(PEER), 12);
    bytes.set(addressBytes(LOCAL), 16);
    bytes.set([type, 0, 0, 0, identifier >> 8, identifier & 255, sequence >> 8, sequence & 255], 20);
    bytes.set(data, 28);
    const checksum = internetChecksum(bytes.subarray(20));
    bytes.set([checksum >> 8, checksum & 255], 22);
    refit(bytes);
    return bytes;
  }

  test('requests are answered with their own data, to whom they came from (RFC 1122 §3.2.2.6)', async () => {
    const driver = await Driver.create();
    const data = Uint8Array.from({ length: 101 }, (_, index) => index);
    driver.input([message(8, data)]);
    driver.output();
    const reply = driver.emitted[0]?.bytes as Uint8Array;
    expect(reply.subarray(12, 20)).toEqual(Uint8Array.from([...addressBytes(LOCAL), ...addressBytes(PEER)]));
    expect([...reply.subarray(20, 22), ...reply.subarray(24, 28)]).toEqual([0, 0, 0, 7, 0, 9]);
    expect(internetChecksum(reply.subarray(20))).toBe(0);
    expect(reply.subarray(28)).toEqual(data);
  });

  test('with a wrong checksum are dropped', async () => {
    const driver = await Driver.create();
    const bytes = message(8, new Uint8Array(10));
    bytes[30] = 1;
    driver.input([bytes]);
    driver.output();
    expect(driver.emitted).toEqual([]);
  });

  test('of ours go out, and their reply is told once', async () => {
    const driver = await Driver.create();
    driver.putAddresses(PEER);
    expect(driver.calls.icmpEcho(5, 32)).toBe(0);
    driver.output();
    const request = driver.emitted[0]?.bytes as Uint8Array;
    expect([request[20], request.length]).toEqual([8, 60]);
    expect(internetChecksum(request.subarray(20))).toBe(0);
    const identifier = ((request[24] as number) << 8) | (request[25] as number);
    driver.input([message(0, request.slice(28), identifier, 5), message(0, request.slice(28), identifier ^ 1, 6)]);
    expect(driver.calls.icmpEchoNext()).toBe(1);
    expect([driver.core.takeAddress(), driver.core.result(4), driver.core.result(5), driver.core.result(6)]).toEqual([
      PEER,
      5,
      32,
      64,
    ]);
    expect(driver.calls.icmpEchoNext()).toBe(0);
  });

  test('of ours that do not fit a packet or have no way are refused', async () => {
    const driver = await Driver.create();
    driver.putAddresses(PEER);
    expect(driver.calls.icmpEcho(1, 1473)).toBe(ERROR_INVALID);
    expect(driver.calls.icmpEcho(1, 1472)).toBe(0);
    const bare = await Driver.create({ bare: true });
    bare.putAddresses(PEER);
    expect(bare.calls.icmpEcho(1, 10)).toBe(ERROR_NETWORK_UNREACHABLE);
  });

  test('to ourselves go round inside the stack', async () => {
    const driver = await Driver.create();
    driver.putAddresses('127.0.0.1');
    driver.calls.icmpEcho(1, 10);
    driver.output();
    expect(driver.calls.icmpEchoNext()).toBe(1);
    expect(driver.emitted).toEqual([]);
  });
});

describe('interfaces', () => {
  test('are chosen by the longest prefix, then by default', async () => {
    const driver = await Driver.create({ address: '10.9.0.2', prefixLength: 16 });
    const second = driver.calls.interfaceAdd(1500, 0, LINK_IP);
    driver.putAddresses('10.9.5.2');
    driver.calls.addressAdd(second, 120, 0);
    const waiting = (number: number) => driver.core.words[(driver.calls.transmitQueue(number) >> 2) + 1];
    const pings: [to: string, number: number][] = [
      ['10.9.5.9', second],
      ['10.9.6.9', 1],
      ['192.0.2.1', 1],
    ];
    for (const [to, number] of pings) {
      const before = waiting(number) as number;
      driver.putAddresses(to);
      expect(driver.calls.icmpEcho(1, 1)).toBe(0);
      expect(waiting(number), to).toBe(before + 1);
    }
  });

  test('refuse an MTU, an address or a prefix that cannot be', async () => {
    const driver = await Driver.create({ bare: true });
    expect(driver.calls.interfaceAdd(67, 0, LINK_IP)).toBe(ERROR_INVALID);
    expect(driver.calls.interfaceAdd(65_536, 0, LINK_IP)).toBe(ERROR_INVALID);
    const number = driver.calls.interfaceAdd(68, 0, LINK_IP);
    for (const address of ['0.0.0.0', '127.0.0.1', '2001:db8::1']) {
      driver.putAddresses(address);
      expect(driver.calls.addressAdd(number, 120, 0), address).toBe(ERROR_INVALID);
    }
    driver.putAddresses('10.0.0.1');
    expect(driver.calls.addressAdd(number, 129, 0)).toBe(ERROR_INVALID);
    expect(driver.calls.addressAdd(0, 104, 0)).toBe(ERROR_INVALID);
    expect(driver.calls.addressAdd(number, 128, 0)).toBe(0);
  });
});
