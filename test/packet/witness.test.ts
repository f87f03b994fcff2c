/**
 * The core and the readable twin share no code: whatever the core sends, the twin reads without a complaint, and finds every
 * checksum right.
 */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodePacket, type Packet } from '../../host/packet/packet.js';
import { formatPacket } from '../../host/packet/print.js';
import { Driver } from '../kit/driver.js';
import { buildIp, buildPacket, internetChecksum, transportChecksum } from '../kit/packet.js';

const FAMILIES = {
  IPv4: { local: '10.9.0.2', peer: '10.9.0.1', prefixLength: 24, icmp: 1, echo: 8 },
  IPv6: { local: 'fd00::2', peer: 'fd00::1', prefixLength: 64, icmp: 58, echo: 128 },
};

describe.each(Object.entries(FAMILIES))('what the core sends over %s', (_, family) => {
  const create = () => Driver.create({ address: family.local, prefixLength: family.prefixLength });

  test('of TCP is a well formed segment with a right checksum, whatever came in', async () => {
    const driver = await create();
    driver.putAddresses(family.local);
    driver.calls.tcpListen(80, 8, 0);
    const segment = fc.record({
      destinationPort: fc.constantFrom(80, 81),
      sourcePort: fc.integer({ min: 1, max: 65_535 }),
      seq: fc.nat(0xffff_ffff),
      ack: fc.nat(0xffff_ffff),
      flags: fc.constantFrom('S', 'SA', 'A', 'PA', 'FA', 'F', 'R', '', 'SEW'),
      window: fc.nat(65_535),
      tos: fc.nat(255),
      data: fc.uint8Array({ maxLength: 200 }),
      options: fc.record({
        mss: fc.nat(65_535),
        timestamps: fc.tuple(fc.nat(), fc.nat()),
        sackPermitted: fc.boolean(),
      }),
    });
    let seen = 0;
    fc.assert(
      fc.property(segment, fc.nat(2000), (fields, milliseconds) => {
        const { peer: source, local: destination } = family;
        driver.input([buildPacket({ ...fields, source, destination, urgent: 0 })]);
        driver.output();
        driver.advance(milliseconds);
        for (const { bytes } of driver.emitted.splice(0)) {
          const packet = wellFormed(bytes, family.local);
          expect(packet.kind).toBe('tcp');
          seen++;
        }
      }),
      { numRuns: 300 },
    );
    expect(seen).toBeGreaterThan(100);
  });

  test('of ICMP answers each echo with its own bytes (RFC 1122 §3.2.2.6, RFC 4443 §4.2)', async () => {
    const driver = await create();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1400 }), fc.nat(65_535), (data, identifier) => {
        driver.input([echo(family, data, identifier)]);
        driver.output();
        driver.advance(1000);
        const packets = driver.emitted.splice(0).map(({ bytes }) => wellFormed(bytes, family.local));
        expect(packets).toHaveLength(1);
        expect(packets[0]).toMatchObject({ icmp: { name: 'echo reply', identifier, body: data } });
      }),
      { numRuns: 200 },
    );
  });

  test('of UDP to a port where nobody listens says so, with the beginning of the packet', async () => {
    const driver = await create();
    const payload = Uint8Array.from([0x12, 0x34, 0x56, 0x78, 0, 12, 0, 0, 1, 2, 3, 4]);
    const bytes = buildIp({ source: family.peer, destination: family.local, protocol: 17, payload });
    new DataView(bytes.buffer).setUint16(bytes.length - 6, transportChecksum(bytes, 17));
    driver.input([bytes]);
    driver.output();
    const [sent] = driver.emitted.splice(0);
    const packet = wellFormed(sent?.bytes ?? new Uint8Array(), family.local);
    expect(packet).toMatchObject({
      icmp: {
        name: 'port unreachable',
        quote: { source: family.peer, ports: { source: 0x1234, destination: 0x5678 } },
      },
    });
  });
});

/** The packet, after everything that can be wrong with it was asked. */
function wellFormed(bytes: Uint8Array, source: string): Packet {
  const packet = decodePacket(bytes);
  if (packet.kind === 'malformed') throw new Error(formatPacket(packet));
  expect(packet.ip.totalLength, formatPacket(packet)).toBe(bytes.length);
  expect(packet.ip.source).toBe(source);
  if (packet.ip.version === 4) expect(packet.ip.checksumCorrect, formatPacket(packet)).toBe(true);
  if (packet.kind === 'tcp') expect(packet.tcp.checksumCorrect, formatPacket(packet)).toBe(true);
  if (packet.kind === 'tcp') expect(packet.tcp.options.every(({ kind }) => kind !== 'malformed')).toBe(true);
  if (packet.kind === 'udp') expect(packet.udp.checksumCorrect, formatPacket(packet)).toBe(true);
  if (packet.kind === 'icmp' || packet.kind === 'icmp6') {
    expect(packet.icmp.checksumCorrect, formatPacket(packet)).toBe(true);
  }
  return packet;
}

function echo(family: (typeof FAMILIES)['IPv4'], data: Uint8Array, identifier: number): Uint8Array {
  const payload = Uint8Array.from([family.echo, 0, 0, 0, identifier >> 8, identifier & 255, 0, 1, ...data]);
  const bytes = buildIp({ source: family.peer, destination: family.local, protocol: family.icmp, payload });
  const header = bytes.length - payload.length;
  const sum = family.icmp === 58 ? transportChecksum(bytes, 58) : internetChecksum(payload);
  new DataView(bytes.buffer).setUint16(header + 2, sum);
  return bytes;
}
