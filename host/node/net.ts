/**
 * `vitrine/net`: what `node:net` exports, over a stack, and what clients take that have an option for it. Nothing else.
 */
import { type Net, netOf } from './module.js';

export { BlockList, isIP, isIPv4, isIPv6, SocketAddress } from 'node:net';
export { type RedisConnector, type RedisOptions, redisConnector } from './clients/ioredis.js';
export { type Connector, type ConnectorOptions, connector } from './clients/undici.js';
export type { ConnectOptions, StackOption } from './connect-options.js';
export { type Net, netOf } from './module.js';
export { Server, type ServerOptions } from './server.js';
export { Socket, Socket as Stream, type SocketOptions } from './socket.js';

const net: Net = netOf();
export const { connect, createConnection, createServer } = net;
export default net;
