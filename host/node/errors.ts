/**
 * Errors in Node's words: what the network did, with the syscall that Node would have made; misuse, with Node's codes.
 * Not for: what happened (`../socket/errors.ts` knows it first).
 */
import { getSystemErrorMap, inspect } from 'node:util';

/** An error of the system as Node renders it. */
export type SystemError = Error & {
  code: string;
  errno: number;
  syscall: string;
  address?: string;
  port?: number;
  hostname?: string;
  /** What to do about it, in a sentence. */
  advice?: string;
};

/** Where something happened. */
export interface Place {
  address: string;
  port: number;
}

/**
 * What the stack said, in Node's words: `connect ECONNREFUSED 10.0.0.1:80`, `read ECONNRESET`. What is no error of the
 * system, such as one of TLS, stays as it is.
 */
export function systemError(error: Error, syscall: string, place?: Place): Error {
  const { code, errno, advice } = error as Partial<SystemError>;
  if (code === undefined || typeof errno !== 'number' || errno === 0) return error;
  const words = syscall === 'listen' ? `: ${DESCRIPTIONS.get(code) ?? 'not possible'}` : '';
  const where = place === undefined ? '' : ` ${place.address}:${place.port}`;
  return Object.assign(new Error(`${syscall} ${code}${words}${where}`), {
    errno: -Math.abs(errno),
    code,
    syscall,
    ...place,
    ...(advice !== undefined && { advice }),
  });
}

/** `write` on a connection that takes nothing any more. */
export function brokenPipe(): Error {
  return Object.assign(new Error('write EPIPE'), { errno: -32, code: 'EPIPE', syscall: 'write' });
}

/** `write` after the peer has ended and this side with it. */
export function endedByPeer(): Error {
  return Object.assign(new Error('This socket has been ended by the other party'), { code: 'EPIPE' });
}

export function failure(code: string, message: string): Error & { code: string } {
  return Object.assign(new Error(message), { code });
}

/** A lookup that told a family that is none. */
export function wrongFamily(family: number, { host, port }: { host: string; port: number }): RangeError {
  const error = new RangeError(`Invalid address family: ${family} ${host}:${port}`);
  return Object.assign(error, { code: 'ERR_INVALID_ADDRESS_FAMILY', host, port });
}

export function socketClosed(): Error {
  return failure('ERR_SOCKET_CLOSED', 'Socket is closed');
}

export function closedBeforeConnection(): Error {
  return failure('ERR_SOCKET_CLOSED_BEFORE_CONNECTION', 'Socket closed before the connection was established');
}

/** @param what `"port" argument`, `"options.lookup" property` */
export function wrongType(what: string, expected: string, value: unknown): TypeError {
  return misuse(TypeError, 'ERR_INVALID_ARG_TYPE', `The ${what} must be ${expected}. Received ${received(value)}`);
}

export function badPort(name: string, value: unknown): RangeError {
  return misuse(RangeError, 'ERR_SOCKET_BAD_PORT', `${name} should be >= 0 and < 65536. Received ${received(value)}.`);
}

export function outOfRange(name: string, range: string, value: unknown): RangeError {
  return misuse(
    RangeError,
    'ERR_OUT_OF_RANGE',
    `The value of "${name}" is out of range. It must be ${range}. Received ${inspect(value)}`,
  );
}

/** @param code one of Node's, for `TypeError`s that have their own words */
export function wrongValue(code: string, message: string): TypeError {
  return misuse(TypeError, code, message);
}

/** What Node has and this stack can't have. */
export function notSupported(message: string): TypeError {
  return misuse(TypeError, 'ERR_NOT_SUPPORTED', message);
}

/** How Node names a value that it did not expect. */
export function received(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'function') return `function ${value.name}`;
  if (typeof value === 'object') {
    const name = value.constructor?.name;
    return name ? `an instance of ${name}` : inspect(value, { depth: -1 });
  }
  const text = inspect(value, { colors: false });
  return `type ${typeof value} (${text.length > 28 ? `${text.slice(0, 25)}...` : text})`;
}

/** @param code one of Node's, for errors that have their own words */
export function misuse<E extends Error>(kind: new (message: string) => E, code: string, message: string): E {
  return Object.assign(new kind(message), { code });
}

const DESCRIPTIONS: ReadonlyMap<string, string> = new Map(getSystemErrorMap().values());
