/**
 * `listen`: from options to a listener, at once. Not for: accepting (`listener.ts`).
 */
import type { Connections } from '../stack/connections.js';
import { parseServerTls } from '../tls/options.js';
import { listenFailure, nameFailure } from './errors.js';
import { TCPSocketListener } from './listener.js';
import { parseListenOptions, resolve, type TCPSocketListenOptions } from './options.js';
import type { Socket } from './socket.js';

/** @throws TypeError, RangeError for options that mean nothing; SocketError when the address can't be had */
export function listenSocket<Data>(
  connections: Connections<Socket<unknown>>,
  options: TCPSocketListenOptions<Data>,
): TCPSocketListener<Data> {
  const { handlers, data, allowHalfOpen, hostname, port, tls } = parseListenOptions<Data>(options);
  const config = parseServerTls(tls, connections.port.tls);
  const address = resolve(hostname);
  if (address === undefined) throw nameFailure(hostname);
  const listening = connections.listen(address, port);
  if (typeof listening === 'number') throw listenFailure(listening, hostname, port);
  return new TCPSocketListener<Data>({
    connections,
    handle: listening.handle,
    box: { current: handlers },
    data,
    hostname,
    port: listening.port,
    allowHalfOpen,
    tls: config,
  });
}
