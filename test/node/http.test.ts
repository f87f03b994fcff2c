/**
 * Node's http, https and http2 over two stacks, on both ends: by `createConnection` and by `emit('connection')`.
 * Not for: real packages and real servers (`../interop/clients/`).
 */
import { createHash, randomBytes } from 'node:crypto';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import type { AddressInfo, Server, Socket } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { netOf } from '../../host/node/net.js';
import { tlsOf } from '../../host/node/tls.js';
import { createStack } from '../../host/stack/stack.js';
import { ca, server as known } from '../kit/certificates/certificates.js';
import { listening, vitrine, type World } from './kit/world.js';

type CreateConnection = NonNullable<http.RequestOptions['createConnection']>;

const CERTIFICATE = { cert: known.cert, key: known.key };

let world: World;
beforeEach(async () => {
  world = await vitrine();
});
afterEach(() => world.close());

it('http: requests with createConnection, keep-alive on one socket by an agent', async () => {
  const { client, host } = world;
  const sockets = new Set<Socket>();
  const port = await served(application(sockets));
  const createConnection = client.net.createConnection as unknown as CreateConnection;
  expect(await text(http.get({ host, port, path: '/one', createConnection }))).toBe(`GET /one ${host}`);
  const agent = Object.assign(new http.Agent({ keepAlive: true }), { createConnection });
  for (const path of ['/two', '/three', '/four']) {
    expect(await text(http.get({ host, port, path, agent }))).toBe(`GET ${path} ${host}`);
  }
  expect(sockets.size).toBe(2);
  agent.destroy();
});

it('http: 16 MiB up and down at once, unchanged', async () => {
  const { client, host } = world;
  const port = await served(http.createServer((request, response) => void pipeline(request, response)));
  const createConnection = client.net.createConnection as unknown as CreateConnection;
  const bytes = randomBytes(16 << 20);
  const request = http.request({ host, port, method: 'POST', createConnection });
  const [answer] = await Promise.all([read(request), pipeline(Readable.from([bytes]), request)]);
  expect(digest(answer)).toBe(digest(bytes));
});

it('http: an idle request is told of by timeout, and aborted by its signal', async () => {
  const { client, host } = world;
  const port = await served(http.createServer(() => {}));
  const createConnection = client.net.createConnection as unknown as CreateConnection;
  const slow = http.get({ host, port, createConnection, timeout: 50 });
  slow.on('timeout', () => slow.destroy(new Error('too slow')));
  await expect(read(slow)).rejects.toThrow('too slow');
  const controller = new AbortController();
  const aborted = http.get({ host, port, createConnection, signal: controller.signal });
  setTimeout(() => controller.abort(), 50);
  await expect(read(aborted)).rejects.toMatchObject({ name: 'AbortError' });
});

it('https: the server is verified, sockets are kept, and a session resumes', async () => {
  const { client, server, host } = world;
  const sockets = new Set<Socket>();
  const app = application(sockets);
  const one = server.tls.createServer(CERTIFICATE, (socket) => void app.emit('connection', socket));
  const port = await listening(one, host);
  const createConnection = client.tls.connect as never;
  const agent = Object.assign(new https.Agent({ keepAlive: true, ca: ca.cert }), { createConnection });
  for (const path of ['/one', '/two']) {
    expect(await text(https.get({ host, port, path, agent }))).toBe(`GET ${path} ${host}`);
  }
  expect(sockets.size).toBe(1);
  await expect(text(https.get({ host, port, createConnection }))).rejects.toMatchObject({
    code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  });
  agent.destroy();
  one.close();
});

it("https: Node's own TLS, server and client, over Vitrine's sockets", async () => {
  const { client, server, host } = world;
  const app = https.createServer(CERTIFICATE, (_request, response) => response.end('by Node'));
  const one = server.net.createServer({ allowHalfOpen: true }, (socket) => void app.emit('connection', socket));
  const port = await listening(one, host);
  const agent = new https.Agent({ ca: ca.cert, servername: 'server.test' });
  const createConnection = (options: object) =>
    client.tls.connect({ ...options, socket: client.net.connect(port, host) } as never);
  Object.assign(agent, { createConnection });
  expect(await text(https.get({ host, port, agent }))).toBe('by Node');
  agent.destroy();
  one.close();
});

it.each(['h2c', 'h2'])('http2: 100 streams at once over %s', async (kind) => {
  const { client, server, host } = world;
  const app = http2.createServer();
  app.on('stream', (stream, headers) => {
    stream.respond({ ':status': 200 });
    stream.end(`${headers[':path']} `.repeat(5000));
  });
  const serve = (socket: Socket) => void app.emit('connection', socket);
  const secure = { ...CERTIFICATE, ALPNProtocols: ['h2'] };
  const one = kind === 'h2' ? server.tls.createServer(secure, serve) : server.net.createServer(serve);
  const port = await listening(one, host);
  const createConnection = () =>
    kind === 'h2'
      ? client.tls.connect({ port, host, ca: ca.cert, ALPNProtocols: ['h2'] })
      : client.net.connect(port, host);
  const session = http2.connect(`http://${host}:${port}`, { createConnection });
  const bodies = await Promise.all(
    Array.from({ length: 100 }, async (_, index) => {
      const stream = session.request({ ':path': `/${index}` });
      return String(Buffer.concat(await stream.toArray()));
    }),
  );
  expect(bodies).toEqual(bodies.map((_, index) => `/${index} `.repeat(5000)));
  await new Promise<void>((resolve) => session.close(resolve));
  one.close();
});

it('the default stack is used where no other is given, and a stack by option or by module', async () => {
  const stack = await createStack();
  const [net, tls] = [netOf(), tlsOf()];
  const server = tls.createServer({ ...CERTIFICATE, stack }, (socket) => socket.end('on that stack'));
  await listening(server, 'localhost');
  const { port } = server.address() as AddressInfo;
  const there = tls.connect({ port, stack, ca: ca.cert });
  expect(String(Buffer.concat(await there.toArray()))).toBe('on that stack');
  const bound = new (netOf(stack).Socket)();
  expect(await failure(bound.connect(port, 'localhost'))).toBe('no error');
  expect(await failure(net.connect(port, 'localhost'))).toBe('ECONNREFUSED');
  server.close();
  stack.close();
});

/** Counts the sockets it serves. */
function application(sockets: Set<Socket>): http.Server {
  return http.createServer((request, response) => {
    sockets.add(request.socket);
    response.end(`${request.method} ${request.url} ${request.socket.localAddress}`);
  });
}

/** An HTTP server that listens on a stack. @returns its port */
function served(app: http.Server): Promise<number> {
  const server: Server = world.server.net.createServer((socket) => void app.emit('connection', socket));
  return listening(server, world.host);
}

async function text(request: http.ClientRequest): Promise<string> {
  return String(await read(request));
}

function read(request: http.ClientRequest): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    request.on('error', reject);
    request.on('response', (response) => response.toArray().then((chunks) => resolve(Buffer.concat(chunks)), reject));
  });
}

function failure(socket: Socket): Promise<string | undefined> {
  return new Promise((resolve) => {
    socket.on('connect', () => resolve('no error'));
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code));
  });
}

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
