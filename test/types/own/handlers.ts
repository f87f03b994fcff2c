/** The module of workers: its exports, and that they fit together. */
import type { Socket, Stack, WorkerModule, WorkerPlace } from 'vitrine';

interface Session {
  bytes: number;
}

export async function start(stack: Stack, { number, count, data }: WorkerPlace): Promise<void> {
  const greeting: unknown = data;
  console.log(number + 1, count, greeting, stack.counters().memoryTaken);
}

export function open(socket: Socket<Session>): void {
  socket.data = { bytes: 0 };
}

export function data(socket: Socket<Session>, bytes: Buffer): void {
  socket.data.bytes += bytes.length;
  socket.write(bytes);
}

export const module: WorkerModule = { start, open, data };
