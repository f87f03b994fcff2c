/**
 * Errors of datagram sockets in Node's words. Not for: those of all modules (`../errors.ts`).
 */
import { getSystemErrorMap } from 'node:util';
import { failure, type Place } from '../errors.js';

/** What a call of the system would have said: `bind EADDRINUSE 10.9.0.2:53`. @param errno a negative ERROR_* */
export function callError(errno: number, syscall: string, place?: Place): Error {
  const code = nameOf(errno);
  const where = place === undefined ? '' : ` ${place.address}${place.port ? `:${place.port}` : ''}`;
  const error = Object.assign(new Error(`${syscall} ${code}${where}`), { errno, code, syscall });
  return place === undefined
    ? error
    : Object.assign(error, { address: place.address, ...(place.port && { port: place.port }) });
}

export function notRunning(): Error {
  return failure('ERR_SOCKET_DGRAM_NOT_RUNNING', 'Not running');
}

export function notConnected(): Error {
  return failure('ERR_SOCKET_DGRAM_NOT_CONNECTED', 'Not connected');
}

/** @param call libuv's, as Node names it */
export function bufferSizeError(call: 'uv_recv_buffer_size' | 'uv_send_buffer_size', errno: number): Error {
  const [code, message] = getSystemErrorMap().get(errno) ?? ['UNKNOWN', 'unknown error'];
  const words = `Could not get or set buffer size: ${call} returned ${code} (${message})`;
  const info = { errno, code, message, syscall: call };
  return Object.assign(failure('ERR_SOCKET_BUFFER_SIZE', words), { name: 'SystemError', info, errno, syscall: call });
}

function nameOf(errno: number): string {
  return getSystemErrorMap().get(errno)?.[0] ?? `E${-errno}`;
}
