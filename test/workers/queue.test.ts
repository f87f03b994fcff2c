import { afterEach, describe, expect, test } from 'vitest';
import { CHOSEN_PORTS, VNET_HEADER } from '../../assembly/abi/constants.js';
import type { Device, DevicePort } from '../../host/device/device.js';
import { makeStrays, QueueDevice, type Strays } from '../../host/workers/queue.js';
import { TestPort } from '../device/port.js';
import { buildIp } from '../kit/packet.js';
import { until } from '../kit/wait.js';

const UDP = 17;
const ICMP = 1;
const ECHO_REPLY = 0;

const ends: End[] = [];

afterEach(() => {
  for (const { queue } of ends) queue.close();
});

describe('the queues of three workers', () => {
  test('keep what is theirs', () => {
    const [one] = make(3);
    one.given.push(toPort(80), toPort(CHOSEN_PORTS));
    expect(one.port.readAll()).toEqual([toPort(80), toPort(CHOSEN_PORTS)]);
    expect(one.queue.counts).toEqual({ straysOut: 0, straysIn: 0, straysDropped: 0 });
  });

  test('hand over what is another’s, with its virtio-net header, and read on', async () => {
    const [one, two, three] = make(3);
    one.given.push(toPort(CHOSEN_PORTS + 1), toPort(80));
    one.header = 9;
    expect(one.port.readAll()).toEqual([toPort(80)]);
    await woken(two);
    expect(two.port.read()).toEqual(toPort(CHOSEN_PORTS + 1));
    expect(two.port.header).toEqual(new Uint8Array(VNET_HEADER).fill(9));
    expect(two.port.read()).toBeUndefined();
    expect(three.port.read()).toBeUndefined();
    expect([one.queue.counts.straysOut, two.queue.counts.straysIn]).toEqual([1, 1]);
  });

  test('keep a copy of what is for all', () => {
    const [one, two, three] = make(3);
    one.given.push(reply());
    expect([one, two, three].map(({ port }) => port.readAll())).toEqual([[reply()], [reply()], [reply()]]);
    expect(one.queue.counts.straysOut).toBe(2);
  });

  test('drop what the other takes too long to fetch, and count it', () => {
    const [one, two] = make(2);
    for (let count = 0; count < 3000; count++) one.given.push(toPort(CHOSEN_PORTS + 1, 100));
    while (one.given.length > 0) one.port.read();
    const { straysOut, straysDropped } = one.queue.counts;
    expect(straysOut + straysDropped).toBe(3000);
    expect(straysDropped).toBeGreaterThan(0);
    expect(two.port.readAll().length).toBe(straysOut);
  });

  test('are read in turns with what comes from others', () => {
    const [one, two] = make(2);
    one.given.push(...[1, 2].map(() => toPort(CHOSEN_PORTS + 1)));
    one.port.readAll();
    two.given.push(toPort(80), toPort(81));
    expect(two.port.readAll().map(portOf)).toEqual([CHOSEN_PORTS + 1, 80, CHOSEN_PORTS + 1, 81]);
  });

  test('leave the stack its turn when there are only strays, and come back', async () => {
    const [one] = make(2);
    for (let count = 0; count < 65; count++) one.given.push(toPort(CHOSEN_PORTS + 1));
    expect(one.port.read()).toBeUndefined();
    expect(one.given.length).toBe(1);
    await woken(one);
  });

  test('wake their stack once more when something comes while it is told of something else', async () => {
    const [one, two] = make(2);
    two.port.onReady = () => {
      two.port.onReady = () => {};
      hand(one);
    };
    hand(one);
    await until(() => two.port.readable >= 2);
    expect(two.port.readAll().length).toBe(2);
  });

  test('find what was handed over before they were attached', () => {
    const strays = makeStrays(2, []);
    hand(end(0, strays));
    expect(end(1, strays).port.readAll().length).toBe(1);
  });

  test('are silent after close', async () => {
    const [one, two] = make(2);
    two.queue.close();
    hand(one);
    await new Promise((resolve) => setImmediate(resolve));
    expect(two.port.readable).toBe(0);
  });
});

interface End {
  queue: QueueDevice;
  port: TestPort;
  /** What the kernel has for this queue. */
  given: Uint8Array[];
  /** What each byte of a packet's virtio-net header is. */
  header: number;
}

function make(count: number): [End, End, End] {
  const strays = makeStrays(count, []);
  return Array.from({ length: count }, (_, number) => end(number, strays)) as [End, End, End];
}

function end(number: number, strays: Strays): End {
  const given: Uint8Array[] = [];
  const made = { given, header: 0 } as End;
  let port: DevicePort;
  const inner: Device = {
    mtu: 1500,
    linkType: 'ip',
    offloads: 0,
    addresses: [],
    attach: (given) => {
      port = given;
    },
    read(address) {
      const packet = given.shift();
      if (packet === undefined) return 0;
      const memory = new Uint8Array(port.memory.buffer);
      memory.fill(made.header, address - VNET_HEADER, address);
      memory.set(packet, address);
      return packet.length;
    },
    write: () => true,
    ref() {},
    unref() {},
    close() {},
  };
  made.queue = new QueueDevice(inner, number, strays);
  made.port = new TestPort(made.queue);
  ends.push(made);
  return made;
}

/** Of worker 0, to worker 1 of two. */
function hand(from: End): void {
  from.given.push(toPort(CHOSEN_PORTS + 1));
  from.port.readAll();
}

function woken({ port }: End): Promise<void> {
  return until(() => port.readable > 0);
}

function toPort(port: number, length = 8): Uint8Array {
  const payload = new Uint8Array(length);
  new DataView(payload.buffer).setUint16(2, port);
  return buildIp({ ...ENDS, protocol: UDP, payload });
}

function portOf(packet: Uint8Array): number {
  return new DataView(packet.buffer).getUint16(22);
}

function reply(): Uint8Array {
  return buildIp({ ...ENDS, protocol: ICMP, payload: Uint8Array.of(ECHO_REPLY, 0, 0, 0, 0, 0, 0, 0) });
}

const ENDS = { source: '192.0.2.1', destination: '192.0.2.2' };
