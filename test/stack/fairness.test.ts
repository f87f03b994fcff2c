/** Many connections of one stack at once: all of them get on, and none waits for the others. */

import { afterEach, expect, test } from 'vitest';
import { memoryWire } from '../../host/device/memory.js';
import { weather } from '../../host/device/weather.js';
import type { Socket } from '../../host/socket/socket.js';
import { type Lab, lab, SERVER_ADDRESS } from '../kit/stacks.js';

const CROWD = 20;
const BYTES = 2 << 20;
const BLOCK = Buffer.alloc(65_536);

let net: Lab;
afterEach(() => net.close());

/** Connections that write without end, once all are open. @returns how much of each has arrived */
async function bulk(): Promise<number[]> {
  const arrived = Array.from({ length: CROWD }, () => 0);
  const server = net.server.listen<{ who: number }>({
    hostname: SERVER_ADDRESS,
    port: 0,
    socket: {
      data(socket, chunk) {
        socket.data ??= { who: chunk[0] as number };
        arrived[socket.data.who] = (arrived[socket.data.who] as number) + chunk.length;
      },
    },
  });
  const sockets: Socket<undefined>[] = [];
  const fill = (socket: Socket<undefined>) => {
    while (socket.write(BLOCK) === BLOCK.length);
  };
  for (let count = 0; count < CROWD; count++) {
    const open = (socket: Socket<undefined>) => void sockets.push(socket);
    void net.client.connect({ hostname: SERVER_ADDRESS, port: server.port, socket: { open, drain: fill, data() {} } });
  }
  await net.until(() => sockets.length === CROWD);
  for (const [who, socket] of sockets.entries()) socket.write(Buffer.from([who]));
  for (const socket of sockets) fill(socket);
  return arrived;
}

test('on a wire without a limit, each gets on at least half as fast as the fastest once its window is open', async () => {
  net = await lab();
  const arrived = await bulk();
  await net.until(() => Math.min(...arrived) >= BYTES);
  const before = [...arrived];
  await net.until(() => Math.min(...arrived) >= 2 * BYTES);
  const gained = arrived.map((bytes, who) => bytes - (before[who] as number));
  expect(Math.min(...gained)).toBeGreaterThan(Math.max(...gained) / 2);
});

test('an answer comes within a few round trips while the others fill the link', async () => {
  const [left, right] = memoryWire({ mtu: 1500 });
  const link = weather(left, { delay: 5, rate: 100e6, queue: 200 });
  net = await lab({ wire: [link, right] });
  const arrived = await bulk();
  await net.until(() => Math.max(...arrived) >= BYTES / 8);
  const echo = net.server.listen({
    hostname: SERVER_ADDRESS,
    port: 0,
    socket: { data: (s, chunk) => void s.write(chunk) },
  });
  let answers = 0;
  let asked = 0;
  const times: number[] = [];
  const ask = (socket: Socket<unknown>) => {
    asked = net.clock.now();
    socket.write('?');
  };
  const handlers = {
    open: ask,
    data(socket: Socket<unknown>) {
      times.push(net.clock.now() - asked);
      if (++answers < 20) ask(socket);
    },
  };
  void net.client.connect({ hostname: SERVER_ADDRESS, port: echo.port, socket: handlers });
  await net.until(() => answers === 20);
  const median = times.sort((a, b) => a - b)[10] as number;
  // Two ways of 5 ms, and a queue of 200 packets, 24 ms, in front of the link.
  expect(median).toBeLessThan(10 + 24 + 10);
});
