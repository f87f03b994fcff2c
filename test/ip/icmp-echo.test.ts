/** ICMP echo, both ways and in both versions (RFC 792, RFC 1122 §3.2.2.6, RFC 4443 §4). */
import { describe, expect, test } from 'vitest';
import { ERROR_INVALID, ERROR_MESSAGE_SIZE, ERROR_NETWORK_UNREACHABLE } from '../../assembly/abi/constants.js';
import { address, Driver } from '../kit/driver.js';
import { dualDriver, exchange, FAMILIES, type Family, SIX } from '../kit/dual.js';
import { icmp, join, pattern, viewIcmp } from '../kit/fragment.js';

interface Answer {
  from: string;
  sequence: number;
  length: number;
  ttl: number;
  type: number;
  code: number;
  mtu: number;
  errno: number;
  to: string;
}

/** The next answer to our requests. */
function answer(driver: Driver): Answer | undefined {
  if (driver.calls.icmpEchoNext() === 0) return undefined;
  const [sequence, length, ttl, type, code, mtu, errno] = [4, 5, 6, 7, 8, 9, 10].map(
    (at) => driver.core.result(at) | 0,
  );
  const ends = { from: driver.core.takeAddress(0), to: driver.core.takeAddress(3) };
  return { ...ends, sequence, length, ttl, type, code, mtu, errno } as Answer;
}

/** Sends a request. @returns the packets */
function ask(driver: Driver, to: string, length: number, lifetime = 0, sequence = 5): Uint8Array[] {
  driver.core.putAddress(address(to));
  expect(driver.calls.icmpEcho(sequence, length, lifetime)).toBe(0);
  return exchange(driver);
}

function replyTo(family: Family, request: Uint8Array): Uint8Array {
  const { source, destination, rest, data } = viewIcmp(request);
  return icmp({ source: destination, destination: source, type: family.reply, rest, data });
}

describe.each(FAMILIES)('%s echo', (_, family) => {
  const request = (fields: Partial<Parameters<typeof icmp>[0]> = {}) =>
    icmp({
      source: family.peer,
      destination: family.local,
      type: family.request,
      rest: 0x70009,
      data: pattern(101),
      ...fields,
    });

  test('requests are answered with their own data, to whom they came from, as they were asked', async () => {
    const driver = await dualDriver();
    const [reply] = exchange(driver, request({ tos: 0xb8 }));
    expect(viewIcmp(reply as Uint8Array)).toEqual({
      source: family.local,
      destination: family.peer,
      type: family.reply,
      code: 0,
      rest: 0x70009,
      data: pattern(101),
      lifetime: 64,
      tos: 0xb8,
    });
  });

  test('requests to a group of the host alone do not come from a link (RFC 4291 §2.7)', async () => {
    const driver = await dualDriver();
    const from = (destination: string) =>
      exchange(driver, request({ source: SIX.peer, destination, type: SIX.request }));
    expect([from('ff01::1'), from('ff00::1')]).toEqual([[], []]);
    expect(from('ff02::1')).toHaveLength(1);
  });

  test('requests with a wrong checksum are not answered', async () => {
    const driver = await dualDriver();
    const spoilt = request();
    spoilt[family.header + 10] = 99;
    expect(exchange(driver, spoilt)).toEqual([]);
  });

  test('every echo request is answered, whatever its code (RFC 1122 §3.2.2.6)', async () => {
    const driver = await dualDriver();
    expect(exchange(driver, request({ code: 9 }))).toHaveLength(1);
  });

  test('requests from nowhere are not answered', async () => {
    const driver = await dualDriver();
    expect(exchange(driver, request({ source: family.version === 4 ? '0.0.0.0' : '::' }))).toEqual([]);
  });

  test('timestamp requests and others of its kind are not answered', async () => {
    const driver = await dualDriver();
    for (const type of family.version === 4 ? [13, 15, 17, 10, 4, 5] : [130, 139, 144, 137, 200]) {
      expect(exchange(driver, request({ type })), String(type)).toEqual([]);
    }
  });

  test('requests of ours go out, and their reply is told once', async () => {
    const driver = await dualDriver();
    const [packet] = ask(driver, family.peer, 32) as [Uint8Array];
    expect(viewIcmp(packet)).toMatchObject({ source: family.local, destination: family.peer, type: family.request });
    const reply = replyTo(family, packet);
    const stranger = viewIcmp(reply);
    exchange(driver, reply, icmp({ ...stranger, rest: (stranger.rest ^ 0x10000) >>> 0 }));
    expect(answer(driver)).toEqual({
      from: family.peer,
      sequence: 5,
      length: 32,
      ttl: 64,
      type: family.reply,
      code: 0,
      mtu: 0,
      errno: 0,
      to: family.peer,
    });
    expect(answer(driver)).toBeUndefined();
  });

  test('requests of ours have the hops that were asked for', async () => {
    const driver = await dualDriver();
    expect(viewIcmp(ask(driver, family.far, 1, 3)[0] as Uint8Array).lifetime).toBe(3);
    expect(viewIcmp(ask(driver, family.far, 1)[0] as Uint8Array).lifetime).toBe(64);
  });

  test('what a router says of a request is told, with its name and the request', async () => {
    const driver = await dualDriver();
    const [packet] = ask(driver, family.far, 40, 1) as [Uint8Array];
    const router = family.version === 4 ? '10.9.0.9' : 'fd00::9';
    exchange(driver, icmp({ source: router, destination: family.local, type: family.exceeded, data: packet }));
    expect(answer(driver)).toMatchObject({
      from: router,
      to: family.far,
      sequence: 5,
      type: family.exceeded,
      code: 0,
      errno: -113,
    });
    exchange(driver, icmp({ source: router, destination: family.local, type: family.unreachable, data: packet }));
    expect(answer(driver)).toMatchObject({ from: router, to: family.far, type: family.unreachable, errno: -101 });
  });

  test('errors about what we did not send are nobody’s', async () => {
    const driver = await dualDriver();
    const [packet] = ask(driver, family.far, 40, 1) as [Uint8Array];
    const error = (data: Uint8Array) =>
      icmp({ source: family.peer, destination: family.local, type: family.exceeded, data });
    const spoil = (at: number) => {
      const copy = packet.slice();
      copy[at] = (copy[at] as number) ^ 0xff;
      return copy;
    };
    const source = family.version === 4 ? 15 : 23;
    for (const at of [0, source, family.header, family.header + 4]) exchange(driver, error(spoil(at)));
    exchange(driver, error(packet.subarray(0, family.header + 7)));
    expect(answer(driver)).toBeUndefined();
    exchange(driver, error(packet.subarray(0, family.header + 8)));
    expect(answer(driver)).toBeDefined();
  });

  test('a path that is known to be narrow gets fragments, and requests that may not be cut are refused', async () => {
    const driver = await dualDriver();
    const dontFragment = 256;
    const [packet] = ask(driver, family.far, 1400, dontFragment) as [Uint8Array];
    const rest = 1300;
    const type = family.version === 4 ? 3 : 2;
    const code = family.version === 4 ? 4 : 0;
    exchange(
      driver,
      icmp({ source: family.peer, destination: family.local, type, code, rest, data: packet.subarray(0, 500) }),
    );
    expect(answer(driver)).toMatchObject({ type, code, mtu: 1300, errno: -90 });
    driver.core.putAddress(address(family.far));
    expect(driver.calls.icmpEcho(6, 1400, dontFragment)).toBe(ERROR_MESSAGE_SIZE);
    const out = ask(driver, family.far, 1400);
    expect(out.map((bytes) => bytes.length <= 1300)).toEqual([true, true]);
    expect(viewIcmp(join(out)).data).toHaveLength(1400);
  });

  test('requests to ourselves go round inside the stack, whatever their size', async () => {
    const driver = await dualDriver();
    const loopback = family.version === 4 ? '127.0.0.1' : '::1';
    for (const to of [loopback, family.local]) {
      for (const length of [0, 10, 65_507]) {
        expect(ask(driver, to, length)).toEqual([]);
        expect(answer(driver)).toMatchObject({ from: to, length, errno: 0 });
      }
    }
    driver.calls.input(0, driver.now);
    expect(driver.bufferBytes).toBe(0);
  });

  test('requests that have no way or no receiver are refused', async () => {
    const bare = await Driver.create({ bare: true });
    bare.core.putAddress(address(family.peer));
    expect(bare.calls.icmpEcho(1, 10, 0)).toBe(ERROR_NETWORK_UNREACHABLE);
    bare.core.putAddress(address(family.version === 4 ? '0.0.0.0' : '::'));
    expect(bare.calls.icmpEcho(1, 10, 0)).toBe(ERROR_INVALID);
  });
});

describe('groups', () => {
  test('are not answered for over IPv4 (RFC 1122 §3.2.2.6)', async () => {
    const driver = await dualDriver();
    for (const destination of ['10.9.0.255', '255.255.255.255', '224.0.0.1']) {
      expect(exchange(driver, icmp({ source: '10.9.0.1', destination, type: 8 })), destination).toEqual([]);
    }
  });

  test('are answered for over IPv6, by a host’s own address (RFC 4443 §4.2, §2.2 (b))', async () => {
    const driver = await dualDriver();
    const [reply] = exchange(driver, icmp({ source: 'fd00::1', destination: 'ff02::1', type: 128 }));
    expect(viewIcmp(reply as Uint8Array)).toMatchObject({ source: 'fd00::2', destination: 'fd00::1', type: 129 });
  });
});
