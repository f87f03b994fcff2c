/**
 * What each worker of `vitrine serve --workers` runs: `start`, and the handlers of its sockets.
 * Not for: starting workers (`../serve-workers.ts`).
 */
import type { Stack } from '../../stack/stack.js';
import type { WorkerPlace } from '../../workers/module.js';
import { Terminal } from '../terminal.js';
import { logTo } from './log.js';
import { type HttpService, httpHandlers } from './server.js';
import { directorySite } from './site.js';

/** What `createWorkers` is given as `data`. */
export interface WorkerData {
  directory: string;
  secure: boolean;
}

export async function start(_stack: Stack, { data }: WorkerPlace): Promise<void> {
  const { directory, secure } = data as WorkerData;
  service = { site: await directorySite(directory), secure, ...logTo(new Terminal(process.stdout)) };
}

export const { open, data, drain, end, close } = httpHandlers(() => service as HttpService);

/** Nobody is served before `start` is done. */
let service: HttpService | undefined;
