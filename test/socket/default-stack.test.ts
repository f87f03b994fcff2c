/** `connect` and `listen` as plain functions. */
import { afterEach, expect, test } from 'vitest';
import { connect, createStack, defaultStack, listen, setDefaultStack } from '../../host/index.js';

afterEach(() => {
  defaultStack().close();
  setDefaultStack(undefined);
});

test('connect and listen work on a loopback of their own', async () => {
  const echoed = await new Promise<string>((resolve) => {
    const listener = listen({
      hostname: 'localhost',
      port: 0,
      socket: { data: (socket, chunk) => void socket.end(chunk) },
    });
    connect({
      hostname: 'localhost',
      port: listener.port,
      socket: { open: (socket) => void socket.write('hello'), data: (_, chunk) => resolve(String(chunk)) },
    });
  });
  expect(echoed).toBe('hello');
});

test('connect and listen use the stack that was set', async () => {
  const stack = await createStack();
  setDefaultStack(stack);
  const listener = listen({ hostname: 'localhost', port: 0, socket: { data() {} } });
  expect(stack.listeners).toEqual([listener]);
});
