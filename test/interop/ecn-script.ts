/** What `ecn.test.ts` runs in a network namespace; see `table.ts`. The network marks a hundredth of all packets each way. */
import { readFileSync } from 'node:fs';
import { type Weather, weather } from '../../host/device/weather.js';
import { until } from '../kit/wait.js';
import { digest, send, text } from './streams.js';
import { play, type Table } from './table.js';

let router: Weather | undefined;

await play(
  {
    async 'connect and send'(table) {
      const channel = await table.connect(await table.kernel.tell('listen', { behaviour: 'digest' }));
      await send(channel, Number(table.argument));
      return { digest: await text(channel), ...counted(table) };
    },

    async 'connect and receive'(table) {
      const length = Number(table.argument);
      await digest(await table.connect(await table.kernel.tell('listen', { behaviour: 'send', length })));
      await until(async () => !(await table.kernel.tell('look', {})).open);
      return { digest: (await table.kernel.tell('look', {})).text, ...counted(table) };
    },

    async 'listen and receive'(table) {
      const { port } = table.listen(digest);
      const order = { port, behaviour: 'send', length: Number(table.argument) } as const;
      const outcome = await table.kernel.tell('connect', order);
      return { digest: outcome.text, ...counted(table) };
    },

    async 'listen and send'(table) {
      const answers: Promise<string>[] = [];
      const { port } = table.listen(async (channel) => {
        answers.push(send(channel, Number(table.argument)).then(() => text(channel)));
      });
      await table.kernel.tell('connect', { port, behaviour: 'digest' });
      return { digest: await answers[0], ...counted(table) };
    },
  },
  {
    wrap: (device) => {
      // All that is sent has room at once, however long a busy machine lets one side go on alone: nothing is lost.
      router = weather(device, { mark: 0.01, delay: 2, queue: 4096 });
      return router;
    },
    stack: { tcp: { ecn: 1 } },
  },
);

/** What both stacks and the network between them have counted. */
function counted({ stack }: Table) {
  return {
    marked: { ours: router?.counts.out.marked, kernels: router?.counts.in.marked },
    lost: { ours: router?.counts.out.overflowed, kernels: router?.counts.in.overflowed },
    // Not for the time that had passed: a machine that stands still for a moment makes timers fire though nothing is lost.
    repeated: {
      ours: stack.counters().segmentsRetransmittedFast,
      kernels: netstat('TcpExtTCPFastRetrans'),
    },
    // What the kernel has received with CE, and what it was told of CE on what it sent.
    kernel: { seen: netstat('IpExtInCEPkts'), told: netstat('TcpExtTCPDeliveredCE') },
  };
}

function netstat(name: string): number | undefined {
  return kernelCounts('/proc/net/netstat').get(name);
}

/** Lines in pairs: `Prefix: name name`, then `Prefix: value value`. */
function kernelCounts(path: string): Map<string, number> {
  const counts = new Map<string, number>();
  const lines = readFileSync(path, 'utf8').trim().split('\n');
  for (let line = 0; line + 1 < lines.length; line += 2) {
    const [prefix = '', ...names] = (lines[line] as string).split(' ');
    const values = (lines[line + 1] as string).split(' ').slice(1);
    for (const [index, name] of names.entries()) counts.set(prefix.slice(0, -1) + name, Number(values[index]));
  }
  return counts;
}
