/**
 * What `transfer.test.ts` runs in a network namespace; see `table.ts`. The argument is a list of lengths; prints by way and
 * length what the reader counted, or why there was nothing to count, and how many packets were read apart, headers and data.
 */
import { Split } from '../../host/core/split.js';
import { until } from '../kit/wait.js';
import { within } from './family/steps.js';
import { digest, send, text } from './streams.js';
import { play, type Table } from './table.js';

const WAYS: Record<string, (table: Table, length: number) => Promise<string | undefined>> = {
  /** We connect, send everything, end, and read what the kernel counted behind our FIN. */
  async 'connect and send'({ kernel, connect }, length) {
    const channel = await connect(await kernel.tell('listen', { behaviour: 'digest' }));
    await send(channel, length);
    return text(channel);
  },

  /** The kernel connects, sends everything, ends, and reads what we counted behind its FIN. */
  async 'listen and receive'({ kernel, listen }, length) {
    const { port } = listen(digest);
    return (await kernel.tell('connect', { port, behaviour: 'send', length })).text;
  },

  /** We connect, the kernel sends everything, ends, and reads what we counted behind its FIN. */
  async 'connect and receive'({ kernel, connect }, length) {
    await digest(await connect(await kernel.tell('listen', { behaviour: 'send', length })));
    // We are through as soon as our FIN is acknowledged; the program behind the kernel may have to read yet.
    await until(async () => !(await kernel.tell('look', {})).open);
    return (await kernel.tell('look', {})).text;
  },

  /** The kernel connects, we send everything, end, and read what it counted behind our FIN. */
  async 'listen and send'({ kernel, listen }, length) {
    const answers: Promise<string>[] = [];
    const { port } = listen(async (channel) => {
      answers.push(send(channel, length).then(() => text(channel)));
    });
    await kernel.tell('connect', { port, behaviour: 'digest' });
    return answers[0];
  },
};

let apart = 0;
const { came } = Split.prototype;
Split.prototype.came = function (...packet) {
  const headers = came.apply(this, packet);
  if (headers > 0) apart++;
  return headers;
};

/** For one transfer, in milliseconds: it bounds a hang. */
const PATIENCE = 60_000;

await play({
  async 'every way'(table) {
    const counted: Record<string, string | undefined> = {};
    for (const [way, transfer] of Object.entries(WAYS)) {
      for (const length of JSON.parse(table.argument) as number[]) {
        const name = `${way} ${length}`;
        counted[name] = await within(PATIENCE, name, transfer(table, length)).catch(String);
      }
    }
    return { ...counted, apart: String(apart) };
  },
});
