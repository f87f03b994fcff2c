/**
 * What `options.test.ts` runs in a network namespace; see `table.ts`. The argument is a list of rows, each with how the kernel
 * and the stack are tuned: a stack of its own for each, and a capture. Prints by row what was read.
 */
import { writeFileSync } from 'node:fs';
import { within } from './family/steps.js';
import { Kernel } from './kernel.js';
import { digest, send, text } from './streams.js';
import { atTable, type Setting, type Table } from './table.js';

export interface Tuned {
  readonly capture: string;
  /** By name below `net.ipv4.tcp_`. */
  readonly sysctl: Readonly<Record<string, number | string>>;
  readonly stack: NonNullable<Setting['stack']>;
}

const LENGTH = 1024 * 1024;
/** For a row, in milliseconds: it bounds a hang. */
const PATIENCE = 60_000;

const kernel = new Kernel();
const read: unknown[] = [];
for (const { capture, sysctl, stack } of JSON.parse(process.argv[2] ?? '[]') as Tuned[]) {
  for (const [name, value] of Object.entries(sysctl)) writeFileSync(`/proc/sys/net/ipv4/tcp_${name}`, String(value));
  const row = atTable({ mode: 'plain', argument: capture, kernel, stack }, bothWays);
  read.push(await within(PATIENCE, capture, row).catch(String));
}
console.log(JSON.stringify(read));
kernel.close();

/** A MiB each way, one after the other. */
async function bothWays({ kernel, connect, listen }: Table): Promise<{ sent: string; received: string }> {
  const channel = await connect(await kernel.tell('listen', { behaviour: 'digest' }));
  await send(channel, LENGTH);
  const sent = await text(channel);
  const { port } = listen(digest);
  const received = (await kernel.tell('connect', { port, behaviour: 'send', length: LENGTH })).text;
  return { sent, received };
}
