/** OpenSSL's `s_server` and `s_client`. */
import { KERNEL, VITRINE } from '../../addresses.js';
import { SERVER_NAME } from '../files.js';
import { opensslName, type Peer, type Version } from '../peer.js';

export const openssl: Peer = {
  name: 'OpenSSL',
  groups: ['X25519', 'P-256', 'P-384'],
  keys: ['p256', 'p384', 'rsa', 'ed25519'],
  alpn: true,

  server: (files, { port, key, mutual, alpn, group, bulk }) => ({
    program: 'openssl',
    args: [
      ...['s_server', '-accept', `${KERNEL}:${port}`, ...(bulk === 'up' ? ['-quiet', '-naccept', '1'] : ['-WWW'])],
      ...['-cert', files.path(`${key}.pem`), '-key', files.path(`${key}.key`)],
      ...(mutual ? ['-Verify', '1', '-verify_return_error', '-CAfile', files.path('ca.pem')] : []),
      ...(alpn === undefined ? [] : ['-alpn', alpn]),
      ...(group === undefined ? [] : ['-groups', group]),
    ],
  }),
  serves: { upload: 'print', large: '/large', group: true },

  client: (files, { port, version, suite, group, alpn, mutual, session }) => ({
    program: 'openssl',
    args: [
      ...['s_client', '-connect', `${VITRINE}:${port}`, '-quiet', '-servername', SERVER_NAME, VERSIONS[version]],
      ...['-verify_return_error', '-verify_hostname', SERVER_NAME, '-CAfile', files.path('ca.pem')],
      ...(suite === undefined ? [] : [version === 'TLSv1.3' ? '-ciphersuites' : '-cipher', opensslName(suite)]),
      ...(group === undefined ? [] : ['-groups', group]),
      ...(alpn === undefined ? [] : ['-alpn', alpn]),
      ...(mutual ? ['-cert', files.path('client.pem'), '-key', files.path('client.key')] : []),
      ...(session === 'save' ? ['-sess_out', files.path(`openssl.${version}`)] : []),
      ...(session === 'offer' ? ['-sess_in', files.path(`openssl.${version}`)] : []),
    ],
  }),
};

const VERSIONS: Record<Version, string> = { 'TLSv1.2': '-tls1_2', 'TLSv1.3': '-tls1_3' };
