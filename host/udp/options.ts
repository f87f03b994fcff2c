/**
 * The options of `udpSocket` and `reload`: read once, checked, with Bun's words for what they can't be.
 * Not for: what comes of them (`open.ts`).
 */
import { BIND_IPV6_ONLY, UDP_REUSE_ADDRESS, UDP_REUSE_PORT } from '../../assembly/abi/constants.js';
import type { BinaryType, BinaryTypeList } from '../socket/handlers.js';
import { expected } from './errors.js';
import type { ConnectedSocket, ReceiveFlags, Socket } from './types.js';

/** Handlers of a socket that speaks with everybody. */
export interface SocketHandler<DataBinaryType extends BinaryType> {
  /** A datagram arrived; the data belongs to the handler. Without this handler it is thrown away. */
  data?(
    socket: Socket<DataBinaryType>,
    data: BinaryTypeList[DataBinaryType],
    port: number,
    address: string,
    flags: ReceiveFlags,
  ): void | Promise<void>;
  /** There is room again after `send` answered false, or `sendMany` less than all. */
  drain?(socket: Socket<DataBinaryType>): void | Promise<void>;
  /** A datagram did not arrive, as ICMP says, or a handler threw. */
  error?(socket: Socket<DataBinaryType>, error: Error): void | Promise<void>;
}

/** Handlers of a socket that speaks with one peer. */
export interface ConnectedSocketHandler<DataBinaryType extends BinaryType> {
  data?(
    socket: ConnectedSocket<DataBinaryType>,
    data: BinaryTypeList[DataBinaryType],
    port: number,
    address: string,
    flags: ReceiveFlags,
  ): void | Promise<void>;
  drain?(socket: ConnectedSocket<DataBinaryType>): void | Promise<void>;
  error?(socket: ConnectedSocket<DataBinaryType>, error: Error): void | Promise<void>;
}

/** What this stack can do beyond Bun's document. */
interface BeyondBun {
  /** Others that say so too may have the same address and port: each hears groups, the newest hears the rest. */
  reuseAddress?: boolean;
  /** As `reuseAddress`, and what comes for one is shared among them, by sender. */
  reusePort?: boolean;
  /** On `::`, IPv6 alone. */
  ipv6Only?: boolean;
  /** Bytes of datagrams that wait for the reader, each counted with 256 more; 256 KiB unless `udpReceiveBuffer` of the stack says otherwise. */
  receiveBuffer?: number;
  /** Number of the only interface that the socket uses. */
  interface?: number;
}

export interface SocketOptions<DataBinaryType extends BinaryType> extends BeyondBun {
  /** The address to be reached at; `0.0.0.0`, every IPv4 address, by default. `::`: every address. */
  hostname?: string;
  /** 0, the default, chooses one. */
  port?: number;
  /** What `data` gets: `'buffer'` unless given. */
  binaryType?: DataBinaryType;
  socket?: SocketHandler<DataBinaryType>;
}

export interface ConnectSocketOptions<DataBinaryType extends BinaryType> extends BeyondBun {
  hostname?: string;
  port?: number;
  binaryType?: DataBinaryType;
  socket?: ConnectedSocketHandler<DataBinaryType>;
  /** The only peer. */
  connect: { hostname: string; port: number };
}

/** Handlers after checking. */
export type Handlers = Readonly<Partial<Record<HandlerName, (this: unknown, ...given: unknown[]) => unknown>>>;

export interface ParsedOptions {
  hostname: string;
  port: number;
  flags: number;
  binaryType: BinaryType;
  handlers: Handlers;
  receiveBuffer: number | undefined;
  interface: number;
  connect: { hostname: string; port: number } | undefined;
}

/** @throws TypeError with Bun's words */
export function parseOptions(given: unknown): ParsedOptions {
  const source = object(given, 'an object');
  const hostname = text(source.hostname, 'hostname') ?? ANY;
  const port = source.port ? portOf(source.port, 0, '"port"') : 0;
  const flags =
    (source.reuseAddress ? UDP_REUSE_ADDRESS : 0) |
    (source.reusePort ? UDP_REUSE_PORT : 0) |
    (source.ipv6Only ? BIND_IPV6_ONLY : 0);
  const { handlers, binaryType } = parseReload(source);
  const receiveBuffer = size(source.receiveBuffer);
  const number = source.interface === undefined ? 0 : Number(source.interface);
  return {
    hostname,
    port,
    flags,
    handlers: handlers ?? {},
    binaryType: binaryType ?? 'buffer',
    receiveBuffer,
    interface: number,
    connect: parseConnect(source.connect),
  };
}

/** What `reload` may change: the rest stays as it is. Handlers stand alone, as Bun's types have it, or in `socket`. */
export function parseReload(given: unknown): { handlers: Handlers | undefined; binaryType: BinaryType | undefined } {
  const source = object(given, 'an object');
  const binaryType = source.binaryType ? parseBinaryType(source.binaryType) : undefined;
  const alone = HANDLERS.some((name) => source[name]);
  if (!source.socket && !alone) return { handlers: undefined, binaryType };
  const from = source.socket ? object(source.socket, '"socket" to be an object') : source;
  const handlers: Partial<Record<HandlerName, Handlers[HandlerName]>> = {};
  for (const name of HANDLERS) {
    const handler = from[name];
    if (!handler) continue;
    if (typeof handler !== 'function') throw expected(`"socket.${name}" to be a function`);
    handlers[name] = handler as NonNullable<Handlers[HandlerName]>;
  }
  return { handlers: handlers as Handlers, binaryType };
}

/** @throws TypeError unless it is an integer from `least` to 65535; what is not a number is made one first */
export function portOf(value: unknown, least: 0 | 1, name: string): number {
  const port = Number(value);
  if (Number.isInteger(port) && port >= least && port <= 0xffff) return port;
  throw expected(`${name} to be an integer between ${least} and 65535`);
}

function parseConnect(value: unknown): ParsedOptions['connect'] {
  if (!value) return undefined;
  const source = object(value, '"connect" to be an object');
  const hostname = text(source.hostname, 'connect.hostname');
  if (hostname === undefined) throw expected('"connect.hostname" to be a string');
  if (source.port === undefined || source.port === null) throw expected('"connect.port" to be an integer');
  return { hostname, port: portOf(source.port, 1, '"connect.port"') };
}

function parseBinaryType(value: unknown): BinaryType {
  if (typeof value !== 'string') throw expected('"socket.binaryType" to be a string');
  if (value === 'buffer' || value === 'uint8array' || value === 'arraybuffer') return value;
  throw expected(`"socket.binaryType" to be 'arraybuffer', 'uint8array', or 'buffer'`);
}

function size(value: unknown): number | undefined {
  if (value === undefined) return undefined;
  if (Number.isInteger(value) && (value as number) > 0) return value as number;
  throw expected('"receiveBuffer" to be a number of bytes');
}

function text(value: unknown, name: string): string | undefined {
  if (!value) return undefined;
  if (typeof value === 'string') return value;
  throw expected(`"${name}" to be a string`);
}

function object(value: unknown, words: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw expected(words);
  return value as Record<string, unknown>;
}

type HandlerName = (typeof HANDLERS)[number];

const HANDLERS = ['data', 'drain', 'error'] as const;
/** Bun's default. */
const ANY = '0.0.0.0';
