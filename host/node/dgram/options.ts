/**
 * The arguments of `createSocket`, `bind` and `connect`, checked with Node's words. Not for: those of `send` (`message.ts`).
 */
import type { RemoteInfo } from 'node:dgram';
import type { Stack } from '../../stack/stack.js';
import { misuse, received, wrongType, wrongValue } from '../errors.js';

export type SocketType = 'udp4' | 'udp6';
export type MessageListener = (message: Buffer, sender: RemoteInfo) => void;

/** Finds the address of a name, as `dns.lookup` does. */
export type Lookup = (
  hostname: string,
  family: number,
  found: (error: Error | null, address: string, family: number) => void,
) => void;

/** Node's options of a socket, and which stack it is on. */
export interface SocketOptions {
  type: SocketType;
  /** Others that say so, too, may be bound to the same address and port. */
  reuseAddr?: boolean | undefined;
  /** The same, and what comes for one is shared among them. */
  reusePort?: boolean | undefined;
  /** For `udp6`: not for IPv4 beside it. */
  ipv6Only?: boolean | undefined;
  recvBufferSize?: number | undefined;
  sendBufferSize?: number | undefined;
  lookup?: unknown;
  /** Closes the socket. */
  signal?: AbortSignal | undefined;
  /** The stack to use; the default stack unless given. */
  stack?: Stack | undefined;
}

export interface BindOptions {
  port?: number | undefined;
  address?: string | undefined;
  exclusive?: boolean | undefined;
  fd?: number | undefined;
}

/** @throws TypeError with Node's codes */
export function readSocketOptions(given: SocketType | SocketOptions): SocketOptions & { lookup?: Lookup } {
  const options = typeof given === 'object' && given !== null ? given : { type: given };
  const { type, lookup, signal, recvBufferSize, sendBufferSize } = options;
  if (type !== 'udp4' && type !== 'udp6') {
    throw misuse(TypeError, 'ERR_SOCKET_BAD_TYPE', 'Bad socket type specified. Valid types are: udp4, udp6');
  }
  if (lookup !== undefined && typeof lookup !== 'function')
    throw wrongType('"lookup" argument', 'of type function', lookup);
  for (const [name, value] of Object.entries({ recvBufferSize, sendBufferSize })) {
    if (value && typeof value !== 'number') throw wrongType(`"options.${name}" property`, 'of type number', value);
  }
  if (signal !== undefined && (typeof signal !== 'object' || signal === null || !('aborted' in signal))) {
    throw wrongType('"options.signal" property', 'an instance of AbortSignal', signal);
  }
  return options as SocketOptions & { lookup?: Lookup };
}

/** `(port?, address?, callback?)`, `(options, callback?)`, `(callback)`. */
export function readBind(given: readonly unknown[]): {
  port: number;
  address: string | undefined;
  callback?: () => void;
} {
  const last = given[given.length - 1];
  const callback = typeof last === 'function' ? { callback: last as () => void } : {};
  const [first, second] = given;
  if (typeof first === 'object' && first !== null) {
    const { port, address, fd } = first as BindOptions;
    if (Number.isInteger(fd) && (fd as number) > 0)
      throw wrongValue('ERR_NOT_SUPPORTED', 'descriptors belong to the kernel');
    return { port: bindPort(port), address: address || undefined, ...callback };
  }
  const address = typeof second === 'function' || !second ? undefined : second;
  if (address !== undefined && typeof address !== 'string')
    throw wrongType('"address" argument', 'of type string', address);
  return { port: typeof first === 'function' ? 0 : bindPort(first), address, ...callback };
}

/** @param name as Node has it in the message @throws RangeError `ERR_SOCKET_BAD_PORT` */
export function validPort(value: unknown, name = 'Port', least = 1): number {
  const good =
    (typeof value === 'number' || (typeof value === 'string' && value.trim().length > 0)) &&
    Number(value) === Number(value) >>> 0;
  if (!good || Number(value) > 0xffff || Number(value) < least) throw badDatagramPort(name, value, least);
  return Number(value);
}

/** Node takes what it can make a number of, and the kernel its low 16 bits. */
function bindPort(value: unknown): number {
  if (value === undefined || value === null) return 0;
  return validPort(value, 'Port', 0);
}

function badDatagramPort(name: string, value: unknown, least: number): Error {
  const operator = least === 0 ? '>=' : '>';
  const words = `${name} should be ${operator} 0 and < 65536. Received ${received(value)}.`;
  return misuse(RangeError, 'ERR_SOCKET_BAD_PORT', words);
}
