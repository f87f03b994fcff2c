/** Captures of IPv6 and of Ethernet, as tshark reads them, and as the readable twin does: two that never met. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OFFLOAD_CHECKSUM } from '../../assembly/abi/constants.js';
import { manualClock } from '../../host/core/clock.js';
import { memoryWire } from '../../host/device/memory.js';
import { pcap } from '../../host/device/pcap.js';
import { decodeFrame } from '../../host/packet/frame.js';
import { decodePacket } from '../../host/packet/packet.js';
import { addressBytes, buildIp, internetChecksum, transportChecksum } from '../kit/packet.js';
import { programMissing } from '../kit/programs.js';
import { rows } from './pcap-kit.js';
import { TestPort } from './port.js';

const missing = programMissing('tshark');

const A = 'fd00::1';
const B = 'fd00::2';
const MAC = [2, 0, 0, 0, 0, 0x1f];
const CHECKSUMS = ['udp', 'tcp', 'icmpv6'].map((name) => `${name}.checksum.status`);
let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vitrine-pcap-'));
  path = join(folder, 'capture.pcapng');
});

afterEach(() => rmSync(folder, { recursive: true }));

describe.skipIf(missing)(`pcap${missing === undefined ? '' : ` (${missing})`}`, () => {
  it('completes the checksums of TCP and UDP over IPv6 that were left to the other side', () => {
    const { device, inside } = ends('ip', OFFLOAD_CHECKSUM);
    inside.write(partial(17, 6, udpBody(5)), virtio(40, 6));
    inside.write(partial(6, 16, tcpBody(1401)), virtio(40, 16));
    inside.write(partial(17, 6, zeroSum()), virtio(40, 6));
    device.close();
    expect(rows(path, ['ipv6.src', 'ipv6.dst', 'udp.checksum.status', 'tcp.checksum.status'])).toEqual([
      [A, B, '1', ''],
      [A, B, '', '1'],
      [A, B, '1', ''],
    ]);
    expect(rows(path, ['udp.checksum']).at(-1), 'RFC 768: never 0').toEqual(['0xffff']);
    expect(complaints()).toEqual([]);
  });

  it('writes the frames of an Ethernet device as frames', () => {
    const { device, inside } = ends('ethernet');
    const solicitation = icmp6([135, 0, 0, 0, 0, 0, 0, 0, ...addressBytes(B), 1, 1, ...MAC]);
    const sent = [
      frame(0x0806, [0, 1, 8, 0, 6, 4, 0, 1, ...MAC, 10, 9, 0, 1, 0, 0, 0, 0, 0, 0, 10, 9, 0, 2]),
      frame(0x86dd, solicitation),
      frame(0x86dd, summed(17, 6, udpBody(9))),
    ];
    for (const bytes of sent) inside.write(bytes);
    device.close();
    const fields = ['eth.src', 'eth.dst', 'arp.dst.proto_ipv4', 'icmpv6.nd.ns.target_address', 'udp.length'];
    expect(rows(path, fields)).toEqual([
      ['02:00:00:00:00:1f', '02:00:00:00:00:2e', '10.9.0.2', '', ''],
      ['02:00:00:00:00:1f', '02:00:00:00:00:2e', '', B, ''],
      ['02:00:00:00:00:1f', '02:00:00:00:00:2e', '', '', '17'],
    ]);
    expect(rows(path, CHECKSUMS)).toEqual([
      ['', '', ''],
      ['', '', '1'],
      ['1', '', ''],
    ]);
    expect(complaints()).toEqual([]);
  });
});

describe.skipIf(missing)(`the readable twin and tshark${missing === undefined ? '' : ` (${missing})`}`, () => {
  it('read the same in extension headers and fragments', () => {
    const hop = [60, 0, 5, 2, 0, 0, 1, 0];
    const destination = [44, 0, 1, 4, 0, 0, 0, 0];
    const fragment = [17, 0, 0, 24 | 1, 0, 0, 0, 9];
    const packets = [
      buildIp({
        source: A,
        destination: B,
        protocol: 0,
        payload: Uint8Array.from([...hop, ...destination, ...fragment, ...udpBody(7)]),
      }),
      icmp6([1, 4, 0, 0, 0, 0, 0, 0, ...summed(17, 6, udpBody(0))]),
      icmp6([2, 0, 0, 0, 0, 0, 5, 0, ...summed(6, 16, tcpBody(0))]),
      icmp6([136, 0, 0, 0, 0x60, 0, 0, 0, ...addressBytes(A), 2, 1, ...MAC]),
    ];
    const { device, inside } = ends('ip');
    for (const packet of packets) inside.write(packet);
    device.close();
    expect(rows(path, ['ipv6.fraghdr.offset', 'icmpv6.type', 'icmpv6.code', 'icmpv6.checksum.status'])).toEqual(
      packets.map((bytes) => {
        const packet = decodePacket(bytes);
        if (packet.kind === 'fragment') return [String(packet.ip.fragmentOffset / 8), '', '', ''];
        if (packet.kind !== 'icmp6') throw new Error(packet.kind);
        return ['', String(packet.icmp.type), String(packet.icmp.code), packet.icmp.checksumCorrect ? '1' : '0'];
      }),
    );
    expect(decodeFrame(frame(0x86dd, packets[3] as Uint8Array))).toMatchObject({
      content: { icmp: { neighbor: { solicited: true, override: true, router: false } } },
    });
  });
});

function ends(linkType: 'ip' | 'ethernet', offloads = 0) {
  const clock = manualClock();
  const [near, far] = memoryWire({ linkType });
  near.offloads = offloads;
  const device = pcap(near, { path });
  new TestPort(far, clock);
  return { device, inside: new TestPort(device, clock) };
}

function frame(type: number, payload: Iterable<number>): Uint8Array {
  return Uint8Array.from([2, 0, 0, 0, 0, 0x2e, ...MAC, type >> 8, type & 255, ...payload]);
}

/** Between A and B, with the checksum at `field` of the body. */
function summed(protocol: number, field: number, payload: Uint8Array): Uint8Array {
  const bytes = buildIp({ source: A, destination: B, protocol, payload });
  new DataView(bytes.buffer).setUint16(40 + field, transportChecksum(bytes, protocol));
  return bytes;
}

/** The same with the sum of the pseudo-header only. */
function partial(protocol: number, field: number, payload: Uint8Array): Uint8Array {
  const bytes = buildIp({ source: A, destination: B, protocol, payload });
  const { length } = payload;
  const pseudo = Uint8Array.from([...bytes.subarray(8, 40), 0, 0, length >> 8, length & 255, 0, 0, 0, protocol]);
  new DataView(bytes.buffer).setUint16(40 + field, ~internetChecksum(pseudo) & 0xffff);
  return bytes;
}

function icmp6(message: readonly number[]): Uint8Array {
  return summed(58, 2, Uint8Array.from(message));
}

function udpBody(length: number): Uint8Array {
  return Uint8Array.from([0x9c, 0x40, 0x1e, 0x61, 0, 8 + length, 0, 0, ...new Array<number>(length).fill(65)]);
}

/** A datagram of which everything adds up to ffff. */
function zeroSum(): Uint8Array {
  const body = udpBody(2);
  body.set([0, 0], 8);
  const bytes = summed(17, 6, body);
  body.set(bytes.subarray(46, 48), 8);
  return body;
}

function tcpBody(length: number): Uint8Array {
  const head = [0, 5, 0, 6, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x10, 0xff, 0xff, 0, 0, 0, 0];
  return Uint8Array.from([...head, ...new Array<number>(length).fill(66)]);
}

function virtio(start: number, offset: number): Uint8Array {
  const header = new DataView(new ArrayBuffer(10));
  header.setUint8(0, 1);
  header.setUint16(6, start, true);
  header.setUint16(8, offset, true);
  return new Uint8Array(header.buffer);
}

function complaints(): string[][] {
  const wrong = CHECKSUMS.map((name) => `${name} == 0`);
  return rows(path, ['frame.number'], ['_ws.malformed', '_ws.expert.severity >= 6291456', ...wrong].join(' || '));
}
