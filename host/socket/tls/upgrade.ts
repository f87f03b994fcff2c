/**
 * `upgradeTLS`: its argument, and what becomes of one socket: two. Not for: TLS over the connection (`transport.ts`).
 */
import type { Connection } from '../../stack/connection.js';
import type { TlsConfig } from '../../tls/config.js';
import { parseClientTls, parseServerTls, type TLSOptions } from '../../tls/options.js';
import { wrongType } from '../errors.js';
import { type Handlers, parseHandlers, type SocketHandler } from '../handlers.js';
import type { SocketParts } from '../parts.js';
import type { Socket } from '../socket.js';
import { TlsTransport } from './transport.js';

export interface TLSUpgradeOptions<Data> {
  /** The first `data` of the secure socket. */
  data?: Data;
  tls: TLSOptions | boolean;
  /** The handlers of the secure socket. */
  socket: SocketHandler<Data>;
}

/**
 * @param given the arguments of `upgradeTLS`
 * @param original of the socket; without a connection when it is not open
 * @param make makes a socket
 * @returns the raw and the secure socket
 * @throws Error, TypeError with Bun's words
 */
export function upgrade(
  given: readonly unknown[],
  original: SocketParts<unknown>,
  make: (parts: SocketParts<unknown>) => Socket<unknown>,
): [raw: Socket<unknown>, tls: Socket<unknown>] {
  // A socket without TLS has a plain connection below it.
  const connection = original.connection as Connection<Socket<unknown>> | undefined;
  if (connection === undefined) throw wrongType('upgradeTLS requires an established socket');
  const { tls, handlers, data } = parseUpgrade(given);
  const environment = connection.port.tls;
  const config =
    original.listener === undefined
      ? parseClientTls(tls, environment, connection.hostname ?? connection.endpoints()?.remoteAddress)
      : parseServerTls(tls, environment);
  const transport = new TlsTransport(connection, config as TlsConfig, true);
  const parts = { ...original, resumed: { phase: 'open', bytesWritten: 0, discarding: false } } as const;
  const raw = make(parts);
  const secure = make({ ...parts, connection: transport, tls: transport, box: { current: handlers }, data });
  // Half of something secure, it has this name in Bun too.
  Object.defineProperty(raw, Symbol.toStringTag, { value: 'TLSSocket' });
  transport.attach(secure, raw);
  return [raw, secure];
}

function parseUpgrade(given: readonly unknown[]): { tls: unknown; handlers: Handlers; data: unknown } {
  if (given.length === 0) throw new Error('Expected 1 arguments');
  const [options] = given;
  if (typeof options !== 'object' || options === null) throw new Error('Expected options object');
  const { socket, tls, data } = options as Record<string, unknown>;
  if (socket === undefined || socket === null) throw new Error('Expected "socket" option');
  const handlers = parseHandlers(socket);
  if (tls === undefined || tls === null || tls === false) throw new Error('Expected "tls" option');
  return { tls, handlers, data };
}
