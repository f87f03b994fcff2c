/** Errors that a stack sends: about which packets, how much of them, how often (RFC 792, RFC 1122 §3.2.2, RFC 1812 §4.3, RFC 4443 §2.4). */
import { describe, expect, test } from 'vitest';
import { COUNTER_ICMP_ERRORS_HELD, COUNTER_ICMP_ERRORS_OUT, SETTING_ICMP_RATE } from '../../assembly/abi/constants.js';
import { dualDriver, exchange, FAMILIES, type Family, SIX } from '../kit/dual.js';
import { fragment, icmp, pattern, viewIcmp } from '../kit/fragment.js';
import { buildIp } from '../kit/packet.js';

/** A packet of a protocol that nobody speaks. */
function strange(family: Family, fields: Partial<Parameters<typeof buildIp>[0]> = {}): Uint8Array {
  return buildIp({ source: family.peer, destination: family.local, protocol: 253, payload: pattern(40), ...fields });
}

describe.each(FAMILIES)('%s errors', (_, family) => {
  const protocolUnreachable = family.version === 4 ? [3, 2, 0] : [4, 1, 6];

  test('a protocol that nobody speaks is unreachable, says the address that was spoken to', async () => {
    const driver = await dualDriver();
    const packet = strange(family, { tos: 0x20 });
    const error = viewIcmp(exchange(driver, packet)[0] as Uint8Array);
    expect([error.type, error.code, error.rest]).toEqual(protocolUnreachable);
    expect(error).toMatchObject({ source: family.local, destination: family.peer, data: packet, lifetime: 64 });
    expect(error.tos).toBe(family.version === 4 ? 0xc0 : 0);
  });

  test('quote as much as makes a packet that every host takes', async () => {
    const driver = await dualDriver();
    const packet = strange(family, { payload: pattern(1400) });
    const [error] = exchange(driver, packet) as [Uint8Array];
    expect(error.length).toBe(family.version === 4 ? 576 : 1280);
    const { data } = viewIcmp(error);
    expect(data).toEqual(packet.subarray(0, data.length));
  });

  test('are not sent about errors, nor about what may be one', async () => {
    const driver = await dualDriver();
    for (const type of family.version === 4 ? [3, 4, 5, 11, 12, 6, 40] : [1, 2, 3, 4, 100, 137]) {
      const bad = icmp({ source: family.peer, destination: family.local, type, data: strange(family) });
      if (family.version === 4) {
        // A TTL that ends here is no error for a host; an unknown protocol around it would be.
        expect(exchange(driver, bad), String(type)).toEqual([]);
        continue;
      }
      const options = Uint8Array.of(58, 0, 0x80, 4, 0, 0, 0, 0);
      const payload = Buffer.concat([options, bad.subarray(40)]);
      const inside = buildIp({ source: family.peer, destination: family.local, protocol: 60, payload });
      expect(exchange(driver, inside), String(type)).toEqual([]);
    }
  });

  test('are not sent to groups, to nobody, or to ourselves', async () => {
    const driver = await dualDriver();
    const sources =
      family.version === 4
        ? ['0.0.0.0', '255.255.255.255', '10.9.0.255', '224.0.0.1', '127.0.0.1', '250.1.1.1']
        : ['::', 'ff02::1', '::1'];
    for (const source of sources) expect(exchange(driver, strange(family, { source })), source).toEqual([]);
  });

  test('are not sent about packets to groups', async () => {
    const driver = await dualDriver();
    const groups = family.version === 4 ? ['224.0.0.1', '255.255.255.255', '10.9.0.255'] : ['ff02::1'];
    for (const destination of groups)
      expect(exchange(driver, strange(family, { destination })), destination).toEqual([]);
  });

  test('are limited in number, for each receiver and in all, and by chance', async () => {
    const counts = async (seed: number) => {
      const driver = await dualDriver({ seed, settings: { [SETTING_ICMP_RATE]: 800 } });
      const from = (host: number) => (family.version === 4 ? `10.9.0.${host}` : `fd00:0:0:${host}::1`);
      const one = exchange(driver, ...Array.from({ length: 200 }, () => strange(family, { source: from(9) }))).length;
      const all = exchange(
        driver,
        ...Array.from({ length: 600 }, (__, index) => strange(family, { source: from(10 + (index % 200)) })),
      ).length;
      expect(driver.calls.counter(COUNTER_ICMP_ERRORS_OUT)).toBe(one + all);
      expect(driver.calls.counter(COUNTER_ICMP_ERRORS_HELD)).toBe(800 - one - all);
      driver.now += 1000;
      const later = exchange(driver, ...Array.from({ length: 200 }, () => strange(family, { source: from(9) }))).length;
      expect(later).toBe(one);
      return { one, all: one + all };
    };
    const seen = await Promise.all([1, 2, 3, 4, 5].map(counts));
    for (const { one, all } of seen) {
      expect(one).toBe(50);
      expect(all).toBeGreaterThanOrEqual(50);
      expect(all).toBeLessThanOrEqual(100);
    }
    expect(new Set(seen.map(({ all }) => all)).size).toBeGreaterThan(2);
  });

  test('are not sent at all when their rate is 0', async () => {
    const driver = await dualDriver({ settings: { [SETTING_ICMP_RATE]: 0 } });
    expect(exchange(driver, strange(family))).toEqual([]);
  });
});

describe('IPv4 errors', () => {
  test('are not sent about later fragments (RFC 1122 §3.2.2)', async () => {
    const driver = await dualDriver();
    const later = fragment({
      source: '10.9.0.1',
      destination: '10.9.0.2',
      protocol: 253,
      at: 64,
      more: false,
      data: pattern(8),
    });
    expect(exchange(driver, later)).toEqual([]);
    driver.advance(60_000);
    expect(driver.emitted).toEqual([]);
  });
});

describe('IPv6 errors', () => {
  const withOptions = (options: readonly number[], fields: Partial<Parameters<typeof buildIp>[0]> = {}) =>
    strange(SIX, {
      protocol: 60,
      payload: Uint8Array.from([
        58,
        0,
        ...options,
        ...icmp({ source: 'fd00::1', destination: 'fd00::2', type: 128 }).subarray(40),
      ]),
      ...fields,
    });

  test.each([
    ['is passed over', 0x1e, undefined],
    ['drops the packet', 0x5e, undefined],
    ['earns a parameter problem that points to it', 0x9e, [4, 2, 42]],
    ['earns one unless it was for a group', 0xde, [4, 2, 42]],
  ])('an unknown option of this sort %s', async (__, option, expected) => {
    const driver = await dualDriver();
    const [out] = exchange(driver, withOptions([option, 4, 0, 0, 0, 0]));
    const view = out && viewIcmp(out);
    if (option < 0x40) expect(view?.type).toBe(129);
    else expect(view && [view.type, view.code, view.rest]).toEqual(expected);
  });

  test('an unknown option may ask for an error about a packet to a group (RFC 4443 §2.4 (e.3))', async () => {
    const driver = await dualDriver();
    const [error] = exchange(driver, withOptions([0x9e, 4, 0, 0, 0, 0], { destination: 'ff02::1' }));
    expect(viewIcmp(error as Uint8Array)).toMatchObject({ source: 'fd00::2', type: 4, code: 2 });
    expect(exchange(driver, withOptions([0xde, 4, 0, 0, 0, 0], { destination: 'ff02::1' }))).toEqual([]);
  });

  test('an unknown protocol behind extension headers is pointed to where it is named', async () => {
    const driver = await dualDriver();
    const payload = Uint8Array.from([60, 0, 1, 4, 0, 0, 0, 0, 253, 0, 1, 4, 0, 0, 0, 0, 1, 2, 3]);
    const error = viewIcmp(exchange(driver, strange(SIX, { protocol: 0, payload }))[0] as Uint8Array);
    expect([error.type, error.code, error.rest]).toEqual([4, 1, 48]);
  });

  test('hop-by-hop options that do not come first are named as an unknown header', async () => {
    const driver = await dualDriver();
    const payload = Uint8Array.from([0, 0, 1, 4, 0, 0, 0, 0, 17, 0, 1, 4, 0, 0, 0, 0]);
    const error = viewIcmp(exchange(driver, strange(SIX, { protocol: 60, payload }))[0] as Uint8Array);
    expect([error.type, error.code, error.rest]).toEqual([4, 1, 40]);
  });

  test('a routing header that still has work is refused (RFC 5095)', async () => {
    const driver = await dualDriver();
    const payload = Uint8Array.from([17, 0, 0, 1, 0, 0, 0, 0]);
    const error = viewIcmp(exchange(driver, strange(SIX, { protocol: 43, payload }))[0] as Uint8Array);
    expect([error.type, error.code, error.rest]).toEqual([4, 0, 42]);
  });

  test('a packet that says that nothing follows is no fault', async () => {
    const driver = await dualDriver();
    expect(exchange(driver, strange(SIX, { protocol: 59 }))).toEqual([]);
  });
});
