/** A whole stack as plain data, and back. */
import { describe, expect, test } from 'vitest';
import { manualClock } from '../../host/core/clock.js';
import type { Socket } from '../../host/socket/socket.js';
import type { StackSnapshot } from '../../host/stack/snapshot.js';
import { createStack, Stack } from '../../host/stack/stack.js';
import { Recorder, turn, until } from '../kit/stacks.js';

/** A stack that talks to itself over loopback, so that the whole network is in the snapshot. */
async function loopback(onData: (received: number) => void = () => {}) {
  const clock = manualClock(5000);
  const stack = await createStack({ clock, seed: 3 });
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

  test('goes on with its clock where the original stood', async () => {
    const original = await loopback();
    const snapshot = original.stack.snapshot();
    const stack = await Stack.restore(snapshot, { clock: manualClock(123), socket: { data() {} } });
    expect(stack.clock.now()).toBe(snapshot.now);
    stack.close();
    original.stack.close();
  });
});
