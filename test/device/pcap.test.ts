import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OFFLOAD_USO } from '../../assembly/abi/constants.js';
import { manualClock } from '../../host/core/clock.js';
import { memoryWire } from '../../host/device/memory.js';
import { type PcapOptions, pcap } from '../../host/device/pcap.js';
import { programMissing } from '../kit/programs.js';
import { until } from '../kit/wait.js';
import { tcp, udp } from './packets.js';
import { A, B, captured, rows } from './pcap-kit.js';
import { TestPort } from './port.js';

const missing = programMissing('tshark');

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vitrine-pcap-'));
  path = join(folder, 'a capture.pcapng');
});

afterEach(() => rmSync(folder, { recursive: true }));

describe.skipIf(missing)(`pcap${missing === undefined ? '' : ` (${missing})`}`, () => {
  it('writes what tshark reads without a complaint: packets, both directions, their times', () => {
    const { clock, device, inside, outside } = captured({ path, name: 'glass0' });
    inside.write(udp(A, B, [1000, 7777], new Uint8Array(5).fill(65)));
    clock.advance(1.25);
    outside.write(udp(B, A, [7777, 1000], new Uint8Array(6).fill(66)));
    inside.readAll();
    clock.advance(0.001);
    inside.write(tcp(A, B, [1000, 80], new Uint8Array(1401)));
    device.close();
    expect(
      tshark('frame.time_epoch', 'frame.interface_name', 'frame.packet_flags_direction', 'ip.src', 'ip.len'),
    ).toEqual([
      ['1767225600.000000000', 'glass0', '0x00000002', A, '33'],
      ['1767225600.001250000', 'glass0', '0x00000001', B, '34'],
      ['1767225600.001251000', 'glass0', '0x00000002', A, '1441'],
    ]);
    expect(complaints()).toEqual([]);
  });

  it('shows every packet byte for byte, whatever its length', () => {
    const { device, inside } = captured({ path });
    const packets = [0, 1, 2, 3, 4, 1472].map((length) => udp(A, B, [1, 2], new Uint8Array(length).fill(length)));
    for (const packet of packets) inside.write(packet);
    device.close();
    expect(device.captured).toBe(6);
    const payloads = tshark('udp.length', 'udp.payload');
    expect(payloads).toEqual(
      packets.map((packet) => [String(packet.length - 20), Buffer.from(packet.subarray(28)).toString('hex')]),
    );
  });

  it('keeps the first bytes of each packet when told how many, and its length and checksum', () => {
    const { device, inside } = captured({ path, snapLength: 68 }, CHECKSUM_OFFLOAD);
    const segment = tcp(A, B, [5, 6], new Uint8Array(1400).fill(9), true);
    inside.write(segment, virtioHeader(20, 16));
    inside.write(udp(A, B, [5, 6], Uint8Array.of(4)), new Uint8Array(10));
    device.close();
    expect(tshark('frame.len', 'frame.cap_len')).toEqual([
      ['1440', '68'],
      ['29', '29'],
    ]);
    const right = tcp(A, B, [5, 6], new Uint8Array(1400).fill(9)).subarray(36, 38);
    expect(tshark('tcp.checksum')[0]).toEqual([`0x${Buffer.from(right).toString('hex')}`]);
    expect(complaints()).toEqual([]);
  });

  it('completes the checksums that were left to the other side, in its copy only', () => {
    const { device, inside, outside } = captured({ path }, CHECKSUM_OFFLOAD);
    const datagram = udp(A, B, [5, 6], Uint8Array.of(1, 2, 3), true);
    const segment = tcp(A, B, [5, 6], new Uint8Array(1400).fill(9), true);
    expect(inside.write(datagram, virtioHeader(20, 6))).toBe(true);
    expect(inside.write(segment, virtioHeader(20, 16))).toBe(true);
    expect(inside.write(udp(A, B, [5, 6], Uint8Array.of(4)), new Uint8Array(10))).toBe(true);
    expect(outside.readAll().slice(0, 2)).toEqual([datagram, segment]);
    device.close();
    expect(tshark('udp.checksum.status', 'tcp.checksum.status')).toEqual([
      ['1', ''],
      ['', '1'],
      ['1', ''],
    ]);
    expect(complaints()).toEqual([]);
  });

  it('shows a packet that waits to be segmented as one large segment with a good checksum', () => {
    const { device, inside } = captured({ path }, CHECKSUM_OFFLOAD, 65535);
    inside.write(tcp(A, B, [5, 6], new Uint8Array(64000).fill(1), true), virtioHeader(20, 16, 1460));
    device.close();
    expect(tshark('tcp.len', 'tcp.checksum.status', 'ip.checksum.status')).toEqual([['64000', '1', '1']]);
    expect(complaints()).toEqual([]);
  });

  it('shows datagrams that wait to be cut apart as one large one with a good checksum', () => {
    const { device, inside } = captured({ path }, CHECKSUM_OFFLOAD | OFFLOAD_USO);
    const header = virtioHeader(20, 6, 1400);
    header[1] = 5; // VIRTIO_NET_HDR_GSO_UDP_L4
    inside.write(udp(A, B, [5, 6], new Uint8Array(64000).fill(1), true), header);
    device.close();
    expect(tshark('udp.length', 'udp.checksum.status', 'ip.checksum.status')).toEqual([['64008', '1', '1']]);
    expect(complaints()).toEqual([]);
  });

  it('takes no notice of the bytes before a packet when there is no offload', () => {
    const { device, inside } = captured({ path });
    inside.write(udp(A, B, [5, 6], Uint8Array.of(4)), virtioHeader(20, 6));
    device.close();
    expect(tshark('udp.checksum.status')).toEqual([['1']]);
  });

  it('keeps only the head of each packet when it is told to, with the true length and a checksum over all of it', () => {
    const { device, inside } = captured({ path, snapLength: 68 }, CHECKSUM_OFFLOAD);
    const whole = tcp(A, B, [5, 6], new Uint8Array(1000).fill(3));
    inside.write(tcp(A, B, [5, 6], new Uint8Array(1000).fill(3), true), virtioHeader(20, 16));
    inside.write(udp(A, B, [5, 6], Uint8Array.of(4)), new Uint8Array(10));
    device.close();
    const sum = Buffer.from(whole).readUInt16BE(36).toString(16).padStart(4, '0');
    expect(tshark('frame.len', 'frame.cap_len', 'tcp.checksum')).toEqual([
      ['1040', '68', `0x${sum}`],
      ['29', '29', ''],
    ]);
  });

  it('keeps more of the packets that come when it is told to', () => {
    const { device, inside } = captured({ path, snapLength: 68 });
    inside.write(udp(A, B, [5, 6], new Uint8Array(1000)));
    device.snapLength = 1000;
    inside.write(udp(A, B, [5, 6], new Uint8Array(1000)));
    expect(() => {
      device.snapLength = 67;
    }).toThrow(/snapLength/);
    device.close();
    expect(tshark('frame.len', 'frame.cap_len')).toEqual([
      ['1028', '68'],
      ['1028', '1000'],
    ]);
  });

  it('ends with the counts of the interface, as capinfos reads them', () => {
    const { device, inside } = captured({ path });
    for (let count = 0; count < 3; count++) inside.write(udp(A, B, [1, 2], new Uint8Array(1)));
    device.close();
    const report = execFileSync('capinfos', [path], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    expect(report).toMatch(/Number of packets:\s+3\b/);
    expect(report).toMatch(/Encapsulation = Raw IP/);
    expect(report).toMatch(/Time precision = microseconds/);
    expect(report).toMatch(/Capture application:\s+Vitrine/);
  });

  it('is readable while it grows: what was captured is in the file after a turn or two of the event loop', async () => {
    const { device, inside } = captured({ path });
    inside.write(udp(A, B, [1, 2], new Uint8Array(1)));
    await until(() => readFileSync(path).length >= 100);
    expect(tshark('udp.dstport')).toEqual([['2']]);
    device.close();
    await device.finished;
  });

  it('is complete when close returns, though a write was still under way', async () => {
    const { device, inside } = captured({ path });
    const large = udp(A, B, [1, 2], new Uint8Array(1400));
    for (let count = 0; count < 4000; count++) inside.write(large);
    await new Promise((resolve) => setImmediate(resolve));
    for (let count = 0; count < 1000; count++) inside.write(large);
    device.close();
    const size = readFileSync(path).length;
    expect(tshark('udp.length')).toHaveLength(5000);
    await device.finished;
    expect(readFileSync(path).length).toBe(size);
  });

  it('hands pieces to a function one at a time, in order, waiting for each', async () => {
    const pieces: Uint8Array[] = [];
    let busy = false;
    let release = () => {};
    const write = async (bytes: Uint8Array) => {
      expect(busy).toBe(false);
      busy = true;
      pieces.push(bytes);
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      busy = false;
    };
    const { device, inside } = captured({ write });
    inside.write(udp(A, B, [1, 2], Uint8Array.of(1)));
    await until(() => pieces.length === 1);
    for (let count = 0; count < 10; count++) inside.write(udp(A, B, [3, 4], Uint8Array.of(2)));
    device.close();
    let finished = false;
    device.finished.then(() => {
      finished = true;
    });
    await until(() => {
      release();
      return finished;
    });
    const { writeFileSync } = await import('node:fs');
    writeFileSync(path, Buffer.concat(pieces));
    expect(tshark('udp.dstport')).toEqual([['2'], ...Array(10).fill(['4'])]);
  });

  it('leaves packets out, and counts them, rather than keep more than a bounded amount for a slow writer', async () => {
    let total = 0;
    const write = (bytes: Uint8Array) => {
      total += bytes.length;
      return new Promise<void>(() => {});
    };
    const { device, inside } = captured({ write });
    const large = udp(A, B, [1, 2], new Uint8Array(1400));
    for (let count = 0; count < 40_000; count++) inside.write(large);
    expect(device.dropped).toBeGreaterThan(10_000);
    expect(device.captured + device.dropped).toBe(40_000);
    expect(device.captured * 1400).toBeLessThan(32 * 1024 * 1024);
    device.close();
    expect(total).toBeLessThan(33 * 1024 * 1024);
  });

  it('goes on without a capture when writing fails, and says so at the end', async () => {
    const { device, inside, outside } = captured({ write: () => Promise.reject(new Error('no space')) });
    inside.write(udp(A, B, [1, 2], Uint8Array.of(1)));
    await until(() => {
      inside.write(udp(A, B, [1, 2], Uint8Array.of(1)));
      return device.dropped > 0;
    });
    expect(outside.readAll().length).toBeGreaterThan(1);
    device.close();
    await expect(device.finished).rejects.toThrow('no space');
  });

  it('does not show a packet that the device below refused, until it is taken', () => {
    const clock = manualClock();
    const [near, far] = memoryWire({ capacity: 1 });
    const device = pcap(near, { path });
    const inside = new TestPort(device, clock);
    const outside = new TestPort(far, clock);
    expect([1, 2].map((port) => inside.write(udp(A, B, [port, 9], Uint8Array.of(1))))).toEqual([true, false]);
    outside.read();
    clock.advance(0);
    expect(inside.writable).toBe(1);
    inside.write(udp(A, B, [2, 9], Uint8Array.of(1)));
    device.close();
    expect(tshark('udp.srcport')).toEqual([['1'], ['2']]);
  });

  it('has the shape of the device that it wraps, offloads included', () => {
    const [near] = memoryWire({ mtu: 9000 });
    near.offloads = 3;
    const device = pcap(near, { path });
    expect([device.mtu, device.linkType, device.addresses, device.offloads]).toEqual([9000, 'ip', [], 3]);
    device.offloads = 1;
    expect(near.offloads).toBe(1);
    device.close();
    device.close();
  });

  it('says which file can not be written', () => {
    const [near] = memoryWire();
    expect(() => pcap(near, { path: join(folder, 'no', 'such') })).toThrow(/ENOENT.*no\/such/);
  });

  it.each([
    [{}, /path or write/],
    [{ path: 'a', write: () => {} }, /path or write/],
    [{ path: 5 }, /path/],
    [{ write: 'a' }, /write/],
    [{ path: 'a', name: 5 }, /name/],
    [{ path: 'a', snapLength: 60 }, /snapLength/],
    [{ file: 'a' }, /"file"/],
  ])('names the bad option: %j', (options, message) => {
    const [near] = memoryWire();
    expect(() => pcap(near, options as unknown as PcapOptions)).toThrow(TypeError);
    expect(() => pcap(near, options as unknown as PcapOptions)).toThrow(message);
  });
});

/** struct virtio_net_hdr of a packet whose checksum is partial; with `segment` it is a TCP/IPv4 super-packet. */
function virtioHeader(start: number, offset: number, segment = 0): Uint8Array {
  const header = new DataView(new ArrayBuffer(10));
  header.setUint8(0, 1);
  header.setUint8(1, segment > 0 ? 1 : 0);
  header.setUint16(2, 40, true);
  header.setUint16(4, segment, true);
  header.setUint16(6, start, true);
  header.setUint16(8, offset, true);
  return new Uint8Array(header.buffer);
}

/** Rows of the named fields, one for each packet of the capture. */
function tshark(...fields: string[]): string[][] {
  return rows(path, fields);
}

/** What tshark finds wrong or odd in the capture. */
function complaints(): string[][] {
  const suspicious = [
    '_ws.malformed',
    '_ws.expert.severity >= 6291456',
    'ip.checksum.status == 0',
    'tcp.checksum.status == 0',
    'udp.checksum.status == 0',
  ];
  return rows(path, ['frame.number'], suspicious.join(' || '));
}

const CHECKSUM_OFFLOAD = 3;
