/**
 * The handlers of a socket: read once and checked, called with the socket as `this` and first argument, their errors
 * led to the `error` handler. Not for: when they are called (`socket.ts`).
 */
import { wrongType } from './errors.js';
import type { Socket } from './socket.js';

export interface BinaryTypeList {
  arraybuffer: ArrayBuffer;
  buffer: Buffer;
  uint8array: Uint8Array<ArrayBuffer>;
}

export type BinaryType = keyof BinaryTypeList;

/**
 * What a program wants to hear of its sockets. At least `data` or `drain` must be there. A handler that throws is
 * reported to `error`, or is an uncaught exception without it; after a throw in `open` the socket is closed.
 */
export interface SocketHandler<Data = unknown, DataBinaryType extends BinaryType = 'buffer'> {
  /** Connected. The promise of `connect` is resolved just before. */
  open?(socket: Socket<Data>): void | Promise<void>;
  /** Bytes arrived; the chunk belongs to the handler. Without this handler they are thrown away. */
  data?(socket: Socket<Data>, data: BinaryTypeList[DataBinaryType]): void | Promise<void>;
  /** There is room again after `write` took less than all. */
  drain?(socket: Socket<Data>): void | Promise<void>;
  /** The peer will send no more. Without `allowHalfOpen` the socket ends too, right after. */
  end?(socket: Socket<Data>): void | Promise<void>;
  /** The last event, exactly once. `error` says why when the connection broke. */
  close?(socket: Socket<Data>, error?: Error): void | Promise<void>;
  /** A handler threw. */
  error?(socket: Socket<Data>, error: Error): void | Promise<void>;
  /**
   * The handshake of TLS has ended. `success` is false when it failed, or when the server is not the one that was asked for;
   * `authorizationError` says why the peer is not verified. Without this handler `open` waits for the handshake.
   */
  handshake?(socket: Socket<Data>, success: boolean, authorizationError: Error | null): void | Promise<void>;
  /** A session came, with which `setSession` resumes on a later connection. */
  session?(socket: Socket<Data>, session: Buffer): void | Promise<void>;
  /** A line of the key log, for Wireshark: whoever has it can read the connection. */
  keylog?(socket: Socket<Data>, line: Buffer): void | Promise<void>;
  /** Server: the client asks for this name. `data` is the listener's. It is told inside the handshake. */
  serverName?(data: Data, name: string, socket: Socket<Data>): void;
  /**
   * Server: chooses among the protocols that the client offers with ALPN, given in the wire form, a length before each.
   * Told inside the handshake; anything but one of them refuses the client.
   */
  alpnCallback?(socket: Socket<Data>, serverName: string | undefined, protocols: Buffer): string | undefined;
  /** `connect` failed; the promise is rejected with the same error just after. */
  connectError?(socket: Socket<Data>, error: Error): void | Promise<void>;
  /** The time set by `timeout` is over; the socket is closed afterwards unless the handler calls `timeout` again. */
  timeout?(socket: Socket<Data>): void | Promise<void>;
  /** What `data` gets: `'buffer'` unless given. */
  binaryType?: BinaryType;
}

/** Handlers after checking. `this` and types are the business of `call`. */
export type Handlers = Readonly<Partial<Record<HandlerName, Handler>>> & { readonly binaryType: BinaryType };

/** Shared by all sockets of one listener, so that `reload` reaches them. */
export interface HandlerBox {
  current: Handlers;
}

/**
 * Reads each property once, in Bun's order.
 * @throws TypeError with Bun's words
 */
export function parseHandlers(value: unknown): Handlers {
  if (typeof value !== 'object' || value === null) throw wrongType('SocketHandler must be an object');
  const source = value as Record<string, unknown>;
  const handlers: Partial<Record<HandlerName, Handler>> = {};
  for (const [name, internalName] of NAMES) {
    const handler = source[name];
    if (handler === undefined || handler === null) continue;
    if (typeof handler !== 'function') throw wrongType(`Expected "${internalName}" callback to be a function`);
    handlers[name] = handler as Handler;
  }
  if (handlers.data === undefined && handlers.drain === undefined) {
    throw wrongType('Expected at least "data" or "drain" callback');
  }
  return { ...handlers, binaryType: parseBinaryType(source.binaryType) };
}

/** Calls a handler if there is one. @returns what it returned, or `THREW` */
export function call(
  socket: Socket<unknown>,
  handlers: Handlers,
  name: HandlerName,
  argument?: unknown,
  further?: unknown,
): unknown {
  const handler = handlers[name];
  if (handler === undefined) return undefined;
  try {
    if (name === 'serverName') return handler.call(socket, argument, further, socket);
    if (name === 'handshake' || name === 'alpnCallback') return handler.call(socket, socket, argument, further);
    const alone = name === 'open' || name === 'drain' || name === 'end' || name === 'timeout';
    return alone ? handler.call(socket, socket) : handler.call(socket, socket, argument);
  } catch (error) {
    raise(socket, handlers, error);
    return THREW;
  }
}

/**
 * Lets `alpnCallback` choose among the protocols that a client offers (RFC 7301 §3.1: in the wire form each has its length
 * before it).
 * @returns `null`: none of them; `undefined`: there is no such handler
 */
export function chooseProtocol(
  socket: Socket<unknown>,
  handlers: Handlers,
  serverName: string | undefined,
  offered: readonly string[],
): string | null | undefined {
  if (handlers.alpnCallback === undefined) return undefined;
  const wire = offered.map((name) => String.fromCharCode(name.length) + name).join('');
  const answer = call(socket, handlers, 'alpnCallback', serverName, Buffer.from(wire, 'latin1'));
  return typeof answer === 'string' ? answer : null;
}

/** Leads what a handler threw to `error`; what can't be handled there must not break the stack and goes to the process. */
export function raise(socket: Socket<unknown>, handlers: Handlers, error: unknown): void {
  try {
    if (handlers.error === undefined) uncaught(error);
    else handlers.error.call(socket, socket, error);
  } catch (second) {
    uncaught(second);
  }
}

/** Whom to tell of what no socket hears; what is thrown there must not break the stack either. */
export function reporting(report: (error: Error) => void = uncaught): (error: Error) => void {
  return (error) => {
    try {
      report(error);
    } catch (thrown) {
      uncaught(thrown);
    }
  };
}

/** Makes an error an uncaught exception of its own. */
export function uncaught(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}

/** The chunk in the shape that the handler asked for; the bytes are copied only where an `ArrayBuffer` has others, too. */
export function shape(chunk: Uint8Array<ArrayBuffer>, binaryType: BinaryType): BinaryTypeList[BinaryType] {
  if (binaryType === 'buffer') return chunk as Buffer<ArrayBuffer>;
  const { buffer, byteOffset, byteLength } = chunk;
  if (binaryType === 'uint8array') return new Uint8Array(buffer, byteOffset, byteLength);
  return byteLength === buffer.byteLength ? buffer : buffer.slice(byteOffset, byteOffset + byteLength);
}

function parseBinaryType(value: unknown): BinaryType {
  if (value === undefined || value === null) return 'buffer';
  if (typeof value !== 'string') throw wrongType('SocketHandler.binaryType must be a string');
  if (value === 'buffer' || value === 'uint8array' || value === 'arraybuffer') return value;
  throw wrongType('SocketHandler.binaryType must be "arraybuffer", "buffer", or "uint8array"');
}

type HandlerName = (typeof NAMES)[number][0];
type Handler = (this: unknown, socket: unknown, argument?: unknown, further?: unknown) => unknown;

export const THREW: unique symbol = Symbol('threw');

const NAMES = [
  ['open', 'onOpen'],
  ['close', 'onClose'],
  ['error', 'onError'],
  ['data', 'onData'],
  ['drain', 'onWritable'],
  ['handshake', 'onHandshake'],
  ['end', 'onEnd'],
  ['connectError', 'onConnectError'],
  ['timeout', 'onTimeout'],
  ['session', 'onSession'],
  ['keylog', 'onKeylog'],
  ['serverName', 'onServerName'],
  ['alpnCallback', 'onALPNCallback'],
] as const;
