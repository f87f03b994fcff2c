/** Puts a server of Node's on top of one that accepts connections over Vitrine. */
import { once } from 'node:events';
import { Server as HttpServer } from 'node:http';
import type { Http2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { server as identity } from '../../kit/certificates/certificates.js';
import { VITRINE } from '../addresses.js';
import type { Lab } from './lab.js';

export type Transport = 'tcp' | 'tls';

/**
 * Hands every connection to `server` while `use` runs, and waits until the last has ended.
 * @param use gets host and port, as in a URL
 * @returns what `use` gives
 */
export async function serving<Result>(
  { net, tls }: Lab,
  transport: Transport,
  server: HttpServer | Http2Server,
  use: (authority: string) => Promise<Result>,
): Promise<Result> {
  const accept = (socket: Duplex) => void server.emit('connection', socket);
  const options = { ...identity, ALPNProtocols: [server instanceof HttpServer ? 'http/1.1' : 'h2'] };
  const listener = transport === 'tls' ? tls.createServer(options, accept) : net.createServer(accept);
  listener.listen(0, VITRINE);
  await once(listener, 'listening');
  const result = await use(`${VITRINE}:${(listener.address() as AddressInfo).port}`);
  listener.close();
  await once(listener, 'close');
  return result;
}
