/**
 * Datagrams that leave in one packet, for the device to cut (UDP segmentation offload): what virtio 1.2 §5.1.6.2, RFC 768 and
 * Linux's UDP_SEGMENT ask of it. Not for: such packets on input (`together.test.ts`), a kernel's word (`../device/tun.test.ts`).
 */
import { describe, expect, test } from 'vitest';
import {
  COUNTER_DATAGRAMS_OUT,
  COUNTER_PACKETS_OUT,
  OFFLOAD_CHECKSUM,
  OFFLOAD_USO,
  TRANSMIT_LIMIT,
  UDP_OPTION_BROADCAST,
  UDP_OPTION_MULTICAST_LOOPBACK,
  UDP_OPTION_SERVICE,
  UDP_OPTION_TIME_TO_LIVE,
} from '../../assembly/abi/constants.js';
import { SeededRandom } from '../../host/device/random.js';
import { ANY, FAMILY, faraway, IP_HEADER, LOCAL, neighbor, PEER, perFamily, testIPv4 } from '../kit/family.js';
import { cut, UdpDriver, virtioHeader } from './driver.js';

const OFFLOADS = OFFLOAD_CHECKSUM | OFFLOAD_USO;
const HEADERS = IP_HEADER + 8;
const GROUP = perFamily('224.0.0.77', 'ff02::77');

describe('datagrams of one socket to one place', () => {
  test('leave in one packet when they are of one size, with what a device has to know', async () => {
    const { t, socket } = await connected();
    for (const text of ['aaaa', 'bbbb', 'cccc']) t.send(socket, text);
    const [packet, ...others] = t.emitted();
    expect(others).toEqual([]);
    expect(Buffer.from(packet?.bytes.subarray(HEADERS) ?? []).toString()).toBe('aaaabbbbcccc');
    expect(virtioHeader(packet?.virtio as Uint8Array)).toEqual({
      flags: 1,
      type: 5,
      headerSize: HEADERS,
      size: 4,
      start: IP_HEADER,
      offset: 6,
    });
    expect(t.calls.counter(COUNTER_DATAGRAMS_OUT)).toBe(3);
    expect(t.calls.counter(COUNTER_PACKETS_OUT)).toBe(1);
  });

  test.each([
    ['the last may be smaller', [9, 9, 4], [[9, 9, 4]]],
    [
      'behind a smaller one comes none',
      [9, 4, 4, 4, 9, 9],
      [
        [9, 4],
        [4, 4],
        [9, 9],
      ],
    ],
    [
      'a larger one is the first of the next',
      [4, 4, 9, 9],
      [
        [4, 4],
        [9, 9],
      ],
    ],
    ['an empty one is alone, as no size says it', [4, 0, 4, 0, 0], [[4], [0], [4], [0], [0]]],
    ['one of a byte is not', [1, 1, 1], [[1, 1, 1]]],
  ])('%s: %j', async (_, sizes, packets) => {
    const { t, socket } = await connected();
    for (const size of sizes) expect(t.send(socket, new Uint8Array(size))).toBe(1);
    expect(lengths(t)).toEqual(packets);
  });

  test('leave alone as ever when there is one', async () => {
    const { t, socket } = await connected();
    t.send(socket, 'alone');
    const [packet] = t.emitted();
    expect(virtioHeader(packet?.virtio as Uint8Array)).toMatchObject({ flags: 1, type: 0, size: 0 });
  });

  test('are 64 in one packet at most', async () => {
    const { t, socket } = await connected();
    for (let index = 0; index < 130; index++) t.send(socket, 'eight by');
    expect(lengths(t).map((packet) => packet.length)).toEqual([64, 64, 2]);
  });

  test('make no packet of more than 65,535 bytes', async () => {
    const { t, socket } = await connected();
    const most = Math.floor((65_535 - HEADERS) / 1400);
    for (let index = 0; index < most + 1; index++) t.send(socket, new Uint8Array(1400));
    expect(lengths(t).map((packet) => packet.length)).toEqual([most, 1]);
  });

  test('go on in a packet of the next size though each of them is as large as the path takes', async () => {
    const { t, socket } = await connected();
    const largest = 1500 - 28;
    for (const size of [largest, largest, largest + 1, largest, largest]) t.send(socket, new Uint8Array(size));
    const emitted = t.emitted();
    expect(emitted.map(({ bytes }) => bytes.length <= 1500 + IP_HEADER)).toEqual([false, true, true, false]);
    expect(emitted.map(({ virtio }) => virtioHeader(virtio).type)).toEqual([5, 0, 0, 5]);
  });

  test('find room in a full queue as long as the last packet takes them', async () => {
    const { t, socket } = await connected();
    const filler = t.open(ANY, 8);
    for (let index = 0; index < TRANSMIT_LIMIT - 1; index++) t.send(filler, 'a', PEER, 20 + index);
    for (let index = 0; index < 64; index++) expect(t.send(socket, 'last')).toBe(1);
    expect(t.send(socket, 'more')).toBe(0);
    expect(lengths(t).at(-1)).toEqual(Array(64).fill(4));
  });

  test('do not join what the device has taken, though the next packet has its place', async () => {
    const { t, socket } = await connected();
    for (const text of ['one', 'two']) {
      t.send(socket, text);
      expect(lengths(t)).toEqual([[3]]);
    }
    t.send(socket, 'six');
    t.driver.emitted.length = 0;
    t.driver.output();
    t.driver.putAddresses(PEER);
    t.calls.icmpEcho(1, 0, 0);
    t.send(socket, 'ten');
    expect(t.emitted().map(({ bytes }) => bytes.length)).toEqual([HEADERS + 3, HEADERS, HEADERS + 3]);
  });
});

describe('alone is a datagram', () => {
  test('on a device that was not asked to cut', async () => {
    const { t, socket } = await connected(OFFLOAD_CHECKSUM);
    for (const text of ['a', 'b']) t.send(socket, text);
    expect(lengths(t)).toEqual([[1], [1]]);
  });

  test('to another address or port, or from another one', async () => {
    const { t, socket } = await connected();
    const [free, other] = [t.open(ANY, 20), t.open(ANY, 21)];
    t.send(socket, 'a');
    t.send(free, 'a', PEER, 9);
    t.send(other, 'a', PEER, 9);
    t.send(other, 'a', PEER, 10);
    t.send(other, 'a', neighbor(3), 10);
    t.send(other, 'a', neighbor(3), 10);
    expect(lengths(t)).toEqual([[1], [1], [1], [1], [1, 1]]);
  });

  test('with another field of service or lifetime', async () => {
    const { t, socket } = await connected();
    t.send(socket, 'a');
    t.calls.udpOption(socket, UDP_OPTION_SERVICE, 0xb8);
    t.send(socket, 'b');
    t.calls.udpOption(socket, UDP_OPTION_TIME_TO_LIVE, 3);
    t.send(socket, 'c');
    t.send(socket, 'd');
    expect(lengths(t)).toEqual([[1], [1], [1, 1]]);
  });

  test('to a group', async () => {
    const t = await UdpDriver.create({ offloads: OFFLOADS });
    const socket = t.open(ANY, 7);
    t.calls.udpOption(socket, UDP_OPTION_MULTICAST_LOOPBACK, 0);
    for (const text of ['a', 'b']) t.send(socket, text, GROUP, 9);
    expect(lengths(t)).toEqual([[1], [1]]);
  });

  testIPv4('to a whole network', async () => {
    const t = await UdpDriver.create({ offloads: OFFLOADS });
    const socket = t.open(ANY, 7);
    t.calls.udpOption(socket, UDP_OPTION_BROADCAST, 1);
    for (const text of ['a', 'b']) t.send(socket, text, '10.9.0.255', 9);
    expect(lengths(t)).toEqual([[1], [1]]);
  });

  test('to ourselves, while those to others join as if it were not there', async () => {
    const { t, socket } = await connected();
    const [hears, speaks] = [t.open(LOCAL, 9), t.open(ANY, 10)];
    for (const text of ['a', 'b']) {
      t.send(speaks, text, LOCAL, 9);
      t.send(socket, text);
    }
    expect(lengths(t)).toEqual([[1, 1]]);
    expect(t.received(hears).map(({ data }) => data)).toEqual(['a', 'b']);
  });
});

test('A device makes of it what would leave without it, byte for byte', async () => {
  expect(await traffic(OFFLOADS)).toEqual(await traffic(0));
});

test('None is lost or damaged where the packets that wait leave no room behind the last one', async () => {
  const { t, socket } = await connected();
  const random = new SeededRandom(5);
  const sent: string[] = [];
  const wire: string[] = [];
  const drain = (packets: number) => {
    t.driver.deviceRoom = packets;
    wire.push(...t.emitted().flatMap((packet) => cut(packet).map((piece) => hex(piece.subarray(HEADERS)))));
  };
  for (let size = 1400; sent.length < 4000; ) {
    if (random.fraction() < 0.03) size = 100 + Math.floor(random.fraction() * 1300);
    const data = new Uint8Array(size).fill(sent.length);
    while (t.send(socket, data) === 0) drain(1 + Math.floor(random.fraction() * 3));
    sent.push(hex(data));
  }
  drain(Number.POSITIVE_INFINITY);
  expect(wire).toEqual(sent);
});

test('A checksum that comes to zero is sent as ffff in every one of them (RFC 768)', async () => {
  const { t, socket } = await connected();
  // The sum of all but the data, and what is missing to ffff, before each word of it.
  t.send(socket, Uint8Array.of(0, 0));
  const [probe] = t.emitted().flatMap(cut);
  const missing = new DataView((probe as Uint8Array).buffer).getUint16(IP_HEADER + 6);
  const zero = Uint8Array.of(missing >> 8, missing & 0xff);
  for (const data of [zero, Uint8Array.of(0, 0), zero]) t.send(socket, data);
  const emitted = t.emitted();
  expect(emitted).toHaveLength(1);
  const sums = emitted.flatMap(cut).map((packet) => new DataView(packet.buffer).getUint16(IP_HEADER + 6));
  expect(sums).toEqual([0xffff, missing, 0xffff]);
});

/** Random datagrams of several sockets, as packets on a wire. */
async function traffic(offloads: number): Promise<string[]> {
  const t = await UdpDriver.create({ offloads });
  const random = new SeededRandom(FAMILY);
  const pick = <T>(...all: T[]) => all[Math.floor(random.fraction() * all.length)] as T;
  const sockets = [1, 2].map((port) => t.open(ANY, port));
  const wire: string[] = [];
  let [socket, size, place] = [sockets[0] as number, 100, PEER];
  for (let sent = 0; sent < 2000; sent++) {
    if (random.fraction() < 0.1) socket = pick(...sockets);
    if (random.fraction() < 0.1) place = pick(PEER, neighbor(3), faraway(1));
    if (random.fraction() < 0.15) size = Math.floor(random.fraction() ** 2 * 2000);
    expect(t.send(socket, new Uint8Array(size).fill(sent), place, 9)).toBe(1);
    if (random.fraction() < 0.02) t.calls.udpOption(socket, UDP_OPTION_SERVICE, pick(0, 8, 0xb8));
    if (sent % 50 === 49) wire.push(...t.emitted().flatMap(cut).map(hex));
  }
  return wire;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** A socket that speaks with PEER, on a core whose device cuts. */
async function connected(offloads = OFFLOADS) {
  const t = await UdpDriver.create({ offloads });
  const socket = t.open(ANY, 7);
  t.connect(socket, PEER, 9);
  return { t, socket };
}

/** Bytes of data of each datagram in each packet that leaves. */
function lengths(t: UdpDriver): number[][] {
  return t.emitted().map((packet) => cut(packet).map(({ length }) => length - HEADERS));
}
