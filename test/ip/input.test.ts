/** Which packets a host accepts (RFC 791, RFC 1122 §3.2.1), routing. */
import { describe, expect, test } from 'vitest';
import { COUNTER_PACKETS_BAD, ERROR_INVALID, ERROR_MESSAGE_SIZE, LINK_IP } from '../../assembly/abi/constants.js';
import { Driver, LOCAL } from '../kit/driver.js';
import { addressBytes, refit } from '../kit/packet.js';
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

  test.each(spoilt)('%s is dropped although a good one has come just before it', async (_, spoil) => {
    const { t, bytes } = await syn();
    t.injectRaw(bytes.slice());
    t.expect({ flags: 'SA', seq: 0 });
    spoil(bytes);
    refit(bytes);
    t.injectRaw(bytes);
    t.expectNothing();
    expect(bad(t)).toBe(1);
  });

  test('is for nobody once its destination is no address of ours any more', async () => {
    const { t, bytes } = await syn();
    t.injectRaw(bytes);
    t.expect({ flags: 'SA', seq: 0 });
    t.driver.putAddresses(LOCAL);
    expect(t.driver.calls.addressRemove(1)).toBe(0);
    t.injectRaw(bytes);
    t.expectNothing();
    expect(bad(t)).toBe(1);
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

  test('of a protocol that nobody speaks is no fault', async () => {
    const { t, bytes } = await syn();
    bytes[9] = 253;
    refit(bytes);
    t.injectRaw(bytes);
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
      expect(driver.calls.icmpEcho(1, 1, 0)).toBe(0);
      expect(waiting(number), to).toBe(before + 1);
    }
  });

  test('refuse an MTU, an address or a prefix that cannot be', async () => {
    const driver = await Driver.create({ bare: true });
    expect(driver.calls.interfaceAdd(67, 0, LINK_IP)).toBe(ERROR_INVALID);
    expect(driver.calls.interfaceAdd(65_536, 0, LINK_IP)).toBe(ERROR_INVALID);
    const number = driver.calls.interfaceAdd(68, 0, LINK_IP);
    for (const [address, error] of [
      ['0.0.0.0', ERROR_INVALID],
      ['127.0.0.1', ERROR_INVALID],
      ['2001:db8::1', ERROR_MESSAGE_SIZE], // RFC 8200 §5
    ] as const) {
      driver.putAddresses(address);
      expect(driver.calls.addressAdd(number, 120, 0), address).toBe(error);
    }
    driver.putAddresses('10.0.0.1');
    expect(driver.calls.addressAdd(number, 129, 0)).toBe(ERROR_INVALID);
    expect(driver.calls.addressAdd(0, 104, 0)).toBe(ERROR_INVALID);
    expect(driver.calls.addressAdd(number, 128, 0)).toBe(0);
  });
});
