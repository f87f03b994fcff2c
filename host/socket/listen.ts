/**
 * `listen`: from options to a listener, at once. Not for: accepting (`listener.ts`).
 */
import { parseAddress } from '../core/address.js';
import type { Connections } from '../stack/connections.js';
import { parseServerTls } from '../tls/options.js';
import { listenFailure, nameFailure } from './errors.js';
import { TCPSocketListener } from './listener.js';
import { parseListenOptions, resolve, type TCPSocketListenOptions } from './options.js';
import type { Socket } from './socket.js';

/** @throws TypeError, RangeError for options that mean nothing; SocketError when the address can't be had */
export function listenSocket<Data>(
  connections: Connections<Socket<unknown>>,
  listeners: Set<TCPSocketListener>,
  options: TCPSocketListenOptions<Data>,
): TCPSocketListener<Data> {
  const { handlers, hostname, port, tls, reusePort, ipv6Only, ...parsed } = parseListenOptions<Data>(options);
  const config = parseServerTls(tls, connections.port.tls);
  const address = resolve(hostname) ?? parseAddress(connections.port.resolver().known(hostname)?.[0] ?? '');
  if (address === undefined) throw nameFailure(hostname, { port });
  const where = { address, port, ipv6Only };
  const listening = reusePort ? connections.listenShared(where) : connections.listen(where);
  if (typeof listening === 'number') throw listenFailure(listening, hostname, port);
  return new TCPSocketListener<Data>({
    connections,
    listeners,
    handle: listening.handle,
    box: { current: handlers },
    data: parsed.data,
    hostname,
    port: listening.port,
    allowHalfOpen: parsed.allowHalfOpen,
    paused: parsed.pauseOnConnect,
    tls: config,
  });
}
