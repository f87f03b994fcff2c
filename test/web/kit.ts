/** A stack for `connect` of the Sockets API, and a server of Bun's kind on the other end of the wire. */
import type { SocketHandler } from '../../host/socket/handlers.js';
import type { TCPSocketListenOptions } from '../../host/socket/options.js';
import type { Payload } from '../../host/socket/payload.js';
import { connect, type Socket, type SocketOptions } from '../../host/web/index.js';
import { type Lab, Recorder, SERVER_ADDRESS } from '../kit/stacks.js';

export interface Served {
  socket: Socket;
  server: Recorder;
}

/** Connects to a listener of its own. */
export function serve(
  net: Lab,
  extra: Partial<SocketHandler<unknown>> = {},
  options: SocketOptions = {},
  listen: Partial<TCPSocketListenOptions<unknown>> = {},
): Served {
  const server = new Recorder(extra);
  const { port } = net.server.listen<unknown>({
    hostname: SERVER_ADDRESS,
    port: 0,
    socket: server.handlers,
    ...listen,
  });
  return { socket: connect({ hostname: SERVER_ADDRESS, port }, { stack: net.client, ...options }), server };
}

/** What a promise has come to, while the clock runs. */
export async function settled<T>(net: Lab, promise: Promise<T>): Promise<{ value: T } | { error: unknown }> {
  let outcome: { value: T } | { error: unknown } | undefined;
  promise.then(
    (value) => {
      outcome = { value };
    },
    (error) => {
      outcome = { error };
    },
  );
  await net.until(() => outcome !== undefined, 'a promise being settled');
  return outcome as { value: T } | { error: unknown };
}

/** What is resolved in the end. @throws what it is rejected with */
export async function resolved<T>(net: Lab, promise: Promise<T>): Promise<T> {
  const outcome = await settled(net, promise);
  if ('error' in outcome) throw outcome.error;
  return outcome.value;
}

/** The reason of a rejection. */
export async function rejected(net: Lab, promise: Promise<unknown>): Promise<unknown> {
  const outcome = await settled(net, promise);
  if ('error' in outcome) return outcome.error;
  throw new Error(`resolved with ${outcome.value}`);
}

/** Everything until the end. */
export async function readAll(readable: ReadableStream<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of readable as unknown as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export async function write(socket: Socket, chunk: Payload): Promise<void> {
  const writer = socket.writable.getWriter();
  try {
    await writer.write(chunk);
  } finally {
    writer.releaseLock();
  }
}

export async function end(socket: Socket, chunk?: Payload): Promise<void> {
  const writer = socket.writable.getWriter();
  if (chunk !== undefined) await writer.write(chunk);
  await writer.close();
}

/** Bytes in which every place is told from its neighbours. */
export function cargo(length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  for (let at = 0; at < length; at++) bytes[at] = (at * 31 + (at >> 8) * 7) & 0xff;
  return bytes;
}
