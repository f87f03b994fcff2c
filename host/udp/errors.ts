/**
 * What goes wrong with a UDP socket, in Bun's words. Not for: Node's (`../node/dgram/`).
 */
import { type Place, type SocketError, systemFailure, wrongType } from '../socket/errors.js';

/** The address can't be had. Bun gives these errors a positive `errno`, as to those of `listen`. */
export function bindFailure(errno: number, address: string, port: number): SocketError {
  return systemFailure(errno, 'bind', (code) => `bind ${code} ${address}`, { address, port }, -errno);
}

/** What a call or ICMP says. */
export function callFailure(
  errno: number,
  syscall: 'send' | 'recv' | 'connect' | 'setsockopt',
  place?: Place,
): SocketError {
  return systemFailure(errno, syscall, (code, words) => `${code}: ${words}, ${syscall}`, place);
}

/** What an option was asked of a socket that is closed. */
export function closedFailure(): SocketError {
  return systemFailure(ERROR_BAD_DESCRIPTOR, 'setsockopt', (code) => `${code}: bad file descriptor, setsockopt`);
}

export function socketClosed(): Error {
  return new Error('Socket is closed');
}

/** @param expected `an object`, `"port" to be an integer between 0 and 65535` */
export function expected(what: string): TypeError {
  return wrongType(`Expected ${what}`);
}

const ERROR_BAD_DESCRIPTOR = -9;
