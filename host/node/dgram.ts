/**
 * `vitrine/dgram`: what `node:dgram` exports, over a stack. Nothing else.
 */
import { type Dgram, dgramOf } from './dgram/module.js';

export { type Dgram, dgramOf } from './dgram/module.js';
export type { BindOptions, SocketOptions } from './dgram/options.js';
export { Socket } from './dgram/socket.js';

const dgram: Dgram = dgramOf();
export const { createSocket } = dgram;
export default dgram;
