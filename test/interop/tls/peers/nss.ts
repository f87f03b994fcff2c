/** NSS's `selfserv` and `tstclnt`. */
import { VITRINE } from '../../addresses.js';
import { SERVER_NAME } from '../files.js';
import { type Group, type Peer, SUITES, type Version } from '../peer.js';

export const nss: Peer = {
  name: 'NSS',
  groups: ['X25519', 'P-256', 'P-384'],
  keys: ['p256', 'p384', 'rsa'],
  alpn: false,

  /** Answers with the request, or with 4096 chunks of 16 KiB. It listens on every address. */
  server: (files, { port, key, mutual, group, bulk }) => ({
    program: 'selfserv',
    args: [
      ...['-d', files.database, '-p', String(port), '-n', key, '-V', 'tls1.2:tls1.3', '-u', '-G'],
      ...(mutual ? ['-r', '-r'] : []),
      ...(bulk === 'down' ? ['-g', '4096'] : []),
      ...(group === undefined ? [] : ['-I', GROUPS[group] ?? '']),
    ],
  }),
  serves: { upload: 'never', large: undefined, group: true },

  client: (files, { port, version, suite, group, mutual, session }) => ({
    program: 'tstclnt',
    args: [
      ...['-d', files.database, '-h', VITRINE, '-p', String(port), '-a', SERVER_NAME, '-u', '-G'],
      ...['-V', `${VERSIONS[version]}:${VERSIONS[version]}`],
      ...(suite === undefined ? [] : ['-c', `:${SUITES[suite].toString(16).toUpperCase()}`]),
      ...(group === undefined ? [] : ['-I', GROUPS[group] ?? '']),
      ...(mutual ? ['-n', 'client'] : []),
      ...(session === 'both' ? ['-L', '2', '-A', files.path('request')] : []),
    ],
  }),
  resumesItself: true,
  endsInput: true,
};

const VERSIONS: Record<Version, string> = { 'TLSv1.2': 'tls1.2', 'TLSv1.3': 'tls1.3' };
const GROUPS: Partial<Record<Group, string>> = { X25519: 'x25519', 'P-256': 'P256', 'P-384': 'P384' };
