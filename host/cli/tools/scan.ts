/** `vitrine nc -z`: which ports take a connection. */
import type { SocketError } from '../../socket/errors.js';
import type { Stack } from '../../stack/stack.js';
import type { PortRange } from '../parse.js';

export interface ScanOptions {
  /** Seconds for each port. */
  timeout?: number;
  /** Tells of the others, too. */
  verbose?: true;
}

/** Prints the open ports, in their order. @returns whether there are any */
export async function scan(stack: Stack, hostname: string, ports: PortRange, options: ScanOptions): Promise<boolean> {
  let found = false;
  for (let port = ports.first; port <= ports.last; port++) {
    const state = await look(stack, hostname, port, (options.timeout ?? PATIENCE) * 1000);
    found ||= state === 'open';
    if (state === 'open' || options.verbose === true) console.log(`${hostname} ${port}/tcp ${state}`);
  }
  return found;
}

/** `open`, or the code of the error. */
async function look(stack: Stack, hostname: string, port: number, timeout: number): Promise<string> {
  const giveUp = setTimeout(() => {
    for (const socket of stack.sockets) socket.terminate();
  }, timeout);
  try {
    const socket = await stack.connect({ hostname, port, socket: { data() {} } });
    socket.terminate();
    return 'open';
  } catch (error) {
    const { code } = error as SocketError;
    if (code === 'ECONNREFUSED') return 'closed';
    return code === 'ETIMEDOUT' || code === 'ECONNABORTED' ? 'silent' : code;
  } finally {
    clearTimeout(giveUp);
  }
}

/** In seconds. */
const PATIENCE = 3;
