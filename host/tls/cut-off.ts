/**
 * Errors for a peer that ends the byte stream below TLS without saying so in TLS. Not for: alerts (`alert.ts`).
 */
import { TlsError } from './alert.js';

/** RFC 8446 §6.1: the stream ended where close_notify should have been. What is missing, nobody knows. */
export function truncated(): TlsError {
  const message = 'The peer ended the connection without close_notify: the stream may be truncated';
  return new TlsError('close_notify', 'TRUNCATED', message, { code: 'ERR_TLS_TRUNCATED' });
}

/** The stream ended during the handshake; in the words of Node and Bun. */
export function unfinished(): TlsError {
  const message = 'Client network socket disconnected before secure TLS connection was established';
  return new TlsError('close_notify', 'DISCONNECTED', message, { code: 'ECONNRESET' });
}
