/** The handshakes that are meddled with, each with the configurations of its two ends. Not for: how they are meddled with. */
import type { Credentials, TlsConfig } from '../../../host/tls/config.js';
import { defaultProvider } from '../../../host/tls/crypto/default.js';
import { readPrivateKey } from '../../../host/tls/keys/private-key.js';
import { SCHEMES, type SignatureScheme, SUITES, TLS12, TLS13 } from '../../../host/tls/parameters.js';
import { TicketKeys } from '../../../host/tls/session/ticket-keys.js';
import { Certificate } from '../../../host/tls/x509/certificate.js';
import { TrustStore } from '../../../host/tls/x509/trust.js';
import * as certificates from '../../kit/certificates/certificates.js';
import { SeededProvider } from './provider.js';

export type Role = 'client' | 'server';
type Changes = Partial<TlsConfig>;

export interface Scenario {
  readonly name: string;
  readonly client: Changes;
  readonly server: Changes;
  /** The client has a session of an earlier connection of the same configurations. */
  readonly resumes?: true;
  /** Both ends change their keys between their data: TLS 1.3 alone. */
  readonly updates?: true;
}

/** A configuration as it is at the beginning of every run: the same randomness, the same keys of tickets. */
export function configOf(scenario: Scenario, role: Role, session: Uint8Array | undefined): TlsConfig {
  const config = {
    ...COMMON,
    role,
    provider: new SeededProvider(role === 'client' ? 1 : 2),
    credentials: role === 'server' ? [SERVER] : [],
    serverName: role === 'client' ? 'localhost' : undefined,
    ticketKeys: role === 'server' ? ticketKeys() : undefined,
    ...scenario[role],
  };
  return role === 'client' ? { ...config, session } : config;
}

/** Sealing something makes the first key, without which nothing can be opened. */
function ticketKeys(): TicketKeys {
  const keys = new TicketKeys({ provider: new SeededProvider(3), wall: now });
  keys.seal(new Uint8Array(0));
  return keys;
}

function credentials({ cert, key }: { cert: string; key: string }, ...schemes: SignatureScheme[]): Credentials {
  const pair = { chain: Certificate.fromPem(cert, 'cert'), key: readPrivateKey(key, defaultProvider()) };
  return schemes.length === 0 ? pair : { ...pair, schemes };
}

function now(): number {
  return NOW;
}

const NOW = Date.UTC(2026, 5, 1);
const SERVER = credentials(certificates.server);
const CLIENT = credentials(certificates.client);
/** PKCS #1 signatures need no randomness. */
const RSA = credentials(certificates.rsa, 'rsa_pkcs1_sha256');
const TRUST = TrustStore.of(Certificate.fromPem(certificates.ca.cert, 'ca'));
const COMMON: Omit<TlsConfig, 'role' | 'provider' | 'credentials' | 'serverName' | 'ticketKeys'> = {
  wall: now,
  minVersion: TLS12,
  maxVersion: TLS13,
  suites: SUITES.map(({ standardName }) => standardName),
  honorClientOrder: false,
  groups: ['x25519', 'secp256r1', 'secp384r1'],
  signatureSchemes: Object.keys(SCHEMES) as SignatureScheme[],
  alpn: ['h2', 'http/1.1'],
  trust: TRUST,
  crls: [],
  requestCert: false,
  rejectUnauthorized: true,
  session: undefined,
  select: undefined,
  keylog: undefined,
  maxSendFragment: 16_384,
};
const ONLY_12 = { minVersion: TLS12, maxVersion: TLS12 } as const;
const ONLY_13 = { minVersion: TLS13, maxVersion: TLS13 } as const;
const RETRY: Changes = { groups: ['secp256r1'] };
const PROVING: Changes = { credentials: [CLIENT] };
const ASKING: Changes = { requestCert: true };
const GCM: Changes = { suites: ['TLS_AES_256_GCM_SHA384', 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'] };

export const SCENARIOS: readonly Scenario[] = [
  { name: '1.3', client: {}, server: {} },
  { name: '1.3 with key updates', client: ONLY_13, server: {}, updates: true },
  { name: '1.3 with AES', client: GCM, server: GCM },
  { name: '1.3 in small records', client: { maxSendFragment: 512 }, server: { maxSendFragment: 512 } },
  {
    name: '1.3 with a hybrid group',
    client: { groups: ['X25519MLKEM768', 'x25519'] },
    server: { groups: ['X25519MLKEM768'] },
  },
  { name: '1.3 with HelloRetryRequest', client: {}, server: RETRY },
  { name: '1.3 resumed', client: {}, server: {}, resumes: true, updates: true },
  { name: '1.3 resumed with HelloRetryRequest', client: {}, server: RETRY, resumes: true },
  { name: '1.3 with a client certificate', client: PROVING, server: ASKING },
  { name: '1.3 with no client certificate', client: {}, server: { ...ASKING, rejectUnauthorized: false } },
  { name: '1.3 resumed with a client certificate', client: PROVING, server: ASKING, resumes: true },
  { name: '1.2', client: ONLY_12, server: {} },
  { name: '1.2 of a client that speaks 1.3', client: {}, server: ONLY_12 },
  { name: '1.2 with AES', client: { ...GCM, ...ONLY_12 }, server: GCM },
  { name: '1.2 with RSA', client: ONLY_12, server: { credentials: [RSA] } },
  { name: '1.2 resumed', client: ONLY_12, server: {}, resumes: true },
  { name: '1.2 with a client certificate', client: { ...PROVING, ...ONLY_12 }, server: ASKING },
  {
    name: '1.2 without tickets, in small records',
    client: { ...ONLY_12, maxSendFragment: 512 },
    server: { ticketKeys: undefined, maxSendFragment: 512 },
  },
];
