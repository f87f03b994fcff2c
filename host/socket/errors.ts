/**
 * Every error that users see, rendered once: a `SocketError` for what the network or the peer did, `TypeError` and
 * `RangeError` with a code for misuse. Not for: impossible states (`core/fault.ts`), devices (`device/device.ts`), TLS
 * (`tls/alert.ts`).
 */
import {
  ERROR_ACCESS,
  ERROR_ADDRESS_IN_USE,
  ERROR_ADDRESS_NOT_AVAILABLE,
  ERROR_AGAIN,
  ERROR_CONNECTION_ABORTED,
  ERROR_CONNECTION_REFUSED,
  ERROR_CONNECTION_RESET,
  ERROR_DESTINATION_REQUIRED,
  ERROR_HOST_DOWN,
  ERROR_HOST_UNREACHABLE,
  ERROR_INVALID,
  ERROR_MESSAGE_SIZE,
  ERROR_NETWORK_UNREACHABLE,
  ERROR_NO_BUFFERS,
  ERROR_NO_DEVICE,
  ERROR_NO_NETWORK,
  ERROR_NOT_CONNECTED,
  ERROR_NOT_SUPPORTED,
  ERROR_PIPE,
  ERROR_PROTOCOL,
  ERROR_PROTOCOL_OPTION,
  ERROR_STALE_HANDLE,
  ERROR_TIMED_OUT,
} from '../../assembly/abi/constants.js';
import { TlsError } from '../tls/alert.js';
import { adviceFor } from './advice.js';

/** What the network, the peer or a limit did: an `Error`, as Bun's, that says more. `code` is stable. */
export interface SocketError extends Error, SocketErrorDetails, Partial<Pick<TlsError, 'alert' | 'reason' | 'remote'>> {
  /** What to do about it, in a sentence. */
  readonly advice: string;
}

export interface SocketErrorDetails {
  /** A name like `ECONNRESET`. */
  readonly code: string;
  /** Linux's number for `code`: negative, positive when `listen` threw it. */
  readonly errno: number;
  /** What was tried: `connect`, `listen`, `read`, `handshake`, `write`, `ping`, `getaddrinfo`. */
  readonly syscall: string;
  /** The peer; where `listen` failed. */
  readonly address?: string | undefined;
  readonly port?: number | undefined;
  /** The name that could not be resolved. */
  readonly hostname?: string | undefined;
}

/** An end of a connection. */
export interface Place {
  readonly address: string;
  readonly port: number;
}

/** Both ends of a connection, where they are known. */
export type Ends = { readonly remoteAddress: string; readonly remotePort: number } | undefined;

/**
 * What ended a connection, as an error.
 * @param cause a negative ERROR_*, or what is an error already
 * @param render how the number is told
 * @param ends of the connection, where they are known
 */
export function failure(cause: number | Error, render: (errno: number, place?: Place) => Error, ends: Ends): Error {
  return typeof cause === 'number' ? render(cause, placeOf(ends)) : secureFailure(cause, 'read', ends);
}

/**
 * What TLS has found, as an error of its socket: alert, reason and code are those of the `TlsError`.
 * @param syscall `handshake`, and `read` afterwards
 */
export function secureFailure(error: Error, syscall: 'handshake' | 'read', ends: Ends): Error {
  if (!(error instanceof TlsError)) return error;
  const { alert, reason, remote, code, errno, cause } = error;
  const details = { code, errno, syscall, ...placeOf(ends) };
  const found = { alert, reason, remote, ...(cause !== undefined && { cause }) };
  return Object.assign(socketError(error.message, details), found);
}

/** A connection that could not be made; the commonest case keeps Bun's words. */
export function connectFailure(errno: number, place?: Place): SocketError {
  const [code, words] = describe(errno);
  const plain = errno === ERROR_CONNECTION_REFUSED || errno === ERROR_ADDRESS_NOT_AVAILABLE;
  return socketError(plain ? 'Failed to connect' : `Failed to connect: ${words}`, {
    code,
    errno,
    syscall: 'connect',
    ...place,
  });
}

/** A connection that broke. */
export function connectionFailure(errno: number, place?: Place): SocketError {
  const [code, words] = describe(errno);
  return socketError(`${code}: ${words}, read`, { code, errno, syscall: 'read', ...place });
}

/** A socket that closed before `writeAll` was through. @param cause what broke the connection, if anything did */
export function writeFailure(taken: number, total: number, ends: Ends, cause?: Error): SocketError {
  const [code] = describe(ERROR_PIPE);
  const message = `${code}: the socket ended after ${taken} of ${total} bytes, write`;
  const error = socketError(message, { code, errno: ERROR_PIPE, syscall: 'write', ...placeOf(ends) });
  return cause === undefined ? error : Object.assign(error, { cause });
}

/** Bun gives `listen` errors a positive `errno`. */
export function listenFailure(errno: number, address: string, port: number): SocketError {
  const [code] = describe(errno);
  return socketError(`Failed to listen at ${address}`, { code, errno: -errno, syscall: 'listen', address, port });
}

/** What somebody on the way, or the host itself, says of an echo request. */
export interface PingTrouble {
  /** Who says it. */
  readonly from: string;
  /** Milliseconds it took to hear of it. */
  readonly rtt: number;
  /** The message as it was on the wire (RFC 792, RFC 4443); `mtu`: what the next hop takes. */
  readonly icmp: { readonly type: number; readonly code: number; readonly mtu?: number };
  /** The request ran out of hops on its way. */
  readonly exceeded: boolean;
}

/** @param trouble where an ICMP error says that there will be no echo */
export function pingFailure(errno: number, address: string, trouble?: PingTrouble): SocketError & Partial<PingTrouble> {
  const [code, words] = describe(errno);
  const told =
    trouble === undefined
      ? words
      : trouble.exceeded
        ? `out of hops at ${trouble.from}`
        : `${words}, says ${trouble.from}`;
  return Object.assign(
    socketError(`No echo from ${address}: ${told}`, { code, errno, syscall: 'ping', address }),
    trouble,
  );
}

/** @param details `port`: where the name was wanted for, if that is known; `code`: as getaddrinfo's, `ENOTFOUND` unless given */
export function nameFailure(
  hostname: string,
  { code = 'ENOTFOUND', advice, port }: { code?: string; advice?: string; port?: number | undefined } = {},
): SocketError {
  const errno = NAME_ERRORS.get(code) ?? 0;
  const details = { code, errno, syscall: 'getaddrinfo', hostname, ...(port !== undefined && { port }) };
  const error = socketError(`getaddrinfo ${code} ${hostname}`, details);
  return advice === undefined ? error : Object.assign(error, { advice });
}

/**
 * What a call of another kind of socket says.
 * @param words from the code and its explanation
 * @param shown the `errno` that programs see
 */
export function systemFailure(
  errno: number,
  syscall: string,
  words: (code: string, explanation: string) => string,
  place?: Place,
  shown = errno,
): SocketError {
  const [code, explanation] = describe(errno);
  return socketError(words(code, explanation), { code, errno: shown, syscall, ...place });
}

export function wrongType(message: string): TypeError {
  return Object.assign(new TypeError(message), { code: 'ERR_INVALID_ARG_TYPE' });
}

export function outOfRange(message: string): RangeError {
  return Object.assign(new RangeError(message), { code: 'ERR_OUT_OF_RANGE' });
}

/** Something of Bun's that means nothing here. @param message says what, why, and what to do instead */
export function notSupported(message: string): Error {
  return Object.assign(new Error(message), { code: 'ERR_NOT_SUPPORTED' });
}

function placeOf(ends: Ends): Place | undefined {
  return ends && { address: ends.remoteAddress, port: ends.remotePort };
}

function socketError(message: string, details: SocketErrorDetails): SocketError {
  return Object.assign(new Error(message), details, { advice: adviceFor(details) });
}

function describe(errno: number): readonly [code: string, words: string] {
  return TABLE.get(errno) ?? [`E${-errno}`, `error ${-errno}`];
}

/** Only the host knows of descriptors, or of what stands for them. */
const ERROR_BAD_DESCRIPTOR = -9;
const TABLE = new Map<number, readonly [string, string]>([
  [ERROR_ACCESS, ['EACCES', 'permission denied']],
  [ERROR_INVALID, ['EINVAL', 'invalid argument']],
  [ERROR_BAD_DESCRIPTOR, ['EBADF', 'the socket is closed']],
  [ERROR_AGAIN, ['EAGAIN', 'nothing is there']],
  [ERROR_NO_DEVICE, ['ENODEV', 'no interface leads there']],
  [ERROR_DESTINATION_REQUIRED, ['EDESTADDRREQ', 'no destination is given']],
  [ERROR_PIPE, ['EPIPE', 'the sending side is shut']],
  [ERROR_MESSAGE_SIZE, ['EMSGSIZE', 'no packet of that size gets through']],
  [ERROR_ADDRESS_IN_USE, ['EADDRINUSE', 'address already in use']],
  [ERROR_ADDRESS_NOT_AVAILABLE, ['EADDRNOTAVAIL', 'no such address here']],
  [ERROR_NETWORK_UNREACHABLE, ['ENETUNREACH', 'no route to that network']],
  [ERROR_CONNECTION_ABORTED, ['ECONNABORTED', 'connection aborted on this side']],
  [ERROR_CONNECTION_RESET, ['ECONNRESET', 'connection reset by peer']],
  [ERROR_NO_BUFFERS, ['ENOBUFS', 'a limit of the stack is reached']],
  [ERROR_NOT_CONNECTED, ['ENOTCONN', 'not connected']],
  [ERROR_TIMED_OUT, ['ETIMEDOUT', 'no answer in time']],
  [ERROR_CONNECTION_REFUSED, ['ECONNREFUSED', 'connection refused']],
  [ERROR_HOST_UNREACHABLE, ['EHOSTUNREACH', 'host unreachable']],
  [ERROR_NO_NETWORK, ['ENONET', 'the host is cut off from its network']],
  [ERROR_PROTOCOL, ['EPROTO', 'our packets were not understood on the way']],
  [ERROR_PROTOCOL_OPTION, ['ENOPROTOOPT', 'the host does not speak TCP']],
  [ERROR_NOT_SUPPORTED, ['EOPNOTSUPP', 'a source route failed']],
  [ERROR_HOST_DOWN, ['EHOSTDOWN', 'nobody knows that host']],
  [ERROR_STALE_HANDLE, ['EBADFD', 'the connection is gone']],
]);

/** libuv's numbers for names that became no address. */
const NAME_ERRORS = new Map<string, number>([
  ['EAI_AGAIN', -3001],
  ['ENOTFOUND', -3008],
]);
