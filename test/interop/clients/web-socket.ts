/** Both ends of a WebSocket whose messages come back, of the package `ws`. Not for: whose sockets they use. */
import { once } from 'node:events';
import type { WebSocket, WebSocketServer } from 'ws';
import { piece } from './content.js';

export function echoServer(server: WebSocketServer): void {
  server.on('connection', (socket) => {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
}

/**
 * Sends all messages at once, then closes.
 * @returns how many came back as they were, in order
 */
export async function echoMessages(socket: WebSocket, messages: number, length: number): Promise<number> {
  let came = 0;
  let right = 0;
  const all = new Promise<void>((resolve, reject) => {
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`closed after ${came} of ${messages} messages`)));
    socket.on('message', (data: Buffer) => {
      if (data.equals(piece(came, length))) right++;
      if (++came === messages) resolve();
    });
  });
  await Promise.race([once(socket, 'open'), all]);
  for (let number = 0; number < messages; number++) socket.send(piece(number, length));
  await all;
  socket.close();
  await once(socket, 'close');
  return right;
}
