/** Two stacks on a wire in memory that passes segments uncut (`memoryWire({ offload: true })`). */
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

class Taker {
  readonly chunks: Uint8Array[] = [];
  length = 0;

  take(data: Uint8Array): void {
    this.chunks.push(data);
    this.length += data.length;
  }
}

const BYTES = pattern(1, 4 << 20);
