/** A whole stack as plain data, and back. */
import { describe, expect, test } from 'vitest';
import { manualClock } from '../../host/core/clock.js';
import { type MemoryWireOptions, memoryWire } from '../../host/device/memory.js';
import type { Socket } from '../../host/socket/socket.js';
import type { StackOptions } from '../../host/stack/settings.js';
import type { StackSnapshot } from '../../host/stack/snapshot.js';
import { createStack, Stack } from '../../host/stack/stack.js';
import { pass, Recorder, turn, until } from '../kit/stacks.js';

/** A stack that talks to itself over loopback, so that the whole network is in the snapshot. */
async function loopback(onData: (received: number) => void = () => {}, options: StackOptions = {}) {
  const clock = manualClock(5000);
  const stack = await createStack({ clock, seed: 3, ...options });
  const heard: Record<'client' | 'server', Recorder> = {
    client: new Recorder(),
    server: new Recorder({ data: () => onData(heard.server.received) }),
  };
  const listener = stack.listen<unknown>({ hostname: '127.0.0.1', port: 4000, socket: heard.server.handlers });
  stack.connect<unknown>({ hostname: '127.0.0.1', port: 4000, socket: heard.client.handlers });
  await until(clock, () => heard.client.has('open') && heard.server.has('open'));
  return {
    clock,
    stack,
    heard,
    listener,
    client: heard.client.socket as Socket<unknown>,
    server: heard.server.socket as Socket<unknown>,
  };
}

describe('a restored stack', () => {
  test('goes on in the middle of a transfer and delivers the same bytes, the tail in the host included', async () => {
    let snapshot: StackSnapshot | undefined;
    let before = 0;
    const original = await loopback((received) => {
      if (snapshot !== undefined || received < 100_000) return;
      before = received;
      snapshot = structuredClone(original.stack.snapshot());
    });
    const bytes = Buffer.from(Array.from({ length: 3 << 20 }, (_, index) => (index * 7) >> 5));
    original.client.end(bytes);
    await until(original.clock, () => original.heard.server.closed);
    expect(original.heard.server.bytes.equals(bytes)).toBe(true);
    expect(before).toBeLessThan(bytes.length);

    const clock = manualClock(0);
    const heard = new Recorder();
    const stack = await Stack.restore(snapshot as unknown as StackSnapshot, { clock, socket: heard.handlers });
    await until(clock, () => heard.events.filter((event) => event === 'close').length === 2);
    expect(heard.bytes.equals(bytes.subarray(before))).toBe(true);
    stack.close();
    original.stack.close();
  });

  test('delivers the rest of what a handler had in part when it took the snapshot', async () => {
    const large = { sendBuffer: 1 << 20, receiveBuffer: 1 << 20 };
    const tcp = { sendBufferInitial: 1 << 20, receiveBufferInitial: 1 << 20 };
    let snapshot: StackSnapshot | undefined;
    const original = await loopback(
      () => {
        snapshot ??= structuredClone(original.stack.snapshot());
      },
      { ...large, tcp },
    );
    original.server.pause();
    const bytes = Buffer.from(Array.from({ length: 400_000 }, (_, index) => (index * 7) >> 5));
    expect(original.client.write(bytes)).toBe(bytes.length);
    await pass(original.clock, 1000);
    original.server.resume();
    await until(original.clock, () => original.heard.server.received === bytes.length);
    const before = original.heard.server.chunks[0]?.length as number;
    expect(before).toBeLessThan(bytes.length);

    const clock = manualClock(0);
    const heard = new Recorder();
    const stack = await Stack.restore(snapshot as unknown as StackSnapshot, { clock, socket: heard.handlers });
    await pass(clock, 1000);
    expect(heard.bytes.equals(bytes.subarray(before))).toBe(true);
    stack.close();
    original.stack.close();
  });

  test('delivers what lay where it had arrived, whatever comes to that place', async () => {
    const [left, right] = memoryWire();
    const clock = manualClock(0);
    const client = await createStack({ clock, seed: 1, device: left, addresses: ['10.9.0.1/24'] });
    const original = await createStack({ clock, seed: 2, device: right, addresses: ['10.9.0.2/24'] });
    let snapshot: StackSnapshot | undefined;
    const take = () => {
      snapshot ??= structuredClone(original.snapshot());
    };
    // Behind the first handler, when the bytes for the second one are still in the packet that brought them.
    const server = new Recorder({ data: () => queueMicrotask(take) });
    original.listen({ hostname: '10.9.0.2', port: 4000, socket: server.handlers });
    const heard = [new Recorder(), new Recorder()];
    for (const { handlers } of heard) client.connect({ hostname: '10.9.0.2', port: 4000, socket: handlers });
    await until(clock, () => server.events.length === 2 && heard.every((each) => each.has('open')));
    for (const { socket } of heard) socket?.write('x'.repeat(1000));
    await until(clock, () => snapshot !== undefined);

    const [there, here] = memoryWire();
    const later = manualClock(0);
    const other = await createStack({ clock: later, seed: 3, device: there, addresses: ['10.9.0.1/24'] });
    for (let count = 0; count < 8; count++) other.ping('10.9.0.2', { length: 1400 }).catch(() => {});
    await turn();
    const restored = new Recorder();
    const options = { clock: later, device: here, socket: restored.handlers };
    const stack = await Stack.restore(snapshot as unknown as StackSnapshot, options);
    await until(later, () => restored.received > 0);
    expect(restored.bytes.toString()).toBe('x'.repeat(1000));
    for (const each of [client, original, other, stack]) each.close();
  });

  test('opens the connection whose turn it was', async () => {
    const clock = manualClock(0);
    const original = await createStack({ clock, seed: 2 });
    let snapshot: StackSnapshot | undefined;
    const take = () => {
      snapshot ??= structuredClone(original.snapshot());
    };
    const server = new Recorder({ open: () => queueMicrotask(take) });
    original.listen({ hostname: '127.0.0.1', port: 4000, socket: server.handlers });
    for (let count = 0; count < 3; count++) {
      original.connect({ hostname: '127.0.0.1', port: 4000, socket: { data() {} } });
    }
    await until(clock, () => server.events.length === 3);
    const heard = new Recorder();
    const later = manualClock(0);
    const stack = await Stack.restore(snapshot as unknown as StackSnapshot, { clock: later, socket: heard.handlers });
    await pass(later, 10);
    expect(heard.events).toEqual(['open', 'open']);
    expect([...stack.sockets].map((socket) => socket.readyState)).toEqual([1, 1, 1, 1, 1, 1]);
    stack.close();
    original.close();
  });

  test('has its sockets and listeners again, in their phases', async () => {
    const original = await loopback();
    original.client.write('x');
    original.client.end();
    const snapshot = original.stack.snapshot();
    const heard = new Recorder();
    const clock = manualClock(0);
    const stack = await Stack.restore(snapshot, { clock, socket: heard.handlers });
    expect([...stack.sockets].map((socket) => socket.readyState).sort()).toEqual([-2, 1]);
    expect(stack.listeners.map(({ hostname, port }) => [hostname, port])).toEqual([['127.0.0.1', 4000]]);
    const accepted = [...stack.sockets].find((socket) => socket.localPort === 4000);
    expect(accepted?.listener).toBe(stack.listeners[0]);
    const fresh = stack.connect({ hostname: '127.0.0.1', port: 4000, socket: { data() {} } });
    await until(clock, () => heard.has('open'));
    await fresh;
    stack.close();
    original.stack.close();
  });

  test('resets connections that were in mid-handshake', async () => {
    const clock = manualClock(0);
    const original = await createStack({ clock, seed: 3 });
    original.listen({ hostname: '127.0.0.1', port: 4000, socket: { data() {} } });
    original.connect({ hostname: '127.0.0.1', port: 4000, socket: { data() {}, connectError() {} } });
    const snapshot = original.snapshot();
    original.close();
    const stack = await Stack.restore(snapshot, { clock: manualClock(0), socket: { data() {} } });
    expect([...stack.sockets]).toEqual([]);
    await turn();
    stack.close();
  });

  test('has its shared listeners again: others join them, and the last one that leaves closes the port', async () => {
    const options = { hostname: '127.0.0.1', port: 4000, reusePort: true, socket: { data() {} } };
    const original = await createStack({ clock: manualClock(0) });
    original.listen(options);
    const clock = manualClock(0);
    const stack = await Stack.restore(structuredClone(original.snapshot()), { clock, socket: { data() {} } });
    const joined = stack.listen(options);
    stack.listeners[0]?.stop();
    await stack.connect({ ...options, socket: { data() {} } });
    joined.stop();
    await expect(stack.connect({ ...options, socket: { data() {} } })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    stack.close();
    original.close();
  });

  test('goes on with its clock where the original stood', async () => {
    const original = await loopback();
    const snapshot = original.stack.snapshot();
    const stack = await Stack.restore(snapshot, { clock: manualClock(123), socket: { data() {} } });
    expect(stack.clock.now()).toBe(snapshot.now);
    stack.close();
    original.stack.close();
  });
});

describe('devices of a restored stack', () => {
  /** A stack on one end of a wire that was told to close it when the snapshot was taken. */
  async function snapshotOn(options: MemoryWireOptions): Promise<StackSnapshot> {
    const [device] = memoryWire(options);
    const stack = await createStack({ device, addresses: ['10.0.0.1/24'], clock: manualClock(0) });
    const snapshot = stack.snapshot();
    stack.close();
    return snapshot;
  }

  test.each([
    ['none', { mtu: 1500 }, [], 'as many devices must be given as the snapshot has, 1, not 0'],
    ['two', { mtu: 1500 }, [{}, {}], 'as many devices must be given as the snapshot has, 1, not 2'],
    ['of another kind', {}, [{ linkType: 'ethernet' }], 'device 1 of the snapshot was "ip", not "ethernet"'],
    ['too narrow', { mtu: 1500 }, [{ mtu: 1400 }], 'device 1 of the snapshot had an MTU of 1500, not of 1400'],
    [
      'that do less',
      { offload: true },
      [{}],
      'device 1 of the snapshot did checksums or segmentation, which the one given does not',
    ],
  ] as const)('are refused where there are others than before: %s', async (_, before, after, message) => {
    const snapshot = await snapshotOn(before);
    const interfaces = after.map((options) => ({ device: memoryWire(options as MemoryWireOptions)[0] }));
    const restored = Stack.restore(snapshot, { clock: manualClock(0), interfaces, socket: { data() {} } });
    await expect(restored).rejects.toThrow(new TypeError(message));
  });

  test('do no more than before, however much they could: every byte arrives, either way', async () => {
    const snapshot = await snapshotOn({ mtu: 1400 });
    const [device, other] = memoryWire({ mtu: 9000, offload: true });
    const clock = manualClock(0);
    const stack = await Stack.restore(snapshot, { clock, device, socket: { data() {} } });
    const peer = await createStack({ device: other, addresses: ['10.0.0.2/24'], clock });
    const heard = new Recorder();
    peer.listen({ hostname: '10.0.0.2', port: 80, socket: { data: (socket, bytes) => void socket.write(bytes) } });
    stack.connect({ hostname: '10.0.0.2', port: 80, socket: heard.handlers });
    await until(clock, () => heard.has('open'));
    heard.socket?.write(new Uint8Array(30_000).fill(7));
    await until(clock, () => heard.received === 30_000);
    expect(heard.bytes.every((byte) => byte === 7)).toBe(true);
    stack.close();
    peer.close();
  });
});
