/**
 * `vitrine/tls`: what `node:tls` exports, over a stack. Nothing else.
 */
import { type Tls, tlsOf } from './tls/module.js';

export { checkServerIdentity, rootCertificates } from 'node:tls';
export { type ConnectOptions, type Tls, tlsOf } from './tls/module.js';
export { createSecureContext, SecureContext, type SecureContextOptions } from './tls/secure-context.js';
export { TlsServer as Server, type TlsServerOptions } from './tls/server.js';
export { TLSSocket, type TLSSocketOptions } from './tls/socket.js';

const tls: Tls = tlsOf();
export const {
  connect,
  createServer,
  getCiphers,
  DEFAULT_CIPHERS,
  DEFAULT_ECDH_CURVE,
  DEFAULT_MIN_VERSION,
  DEFAULT_MAX_VERSION,
} = tls;
export default tls;
