/** curl. */
import { VITRINE } from '../../addresses.js';
import { SERVER_NAME } from '../files.js';
import { opensslName, type Peer, type Version } from '../peer.js';

export const curl: Peer = {
  name: 'curl',
  groups: ['X25519', 'P-256', 'P-384'],
  keys: ['p256', 'p384', 'rsa', 'ed25519'],
  alpn: true,

  client: (files, { port, version, suite, group, alpn, mutual, session }) => ({
    program: 'curl',
    args: [
      ...['--silent', '--show-error', '--cacert', files.path('ca.pem'), ...VERSIONS[version]],
      ...['--connect-to', `${SERVER_NAME}::${VITRINE}:${port}`, '--header', 'Expect:'],
      ...(suite === undefined ? [] : [version === 'TLSv1.3' ? '--tls13-ciphers' : '--ciphers', opensslName(suite)]),
      ...(group === undefined ? [] : ['--curves', group]),
      ...(alpn === undefined ? ['--no-alpn'] : []),
      ...(mutual ? ['--cert', files.path('client.pem'), '--key', files.path('client.key')] : []),
      ...(session === 'both' ? [`https://${SERVER_NAME}/who`] : []),
    ],
  }),
  requests: (path, upload) => [
    ...(upload === undefined ? [] : ['--upload-file', upload]),
    `https://${SERVER_NAME}${path}`,
  ],
  resumesItself: true,
  // It offers no session of TLS 1.2 to Node's server either.
  resumes: ['TLSv1.3'],
};

const VERSIONS: Record<Version, readonly string[]> = {
  'TLSv1.2': ['--tlsv1.2', '--tls-max', '1.2'],
  'TLSv1.3': ['--tlsv1.3'],
};
