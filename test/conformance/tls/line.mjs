/**
 * The line to the runner: Node's own socket, on which the shim says first which test it is. Not for: what goes over it.
 */
import { once } from 'node:events';
import { connect } from 'node:net';

/**
 * What the runner sends meanwhile waits in the socket until somebody listens.
 * @param {import('./flags.mjs').Settings} settings
 * @returns {Promise<import('node:net').Socket>}
 */
export async function dial(settings) {
  const socket = connect({ host: settings.ipv6 ? '::1' : '127.0.0.1', port: settings.port, noDelay: true });
  await once(socket, 'connect');
  // Whoever takes the socket hears of an error by its end.
  socket.on('error', () => {});
  const id = Buffer.alloc(8);
  id.writeBigUInt64LE(settings['shim-id'] ?? 0n);
  socket.write(id);
  return socket;
}
