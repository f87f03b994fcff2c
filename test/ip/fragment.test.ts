/** Fragments put together and cut (RFC 791 §3.2, RFC 815, RFC 8200 §4.5, RFC 5722, RFC 6946, RFC 6864, RFC 7739). */
import { describe, expect, test } from 'vitest';
import {
  COUNTER_PACKETS_BAD,
  COUNTER_REASSEMBLED,
  COUNTER_REASSEMBLIES,
  COUNTER_REASSEMBLY_FAILED,
  ERROR_MESSAGE_SIZE,
  ERROR_NO_BUFFERS,
} from '../../assembly/abi/constants.js';
import { SeededRandom } from '../../host/device/random.js';
import { address, type Driver } from '../kit/driver.js';
import { dualDriver, exchange, FAMILIES, type Family, FOUR, SIX } from '../kit/dual.js';
import { cut, type FragmentFields, fragment, icmp, join, pattern, viewFragment, viewIcmp } from '../kit/fragment.js';

/** An echo request whose reply shows that it was put together. */
function request(family: Family, length: number, options: { from?: string; tos?: number } = {}): Uint8Array {
  const { from = family.peer, tos = 0 } = options;
  return icmp({
    source: from,
    destination: family.local,
    type: family.request,
    rest: 0x70009,
    data: pattern(length),
    tos,
  });
}

/** What the core answers as one packet: its data, `undefined` when it answers nothing. */
function answer(driver: Driver, packets: readonly Uint8Array[]): Uint8Array | undefined {
  const out = exchange(driver, ...packets);
  return out.length === 0 ? undefined : viewIcmp(join(out)).data;
}

function expectNothingLeft(driver: Driver): void {
  expect(driver.calls.counter(COUNTER_REASSEMBLIES)).toBe(0);
  driver.calls.input(0, driver.now);
  expect(driver.bufferBytes).toBe(0);
  // A deadline may be early; nothing waits for it.
  driver.advance(60_000);
  expect(driver.deadline).toBe(Number.POSITIVE_INFINITY);
}

function one(
  family: Family,
  fields: Partial<FragmentFields> & { at: number; more: boolean; data: Uint8Array },
): Uint8Array {
  return fragment({ source: family.peer, destination: family.local, protocol: family.icmp, ...fields });
}

describe.each(FAMILIES)('%s reassembly', (_, family) => {
  test('puts a packet together in whatever order its fragments come', async () => {
    const driver = await dualDriver();
    const random = new SeededRandom(3);
    for (let round = 0; round < 40; round++) {
      const size = 8 * (1 + Math.floor(random.fraction() * 30));
      const length = 1 + Math.floor(random.fraction() * 2000);
      const fragments = cut(request(family, length), size, round);
      fragments.sort(() => random.fraction() - 0.5);
      expect(answer(driver, fragments)).toEqual(pattern(length));
    }
    expect(driver.calls.counter(COUNTER_REASSEMBLED)).toBeGreaterThan(30);
    driver.advance(60_000);
    expectNothingLeft(driver);
  });

  test('puts together the largest packet', async () => {
    const driver = await dualDriver();
    const length = family.version === 4 ? 65_507 : 65_527;
    const out = exchange(driver, ...cut(request(family, length), 1448));
    expect(out).toHaveLength(Math.ceil((length + 8) / 1448));
    expect(viewIcmp(join(out)).data).toEqual(pattern(length));
    expectNothingLeft(driver);
  });

  test('takes all fragments of a packet in one batch, and several packets at once', async () => {
    const driver = await dualDriver();
    const first = cut(request(family, 3000), 1000 & ~7, 1);
    const second = cut(request(family, 2500), 1000 & ~7, 2);
    driver.input([...first, ...second].sort((a, b) => (a[a.length - 1] as number) - (b[b.length - 1] as number)));
    driver.output();
    const out = driver.emitted.map(({ bytes }) => bytes);
    const ids = [...new Set(out.map((bytes) => viewFragment(bytes).identification))];
    const data = ids.map(
      (id) => viewIcmp(join(out.filter((bytes) => viewFragment(bytes).identification === id))).data.length,
    );
    expect(data.sort()).toEqual([2500, 3000]);
  });

  test('tells packets apart by addresses and identification', async () => {
    const driver = await dualDriver();
    const other = family.version === 4 ? '10.9.0.7' : 'fd00::7';
    const mine = cut(request(family, 100), 64, 1);
    const theirs = cut(request(family, 100, { from: other }), 64, 1);
    const again = cut(request(family, 100), 64, 2);
    expect(exchange(driver, mine[0] as Uint8Array, theirs[1] as Uint8Array, again[1] as Uint8Array)).toEqual([]);
    expect(exchange(driver, theirs[0] as Uint8Array).map((bytes) => viewIcmp(bytes).destination)).toEqual([other]);
    expect(answer(driver, [mine[1] as Uint8Array])).toEqual(pattern(100));
    expect(answer(driver, [again[0] as Uint8Array])).toEqual(pattern(100));
  });

  test('passes over exact duplicates', async () => {
    const driver = await dualDriver();
    const fragments = cut(request(family, 300), 64);
    expect(
      answer(
        driver,
        fragments.slice(0, -1).flatMap((bytes) => [bytes, bytes]),
      ),
    ).toBeUndefined();
    expect(answer(driver, fragments.slice(-1))).toEqual(pattern(300));
  });

  test('gives up after its time, and says so when the first fragment came', async () => {
    const driver = await dualDriver();
    const patience = family.version === 4 ? 30_000 : 60_000;
    const packet = request(family, 200);
    const [first, second] = cut(packet, 64) as [Uint8Array, Uint8Array];
    expect(exchange(driver, first)).toEqual([]);
    expect(driver.calls.counter(COUNTER_REASSEMBLIES)).toBe(1);
    driver.advance(patience - 1);
    expect(driver.emitted).toEqual([]);
    driver.advance(1);
    const error = viewIcmp(driver.emitted.splice(0)[0]?.bytes as Uint8Array);
    expect([error.type, error.code, error.destination]).toEqual([family.exceeded, 1, family.peer]);
    expect(error.data).toEqual(first);
    expect(driver.calls.counter(COUNTER_REASSEMBLY_FAILED)).toBe(1);
    expectNothingLeft(driver);
    expect(exchange(driver, second)).toEqual([]);
    driver.advance(patience);
    expect(driver.emitted).toEqual([]);
    expectNothingLeft(driver);
  });

  test('a later fragment does not prolong the wait', async () => {
    const driver = await dualDriver();
    const [first, second, third] = cut(request(family, 150), 64) as [Uint8Array, Uint8Array, Uint8Array];
    const patience = family.version === 4 ? 30_000 : 60_000;
    exchange(driver, second);
    driver.advance(patience - 1000);
    exchange(driver, first);
    driver.advance(1000);
    expect(driver.emitted).toHaveLength(1);
    driver.emitted.length = 0;
    expect(exchange(driver, third)).toEqual([]);
  });

  test('marks of congestion of one fragment mark the packet, unless others know no marks (RFC 3168 §5.3)', async () => {
    const driver = await dualDriver();
    const marked = (marks: readonly number[]) =>
      [0, 1, 2].map((index) => {
        const fragments = cut(request(family, 150, { tos: marks[index] as number }), 64);
        return fragments[index] as Uint8Array;
      });
    expect(answer(driver, marked([2, 3, 2]))).toEqual(pattern(150));
    expect(answer(driver, marked([0, 3, 0]))).toBeUndefined();
  });

  test('nobody is told that the rest of an error, or of what was for all, did not come', async () => {
    const driver = await dualDriver();
    const all = family.version === 4 ? '10.9.0.255' : 'ff02::1';
    const ends = { source: family.peer, destination: family.local };
    const firsts = [
      one(family, { destination: all, at: 0, more: true, data: pattern(64) }),
      cut(icmp({ ...ends, type: family.unreachable, data: pattern(200) }), 64, 8)[0] as Uint8Array,
    ];
    expect(exchange(driver, ...firsts)).toEqual([]);
    driver.advance(60_000);
    expect(exchange(driver)).toEqual([]);
    expectNothingLeft(driver);
  });

  test('a fragment of nothing, or one that is no multiple of eight with others behind it, is refused', async () => {
    const driver = await dualDriver();
    const before = driver.calls.counter(COUNTER_PACKETS_BAD);
    exchange(driver, one(family, { at: 8, more: true, data: pattern(0) }));
    exchange(driver, one(family, { at: 8, more: false, data: pattern(0) }));
    exchange(driver, one(family, { at: 8, more: true, data: pattern(12) }));
    expect(driver.calls.counter(COUNTER_PACKETS_BAD) - before).toBe(3);
    expect(driver.calls.counter(COUNTER_REASSEMBLIES)).toBe(0);
  });
});

describe('IPv6 reassembly', () => {
  test('an atomic fragment is a packet by itself, whatever else has its identification (RFC 6946)', async () => {
    const driver = await dualDriver();
    const [first, second] = cut(request(SIX, 100), 64, 5) as [Uint8Array, Uint8Array];
    exchange(driver, first);
    const [whole] = cut(request(SIX, 30), 1000, 5) as [Uint8Array];
    expect(viewFragment(whole)).toMatchObject({ at: 0, more: false, identification: 5 });
    expect(answer(driver, [whole])).toEqual(pattern(30));
    expect(answer(driver, [second])).toEqual(pattern(100));
  });

  test('a length that is no multiple of eight earns a parameter problem that points to the Payload Length', async () => {
    const driver = await dualDriver();
    const bad = one(SIX, { at: 64, more: true, data: pattern(12) });
    const error = viewIcmp(exchange(driver, bad)[0] as Uint8Array);
    expect([error.type, error.code, error.rest]).toEqual([4, 0, 4]);
    expect(error.data).toEqual(bad);
  });

  test('a packet of more than 65,535 bytes earns one that points to the offset', async () => {
    const driver = await dualDriver();
    const bad = one(SIX, { at: 65_528, more: false, data: pattern(8) });
    const error = viewIcmp(exchange(driver, bad)[0] as Uint8Array);
    expect([error.type, error.code, error.rest]).toEqual([4, 0, 42]);
  });

  test('a first fragment has to hold all headers, up to that of the transport (RFC 7112)', async () => {
    const driver = await dualDriver();
    for (const [protocol, data] of [
      [6, pattern(16)],
      [60, Uint8Array.of(6, 1, 0, 0, 0, 0, 0, 0)],
      [60, Uint8Array.of(6, 0, 1, 4, 0, 0, 0, 0)],
    ] as const) {
      const [error] = exchange(driver, one(SIX, { protocol, at: 0, more: true, data }));
      const { type, code, rest } = viewIcmp(error as Uint8Array);
      expect([type, code, rest]).toEqual([4, 3, 0]);
    }
    expect(driver.calls.counter(COUNTER_REASSEMBLIES)).toBe(0);
  });

  test('headers behind the Fragment header are read when the packet is whole', async () => {
    const driver = await dualDriver();
    const echo = request(SIX, 100).subarray(40);
    const options = Uint8Array.of(58, 0, 1, 4, 0, 0, 0, 0);
    const payload = Buffer.concat([options, echo]);
    const fragments = [0, 64].map((at) =>
      one(SIX, { protocol: 60, at, more: at === 0, data: payload.subarray(at, at === 0 ? 64 : undefined) }),
    );
    expect(answer(driver, fragments.reverse())).toEqual(pattern(100));
  });

  test('of the protocol, only the first fragment says what it is', async () => {
    const driver = await dualDriver();
    const [first, second] = cut(request(SIX, 100), 64) as [Uint8Array, Uint8Array];
    second[40] = 17;
    expect(answer(driver, [second, first])).toEqual(pattern(100));
  });
});

describe('IPv4 reassembly', () => {
  test('tells packets apart by their protocol, too', async () => {
    const driver = await dualDriver();
    const [first, second] = cut(request(FOUR, 100), 64) as [Uint8Array, Uint8Array];
    exchange(driver, one(FOUR, { protocol: 99, at: 0, more: true, data: pattern(64, 5) }));
    expect(answer(driver, [first, second])).toEqual(pattern(100));
  });
});

describe.each(FAMILIES)('%s fragmentation', (_, family) => {
  function send(driver: Driver, length: number, lifetime = 0): number {
    driver.core.putAddress(address(family.peer));
    return driver.calls.icmpEcho(1, length, lifetime);
  }

  test('cuts what no packet holds into as few as can be, each a multiple of eight', async () => {
    const driver = await dualDriver();
    expect(send(driver, 4000)).toBe(0);
    const out = exchange(driver);
    expect(out.map((bytes) => bytes.length)).toEqual(family.version === 4 ? [1500, 1500, 1068] : [1496, 1496, 1160]);
    expect(viewIcmp(join(out)).data).toHaveLength(4000);
    expect(out.some((bytes) => viewFragment(bytes).dontFragment)).toBe(false);
  });

  test('leaves alone what fits', async () => {
    const driver = await dualDriver();
    expect(send(driver, 1500 - family.header - 8)).toBe(0);
    expect(exchange(driver).map(viewFragment)).toMatchObject([{ at: 0, more: false }]);
  });

  test('never sends a part: no room for all is no room', async () => {
    const driver = await dualDriver();
    driver.deviceRoom = 0;
    let sent = 0;
    while (send(driver, 65_000) === 0) sent++;
    expect(sent).toBeGreaterThan(3);
    expect(send(driver, 65_000)).toBe(ERROR_NO_BUFFERS);
    driver.deviceRoom = Number.POSITIVE_INFINITY;
    const out = exchange(driver);
    expect(out).toHaveLength(sent * Math.ceil(65_008 / (family.version === 4 ? 1480 : 1448)));
    expect(send(driver, 65_000)).toBe(0);
  });

  test('refuses what needs more fragments than the queue has places, or may not be cut', async () => {
    const driver = await dualDriver(family.version === 4 ? { mtu: 100 } : {});
    if (family.version === 4) expect(send(driver, 60_000)).toBe(ERROR_MESSAGE_SIZE);
    expect(send(driver, 2000, 256)).toBe(ERROR_MESSAGE_SIZE);
    expect(send(driver, 65_528)).toBe(ERROR_MESSAGE_SIZE);
    expect(exchange(driver)).toEqual([]);
  });

  test('identifications differ, and those to one host tell nothing of those to another (RFC 7739)', async () => {
    const ids = async (seed: number, to: string) => {
      const driver = await dualDriver({ seed });
      return [1, 2, 3].map(() => {
        driver.core.putAddress(address(to));
        driver.calls.icmpEcho(1, 2000, 0);
        return viewFragment(exchange(driver)[0] as Uint8Array).identification;
      });
    };
    const [a, b, c] = [await ids(1, family.peer), await ids(1, family.far), await ids(2, family.peer)];
    expect(new Set([...a, ...b, ...c]).size).toBe(9);
  });
});

test.each(FAMILIES)(
  '%s: what came in fragments is answered in no larger ones, but not in tiny ones',
  async (_, family) => {
    const driver = await dualDriver();
    const size = (pieces: readonly Uint8Array[]) =>
      Math.max(...exchange(driver, ...pieces).map(({ length }) => length));
    const header = family.version === 4 ? 20 : 48;
    expect(size(cut(request(family, 5000), 1360))).toBe(1360 + header);
    expect(size(cut(request(family, 5000), 64))).toBeGreaterThan(1200);
  },
);
