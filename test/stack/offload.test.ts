/** Two stacks on a wire in memory that passes segments and datagrams uncut (`memoryWire({ offload: true })`). */
import { expect, test } from 'vitest';
import { manualClock } from '../../host/core/clock.js';
import { memoryWire } from '../../host/device/memory.js';
import { writeAll } from '../../host/socket/output/write-all.js';
import { stacksOf, until } from '../kit/stacks.js';
import { pattern } from '../kit/timeline.js';

const clock = manualClock(1000);
const stack = stacksOf(clock);

test.each([
  ['an MTU of 1500', 1500],
  ['the smallest MTU of IPv6', 1280],
  ['the largest MTU', 65_535],
])('with %s streams pass whole both ways, over IPv4 and IPv6, in packets of many segments', async (_, mtu) => {
  const [left, right] = memoryWire({ mtu, offload: true });
  const server = await stack({ device: left, addresses: ['10.9.0.1/24', 'fd09::1/64'] });
  const client = await stack({ device: right, addresses: ['10.9.0.2/24', 'fd09::2/64'] });
  const packets = () => client.counters().packetsOut + server.counters().packetsOut;
  for (const hostname of ['10.9.0.1', 'fd09::1']) {
    const before = packets();
    const there = new Taker();
    const back = new Taker();
    const listener = server.listen({
      hostname,
      port: 0,
      socket: { open: (socket) => void writeAll(socket, BYTES), data: (_socket, data) => there.take(data) },
    });
    const connected = client.connect({
      hostname,
      port: listener.port,
      socket: { open: (socket) => void writeAll(socket, BYTES), data: (_socket, data) => back.take(data) },
    });
    await until(clock, () => there.length === BYTES.length && back.length === BYTES.length);
    for (const { chunks } of [there, back]) expect(Buffer.compare(Buffer.concat(chunks), BYTES)).toBe(0);
    // Cut into segments, the data alone would fill 5,800 packets of 1,500 bytes.
    expect(packets() - before).toBeLessThan(600);
    (await connected).end();
    listener.stop(true);
  }
  for (const end of [client, server]) expect(end.counters()).toMatchObject({ packetsBad: 0, segmentsRetransmitted: 0 });
});

test.each([
  ['IPv4', '10.9.0.1'],
  ['IPv6', 'fd09::1'],
])('datagrams pass together, and each comes by itself: %s', async (_, hostname) => {
  const [left, right] = memoryWire({ offload: true });
  const receiver = await stack({ device: left, addresses: ['10.9.0.1/24', 'fd09::1/64'] });
  const sender = await stack({ device: right, addresses: ['10.9.0.2/24', 'fd09::2/64'] });
  const heard: Uint8Array[] = [];
  await receiver.udpSocket({ hostname, port: 7, socket: { data: (_socket, data) => void heard.push(data) } });
  const socket = await sender.udpSocket({ connect: { hostname, port: 7 } });
  const before = receiver.counters().packetsIn;
  // Sizes change midway, and some are empty or of a byte.
  const sent = Array.from({ length: 1000 }, (_, index) => {
    return BYTES.slice(index, index + (index % 100 > 96 ? index % 2 : 1 + (index >> 8) * 400));
  });
  expect(socket.sendMany(sent)).toBe(sent.length);
  await until(clock, () => heard.length === sent.length);
  for (const [index, data] of sent.entries()) expect(Buffer.compare(heard[index] as Uint8Array, data)).toBe(0);
  expect(receiver.counters().packetsIn - before).toBeLessThan(80);
  expect(receiver.counters()).toMatchObject({ packetsBad: 0, datagramsIn: 1000, datagramsDropped: 0 });
});

class Taker {
  readonly chunks: Uint8Array[] = [];
  length = 0;

  take(data: Uint8Array): void {
    this.chunks.push(data);
    this.length += data.length;
  }
}

const BYTES = pattern(1, 4 << 20);
