/** Fragments that attackers send: no trap, no packet that nobody has sent, memory bounded, nothing left after the deadline. */
import { describe, expect, test } from 'vitest';
import {
  COUNTER_PACKETS_BAD,
  COUNTER_REASSEMBLED,
  COUNTER_REASSEMBLIES,
  COUNTER_REASSEMBLY_FAILED,
} from '../../assembly/abi/constants.js';
import type { Driver } from '../kit/driver.js';
import { dualDriver, exchange, FAMILIES, type Family } from '../kit/dual.js';
import { cut, type FragmentFields, fragment, icmp, pattern, viewIcmp } from '../kit/fragment.js';

function request(family: Family, length: number, source = family.peer): Uint8Array {
  return icmp({ source, destination: family.local, type: family.request, data: pattern(length) });
}

function one(family: Family, fields: Partial<FragmentFields> & { at: number; data: Uint8Array }): Uint8Array {
  return fragment({ source: family.peer, destination: family.local, protocol: family.icmp, more: true, ...fields });
}

/** Somebody, by number; every one of IPv6 has a /64 of its own. */
function host(family: Family, number: number): string {
  return family.version === 4 ? `10.9.${number >> 8}.${number & 255}` : `2001:db8:0:${number.toString(16)}::1`;
}

function expectNothingLeft(driver: Driver): void {
  driver.advance(60_000);
  driver.emitted.length = 0;
  driver.calls.input(0, driver.now);
  expect(driver.calls.counter(COUNTER_REASSEMBLIES)).toBe(0);
  expect(driver.bufferBytes).toBe(0);
  expect(driver.deadline).toBe(Number.POSITIVE_INFINITY);
}

describe.each(FAMILIES)('%s', (_, family) => {
  const [first, second, third] = cut(request(family, 150), 64) as [Uint8Array, Uint8Array, Uint8Array];
  const payload = request(family, 150).subarray(family.header);
  const overlaps: [name: string, spoilt: Uint8Array[]][] = [
    ['teardrop: the second lies within the first', [first, one(family, { at: 24, data: pattern(8), more: false })]],
    ['the second begins within the first', [first, one(family, { at: 56, data: pattern(64) })]],
    ['the first ends within the second', [second, one(family, { at: 0, data: payload.subarray(0, 72) })]],
    ['one holds another', [second, one(family, { at: 56, data: pattern(80) })]],
    ['the same place, other bytes', [second, one(family, { at: 64, data: pattern(64, 99) })]],
    ['the same bytes but for the last', [second, one(family, { at: 64, data: payload.subarray(64, 120) })]],
    ['two ends', [third, one(family, { at: 136, data: pattern(40), more: false })]],
    ['something behind the end', [third, one(family, { at: 200, data: pattern(8) })]],
    ['the end before something', [one(family, { at: 200, data: pattern(8) }), third]],
    ['the end says that more follows', [third, one(family, { at: 128, data: payload.subarray(128, 152) })]],
  ];
  test.each(overlaps)('%s: the packet is given up, and what else comes of it (RFC 5722)', async (__, spoilt) => {
    const driver = await dualDriver();
    expect(exchange(driver, ...spoilt, first, second, third)).toEqual([]);
    expect(driver.calls.counter(COUNTER_REASSEMBLED)).toBe(0);
    expect(driver.calls.counter(COUNTER_REASSEMBLY_FAILED)).toBe(1);
    driver.advance(60_000);
    expect(driver.emitted).toEqual([]);
    expectNothingLeft(driver);
  });

  test('ping of death: what ends behind 65,535 bytes is refused', async () => {
    const driver = await dualDriver();
    for (const size of [8, 16, 1000]) exchange(driver, one(family, { at: 65_528, data: pattern(size), more: false }));
    expect(driver.calls.counter(COUNTER_PACKETS_BAD)).toBe(3);
    expect(driver.calls.counter(COUNTER_REASSEMBLIES)).toBe(0);
    expectNothingLeft(driver);
  });

  test('rose: the two ends of packets without a middle hold little memory, and not for long', async () => {
    const driver = await dualDriver();
    for (let identification = 0; identification < 2000; identification++) {
      exchange(driver, one(family, { at: 0, data: payload.subarray(0, 32), identification }));
      exchange(driver, one(family, { at: 64_800, data: pattern(8), more: false, identification }));
    }
    expect(driver.calls.counter(COUNTER_REASSEMBLIES)).toBe(64);
    expect(driver.bufferBytes).toBeLessThan(64 * 1024);
    expectNothingLeft(driver);
  });

  test('a flood from one source takes its share of memory, and others are heard', async () => {
    const driver = await dualDriver();
    exchange(driver, ...cut(request(family, 3000, host(family, 9)), 1000, 1).slice(1));
    for (let identification = 0; identification < 3000; identification++) {
      driver.input([one(family, { at: 8, data: pattern(1400), identification })]);
    }
    expect(driver.bufferBytes).toBeLessThanOrEqual((512 << 10) + (64 << 10));
    const [reply] = exchange(driver, cut(request(family, 3000, host(family, 9)), 1000, 1)[0] as Uint8Array).map(
      Boolean,
    );
    expect(reply).toBe(true);
    driver.now += 1;
    expectNothingLeft(driver);
  });

  test('a flood from everywhere takes 4 MiB, and what is new is heard', async () => {
    const driver = await dualDriver();
    for (let number = 0; number < 4000; number++) {
      const source = host(family, 256 + number);
      driver.input(
        [0, 1, 2, 3, 4, 5, 6].map((index) => one(family, { source, at: 8 + index * 1400, data: pattern(1400) })),
      );
    }
    expect(driver.bufferBytes).toBeLessThanOrEqual((4 << 20) + (128 << 10));
    expect(driver.calls.counter(COUNTER_REASSEMBLIES)).toBeLessThanOrEqual(512);
    expect(exchange(driver, ...cut(request(family, 3000), 1000)).length).toBeGreaterThan(0);
    expectNothingLeft(driver);
  });

  test('more fragments than any link makes end their packet', async () => {
    const driver = await dualDriver();
    const fragments = cut(request(family, 257 * 8), 8);
    exchange(driver, ...fragments.slice(0, 256));
    expect(driver.calls.counter(COUNTER_REASSEMBLY_FAILED)).toBe(0);
    exchange(driver, fragments[256] as Uint8Array);
    expect(driver.calls.counter(COUNTER_REASSEMBLY_FAILED)).toBe(1);
    expectNothingLeft(driver);
  });

  test('answers to what comes too late are limited, too', async () => {
    const driver = await dualDriver();
    for (let identification = 0; identification < 64; identification++) {
      for (const number of [1, 2, 3, 4, 5, 6, 7, 8]) {
        exchange(
          driver,
          one(family, { source: host(family, number), at: 0, data: payload.subarray(0, 32), identification }),
        );
      }
    }
    driver.advance(60_000);
    expect(driver.emitted.length).toBeGreaterThan(0);
    expect(driver.emitted.length).toBeLessThanOrEqual(125);
    expectNothingLeft(driver);
  });
});

test('a fragment within fragments is nobody’s', async () => {
  const driver = await dualDriver();
  const inner = Uint8Array.from([
    58,
    0,
    0,
    1,
    0,
    0,
    0,
    9,
    ...icmp({ source: 'fd00::1', destination: 'fd00::2', type: 128 }).subarray(40),
  ]);
  const parts = [0, 8].map((at) =>
    fragment({
      source: 'fd00::1',
      destination: 'fd00::2',
      protocol: 44,
      at,
      more: at === 0,
      data: inner.subarray(at, at === 0 ? 8 : undefined),
    }),
  );
  expect(exchange(driver, ...parts)).toEqual([]);
  expectNothingLeft(driver);
});

test('tiny first fragments of IPv6 are refused, so that nobody is led past a filter (RFC 7112)', async () => {
  const driver = await dualDriver();
  const tiny = fragment({
    source: 'fd00::1',
    destination: 'fd00::2',
    protocol: 6,
    at: 0,
    more: true,
    data: pattern(8),
  });
  expect(
    exchange(driver, tiny)
      .map((bytes) => viewIcmp(bytes))
      .map(({ type, code }) => [type, code]),
  ).toEqual([[4, 3]]);
  expectNothingLeft(driver);
});
