/**
 * `connect`: from options to a promise of an open socket. Bad arguments throw at once; whatever the network does comes
 * later, through `connectError` and the promise.
 * Not for: the handshake (the core).
 */
import { ERROR_CONNECTION_REFUSED, ERROR_NO_BUFFERS } from '../../assembly/abi/constants.js';
import { type Address, ANY_ADDRESS, formatAddress, isAny, parseAddress } from '../core/address.js';
import { familiesOf, familyOf } from '../dns/resolver.js';
import type { Connection } from '../stack/connection.js';
import type { Connections } from '../stack/connections.js';
import type { TlsConfig } from '../tls/config.js';
import { parseClientTls } from '../tls/options.js';
import { connectFailure } from './errors.js';
import { Race } from './names/race.js';
import { type ParsedOptions, parseConnectOptions, type TCPSocketConnectOptions } from './options.js';
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
    else if (started instanceof Race) started.run(socket);
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
): Connection<Socket<unknown>> | TlsTransport | Race | Error {
  const { hostname, port, localAddress } = options;
  const named = parseAddress(hostname);
  if (named === undefined) return byName(connections, options, config);
  // Nobody has the address of a listener on every address (RFC 1122 §3.2.1.3); Linux takes it for this host.
  const address = isAny(named) ? (parseAddress(hostname.includes(':') ? '::1' : '127.0.0.1') as Address) : named;
  const place = { address: formatAddress(address), port };
  if (port === 0) return connectFailure(ERROR_CONNECTION_REFUSED, place);
  const connection = connections.connect(address, port, localAddress ?? ANY_ADDRESS);
  if (typeof connection === 'number') return connectFailure(connection, place);
  connection.hostname = hostname;
  if (config === undefined) return connection;
  const tls = TlsTransport.over(connection, config);
  if (tls === undefined) connection.abort();
  return tls ?? connectFailure(ERROR_NO_BUFFERS, place);
}

/** From an address of one family only addresses of that family can be reached. */
function byName(
  connections: Connections<Socket<unknown>>,
  { hostname, port, localAddress }: ParsedOptions<unknown>,
  tls: TlsConfig | undefined,
): Race | Error {
  if (port === 0) return connectFailure(ERROR_CONNECTION_REFUSED, { address: hostname, port });
  const families = familiesOf(localAddress === undefined ? 0 : familyOf(formatAddress(localAddress)));
  return new Race(connections, { hostname, port, localAddress: localAddress ?? ANY_ADDRESS, families, tls });
}
