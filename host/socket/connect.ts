/**
 * `connect`: from options to a promise of an open socket. Bad arguments throw at once; whatever the network does comes
 * later, through `connectError` and the promise.
 * Not for: the handshake (the core).
 */
import { ERROR_CONNECTION_REFUSED, ERROR_NO_BUFFERS } from '../../assembly/abi/constants.js';
import { ANY_ADDRESS, formatAddress, isAny } from '../core/address.js';
import type { Connection } from '../stack/connection.js';
import type { Connections } from '../stack/connections.js';
import type { TlsConfig } from '../tls/config.js';
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
    const started = start(connections, parsed, config);
    const tls = started instanceof TlsTransport ? started : undefined;
    const socket = new Socket<Data>({
      connection: started instanceof Error ? undefined : started,
      tls,
      keepAlive,
      box: { current: parsed.handlers },
      data: parsed.data,
      allowHalfOpen: parsed.allowHalfOpen,
      paused: parsed.pauseOnConnect,
      settle: { resolve: resolve as (socket: unknown) => void, reject },
    });
    if (started instanceof Error) queueMicrotask(() => Socket.events.closed(socket, started));
    else if (started instanceof TlsTransport) started.attach(socket);
    else started.owner = socket;
  });
  // Whoever has a `connectError` handler has been told.
  if (parsed.handlers.connectError !== undefined) promise.catch(() => {});
  return promise;
}

function start(
  connections: Connections<Socket<unknown>>,
  options: ParsedOptions<unknown>,
  config: TlsConfig | undefined,
): Connection<Socket<unknown>> | TlsTransport | Error {
  const { hostname, port, localAddress = ANY_ADDRESS } = options;
  const named = resolve(hostname);
  // Nobody has the address of a listener on every address (RFC 1122 §3.2.1.3); Linux takes it for this host.
  const here = hostname.includes(':') ? '::1' : '127.0.0.1';
  const address = named !== undefined && isAny(named) ? resolve(here) : named;
  if (address === undefined) return nameFailure(hostname, { port });
  const place = { address: formatAddress(address), port };
  if (port === 0) return connectFailure(ERROR_CONNECTION_REFUSED, place);
  const connection = connections.connect(address, port, localAddress);
  if (typeof connection === 'number') return connectFailure(connection, place);
  connection.hostname = hostname;
  if (config === undefined) return connection;
  const tls = TlsTransport.over(connection, config);
  if (tls === undefined) connection.abort();
  return tls ?? connectFailure(ERROR_NO_BUFFERS, place);
}
