/** `vitrine/web`: TCP sockets as streams, and nothing else. */
export { connect } from './connect.js';
export { SocketError } from './error.js';
export type { SecureTransport, SocketAddress, SocketOptions } from './options.js';
export type { Socket, SocketInfo } from './socket.js';
