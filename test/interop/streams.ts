/** What Vitrine's end of a transfer does. Not for: the kernel's end (`kernel-peer.ts`). */
import { createHash } from 'node:crypto';
import { pseudoRandomBytes } from '../../host/cli/demo/content.js';
import type { Channel } from '../../host/cli/http/channel.js';
import { CONTENT } from './orders.js';

/** Sends so many bytes of the content, and ends. */
export async function send(channel: Channel, length: number): Promise<void> {
  await channel.write(pseudoRandomBytes(CONTENT, length));
  channel.end();
}

/** Reads to the end, then sends the SHA-256 of what came. */
export async function digest(channel: Channel): Promise<void> {
  const hash = createHash('sha256');
  for (let chunk = await channel.read(); chunk !== undefined; chunk = await channel.read()) hash.update(chunk);
  await channel.write(hash.digest('hex'));
  channel.end();
  await channel.whenClosed();
}

/** Reads to the end. */
export async function text(channel: Channel): Promise<string> {
  let result = '';
  for (let chunk = await channel.read(); chunk !== undefined; chunk = await channel.read()) {
    result += Buffer.from(chunk).toString('latin1');
  }
  await channel.whenClosed();
  return result;
}
