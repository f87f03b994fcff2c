/**
 * The options of `connect` and `listen`: their shapes, and reading them with Bun's checks and words. Properties
 * are read at the call. Not for: options of a whole stack (`../stack/settings.ts`).
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

/** What `connect` and `listen` have in common on TCP. */
interface TCPSocketOptions<Data> extends SocketOptions<Data> {
  port: number;
  /** Makes no difference: a stack belongs to one process, so its ports are shared with no other. */
  exclusive?: boolean;
  /** Listeners that all say so may share a port of this stack: they take turns. */
  reusePort?: boolean;
  /** A listener on `::` takes IPv6 connections alone, not those of IPv4 too. */
  ipv6Only?: boolean;
  /** Sockets start paused: `resume` delivers. With TLS the handshake is done first. */
  pauseOnConnect?: boolean;
}

export interface TCPSocketConnectOptions<Data = undefined> extends TCPSocketOptions<Data> {
  /** An IP address or a name, whose addresses race; `0.0.0.0` and `::` are this stack itself. */
  hostname: string;
  /** TLS: `true` for the defaults; an object, even an empty one, means TLS too. */
  tls?: TLSOptions | boolean;
  /** Which of the stack's addresses to connect from; what is no address is passed over. */
  localAddress?: string;
}

export interface TCPSocketListenOptions<Data = undefined> extends TCPSocketOptions<Data> {
  /** One of the stack's addresses, `localhost`, `0.0.0.0` for all of IPv4, or `::` for all. Port 0 is chosen, see `listener.port`. */
  hostname: string;
  /** TLS, with `key` and `cert`; of several the one that has the client's `serverName`, else the first. */
  tls?: TLSOptions | readonly TLSOptions[] | boolean;
}

/** `connect` and `listen` throw `ERR_NOT_SUPPORTED` for a path: only the kernel of the host has unix domain sockets. */
export interface UnixSocketOptions<Data = undefined> extends SocketOptions<Data> {
  unix: string;
  tls?: TLSOptions | boolean;
}

/** `connect` and `listen` throw `ERR_NOT_SUPPORTED` for a descriptor: only the kernel of the host has descriptors. */
export interface FdSocketOptions<Data = undefined> extends SocketOptions<Data> {
  fd: number;
  tls?: TLSOptions | boolean;
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
  reusePort: boolean;
  ipv6Only: boolean;
  pauseOnConnect: boolean;
  /** `undefined`: the stack chooses. */
  localAddress: Address | undefined;
}

/** @throws TypeError, RangeError, Error `ERR_NOT_SUPPORTED` */
export function parseConnectOptions<Data>(options: unknown): ParsedOptions<Data> {
  if (typeof options !== 'object' || options === null) throw wrongType('Expected options object');
  return parse(options as Source);
}

/** @throws TypeError, RangeError, Error `ERR_NOT_SUPPORTED` */
export function parseListenOptions<Data>(options: unknown): ParsedOptions<Data> {
  if (typeof options !== 'object' || options === null) throw wrongType('Expected object');
  return parse(options as Source);
}

/** The handlers that `reload` was given: `{ socket: handlers }`, or for a socket the handlers themselves. */
export function parseReload(given: readonly unknown[], what: 'option' | 'object'): Handlers {
  if (given.length === 0) throw new Error('Expected 1 argument');
  const [options] = given;
  if (typeof options !== 'object' || options === null)
    throw what === 'object' ? wrongType(REFUSED) : new Error(REFUSED);
  const { socket, data, drain } = options as Source;
  if (socket !== undefined && socket !== null) return parseHandlers(socket);
  const direct = what === 'option' && (data ?? drain) !== undefined;
  if (!direct) throw new Error(`Expected "socket" ${what}`);
  return parseHandlers(options);
}

/**
 * The address that a host name stands for.
 * @returns `undefined` for a name that has to be asked for
 */
export function resolve(hostname: string): Address | undefined {
  return parseAddress(addressText(hostname));
}

/** The address that a host name stands for, as text. */
export function addressText(hostname: string): string {
  return hostname.toLowerCase() === 'localhost' ? '127.0.0.1' : hostname;
}

/** Reads in Bun's order, which getters can see: `tls` and `fd` twice. */
function parse<Data>(source: Source): ParsedOptions<Data> {
  const { socket } = source;
  if (socket === undefined) throw wrongType('SocketOptions.socket is required');
  const handlers = parseHandlers(socket);
  const data = source.data as Data;
  const allowHalfOpen = readBoolean(source, 'allowHalfOpen');
  const name = source.hostname ?? source.host;
  const { port, tls } = source;
  readBoolean(source, 'exclusive');
  const reusePort = readBoolean(source, 'reusePort');
  const ipv6Only = readBoolean(source, 'ipv6Only');
  const pauseOnConnect = readBoolean(source, 'pauseOnConnect');
  const { unix, fd } = source;
  const [, , localAddress] = [source.tls, source.fd, source.localAddress];
  if ((unix ?? undefined) !== undefined) throw notSupported(NO_UNIX);
  if ((fd ?? undefined) !== undefined) throw notSupported(NO_DESCRIPTOR);
  if (name === undefined || name === null || name === '') throw wrongType('Expected either "hostname" or "unix"');
  const hostname = String(name);
  if (hostname === '') throw wrongType('Expected a non-empty "hostname"');
  return {
    handlers,
    data,
    allowHalfOpen,
    hostname,
    port: parsePort(port),
    tls,
    reusePort,
    ipv6Only,
    pauseOnConnect,
    localAddress: typeof localAddress === 'string' ? parseAddress(localAddress) : undefined,
  };
}

function readBoolean(source: Source, name: string): boolean {
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

const REFUSED = 'Expected options object';
const NO_UNIX =
  'Unix domain sockets are not supported: they belong to the kernel, and this stack has ports only. Give hostname and port';
const NO_DESCRIPTOR =
  'A socket on a file descriptor is not supported: descriptors belong to the kernel, and this stack has none. Give hostname and port';
