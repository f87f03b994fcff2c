/**
 * The command line of the shim: which flags there are, and what the first connection and those that resume it are told
 * by them. The names are those of BoringSSL's public test runner. Not for: what a flag leads to (`settings.mjs`,
 * `behaviour.mjs`, `expectations.mjs`).
 */
import { Unimplemented } from './failure.mjs';

/**
 * @typedef {{ certFile?: string, keyFile?: string, signingPrefs: number[] }} Credential
 * @typedef {Record<string, any> & { credentials: Credential[], standard: Credential }} Settings
 *   by name of the flag without its dash: `true`, a number, a text, or all the numbers that were given
 */

/**
 * @param {readonly string[]} args as on the command line
 * @returns {{ initial: Settings, resume: Settings }} for the first connection, and for those behind it
 * @throws Unimplemented for a flag that is not known
 */
export function readFlags(args) {
  const initial = settings();
  const resume = settings();
  const rest = [...args];
  for (let flag = rest.shift(); flag !== undefined; flag = rest.shift()) {
    const [, where, name = ''] = PREFIXED.exec(flag) ?? [];
    const kind = kindOf(name);
    if (kind === undefined) throw new Unimplemented(`unknown flag ${flag}`);
    const value = kind === 'yes' ? true : read(kind, name, rest.shift());
    if (where === 'on-handshaker-') continue;
    if (where !== 'on-resume-' && where !== 'on-retry-') set(initial, name, kind, value);
    if (where !== 'on-initial-' && where !== 'on-retry-') set(resume, name, kind, value);
  }
  return { initial, resume };
}

/** @returns {Settings} */
function settings() {
  return { credentials: [], standard: { signingPrefs: [] } };
}

/**
 * @param {string} name
 * @returns {Kind | undefined}
 */
function kindOf(name) {
  return /** @type {Kind[]} */ (Object.keys(FLAGS)).find((kind) => FLAGS[kind].includes(name));
}

/**
 * @param {Kind} kind
 * @param {string} name
 * @param {string | undefined} text
 * @returns {number | bigint | string | Buffer}
 */
function read(kind, name, text) {
  if (text === undefined) throw new Error(`-${name} needs a value`);
  if (name === 'shim-id') return BigInt(text);
  if (kind === 'number' || kind === 'numbers') return Number(text);
  return kind === 'base64' ? Buffer.from(text, 'base64') : text;
}

/**
 * @param {Settings} settings
 * @param {string} name
 * @param {Kind} kind
 * @param {any} value
 */
function set(settings, name, kind, value) {
  // Behind -new-x509-credential these three are said of that credential, before it of the standard one.
  const credential = settings.credentials.at(-1) ?? settings.standard;
  if (name === 'new-x509-credential') settings.credentials.push({ signingPrefs: [] });
  else if (name === 'cert-file') credential.certFile = value;
  else if (name === 'key-file') credential.keyFile = value;
  else if (name === 'signing-prefs') credential.signingPrefs.push(value);
  else if (kind === 'numbers') settings[name] = [...(settings[name] ?? []), value];
  else settings[name] = value;
}

const PREFIXED = /^-(on-initial-|on-resume-|on-retry-|on-handshaker-|on-shim-)?(.*)$/;

/** @typedef {'yes' | 'number' | 'numbers' | 'text' | 'base64'} Kind */

const FLAGS = /** @type {Record<Kind, readonly string[]>} */ ({
  yes: [
    'allow-hint-mismatch',
    'async',
    'check-close-notify',
    'decline-alpn',
    'expect-extended-master-secret',
    'expect-hrr',
    'expect-no-hrr',
    'expect-no-secure-renegotiation',
    'expect-no-session',
    'expect-no-session-id',
    'expect-secure-renegotiation',
    'expect-session-miss',
    'expect-ticket-renewal',
    'expect-verify-result',
    'export-traffic-secrets',
    'handshake-twice',
    'implicit-handshake',
    'ipv6',
    'is-handshaker-supported',
    'key-update',
    'new-x509-credential',
    'no-op-extra-handshake',
    'no-ticket',
    'no-tls1',
    'no-tls11',
    'no-tls12',
    'no-tls13',
    'partial-write',
    'peek-then-read',
    'read-with-unfinished-write',
    'reject-alpn',
    'renew-ticket',
    'require-any-client-certificate',
    'reverify-on-resume',
    'send-alert',
    'server',
    'server-preference',
    'shim-shuts-down',
    'shim-writes-first',
    'tls-unique',
    'use-custom-verify-callback',
    'use-early-callback',
    'use-export-context',
    'use-exporter-between-reads',
    'use-ticket-callback',
    'verify-fail',
    'verify-peer',
    'write-different-record-sizes',
  ],
  number: [
    'expect-cipher',
    'expect-cipher-aes',
    'expect-cipher-no-aes',
    'expect-curve-id',
    'expect-peer-signature-algorithm',
    'expect-selected-credential',
    'expect-version',
    'export-keying-material',
    'max-send-fragment',
    'max-version',
    'min-version',
    'port',
    'read-size',
    'resumption-delay',
    'resume-count',
    'shim-id',
  ],
  numbers: ['curves', 'expect-peer-verify-pref', 'signing-prefs', 'verify-prefs'],
  text: [
    'advertise-alpn',
    'cert-file',
    'cipher',
    'expect-advertised-alpn',
    'expect-alpn',
    'expect-early-data-reason',
    'expect-peer-cert-file',
    'expect-server-name',
    'export-context',
    'export-label',
    'host-name',
    'key-file',
    'select-alpn',
    'trust-cert',
  ],
  base64: [],
});
