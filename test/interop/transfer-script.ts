/** What `transfer.test.ts` runs in a network namespace; see `table.ts`. */
import { digest, send, text } from './streams.js';
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
