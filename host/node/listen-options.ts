/**
 * The arguments of `listen`, checked with Node's words. Not for: options of the server itself (`server.ts`).
 */
import type { ListenOptions as NodeListenOptions } from 'node:net';
import { inspect } from 'node:util';
import { NO_PIPES, readPort } from './connect-options.js';
import { notSupported, received, wrongType, wrongValue } from './errors.js';

/** What counts of it; `backlog` and `exclusive` are taken and make no difference to a stack. */
export interface ListenOptions {
  port: number;
  host: string;
  ipv6Only: boolean;
  signal: AbortSignal | undefined;
  listener: (() => void) | undefined;
}

/**
 * All the forms that Node takes: `(port?, host?, backlog?, listener?)`, `(options, listener?)`.
 * @throws TypeError, RangeError with Node's codes
 */
export function readListenOptions(given: readonly unknown[]): ListenOptions {
  const last = given[given.length - 1];
  const listener = typeof last === 'function' ? (last as () => void) : undefined;
  const [first, second] = given;
  if (typeof first === 'object' && first !== null) return { ...readObject(first), listener };
  const absent = first === undefined || first === null || typeof first === 'function';
  if (typeof first === 'string' && !(Number(first) >= 0)) throw notSupported(NO_PIPES);
  if (typeof first === 'boolean') throw invalid({ port: first });
  return {
    port: absent ? 0 : readPort('options.port', first),
    host: typeof second === 'string' && second !== '' ? second : ANY_HOST,
    ipv6Only: false,
    signal: undefined,
    listener,
  };
}

function readObject(options: NodeListenOptions & { fd?: unknown; _handle?: unknown }): Omit<ListenOptions, 'listener'> {
  const { port, host, path, fd, signal } = options;
  if (signal != null && !(signal instanceof AbortSignal)) {
    throw wrongType('"options.signal" property', 'an instance of AbortSignal', signal);
  }
  if (port === undefined && typeof path === 'string') throw notSupported(NO_PIPES);
  if (fd !== undefined && port === undefined) throw notSupported(NO_DESCRIPTORS);
  if (port === undefined && !('port' in options)) {
    const message = `The argument 'options' must have the property "port" or "path". Received ${inspect(options)}`;
    throw wrongValue('ERR_INVALID_ARG_VALUE', message);
  }
  if (typeof port === 'boolean') throw invalid(options);
  if (host != null && typeof host !== 'string') throw wrongType('"options.host" property', 'of type string', host);
  return {
    port: port == null ? 0 : readPort('options.port', port),
    host: host || ANY_HOST,
    ipv6Only: Boolean(options.ipv6Only),
    signal: signal ?? undefined,
  };
}

function invalid(options: object): TypeError {
  return wrongValue('ERR_INVALID_ARG_VALUE', `The argument 'options' is invalid. Received ${inspect(options)}`);
}

/** @throws TypeError unless it is a function */
export function checkListener(value: unknown): void {
  if (typeof value !== 'function') {
    throw wrongValue(
      'ERR_INVALID_ARG_TYPE',
      `The "listener" argument must be of type function. Received ${received(value)}`,
    );
  }
}

/** Of both families: a stack always has IPv6, be it on loopback alone. Node falls back to 0.0.0.0 where the kernel has none. */
const ANY_HOST = '::';
const NO_DESCRIPTORS =
  'Listening on a handle or a descriptor is not supported: those belong to the kernel. Give port and host';
