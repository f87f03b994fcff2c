/** What TCP asks of IP (RFC 9293 §3.9.2): addresses, the Differentiated Services field, TTL, identification. */

import { describe, expect, test } from 'vitest';
import {
  ERROR_INVALID,
  LINK_IP,
  OPTION_DIFFSERV,
  OPTION_TIME_TO_LIVE,
  SETTING_TIME_TO_LIVE,
} from '../../assembly/abi/constants.js';
import { Driver, LOCAL, PEER } from '../kit/driver.js';
import { ANY, neighbor, otherNeighbor, PREFIX_LENGTH, perFamily, testIPv4, WIDER } from '../kit/family.js';
import { buildPacket, parseIp, parsePacket } from '../kit/packet.js';
import { accepted, type Timeline, timeline } from '../kit/timeline.js';

/** A field of the IP header of each packet that was sent since the last look. */
function header(t: Timeline, field: 'tos' | 'lifetime'): number[] {
  return t.driver.emitted.splice(0).map(({ bytes }) => parseIp(bytes)[field]);
}

/** TOS byte or Traffic Class. */
const SERVICE = 'tos';
/** Time to Live or Hop Limit. */
const TTL = 'lifetime';
const IDENTIFICATION = [4, 5];

describe('the Differentiated Services field', () => {
  test('is 0 unless the user says otherwise, and then stands unchanged on data, ACK, FIN and RST (MUST-48, SHLD-22)', async () => {
    const t = await accepted();
    t.send(10);
    expect(header(t, SERVICE)).toEqual([0]);
    expect(t.option(OPTION_DIFFSERV, 0xb8)).toBe(0);
    t.inject({ ack: 11 });
    t.send(10);
    expect(header(t, SERVICE), 'data').toEqual([0xb8]);
    t.inject({ ack: 21, seq: 101, data: 10 });
    expect(header(t, SERVICE), 'an ACK').toEqual([0xb8]);
    t.shutdown();
    expect(header(t, SERVICE), 'a FIN').toEqual([0xb8]);
    t.abort();
    expect(header(t, SERVICE), 'a RST').toEqual([0xb8]);
    t.expectGone();
  });

  test('stands on the SYN when it is chosen at once, and can change while the connection lasts (MUST-48, SHLD-21)', async () => {
    const t = await timeline();
    t.driver.putAddresses(PEER);
    t.handle = t.driver.calls.tcpConnect(80, 40_000);
    t.option(OPTION_DIFFSERV, 0x28);
    expect(header(t, SERVICE)).toEqual([0x28]);
    t.option(OPTION_DIFFSERV, 0x50);
    t.driver.advance(1000);
    expect(header(t, SERVICE)).toEqual([0x50]);
  });

  test('leaves the two bits of ECN alone', async () => {
    const t = await accepted();
    t.option(OPTION_DIFFSERV, 0xff);
    t.send(10);
    expect(header(t, SERVICE)).toEqual([0xfc]);
    expect(t.option(OPTION_DIFFSERV, 256)).toBe(ERROR_INVALID);
  });

  test('of one connection is not that of another', async () => {
    const t = await accepted();
    t.option(OPTION_DIFFSERV, 0xb8);
    t.inject({ flags: 'S', peerPort: 5, localPort: 9 });
    expect(header(t, SERVICE)).toEqual([0]);
  });
});

describe('the Time to Live', () => {
  test('is 64 by default, and one for the whole stack when it is set (MUST-49)', async () => {
    const plain = await timeline();
    plain.connect();
    expect(header(plain, TTL)).toEqual([64]);
    const t = await timeline({ settings: { [SETTING_TIME_TO_LIVE]: 200 } });
    t.listen();
    t.inject({ flags: 'S', seq: 0 }, { flags: 'S', seq: 0, localPort: 9 });
    expect(header(t, TTL), 'a SYN-ACK, a RST to a stranger').toEqual([200, 200]);
  });

  test('can be set for one connection (MUST-49)', async () => {
    const t = await accepted();
    expect(t.option(OPTION_TIME_TO_LIVE, 1)).toBe(0);
    t.send(10);
    expect(header(t, TTL)).toEqual([1]);
    t.inject({ flags: 'S', peerPort: 5, localPort: 9 });
    expect(header(t, TTL), 'somebody else').toEqual([64]);
    expect(t.option(OPTION_TIME_TO_LIVE, 0)).toBe(ERROR_INVALID);
    expect(t.option(OPTION_TIME_TO_LIVE, 256)).toBe(ERROR_INVALID);
  });
});

testIPv4(
  'a segment that goes again has the IPv4 identification of the first time: 0, with DF (MAY-4, RFC 6864 §4.1)',
  async () => {
    const t = await accepted();
    t.send(10);
    t.driver.advance(1000);
    const sent = t.driver.emitted.splice(0);
    expect(sent.length).toBeGreaterThan(1);
    for (const { bytes } of sent) {
      expect(IDENTIFICATION.map((index) => bytes[index])).toEqual([0, 0]);
      expect(bytes[6]).toBe(0x40);
    }
  },
);

/** Addresses that no host has, or that only we have. */
const STRANGE = perFamily(
  ['255.255.255.255', '10.9.0.255', '224.0.0.1', '127.0.0.1', '0.0.0.0', '0.0.0.9', '240.0.0.1', LOCAL],
  ['ff02::1', '::1', '::', '::ffff:10.9.0.1', LOCAL],
);

describe('addresses', () => {
  test('of an active open that names none is that of the interface on the way there (MUST-44)', async () => {
    const driver = await twoInterfaces();
    expect(sourceOf(driver, neighbor(77))).toBe(LOCAL);
    expect(sourceOf(driver, otherNeighbor(77))).toBe(otherNeighbor(2));
  });

  test('of an active open can be chosen (MUST-43)', async () => {
    const driver = await twoInterfaces();
    expect(sourceOf(driver, neighbor(77), otherNeighbor(2))).toBe(otherNeighbor(2));
  });

  test('of a passive open can be chosen: another of ours does not answer (MUST-43)', async () => {
    const driver = await twoInterfaces();
    driver.putAddresses(otherNeighbor(2));
    expect(driver.calls.tcpListen(80, 8)).toBeGreaterThan(0);
    expect(answers(driver, syn(PEER, otherNeighbor(2)))).toEqual([['SA', otherNeighbor(2)]]);
    expect(answers(driver, syn(PEER, LOCAL))).toEqual([['RA', LOCAL]]);
  });

  test('of an accepted connection is the one that was called, whatever the interface (MUST-45)', async () => {
    const driver = await twoInterfaces();
    driver.putAddresses(ANY);
    driver.calls.tcpListen(80, 8);
    expect(answers(driver, syn(PEER, otherNeighbor(2)))).toEqual([['SA', otherNeighbor(2)]]);
    driver.advance(3500);
    const again = driver.emitted.splice(0).map(({ bytes }) => parsePacket(bytes).source);
    expect(again).toEqual([otherNeighbor(2), otherNeighbor(2)]);
  });

  test.each(perFamily(['255.255.255.255', '10.9.0.255', '224.0.0.1', '239.1.2.3'], ['ff02::1', 'ff02::2', 'ff05::7']))(
    'of a broadcast or multicast group, %s, get no answer to a SYN, nor to anything else (MUST-57)',
    async (to) => {
      const t = await timeline();
      t.listen();
      t.injectRaw(syn(PEER, to), ack(PEER, to));
      t.expectNothing();
      expect(t.driver.connections).toBe(0);
    },
  );

  test.each(STRANGE)('that nobody can have, %s, as the source of a SYN are ignored (MUST-63)', async (from) => {
    const t = await timeline();
    t.listen();
    t.injectRaw(syn(from, LOCAL));
    t.expectNothing();
    expect(t.driver.connections).toBe(0);
  });
});

/** Interface 1 is on the network of LOCAL, interface 2 on another. */
async function twoInterfaces(): Promise<Driver> {
  const driver = await Driver.create();
  const second = driver.calls.interfaceAdd(1500 + WIDER, 0, LINK_IP);
  driver.putAddresses(otherNeighbor(2));
  expect(driver.calls.addressAdd(second, perFamily(96, 0) + PREFIX_LENGTH, 0)).toBeGreaterThanOrEqual(0);
  return driver;
}

/** The local address of a connection to `remote`. */
function sourceOf(driver: Driver, remote: string, local?: string): string | undefined {
  driver.putAddresses(remote, local);
  const handle = driver.calls.tcpConnect(80, 0);
  return driver.core.endpoints(handle)?.localAddress;
}

/** Flags and source of what answers a packet on interface 1. */
function answers(driver: Driver, packet: Uint8Array): string[][] {
  driver.input([packet]);
  driver.output();
  return driver.emitted.splice(0).map(({ bytes }) => {
    const { flags, source } = parsePacket(bytes);
    return [flags, source];
  });
}

function syn(from: string, to: string): Uint8Array {
  return segment(from, to, 'S');
}

function ack(from: string, to: string): Uint8Array {
  return segment(from, to, 'A');
}

/** A bare segment from port 40000 to port 80. */
function segment(source: string, destination: string, flags: string): Uint8Array {
  const ports = { sourcePort: 40_000, destinationPort: 80 };
  const rest = { seq: 0, ack: 0, flags, window: 65_535, urgent: 0, options: {}, data: new Uint8Array() };
  return buildPacket({ source, destination, ...ports, ...rest });
}
