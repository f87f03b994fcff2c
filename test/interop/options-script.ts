/** What `options.test.ts` runs in a network namespace; see `table.ts`. The environment says how the stack is tuned. */
import { digest, send, text } from './streams.js';
import { play } from './table.js';

const LENGTH = 1024 * 1024;

await play(
  {
    /** A MiB each way, one after the other. */
    async 'both ways'({ kernel, connect, listen }) {
      const channel = await connect(await kernel.tell('listen', { behaviour: 'digest' }));
      await send(channel, LENGTH);
      const sent = await text(channel);
      const { port } = listen(digest);
      const received = (await kernel.tell('connect', { port, behaviour: 'send', length: LENGTH })).text;
      return { sent, received };
    },
  },
  { stack: JSON.parse(process.env.VITRINE_STACK ?? '{}') },
);
