/** What `load.test.ts` runs in a network namespace; see `table.ts`. */
import { createHash } from 'node:crypto';
import { pseudoRandomBytes } from '../../host/cli/demo/content.js';
import type { Channel } from '../../host/cli/http/channel.js';
import type { Socket } from '../../host/socket/socket.js';
import { until } from '../kit/wait.js';
import { KERNEL, VITRINE } from './addresses.js';
import { CONTENT } from './orders.js';
import { play, settled, type Table } from './table.js';

const COUNT = 1000;
const LENGTH = 64 * 1024 * 1024;

await play({
  async 'a crowd from the kernel'({ stack, kernel, listen }) {
    let atOnce = 0;
    const { port } = listen(async (channel) => {
      atOnce = Math.max(atOnce, [...stack.sockets].length);
      for (let chunk = await channel.read(); chunk !== undefined; chunk = await channel.read())
        await channel.write(chunk);
      channel.end();
    });
    const crowd = await kernel.tell('crowd', { port, count: COUNT });
    await until(() => [...stack.sockets].length === 0);
    return { ...crowd, seen: atOnce, left: await left(stack) };
  },

  async 'a crowd from Vitrine'({ stack, kernel, connect }) {
    const port = await kernel.tell('listen', { behaviour: 'echo' });
    const channels = await Promise.all(Array.from({ length: COUNT }, () => connect(port)));
    const seen = [...stack.sockets].length;
    const echoes = await Promise.all(channels.map((channel, number) => echoed(channel, String(number))));
    for (const channel of channels) channel.end();
    await Promise.all(channels.map((channel) => channel.whenClosed()));
    return { echoes: echoes.filter(Boolean).length, atOnce: COUNT, seen, left: await left(stack) };
  },

  /** Our reader stalls: the window closes, the kernel's writer waits, and goes on when we read. */
  async 'a stalled reader on Vitrine'({ stack, kernel }) {
    const hash = createHash('sha256');
    const stalled: Socket<undefined>[] = [];
    let ended = false;
    const listener = stack.listen({
      hostname: VITRINE,
      port: 0,
      socket: {
        open(socket) {
          socket.pause();
          stalled.push(socket);
        },
        data(_socket, chunk) {
          hash.update(chunk);
        },
        end() {
          ended = true;
        },
      },
    });
    void kernel.tell('connect', { port: listener.port, behaviour: 'send', length: LENGTH });
    await until(() => stalled.length === 1);
    const { taken } = await settled(() => kernel.tell('look', {}));
    const { bufferBytes } = stack.counters();
    stalled[0]?.resume();
    await until(() => ended);
    return { taken, bufferBytes, whole: hash.digest('hex') === digest() };
  },

  /** The kernel's reader stalls: our writes are short, and `drain` comes when it reads. */
  async 'a stalled reader on the kernel'({ stack, kernel }) {
    const port = await kernel.tell('listen', { behaviour: 'stall' });
    const content = pseudoRandomBytes(CONTENT, LENGTH);
    let drains = 0;
    let offset = 0;
    const fill = (socket: Socket<undefined>) => {
      offset += socket.write(content, offset);
      if (offset === LENGTH) socket.shutdown(true);
    };
    const socket = await stack.connect({
      hostname: KERNEL,
      port,
      allowHalfOpen: true,
      socket: {
        open: fill,
        drain(socket) {
          drains++;
          fill(socket);
        },
        data() {},
        end(socket) {
          socket.end();
        },
      },
    });
    const taken = await settled(() => socket.bytesWritten);
    const { bufferBytes } = stack.counters();
    const before = drains;
    await kernel.tell('resume', {});
    await until(async () => (await kernel.tell('look', {})).bytes === LENGTH);
    const { sha256 } = await kernel.tell('look', {});
    return { taken, bufferBytes, drained: drains > before, whole: sha256 === digest() };
  },
});

async function echoed(channel: Channel, text: string): Promise<boolean> {
  await channel.write(text);
  let answer = '';
  while (answer.length < text.length) answer += Buffer.from((await channel.read()) ?? 'ended').toString();
  return answer === text;
}

/** What is still in use, once the last FINs are acknowledged; TIME-WAIT holds no buffers. */
async function left(stack: Table['stack']): Promise<{ sockets: number; bufferBytes: number }> {
  await until(() => stack.counters().bufferBytes === 0);
  return { sockets: [...stack.sockets].length, bufferBytes: stack.counters().bufferBytes };
}

function digest(): string {
  return createHash('sha256').update(pseudoRandomBytes(CONTENT, LENGTH)).digest('hex');
}
