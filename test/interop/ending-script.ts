/** What `ending.test.ts` runs in a network namespace; see `table.ts`. */
import { execFileSync } from 'node:child_process';
import type { Socket } from '../../host/socket/socket.js';
import { until } from '../kit/wait.js';
import { KERNEL, VITRINE } from './addresses.js';
import { play, type Table } from './table.js';

await play({
  async 'refused by the kernel'({ stack }) {
    return stack.connect({ hostname: KERNEL, port: 9, socket: { data() {} } }).then(
      () => 'open',
      (error) => error.code,
    );
  },

  async 'refused by Vitrine'({ kernel }) {
    return (await kernel.tell('connect', { port: 9, behaviour: 'echo' })).code;
  },

  async 'reset by the kernel'({ stack, kernel }) {
    const port = await kernel.tell('listen', { behaviour: 'reset' });
    const heard: string[] = [];
    const socket = await stack.connect({ hostname: KERNEL, port, socket: recorder(heard) });
    socket.write('reset me');
    await until(() => heard.length > 0);
    return heard;
  },

  async 'reset by Vitrine'({ kernel, listen }) {
    const { port } = listen(async (channel) => {
      await channel.read();
      channel.terminate();
    });
    const { code } = await kernel.tell('connect', { port, behaviour: 'send and stay', length: 10 });
    return code;
  },

  async 'killed while it is silent'({ stack, kernel }) {
    const port = await kernel.tell('listen', { behaviour: 'idle' });
    const heard: string[] = [];
    await stack.connect({ hostname: KERNEL, port, socket: recorder(heard) });
    await accepted(kernel);
    await kernel.die();
    await until(() => heard.some((event) => event.startsWith('close')));
    return { heard, sockets: [...stack.sockets].length };
  },

  /** The kernel resets a connection whose program dies before it has read everything (RFC 2525, section 2.17). */
  async 'killed while we send'({ stack, kernel }) {
    const port = await kernel.tell('listen', { behaviour: 'stall' });
    const heard: string[] = [];
    const block = new Uint8Array(1 << 20);
    const fill = (socket: Socket<undefined>) => {
      while (socket.write(block) === block.length);
    };
    const handlers = { ...recorder(heard), open: fill, drain: fill };
    const socket = await stack.connect({ hostname: KERNEL, port, socket: handlers });
    await accepted(kernel);
    // The SYN of an active open counts.
    await until(() => (stack.tcpInfo(socket)?.tcpi_bytes_acked ?? 0) > 1);
    await kernel.die();
    await until(() => heard.some((event) => event.startsWith('close')));
    return { heard, sockets: [...stack.sockets].length };
  },

  async 'killed while it sends'({ stack, kernel }) {
    const port = await kernel.tell('listen', { behaviour: 'send', length: 1 << 30 });
    const heard: string[] = [];
    let bytes = 0;
    const data = (_socket: unknown, chunk: Uint8Array) => {
      bytes += chunk.length;
    };
    await stack.connect({ hostname: KERNEL, port, socket: { ...recorder(heard), data } });
    await until(() => bytes > 1 << 20);
    await kernel.die();
    await until(() => heard.some((event) => event.startsWith('close')));
    return { heard, sockets: [...stack.sockets].length };
  },

  /** Without its address the kernel forgets the connection's other end and answers nothing. */
  async 'vanished under keep-alive'({ stack, kernel }) {
    const port = await kernel.tell('listen', { behaviour: 'idle' });
    const heard: string[] = [];
    const socket = await stack.connect({ hostname: KERNEL, port, socket: recorder(heard) });
    socket.setKeepAlive(true, 500);
    const started = performance.now();
    execFileSync('ip', ['address', 'flush', 'dev', 'vitrine0']);
    await until(() => heard.length > 0);
    return { heard, seconds: (performance.now() - started) / 1000 };
  },

  async 'answers keep-alive'({ stack, kernel }) {
    const listener = stack.listen({ hostname: VITRINE, port: 0, socket: { data() {} } });
    void kernel.tell('connect', { port: listener.port, behaviour: 'idle' });
    await until(() => [...stack.sockets].length === 1);
    const before = stack.counters().segmentsOut;
    await until(() => stack.counters().segmentsOut >= before + 5);
    return (await kernel.tell('look', {})).open;
  },
});

/** The kernel resets a connection that no program has accepted yet when its listener dies. */
async function accepted(kernel: Table['kernel']): Promise<void> {
  await until(async () => (await kernel.tell('look', {}).catch(() => undefined)) !== undefined);
}

function recorder(heard: string[]) {
  return {
    data(_socket: unknown, chunk: Uint8Array) {
      heard.push(`data ${chunk.length}`);
    },
    end() {
      heard.push('end');
    },
    close(_socket: unknown, error?: Error & { code?: string }) {
      heard.push(error === undefined ? 'close' : `close ${error.code}`);
    },
  };
}
