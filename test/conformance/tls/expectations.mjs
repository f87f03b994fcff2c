/**
 * What the runner wants to be true after a handshake: the flags `-expect-*`. Not for: the data behind it (`exchange.mjs`).
 */
import { GROUPS, SCHEMES, TLS12 } from '../../../dist/host/tls/parameters.js';
import { Failure } from './failure.mjs';
import { readCertificates } from './settings.mjs';

/**
 * @typedef {object} Outcome
 * @property {import('../../../dist/host/tls/connection.js').TlsConnection} connection
 * @property {import('./flags.mjs').Settings} settings
 * @property {import('../../../dist/host/tls/config.js').TlsConfig} config
 * @property {import('./hellos.mjs').Hellos} hellos
 * @property {boolean} resumes whether an earlier session is there to be resumed
 */

/**
 * @param {Outcome} outcome
 * @throws Failure that says what is not as expected
 */
export function checkHandshake(outcome) {
  for (const [name, check] of Object.entries(CHECKS)) {
    const expected = outcome.settings[name];
    if (expected === undefined) continue;
    const found = check(outcome);
    if (found !== expected) throw new Failure(`-${name} ${expected}, but it is ${found}`);
  }
  checkResumption(outcome);
  checkAlpn(outcome);
  checkPeer(outcome);
  checkOffers(outcome);
}

/** @param {Outcome} outcome */
function checkResumption({ connection, settings, resumes }) {
  const expected = resumes && settings['expect-session-miss'] === undefined;
  if (connection.resumed !== expected) throw new Failure(`the session was ${expected ? 'not resumed' : 'resumed'}`);
}

/** Without a word of the runner, none is negotiated. @param {Outcome} outcome */
function checkAlpn({ connection, settings }) {
  const expected = settings[settings.server ? 'select-alpn' : 'expect-alpn'] ?? false;
  const found = connection.alpnProtocol;
  if (found !== expected) throw new Failure(`the application protocol is ${found} instead of ${expected}`);
}

/** @param {Outcome} outcome */
function checkPeer({ connection, settings }) {
  const file = settings['expect-peer-cert-file'];
  const chain = connection.peerChain;
  const needed = !settings.server || settings['require-any-client-certificate'];
  if (needed && !connection.resumed && chain.length === 0) throw new Failure('the peer gave no certificate');
  if (file === undefined) return;
  const expected = readCertificates(file);
  const same = chain.length === expected.length && chain.every((one, at) => expected[at]?.equals(one));
  if (!same) throw new Failure('the chain of the peer is not the expected one');
}

/** Lists that the peer offered, as they stood on the wire. @param {Outcome} outcome */
function checkOffers({ settings, hellos }) {
  const protocols = settings['expect-advertised-alpn'];
  const offered = hellos.extension('client', ALPN)?.subarray(2).toString('latin1');
  if (protocols !== undefined && offered !== protocols) throw new Failure(`the client offered ALPN ${offered}`);
  const schemes = settings['expect-peer-verify-pref'];
  if (schemes === undefined || !settings.server) return;
  const list = hellos.extension('client', SIGNATURE_ALGORITHMS)?.subarray(2) ?? Buffer.alloc(0);
  const found = Array.from({ length: list.length / 2 }, (_, at) => list.readUInt16BE(2 * at));
  if (found.join() !== schemes.join()) throw new Failure(`the client offered the schemes ${found}`);
}

/**
 * Its place among those that the runner has added; −1 for the standard one, and for none.
 * @param {Outcome} outcome
 */
function selectedCredential({ connection, settings, config }) {
  const place = config.credentials.findIndex(({ chain }) => chain[0] === connection.localChain[0]);
  return place < settings.credentials.length ? place : -1;
}

/** @param {import('../../../dist/host/tls/crypto/provider.js').GroupName | undefined} name */
function groupNumber(name) {
  return name && GROUPS[name];
}

/** @param {import('../../../dist/host/tls/parameters.js').SignatureScheme | undefined} name */
function schemeNumber(name) {
  return name && SCHEMES[name].id;
}

/**
 * How each property is found. A flag without a value expects `true`.
 * @type {Record<string, (outcome: Outcome) => unknown>}
 */
const CHECKS = {
  'expect-version': ({ connection }) => connection.version,
  'expect-cipher': ({ connection }) => connection.suite?.id,
  // A resumed session of TLS 1.2 has no key exchange.
  'expect-curve-id': ({ connection, settings }) =>
    connection.resumed && connection.version === TLS12 ? settings['expect-curve-id'] : groupNumber(connection.group),
  'expect-peer-signature-algorithm': ({ connection }) => schemeNumber(connection.peerSignatureScheme),
  'expect-server-name': ({ connection }) => connection.serverName,
  'expect-selected-credential': selectedCredential,
  'expect-hrr': ({ hellos }) => hellos.retried,
  'expect-no-hrr': ({ hellos }) => !hellos.retried,
  // TLS 1.3 always has what that extension brought (RFC 8446 appendix D).
  'expect-extended-master-secret': ({ connection, hellos }) =>
    connection.version !== TLS12 || hellos.extension('server', EXTENDED_MASTER_SECRET) !== undefined,
  'expect-secure-renegotiation': ({ hellos }) => hellos.extension('server', RENEGOTIATION_INFO) !== undefined,
  'expect-no-secure-renegotiation': ({ hellos }) => hellos.extension('server', RENEGOTIATION_INFO) === undefined,
};

// RFC 8446 §4.2, RFC 7301, RFC 7627, RFC 5746.
const SIGNATURE_ALGORITHMS = 13;
const ALPN = 16;
const EXTENDED_MASTER_SECRET = 23;
const RENEGOTIATION_INFO = 0xff01;
