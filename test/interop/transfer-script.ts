/** What `transfer.test.ts` runs in a network namespace; see `table.ts`. */
import { createHash } from 'node:crypto';
import { pseudoRandomBytes } from '../../host/cli/demo/content.js';
import type { Channel } from '../../host/cli/http/channel.js';
import { CONTENT } from './orders.js';
import { play, until } from './table.js';

await play({
  /** We connect, send everything, end, and read what the kernel counted behind our FIN. */
  async 'connect and send'({ kernel, connect, argument }) {
    const channel = await connect(await kernel.tell('listen', { behaviour: 'digest' }));
    await send(channel, Number(argument));
    return text(channel);
  },

  /** The kernel connects, sends everything, ends, and reads what we counted behind its FIN. */
  async 'listen and receive'({ kernel, listen, argument }) {
    const { port } = listen(digest);
    const { text } = await kernel.tell('connect', { port, behaviour: 'send', length: Number(argument) });
    return text;
  },

  /** We connect, the kernel sends everything, ends, and reads what we counted behind its FIN. */
  async 'connect and receive'({ kernel, connect, argument }) {
    await digest(await connect(await kernel.tell('listen', { behaviour: 'send', length: Number(argument) })));
    // We are through as soon as our FIN is acknowledged; the program behind the kernel may have to read yet.
    await until(async () => !(await kernel.tell('look', {})).open);
    return (await kernel.tell('look', {})).text;
  },

  /** The kernel connects, we send everything, end, and read what it counted behind our FIN. */
  async 'listen and send'({ kernel, listen, argument }) {
    const answers: Promise<string>[] = [];
    const { port } = listen(async (channel) => {
      answers.push(send(channel, Number(argument)).then(() => text(channel)));
    });
    await kernel.tell('connect', { port, behaviour: 'digest' });
    return await answers[0];
  },
});

async function send(channel: Channel, length: number): Promise<void> {
  await channel.write(pseudoRandomBytes(CONTENT, length));
  channel.end();
}

/** Reads to the end, then sends the SHA-256 of what came. */
async function digest(channel: Channel): Promise<void> {
  const hash = createHash('sha256');
  for (let chunk = await channel.read(); chunk !== undefined; chunk = await channel.read()) hash.update(chunk);
  await channel.write(hash.digest('hex'));
  channel.end();
  await channel.whenClosed();
}

async function text(channel: Channel): Promise<string> {
  let result = '';
  for (let chunk = await channel.read(); chunk !== undefined; chunk = await channel.read()) {
    result += Buffer.from(chunk).toString('latin1');
  }
  await channel.whenClosed();
  return result;
}
