/** What a router says of packets that it can't pass on, and how it cuts those that it may (RFC 1812 §5.2, RFC 4443 §3, RFC 8201). */
import { describe, expect, test } from 'vitest';
import { OFFLOAD_CHECKSUM, SETTING_FORWARDING } from '../../assembly/abi/constants.js';
import { address, type Driver } from '../kit/driver.js';
import { addInterface, dualDriver, FAMILIES, type Family } from '../kit/dual.js';
import { cut, icmp, join, pattern, viewFragment, viewIcmp } from '../kit/fragment.js';
import { buildIp, internetChecksum, transportChecksum } from '../kit/packet.js';

/** A router: interface 1 as ever, interface 2 with a narrower link. */
async function router(mtu = 1280, offloads = 0): Promise<Driver> {
  const driver = await dualDriver({ settings: { [SETTING_FORWARDING]: 1 }, offloads });
  addInterface(driver, mtu, mtu < 1280 ? ['10.8.0.1/24'] : ['10.8.0.1/24', 'fd00:0:0:8::1/64'], offloads);
  return driver;
}

const behind = (family: Family) => (family.version === 4 ? '10.8.0.9' : 'fd00:0:0:8::9');

/** What the queue of an interface holds. */
function waiting(driver: Driver, number: number): Uint8Array[] {
  driver.output();
  const { words, bytes } = driver.core;
  const queue = driver.calls.transmitQueue(number) >> 2;
  const [head, count] = [words[queue] as number, words[queue + 1] as number];
  const packets = Array.from({ length: count }, (_, index) => {
    const at = queue + 2 + ((head + index) % 256) * 4;
    return bytes.slice(words[at], (words[at] as number) + (words[at + 1] as number));
  });
  driver.calls.transmitDone(number, count);
  return packets;
}

/** The answer to a packet that comes in at interface 1. */
function told(
  driver: Driver,
  packet: Uint8Array,
): { type: number; code: number; rest: number; source: string; data: Uint8Array } | undefined {
  driver.input([packet]);
  driver.output();
  const [bytes] = driver.emitted.splice(0).map((emitted) => emitted.bytes);
  return bytes && viewIcmp(bytes);
}

describe.each(FAMILIES)('%s', (_, family) => {
  const packet = (fields: Partial<Parameters<typeof buildIp>[0]> = {}) =>
    buildIp({ source: family.peer, destination: behind(family), protocol: 17, payload: pattern(100), ...fields });

  test('a packet whose hops are used up is given up, and its sender is told by the address it spoke to', async () => {
    const driver = await router();
    for (const lifetime of [0, 1]) {
      const last = packet({ lifetime });
      expect(told(driver, last)).toMatchObject({ type: family.exceeded, code: 0, source: family.local, data: last });
    }
    expect(told(driver, packet({ lifetime: 2 }))).toBeUndefined();
    expect(waiting(driver, 2)).toHaveLength(1);
  });

  test('a packet that nobody knows a way for is unreachable', async () => {
    const driver = await router();
    const everything = family.version === 4 ? '0.0.0.0' : '::';
    driver.core.putAddress(address(everything));
    driver.core.putAddress(address(family.peer), 1);
    expect(driver.calls.routeRemove(1, family.version === 4 ? 96 : 0)).toBe(0);
    expect(told(driver, packet({ destination: family.far }))).toMatchObject({ type: family.unreachable, code: 0 });
  });

  test('nobody is told of errors, of groups, nor of packets from nowhere', async () => {
    const driver = await router();
    const data = packet();
    const error = icmp({
      source: family.peer,
      destination: behind(family),
      type: family.unreachable,
      data,
      lifetime: 1,
    });
    expect(told(driver, error)).toBeUndefined();
    const nowhere = family.version === 4 ? '0.0.0.0' : '::';
    expect(told(driver, packet({ source: nowhere, lifetime: 1 }))).toBeUndefined();
    expect(
      told(driver, packet({ destination: family.version === 4 ? '239.1.1.1' : 'ff0e::1', lifetime: 1 })),
    ).toBeUndefined();
  });

  test('a later fragment that runs out of hops is not told of over IPv4', async () => {
    const driver = await router();
    const later = cut(packet({ lifetime: 1 }), 64)[1] as Uint8Array;
    if (family.version === 4) {
      later[8] = 1;
      later.set([0, 0], 10);
      const sum = internetChecksum(later.subarray(0, 20));
      later.set([sum >> 8, sum & 255], 10);
      expect(told(driver, later)).toBeUndefined();
    } else {
      later[7] = 1;
      expect(told(driver, later)).toMatchObject({ type: 3, code: 0 });
    }
  });
});

test('what means something on one link only goes no further (RFC 3927 §7)', async () => {
  const driver = await router();
  for (const ends of [
    { source: '169.254.1.2', destination: '10.8.0.9' },
    { source: '10.9.0.1', destination: '169.254.1.2' },
  ]) {
    expect(told(driver, buildIp({ ...ends, protocol: 17, payload: pattern(30) }))).toBeUndefined();
    expect(waiting(driver, 2)).toEqual([]);
  }
});

test('an IPv6 packet that the next link does not take earns its MTU', async () => {
  const driver = await router(1300);
  const large = buildIp({ source: 'fd00::1', destination: 'fd00:0:0:8::9', protocol: 17, payload: pattern(1400) });
  expect(told(driver, large)).toMatchObject({ type: 2, code: 0, rest: 1300 });
  expect(waiting(driver, 2)).toEqual([]);
});

describe('an IPv4 packet that the next link does not take', () => {
  const large = (options: { dontFragment?: boolean; header?: readonly number[] } = {}) => {
    const { header = [], dontFragment = false } = options;
    const plain = buildIp({ source: '10.9.0.1', destination: '10.8.0.9', protocol: 17, payload: pattern(1400) });
    const bytes = Uint8Array.from([...plain.subarray(0, 20), ...header, ...plain.subarray(20)]);
    const view = new DataView(bytes.buffer);
    view.setUint8(0, 0x45 + header.length / 4);
    view.setUint16(2, bytes.length);
    view.setUint32(4, (77 << 16) | (dontFragment ? 0x4000 : 0));
    view.setUint16(10, 0);
    view.setUint16(10, internetChecksum(bytes.subarray(0, 20 + header.length)));
    return bytes;
  };

  test('earns its MTU when it may not be cut (RFC 1191 §4)', async () => {
    const driver = await router(600);
    const packet = large({ dontFragment: true });
    expect(told(driver, packet)).toMatchObject({ type: 3, code: 4, rest: 600, data: packet.subarray(0, 548) });
    expect(waiting(driver, 2)).toEqual([]);
  });

  test('is cut when it may be', async () => {
    const driver = await router(600);
    expect(told(driver, large())).toBeUndefined();
    const out = waiting(driver, 2);
    expect(out.map((bytes) => bytes.length)).toEqual([596, 596, 268]);
    expect(viewFragment(join(out)).data).toEqual(pattern(1400));
    expect(out.map((bytes) => viewFragment(bytes))).toMatchObject(
      out.map(() => ({ identification: 77, lifetime: 63 })),
    );
  });

  test('is cut with the checksum that was left to the device, which is never 0 (RFC 768)', async () => {
    const driver = await router(600, OFFLOAD_CHECKSUM);
    const payload = Uint8Array.from([0x9c, 0x40, 0x1e, 0x61, 1400 >> 8, 1400 & 255, 0, 0, ...pattern(1392)]);
    const datagram = () => buildIp({ source: '10.9.0.1', destination: '10.8.0.9', protocol: 17, payload });
    const virtio = Uint8Array.of(1, 0, 0, 0, 0, 0, 20, 0, 6, 0);
    const completed = () => {
      const partial = datagram();
      const pseudoHeader = Uint8Array.of(...partial.subarray(12, 20), 0, 17, ...payload.subarray(4, 6));
      new DataView(partial.buffer).setUint16(26, ~internetChecksum(pseudoHeader) & 0xffff);
      driver.input([{ bytes: partial, virtio }]);
      return new DataView(Uint8Array.from(join(waiting(driver, 2))).buffer).getUint16(26);
    };
    const sum = transportChecksum(datagram(), 17);
    expect(completed()).toBe(sum);
    // All of it now adds up to ffff, whose complement is 0.
    new DataView(payload.buffer).setUint16(8, new DataView(payload.buffer).getUint16(8) + sum);
    expect(transportChecksum(datagram(), 17)).toBe(0);
    expect(completed()).toBe(0xffff);
  });

  test('is cut again where the way gets narrower', async () => {
    const [wide, narrow] = [await router(1000), await router(300)];
    wide.input([large()]);
    narrow.input(waiting(wide, 2));
    expect(viewFragment(join(waiting(narrow, 2))).data).toEqual(pattern(1400));
  });

  test('has in later fragments those options only that say so (RFC 791 §3.1)', async () => {
    const driver = await router(600);
    const recordRoute = [7, 7, 4, 0, 0, 0, 0];
    const looseRoute = [131, 3, 4];
    told(driver, large({ header: [1, ...recordRoute, ...looseRoute, 0] }));
    const [first, second] = waiting(driver, 2) as [Uint8Array, Uint8Array];
    expect([...first.subarray(20, 32)]).toEqual([1, ...recordRoute, ...looseRoute, 0]);
    expect([second[0], ...second.subarray(20, 24)]).toEqual([0x46, ...looseRoute, 0]);
    expect(
      [first, second].map((bytes) => internetChecksum(bytes.subarray(0, ((bytes[0] as number) & 15) * 4))),
    ).toEqual([0, 0]);
  });
});

test('what lies before a packet of a device without offloads is no virtio-net header', async () => {
  const driver = await router(600);
  const bytes = buildIp({ source: '10.9.0.1', destination: '10.8.0.9', protocol: 17, payload: pattern(300) });
  const virtio = Uint8Array.of(1, 1, 20, 0, 200, 0, 20, 0, 6, 0);
  driver.input([{ bytes, virtio }]);
  const [out] = waiting(driver, 2) as [Uint8Array];
  expect(out.subarray(20)).toEqual(pattern(300));
});
