/** Datagrams that a kernel has left together: one packet, and its virtio-net header says how large each is. */
import { describe, expect, test } from 'vitest';
import {
  COUNTER_BUFFER_BYTES,
  COUNTER_DATAGRAMS_DROPPED,
  COUNTER_DATAGRAMS_IN,
  ERROR_AGAIN,
  OFFLOAD_CHECKSUM,
  OFFLOAD_USO,
  SETTING_UDP_RECEIVE_BUFFER,
} from '../../assembly/abi/constants.js';
import { LOCAL, PEER } from '../kit/family.js';
import { datagram, UdpDriver } from './driver.js';

describe('a packet of several datagrams', () => {
  test('is taken apart: each as large as its header says, the last what is left', async () => {
    const t = await UdpDriver.create({ offloads: OFFLOAD_CHECKSUM | OFFLOAD_USO });
    const socket = t.open(LOCAL, 7);
    arrives(t, 'aaabbbcc', 3);
    expect(t.received(socket)).toMatchObject(
      ['aaa', 'bbb', 'cc'].map((data) => ({ data, from: PEER, to: LOCAL, port: 9 })),
    );
    expect(t.calls.counter(COUNTER_DATAGRAMS_IN)).toBe(3);
  });

  test('is one where the device was not asked for such', async () => {
    const t = await UdpDriver.create({ offloads: OFFLOAD_CHECKSUM });
    const socket = t.open(LOCAL, 7);
    arrives(t, 'aaabbbcc', 3);
    expect(t.received(socket)).toMatchObject([{ data: 'aaabbbcc' }]);
  });

  test('may have more of them than a batch has packets', async () => {
    const t = await UdpDriver.create({ offloads: OFFLOAD_CHECKSUM | OFFLOAD_USO });
    const socket = t.open(LOCAL, 7);
    const all = Array.from({ length: 128 }, (_, index) => String(index).padStart(4, '0'));
    arrives(t, all.join(''), 4);
    t.driver.output();
    expect(t.received(socket).map(({ data }) => data)).toEqual(all);
  });

  test('waits in memory of its own when its batch is over, and is taken from there one by one', async () => {
    const t = await UdpDriver.create({ offloads: OFFLOAD_CHECKSUM | OFFLOAD_USO });
    const socket = t.open(LOCAL, 7);
    arrives(t, 'aaabbbcc', 3);
    expect(t.calls.udpReceive(socket)).toBe(3);
    t.driver.output();
    arrives(t, 'ddde', 3);
    t.driver.output();
    expect(held(t, socket)).toBe(5 + 256 + 4 + 256);
    expect(t.calls.udpReceive(socket)).toBe(3);
    expect(held(t, socket)).toBe(2 + 256 + 4 + 256);
    expect(t.received(socket).map(({ data }) => data)).toEqual(['cc', 'ddd', 'e']);
    expect(held(t, socket)).toBe(0);
    expect(t.calls.counter(COUNTER_BUFFER_BYTES)).toBe(0);
  });

  test('takes no more memory than its socket may: those behind that are dropped and counted', async () => {
    const settings = { [SETTING_UDP_RECEIVE_BUFFER]: 4096 };
    const t = await UdpDriver.create({ offloads: OFFLOAD_CHECKSUM | OFFLOAD_USO, settings });
    const socket = t.open(LOCAL, 7);
    arrives(t, 'x'.repeat(10_050), 100);
    t.driver.output();
    arrives(t, 'y'.repeat(50), 20);
    t.driver.output();
    const fit = Math.floor((4096 - 256) / 100);
    expect(t.received(socket).map(({ data }) => data)).toEqual(Array(fit).fill('x'.repeat(100)));
    expect(t.calls.counter(COUNTER_DATAGRAMS_DROPPED)).toBe(101 - fit + 3);
    expect(t.calls.udpReceive(socket)).toBe(ERROR_AGAIN);
  });

  test('is nothing more than an empty one when it has no data', async () => {
    const t = await UdpDriver.create({ offloads: OFFLOAD_CHECKSUM | OFFLOAD_USO });
    const socket = t.open(LOCAL, 7);
    arrives(t, '', 3);
    expect(t.received(socket).map(({ data }) => data)).toEqual(['']);
    expect(t.calls.counter(COUNTER_DATAGRAMS_IN)).toBe(1);
  });
});

/** Bytes that wait in a socket, as its buffer counts them. */
function held(t: UdpDriver, socket: number): number {
  t.calls.udpEndpoints(socket);
  return t.driver.core.result(10);
}

/** One packet from PEER, each datagram in it of `size` bytes. */
function arrives(t: UdpDriver, data: string, size: number): void {
  const bytes = datagram({ source: PEER, destination: LOCAL, data });
  t.driver.input([{ bytes, virtio: Uint8Array.of(VERIFIED, TOGETHER, 0, 0, size, 0, 0, 0, 0, 0) }]);
}

// VIRTIO_NET_HDR_F_DATA_VALID, VIRTIO_NET_HDR_GSO_UDP_L4
const VERIFIED = 2;
const TOGETHER = 5;
