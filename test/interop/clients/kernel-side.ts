/**
 * The kernel's side of the table of clients: servers and clients on Node's own `net` and `tls`, in a process of their own.
 * Not for: nginx and other programs (`programs.ts`).
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createSecureServer } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { ca, server as identity } from '../../kit/certificates/certificates.js';
import { KERNEL } from '../addresses.js';
import { answerOrders } from '../answering.js';
import { digest } from './content.js';
import { connectHttp2, echoAll, echoTogether } from './http2.js';
import type { Tasks } from './tasks.js';
import { echoMessages, echoServer } from './web-socket.js';

answerOrders<Tasks>({
  async serve() {
    const http = createServer((request, response) => void answerDigest(request, response));
    echoServer(new WebSocketServer({ server: http }));
    const http2 = createSecureServer(identity);
    echoTogether(http2);
    return { http: await listening(http), http2: await listening(http2) };
  },

  webSocket({ url, messages, message }) {
    return echoMessages(new WebSocket(url, { ca: ca.cert, perMessageDeflate: false }), messages, message);
  },

  async http2({ url, streams, stream }) {
    const session = await connectHttp2(url, { ca: ca.cert });
    const right = await echoAll(session, streams, stream);
    session.close();
    return right;
  },
});

async function answerDigest(request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.end(JSON.stringify(await digest(request)));
}

async function listening(server: Server): Promise<number> {
  server.listen(0, KERNEL);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
