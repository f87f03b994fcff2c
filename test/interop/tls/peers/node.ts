/** Node's own `node:tls`, on the kernel's sockets. */
import { fileURLToPath } from 'node:url';
import { KERNEL, VITRINE } from '../../addresses.js';
import { SERVER_NAME } from '../files.js';
import { opensslName, type Peer } from '../peer.js';

export const node: Peer = {
  name: 'Node',
  groups: ['X25519', 'P-256', 'P-384'],
  keys: ['p256', 'p384', 'rsa', 'ed25519'],
  alpn: true,

  server: (_files, { port, key, mutual, alpn, group }) => ({
    program: process.execPath,
    args: [PROGRAM, 'server', JSON.stringify({ host: KERNEL, port, key, mutual, alpn, group })],
  }),
  serves: { upload: 'put', large: '/large', group: true },

  client: (_files, { port, version, suite, group, alpn, mutual, session }) => ({
    program: process.execPath,
    args: [
      PROGRAM,
      'client',
      JSON.stringify({
        ...{ host: VITRINE, port, name: SERVER_NAME, version, group, alpn, mutual },
        ...{ suite: suite && opensslName(suite), twice: session === 'both' },
      }),
    ],
  }),
  resumesItself: true,
};

const PROGRAM = fileURLToPath(new URL('./node-program.mjs', import.meta.url));
