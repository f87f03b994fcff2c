/**
 * What keeps a process alive and what does not, by way of `vitrine/net` and `vitrine/web`. Not for: Bun's sockets
 * (`situations.ts`).
 */
import { once } from 'node:events';
import { type Net, netOf } from '../../host/node/module.js';
import type { Server } from '../../host/node/server.js';
import type { Socket } from '../../host/node/socket.js';
import { connect } from '../../host/web/connect.js';
import type { Life, Situation } from './observer.js';

export const facadeSituations: Readonly<Record<string, Situation>> = {
  async 'vitrine/net: a server keeps it until it is closed or unref’d, as in Node'(life) {
    const { server } = await listening(life);
    await life.stays();
    server.unref();
    await life.ends();
    server.ref();
    await life.stays();
    server.close();
    await life.ends();
  },

  async 'vitrine/net: each socket keeps it, until it is unref’d'(life) {
    const { net, server, port } = await listening(life);
    server.unref();
    const { client, accepted } = await pair(net, server, port);
    client.unref();
    client.setTimeout(60_000);
    client.setKeepAlive(true, 1000);
    await life.stays();
    accepted.unref();
    await life.ends();
    client.ref();
    await life.stays();
    client.end();
    accepted.end();
    await life.ends();
  },

  async 'vitrine/net: a socket that was unref’d before it connects does not keep it'(life) {
    const { net, server, port } = await listening(life);
    server.unref();
    server.on('connection', (accepted: Socket) => accepted.unref());
    net.connect(port, 'localhost').unref();
    await life.ends();
  },

  async 'vitrine/net: what was written has arrived when the process ends'(life) {
    const { net, server, port } = await listening(life);
    server.unref();
    const { client, accepted } = await pair(net, server, port);
    let received = 0;
    accepted.unref().on('data', (chunk: Buffer) => {
      received += chunk.length;
    });
    client.end(Buffer.alloc(LARGE));
    await life.ends();
    if (received !== LARGE) throw new Error(`${received} bytes have arrived`);
  },

  async 'vitrine/web: a socket keeps it until it is closed'(life) {
    const { stack, server, port } = await listening(life);
    server.unref();
    server.on('connection', (accepted: Socket) => accepted.unref().resume());
    const socket = connect({ hostname: 'localhost', port }, { stack });
    await socket.opened;
    await life.stays();
    await socket.close();
    await life.ends();
  },
};

async function listening(life: Life) {
  const stack = await life.stack();
  const net = netOf(stack);
  const server = net.createServer();
  server.listen(0, 'localhost');
  await once(server, 'listening');
  return { stack, net, server, port: (server.address() as { port: number }).port };
}

async function pair(net: Net, server: Server, port: number): Promise<{ client: Socket; accepted: Socket }> {
  const client = net.connect(port, 'localhost');
  const [[accepted]] = await Promise.all([once(server, 'connection'), once(client, 'connect')]);
  return { client, accepted: accepted as Socket };
}

/** In bytes. */
const LARGE = 4 << 20;
