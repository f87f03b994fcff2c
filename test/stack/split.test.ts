/** What a device reads past linear memory (`host/core/split.ts`): handlers get the bytes that were sent, whatever happens to them. */
import { expect, test, vi } from 'vitest';
import { manualClock } from '../../host/core/clock.js';
import { memoryWire } from '../../host/device/memory.js';
import { SeededRandom } from '../../host/device/random.js';
import { writeAll } from '../../host/socket/output/write-all.js';
import { CLIENT_TLS, SERVER_TLS } from '../kit/secure.js';
import { Splitting } from '../kit/splitting.js';
import { stacksOf, until } from '../kit/stacks.js';

const clock = manualClock(1000);
const stack = stacksOf(clock);
const BYTES = Buffer.from(Array.from({ length: 6 << 20 }, (_, index) => (index * 31) ^ (index >> 8)));

async function pair(error?: (error: Error) => void) {
  const [left, right] = memoryWire({ offload: true });
  const device = new Splitting(left);
  const server = await stack({ device, addresses: ['10.9.0.1/24', 'fd09::1/64'], ...(error && { error }) });
  const client = await stack({ device: right, addresses: ['10.9.0.2/24', 'fd09::2/64'] });
  return { device, server, client };
}

test.each(['10.9.0.1', 'fd09::1'])(
  'most data of a stream goes into the memory that its handler keeps: %s',
  async (hostname) => {
    const { device, server, client } = await pair();
    const chunks: Uint8Array[] = [];
    const listener = server.listen({ hostname, port: 0, socket: { data: (_, data) => void chunks.push(data) } });
    client.connect({
      hostname,
      port: listener.port,
      socket: { open: (socket) => void writeAll(socket, BYTES), data() {} },
    });
    await until(clock, () => total(chunks) === BYTES.length);
    // Kept to the end, so that nothing may have been written over them meanwhile.
    expect(Buffer.compare(Buffer.concat(chunks), BYTES)).toBe(0);
    const uncopied = chunks.filter(({ buffer }) => device.lanes.has(buffer as ArrayBuffer));
    expect(total(uncopied)).toBeGreaterThan(BYTES.length / 2);
    for (const { byteOffset, buffer, length } of uncopied) {
      expect(byteOffset % 8).toBe(0);
      expect(buffer.byteLength).toBeLessThanOrEqual(16 * length);
    }
  },
);

test('a program that takes memory away in which data of others lies ends the stack, and nobody gets a stream with a hole', async () => {
  // As where a program can: newer runtimes have `ArrayBuffer.prototype.transfer`, which asks nobody.
  vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined as never);
  const told: Error[] = [];
  const { device, server, client } = await pair((error) => void told.push(error));
  const streams = Array.from({ length: 3 }, (_, which) => {
    const chunks: Uint8Array[] = [];
    let cause: unknown;
    const data = (_: unknown, chunk: Uint8Array) => {
      const buffer = chunk.buffer as ArrayBuffer;
      chunks.push(Uint8Array.from(chunk));
      if (which === 0 && device.lanes.has(buffer)) structuredClone(null, { transfer: [buffer] });
    };
    const close = (_: unknown, error?: unknown) => {
      cause = error;
    };
    const { port } = server.listen({ hostname: '10.9.0.1', port: 0, socket: { data, close } });
    client.connect({
      hostname: '10.9.0.1',
      port,
      socket: { open: (socket) => void writeAll(socket, BYTES).catch(() => {}), data() {} },
    });
    return { chunks, cause: () => cause };
  });
  await until(clock, () => streams.every(({ cause }) => cause() !== undefined));
  vi.restoreAllMocks();
  expect(told).toHaveLength(1);
  for (const { chunks, cause } of streams) {
    expect(cause()).toMatchObject({ code: 'ERR_CORE_FAULT', message: expect.stringContaining('transfer') });
    const came = Buffer.concat(chunks);
    expect(Buffer.compare(came, BYTES.subarray(0, came.length))).toBe(0);
  }
});

test('readers that pause, records of TLS, short messages and datagrams between them get what was sent', async () => {
  for (let seed = 1; seed <= 8; seed++) {
    const random = randomFrom(seed);
    const { device, server, client } = await pair();
    const datagrams: string[] = [];
    await server.udpSocket({
      hostname: '10.9.0.1',
      port: 9,
      socket: { data: (_, data) => void datagrams.push(String(data)) },
    });
    const udp = await client.udpSocket({ connect: { hostname: '10.9.0.1', port: 9 } });
    const streams = Array.from({ length: 3 }, (_, which) => {
      const chunks: Uint8Array[] = [];
      const listener = server.listen({
        hostname: '10.9.0.1',
        port: 0,
        tls: which === 2 && SERVER_TLS,
        socket: {
          data(socket, data) {
            chunks.push(data);
            if (random(40) > 0) return;
            socket.pause();
            setImmediate(() => socket.resume());
          },
        },
      });
      client.connect({
        hostname: '10.9.0.1',
        port: listener.port,
        tls: which === 2 && CLIENT_TLS,
        socket: {
          async open(socket) {
            for (let at = 0, size = 0; at < SHORT.length; at += size) {
              size = Math.min(random(3) === 0 ? random(3000) : random(300_000), SHORT.length - at);
              await writeAll(socket, SHORT.subarray(at, at + size));
              if (random(4) === 0) udp.send(`${seed}`);
            }
          },
          data() {},
        },
      });
      return chunks;
    });
    await until(clock, () => streams.every((chunks) => total(chunks) === SHORT.length), `all bytes, seed ${seed}`);
    for (const chunks of streams) expect(Buffer.compare(Buffer.concat(chunks), SHORT), `seed ${seed}`).toBe(0);
    expect(device.apart, `seed ${seed}`).toBeGreaterThan(0);
    expect(new Set(datagrams), `seed ${seed}`).toEqual(new Set([`${seed}`]));
    expect(server.counters().packetsBad).toBe(0);
    for (const end of [server, client]) end.close();
  }
});

const SHORT = BYTES.subarray(0, 2 << 20);

function total(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((sum, { length }) => sum + length, 0);
}

/** Whole numbers below a bound that follow from a seed. */
function randomFrom(seed: number): (below: number) => number {
  const random = new SeededRandom(seed);
  return (below) => Math.floor(random.fraction() * below);
}
