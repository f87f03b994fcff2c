/**
 * `connect`: from options to a promise of an open socket. Bad arguments throw at once; whatever the network does comes
 * later, through `connectError` and the promise.
 * Not for: the handshake (the core).
 */
import { ERROR_CONNECTION_REFUSED } from '../../assembly/abi/constants.js';
import { ANY_ADDRESS } from '../core/address.js';
import type { Connection } from '../stack/connection.js';
import type { Connections } from '../stack/connections.js';
import { parseClientTls } from '../tls/options.js';
import { connectFailure, nameFailure } from './errors.js';
import { type ParsedOptions, parseConnectOptions, resolve, type TCPSocketConnectOptions } from './options.js';
import { Socket } from './socket.js';
import { TlsTransport } from './tls/transport.js';

/** @throws TypeError, RangeError at once, for options that mean nothing */
export function connectSocket<Data>(
  connections: Connections<Socket<unknown>>,
  options: TCPSocketConnectOptions<Data>,
): Promise<Socket<Data>> {
  const parsed = parseConnectOptions<Data>(options);
  const { keepAlive, tls: environment } = connections.port;
  const config = parseClientTls(parsed.tls, environment, parsed.hostname);
  const promise = new Promise<Socket<Data>>((resolve, reject) => {
    const started = start(connections, parsed);
    const connection = started instanceof Error ? undefined : started;
    const tls = connection && config && new TlsTransport(connection, config, false);
    const socket = new Socket<Data>({
      connection: tls ?? connection,
      tls,
      keepAlive,
      box: { current: parsed.handlers },
      data: parsed.data,
      allowHalfOpen: parsed.allowHalfOpen,
      settle: { resolve: resolve as (socket: unknown) => void, reject },
    });
    if (started instanceof Error) queueMicrotask(() => Socket.fail(socket, started));
    else if (tls === undefined) started.owner = socket;
    else tls.attach(socket);
  });
  // Whoever has a `connectError` handler has been told.
  if (parsed.handlers.connectError !== undefined) promise.catch(() => {});
  return promise;
}

function start(
  connections: Connections<Socket<unknown>>,
  options: ParsedOptions<unknown>,
): Connection<Socket<unknown>> | Error {
  const address = resolve(options.hostname);
  if (address === undefined) return nameFailure(options.hostname);
  if (options.port === 0) return connectFailure(ERROR_CONNECTION_REFUSED);
  const connection = connections.connect(address, options.port, ANY_ADDRESS);
  return typeof connection === 'number' ? connectFailure(connection) : connection;
}
