/** What `capture.test.ts` runs in a network namespace; see `table.ts`. The argument names the capture. */
import { createHash } from 'node:crypto';
import { pseudoRandomBytes } from '../../host/cli/demo/content.js';
import { CONTENT } from './orders.js';
import { play } from './table.js';

const LENGTH = 4 * 1024 * 1024;
/** In milliseconds: a busy machine may let an answer wait, and that is no loss. */
const PATIENCE = 5000;

await play(
  {
    /** Four MiB each way, one after the other, then a reset and a refusal. */
    async 'a clean wire'({ kernel, connect, listen }) {
      const channel = await connect(await kernel.tell('listen', { behaviour: 'digest' }));
      await channel.write(pseudoRandomBytes(CONTENT, LENGTH));
      channel.end();
      const sent = Buffer.from((await channel.read()) ?? []).toString();
      await channel.whenClosed();

      const hash = createHash('sha256');
      const { port } = listen(async (incoming) => {
        for (let chunk = await incoming.read(); chunk !== undefined; chunk = await incoming.read()) hash.update(chunk);
        incoming.end();
      });
      await kernel.tell('connect', { port, behaviour: 'send', length: LENGTH });
      return { sent, received: hash.digest('hex') };
    },
  },
  { stack: { tcp: { tailProbe: 0, rtoMinimum: PATIENCE } } },
);
