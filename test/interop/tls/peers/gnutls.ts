/** `gnutls-serv` and `gnutls-cli`. */
import { VITRINE } from '../../addresses.js';
import { SERVER_NAME } from '../files.js';
import type { Group, Peer, Suite, Version } from '../peer.js';

export const gnutls: Peer = {
  name: 'GnuTLS',
  groups: ['X25519', 'P-256', 'P-384'],
  keys: ['p256', 'p384', 'rsa', 'ed25519'],
  alpn: true,

  /** An echo, line by line. It listens on every address. */
  server: (files, { port, key, mutual, alpn, group }) => ({
    program: 'gnutls-serv',
    args: [
      ...['--echo', '--quiet', '--port', String(port), '--x509cafile', files.path('ca.pem')],
      ...['--priority', group === undefined ? 'NORMAL' : `NORMAL:-GROUP-ALL:+${GROUPS[group]}`],
      ...['--x509certfile', files.path(`${key}.pem`), '--x509keyfile', files.path(`${key}.key`)],
      ...(mutual ? ['--require-client-cert', '--verify-client-cert'] : ['--disable-client-cert']),
      ...(alpn === undefined ? [] : ['--alpn', alpn]),
    ],
  }),
  serves: { upload: 'echo', large: undefined, group: true },

  client: (files, { port, version, suite, group, alpn, mutual, session }) => ({
    program: 'gnutls-cli',
    args: [
      ...[VITRINE, '--port', String(port), '--logfile', files.path('gnutls.log')],
      ...['--sni-hostname', SERVER_NAME, '--verify-hostname', SERVER_NAME, '--x509cafile', files.path('ca.pem')],
      ...['--priority', priority(version, suite, group)],
      ...(alpn === undefined ? [] : ['--alpn', alpn]),
      ...(mutual ? ['--x509certfile', files.path('client.pem'), '--x509keyfile', files.path('client.key')] : []),
      ...(session === 'both' ? ['--resume', '--waitresumption'] : []),
    ],
  }),
  resumesItself: true,
  writesSlowly: true,
};

function priority(version: Version, suite: Suite | undefined, group: Group | undefined): string {
  const words = ['NORMAL', '-VERS-ALL', `+VERS-${version.replace('v', '')}`];
  if (suite !== undefined) words.push('-CIPHER-ALL', `+${CIPHERS.find(([part]) => suite.includes(part))?.[1]}`);
  if (group !== undefined) words.push('-GROUP-ALL', `+${GROUPS[group]}`);
  return words.join(':');
}

const CIPHERS = [
  ['AES_128_GCM', 'AES-128-GCM'],
  ['AES_256_GCM', 'AES-256-GCM'],
  ['CHACHA20', 'CHACHA20-POLY1305'],
] as const;
const GROUPS: Partial<Record<Group, string>> = {
  X25519: 'GROUP-X25519',
  'P-256': 'GROUP-SECP256R1',
  'P-384': 'GROUP-SECP384R1',
};
