/**
 * The options of `connect` and `listen`: their shapes, and reading them with Bun's checks and words. Each property is
 * read once, at the call. Not for: options of a whole stack (`../stack/settings.ts`).
 */
import { type Address, parseAddress } from '../core/address.js';
import type { TLSOptions } from '../tls/options.js';
import { notSupported, outOfRange, wrongType } from './errors.js';
import { type Handlers, parseHandlers, type SocketHandler } from './handlers.js';

export interface SocketOptions<Data = unknown> {
  /** The handlers. Changing the object later has no effect; see `reload`. */
  socket: SocketHandler<Data>;
  /** The first `socket.data`; of a listener: of every socket that it accepts. */
  data?: Data;
  /** After the peer's FIN the socket may go on sending; `false` unless given: it ends too. */
  allowHalfOpen?: boolean;
}

export interface TCPSocketConnectOptions<Data = undefined> extends SocketOptions<Data> {
  /** An IPv4 or IPv6 literal, or `localhost`. There is no DNS yet. */
  hostname: string;
  port: number;
  /** TLS: `true` for the defaults; an object, even an empty one, means TLS too. */
  tls?: TLSOptions | boolean;
  exclusive?: boolean;
}

export interface TCPSocketListenOptions<Data = undefined> extends SocketOptions<Data> {
  /** One of the stack's addresses, `localhost`, or `0.0.0.0` for all. */
  hostname: string;
  /** 0: chosen, see `listener.port`. */
  port: number;
  /** TLS, with `key` and `cert`; of several the one that has the client's `serverName`, else the first. */
  tls?: TLSOptions | readonly TLSOptions[] | boolean;
  exclusive?: boolean;
}

/** Options after checking. */
export interface ParsedOptions<Data> {
  handlers: Handlers;
  data: Data;
  allowHalfOpen: boolean;
  hostname: string;
  port: number;
  /** Not read yet: `parseTlsOptions` does that. */
  tls: unknown;
}

/** @throws TypeError or RangeError */
export function parseConnectOptions<Data>(options: unknown): ParsedOptions<Data> {
  if (typeof options !== 'object' || options === null) throw wrongType('Expected options object');
  return parse(options as Source);
}

/** @throws TypeError or RangeError */
export function parseListenOptions<Data>(options: unknown): ParsedOptions<Data> {
  if (typeof options !== 'object' || options === null) throw wrongType('Expected object');
  return parse(options as Source);
}

/** The handlers that `reload` was given: `{ socket: handlers }`, or for a socket the handlers themselves. */
export function parseReload(given: readonly unknown[], what: 'option' | 'object'): Handlers {
  if (given.length === 0) throw new Error('Expected 1 argument');
  const [options] = given;
  if (typeof options !== 'object' || options === null) throw wrongType('Expected options object');
  const { socket, data, drain } = options as Source;
  if (socket !== undefined && socket !== null) return parseHandlers(socket);
  const direct = what === 'option' && (data ?? drain) !== undefined;
  if (!direct) throw new Error(`Expected "socket" ${what}`);
  return parseHandlers(options);
}

/**
 * The address that a host name stands for.
 * @returns `undefined` for a name that only DNS could know
 */
export function resolve(hostname: string): Address | undefined {
  return parseAddress(hostname.toLowerCase() === 'localhost' ? '127.0.0.1' : hostname);
}

function parse<Data>(source: Source): ParsedOptions<Data> {
  const { socket } = source;
  if (socket === undefined) throw wrongType('SocketOptions.socket is required');
  const handlers = parseHandlers(socket);
  const data = source.data as Data;
  const allowHalfOpen = parseBoolean(source, 'allowHalfOpen');
  const name = source.hostname ?? source.host;
  const { port, tls } = source;
  parseBoolean(source, 'exclusive');
  const { unix, fd } = source;
  if (unix !== undefined && unix !== null) throw notSupported('A unix domain socket');
  if (fd !== undefined && fd !== null) throw notSupported('A socket on a file descriptor');
  if (name === undefined || name === null || name === '') throw wrongType('Expected either "hostname" or "unix"');
  return { handlers, data, allowHalfOpen, hostname: String(name), port: parsePort(port), tls };
}

function parseBoolean(source: Source, name: 'allowHalfOpen' | 'exclusive'): boolean {
  const value = source[name];
  if (value === undefined || value === null) return false;
  if (typeof value !== 'boolean') throw wrongType(`SocketOptions.${name} must be a boolean`);
  return value;
}

function parsePort(value: unknown): number {
  if (value === undefined || value === null) throw wrongType('Missing "port"');
  const port = typeof value === 'object' || typeof value === 'symbol' ? Number.NaN : Number(value);
  if (!Number.isInteger(port)) throw outOfRange(`SocketOptions.port must be an integer (received ${port})`);
  if (port < 0 || port > 65535) {
    throw outOfRange(`SocketOptions.port must be in the range [0, 65535] (received ${port})`);
  }
  return port;
}

type Source = Readonly<Record<string, unknown>>;
