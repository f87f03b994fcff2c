/**
 * What flags mean for the configuration of a connection. What is not said is as the runner expects it of BoringSSL's own
 * shim: its groups and signature schemes, the client's order of suites. Not for: flags that change no configuration.
 */
import { readFileSync } from 'node:fs';
import { TlsError } from '../../../dist/host/tls/alert.js';
import { readPrivateKey } from '../../../dist/host/tls/keys/private-key.js';
import { GROUPS, SCHEMES, SUITES, TLS12, TLS13 } from '../../../dist/host/tls/parameters.js';
import { Certificate } from '../../../dist/host/tls/x509/certificate.js';
import { TrustStore } from '../../../dist/host/tls/x509/trust.js';
import { Unimplemented } from './failure.mjs';

/**
 * @typedef {import('./flags.mjs').Settings} Settings
 * @typedef {import('../../../dist/host/tls/config.js').TlsConfig} TlsConfig
 * @typedef {import('../../../dist/host/tls/crypto/provider.js').CryptoProvider} CryptoProvider
 */

/**
 * @param {Settings} settings
 * @param {CryptoProvider} provider
 * @param {boolean} resumes whether there was an earlier connection
 * @returns {Omit<TlsConfig, 'provider' | 'wall' | 'session' | 'ticketKeys' | 'keylog'>}
 */
export function configuration(settings, provider, resumes) {
  const verifies = Boolean(settings['verify-peer'] || settings['require-any-client-certificate']);
  return {
    role: settings.server ? 'server' : 'client',
    ...versions(settings),
    suites: suites(settings.cipher),
    honorClientOrder: !settings['server-preference'] && settings.cipher === undefined,
    groups: groups(settings.curves),
    signatureSchemes: schemes(settings['verify-prefs'] ?? []) ?? VERIFIED,
    alpn: protocols(settings),
    credentials: [...settings.credentials, settings.standard].flatMap((one) => credentials(one, provider)),
    trust: trust(settings['trust-cert']),
    crls: [],
    serverName: settings['host-name'],
    requestCert: verifies && Boolean(settings.server),
    // A server that only asks lets a client without certificate pass, but nobody whom the judge has refused.
    rejectUnauthorized: settings.server ? Boolean(settings['require-any-client-certificate']) : verifies,
    judge: () => (refuses(settings, resumes) ? refusal(settings) : null),
    select: undefined,
    maxSendFragment: settings['max-send-fragment'] ?? 16384,
  };
}

/**
 * The chains of a certificate file, as DER.
 * @param {string} file
 */
export function readCertificates(file) {
  return Certificate.fromPem(readFileSync(file, 'latin1'));
}

/** @param {Settings} settings */
function versions(settings) {
  const lowest = settings['no-tls12'] ? TLS13 : TLS12;
  const highest = settings['no-tls13'] ? TLS12 : TLS13;
  const minVersion = Math.max(lowest, settings['min-version'] ?? TLS12);
  const maxVersion = Math.min(highest, settings['max-version'] ?? TLS13);
  if (minVersion > maxVersion) throw new Unimplemented('no version is left');
  return /** @type {Pick<TlsConfig, 'minVersion' | 'maxVersion'>} */ ({ minVersion, maxVersion });
}

/**
 * The suites of TLS 1.2 by a list in OpenSSL's manner; TLS 1.3 always has its three.
 * @param {string | undefined} list
 */
function suites(list) {
  const modern = SUITES.filter(({ version }) => version === TLS13);
  const old = SUITES.filter(({ version }) => version === TLS12);
  const chosen = list === undefined ? old : list === 'DEFAULT:!AES' ? withoutAes(old) : named(old, list);
  if (chosen.length === 0) throw new Unimplemented('no cipher suite is left');
  return [...modern, ...chosen].map(({ standardName }) => standardName);
}

/** @param {typeof SUITES[number][]} suites */
function withoutAes(suites) {
  return suites.filter(({ aead }) => !aead.startsWith('aes'));
}

/**
 * @param {typeof SUITES[number][]} suites
 * @param {string} list
 */
function named(suites, list) {
  return list.split(/[:|[\]]+/).flatMap((name) => suites.filter(({ standardName }) => standardName === name));
}

/**
 * A group that is not spoken is passed over where many are named; a short list is about that group.
 * @param {number[] | undefined} numbers
 */
function groups(numbers) {
  if (numbers === undefined) return OFFERED;
  const known = numbers.flatMap((number) => NAMES.filter((name) => GROUPS[name] === number));
  if (known.length === 0 || (known.length < numbers.length && numbers.length < 3)) {
    throw new Unimplemented(`not all of these groups are spoken: ${numbers}`);
  }
  return known;
}

/**
 * @param {number[]} numbers
 * @returns {(keyof typeof SCHEMES)[] | undefined} `undefined` when nothing was said
 */
function schemes(numbers) {
  if (numbers.length === 0) return undefined;
  const known = numbers.flatMap((number) => ALL_SCHEMES.filter((name) => SCHEMES[name].id === number));
  if (known.length === 0) throw new Unimplemented(`none of these signature schemes is spoken: ${numbers}`);
  return known;
}

/** @param {Settings} settings */
function protocols(settings) {
  if (settings['reject-alpn']) return ['nothing that a client speaks'];
  if (settings['select-alpn'] !== undefined) return [settings['select-alpn']];
  const list = settings['advertise-alpn'] ?? '';
  const names = [];
  for (let at = 0; at < list.length; at += 1 + list.charCodeAt(at)) {
    names.push(list.slice(at + 1, at + 1 + list.charCodeAt(at)));
  }
  return names;
}

/**
 * @param {import('./flags.mjs').Credential} credential
 * @param {CryptoProvider} provider
 */
function credentials({ certFile, keyFile, signingPrefs }, provider) {
  if (certFile === undefined || keyFile === undefined) return [];
  try {
    const key = readPrivateKey(readFileSync(keyFile, 'latin1'), provider);
    return [{ chain: readCertificates(certFile), key, schemes: schemes(signingPrefs) ?? ALL_SCHEMES }];
  } catch (error) {
    throw new Unimplemented(String(error));
  }
}

/** @param {string | undefined} file */
function trust(file) {
  return file === undefined || file === '' ? undefined : TrustStore.fromPem(readFileSync(file, 'latin1'));
}

/**
 * The runner's certificates are not verified by chain: its word decides, also about a session if it says so.
 * @param {Settings} settings
 * @param {boolean} resumes
 */
function refuses(settings, resumes) {
  return settings['verify-fail'] && (!resumes || settings['reverify-on-resume']);
}

/** @param {Settings} settings */
function refusal(settings) {
  const alert = settings['use-custom-verify-callback'] ? 'certificate_unknown' : 'handshake_failure';
  return new TlsError(alert, 'CERTIFICATE_VERIFY_FAILED', 'the runner refuses this certificate', {
    code: 'CERT_REJECTED',
  });
}

const NAMES = /** @type {(keyof typeof GROUPS)[]} */ (Object.keys(GROUPS));
const ALL_SCHEMES = /** @type {(keyof typeof SCHEMES)[]} */ (Object.keys(SCHEMES));
/** @type {TlsConfig['groups']} */
const OFFERED = ['x25519', 'secp256r1', 'secp384r1'];
/** @type {TlsConfig['signatureSchemes']} */
const VERIFIED = [
  'ecdsa_secp256r1_sha256',
  'rsa_pss_rsae_sha256',
  'rsa_pkcs1_sha256',
  'ecdsa_secp384r1_sha384',
  'rsa_pss_rsae_sha384',
  'rsa_pkcs1_sha384',
  'rsa_pss_rsae_sha512',
  'rsa_pkcs1_sha512',
];
