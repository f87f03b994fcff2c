/**
 * The types of UDP sockets under the names that Bun's namespace `udp` gives them. Not for: values.
 */
export type { ConnectedSocketHandler, ConnectSocketOptions, SocketHandler, SocketOptions } from './options.js';
export type { BaseUDPSocket, ConnectedSocket, Data, ReceiveFlags, Socket } from './types.js';
