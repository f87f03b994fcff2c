/**
 * The arguments of `connect` and `createConnection`, checked with Node's words. Not for: finding the address
 * (`lookup.ts`), options of TLS (`tls/`).
 */
import {
  getDefaultAutoSelectFamily,
  getDefaultAutoSelectFamilyAttemptTimeout,
  isIP,
  type LookupFunction,
  type SocketConstructorOpts,
  type TcpNetConnectOpts,
} from 'node:net';
import type { Stack } from '../stack/stack.js';
import { badPort, notSupported, outOfRange, wrongType, wrongValue } from './errors.js';

/** Node's options of a TCP connection, and which stack makes it. */
export type ConnectOptions = Omit<TcpNetConnectOpts, 'fd'> & StackOption & { highWaterMark?: number | undefined };

export interface StackOption {
  /** The stack to use; the default stack unless given. */
  stack?: Stack | undefined;
}

export interface SocketOptions extends Omit<SocketConstructorOpts, 'fd'>, StackOption {
  /** Of both directions, in bytes; the runtime's unless given. */
  highWaterMark?: number | undefined;
}

/** Where to, once checked. */
export interface Destination {
  host: string;
  port: number;
  family: TcpNetConnectOpts['family'];
  hints: number;
  lookup: LookupFunction | undefined;
  localAddress: string | undefined;
  /** Tries the addresses of a name one after the other. */
  autoSelectFamily: boolean;
  /** Milliseconds for each of them, save the last one. */
  attemptTimeout: number;
}

/** All the forms that Node takes: `(port, host?, listener?)`, `(options, listener?)`. */
export function readArguments(given: readonly unknown[]): { options: Partial<ConnectOptions>; listener?: () => void } {
  const last = given[given.length - 1];
  const listener = typeof last === 'function' ? { listener: last as () => void } : {};
  const [first, second] = given;
  if (typeof first === 'object' && first !== null) return { options: first, ...listener };
  if (typeof first === 'function' || first === undefined || first === null) return { options: {}, ...listener };
  if (typeof first === 'string' && !(Number(first) >= 0)) return { options: { path: first } as object, ...listener };
  const options = { port: first as number, ...(typeof second === 'string' && { host: second }) };
  return { options, ...listener };
}

/** @throws TypeError, RangeError with Node's codes */
export function readDestination(options: Partial<ConnectOptions> & { path?: unknown }): Destination {
  const { port, host, path, lookup, localAddress, localPort, family, hints } = options;
  // Whoever gives both speaks HTTP: then the path is the one of the request.
  if (port === undefined && typeof path === 'string') throw notSupported(NO_PIPES);
  if (port === undefined) {
    throw wrongValue('ERR_MISSING_ARGS', 'The "options" or "port" or "path" argument must be specified');
  }
  if (host !== undefined && host !== null && typeof host !== 'string') {
    throw wrongType('"options.host" property', 'of type string', host);
  }
  if (lookup !== undefined && lookup !== null && typeof lookup !== 'function') {
    throw wrongType('"options.lookup" property', 'of type function', lookup);
  }
  if (localAddress && isIP(localAddress) === 0) {
    throw wrongValue('ERR_INVALID_IP_ADDRESS', `Invalid IP address: ${localAddress}`);
  }
  if (options.onread != null) throw notSupported('onread is not supported: use the event data, or read()');
  if (localPort) throw notSupported('localPort is not supported: the stack chooses the port of a connection');
  return {
    host: host || 'localhost',
    port: readPort('Port', port),
    family,
    hints: hints ?? 0,
    lookup: lookup ?? undefined,
    localAddress: localAddress || undefined,
    autoSelectFamily: readSwitch(options.autoSelectFamily) ?? getDefaultAutoSelectFamily(),
    attemptTimeout: readAttemptTimeout(options.autoSelectFamilyAttemptTimeout),
  };
}

function readSwitch(value: unknown): boolean | undefined {
  if (value === undefined || typeof value === 'boolean') return value;
  throw wrongType('"options.autoSelectFamily" property', 'of type boolean', value);
}

/** Node's bounds: a whole number above 0, and 10 ms at the least. */
function readAttemptTimeout(value: unknown = getDefaultAutoSelectFamilyAttemptTimeout()): number {
  const name = 'options.autoSelectFamilyAttemptTimeout';
  if (typeof value !== 'number') throw wrongType(`"${name}" property`, 'of type number', value);
  if (Number.isInteger(value) && value >= 1 && value < 2 ** 31) return Math.max(value, 10);
  throw outOfRange(name, '>= 1 && <= 2147483647', value);
}

/** @throws RangeError */
export function readPort(name: string, value: unknown): number {
  const isText = typeof value === 'string' && value.trim() !== '';
  const port = typeof value === 'number' || isText ? Number(value) : Number.NaN;
  if (!Number.isInteger(port) || port < 0 || port > 65535) throw badPort(name, value);
  return port;
}

export const NO_PIPES =
  'A path of a Unix domain socket is not supported: those belong to the kernel, and a stack has ports only. Give port and host';
export const NO_DESCRIPTORS = 'A socket on a file descriptor is not supported: descriptors belong to the kernel';
