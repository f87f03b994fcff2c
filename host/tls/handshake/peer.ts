/**
 * The peer's certificates: read, judged, and the verdict acted upon. Not for: how the verdict is found (`../x509/`).
 */
import { type AlertName, TlsError } from '../alert.js';
import { Certificate } from '../x509/certificate.js';
import { KEY_USAGE } from '../x509/extensions.js';
import { verifyChain } from '../x509/verify.js';
import type { HandshakeContext } from './context.js';

/**
 * Reads a chain, the peer's own certificate first.
 * @throws TlsError for one that can't be read, and for a key that must not sign (RFC 8446 §4.4.2.2)
 */
export function readChain(chain: readonly Uint8Array[]): Certificate[] {
  const certificates = chain.map(readCertificate);
  const [leaf] = certificates;
  if (leaf !== undefined && !maySign(leaf)) {
    throw new TlsError(
      'illegal_parameter',
      'KEY_USAGE_BIT_INCORRECT',
      "the certificate's key usage has no digitalSignature (illegal_parameter)",
    );
  }
  return certificates;
}

/**
 * Finds the verdict on `facts.peerChain`, whose key has proved itself.
 * @throws TlsError with the verdict's alert and code when the peer is to be refused
 */
export function verifyPeer(context: HandshakeContext): void {
  const { config, facts, provider } = context;
  const { role, trust, crls } = config;
  const verdict = verifyChain({
    chain: facts.peerChain,
    trust,
    purpose: role === 'client' ? 'server' : 'client',
    name: role === 'client' && config.identify === undefined ? config.serverName : undefined,
    at: config.wall(),
    crls,
    provider,
  });
  const { authorized, alert, code, message } = verdict;
  settle(context, authorized ? misidentified(context) : refusal(alert, code, message));
}

/** The last word on a peer that a session stands for. @throws TlsError as `verifyPeer` */
export function confirmPeer(context: HandshakeContext): void {
  const { config, facts } = context;
  if ((config.judge ?? config.identify) === undefined || facts.peerChain.length === 0) return;
  const { authorizationError: error } = facts;
  settle(context, error === null ? misidentified(context) : refusal('bad_certificate', error.code, error.message));
}

/** A client that was asked for a certificate gave none. @throws TlsError with this alert when it has to */
export function missPeer(context: HandshakeContext, alert: AlertName): void {
  const { config, facts } = context;
  facts.authorized = false;
  if (config.rejectUnauthorized) {
    throw new TlsError(alert, 'PEER_DID_NOT_RETURN_A_CERTIFICATE', `the client gave no certificate (${alert})`);
  }
  const message = 'the client gave no certificate';
  facts.authorizationError = Object.assign(new Error(message), { code: 'UNABLE_TO_GET_ISSUER_CERT', errno: 0 });
}

/** The program's own view of who the server is. @returns its complaint, with what it said as the cause */
function misidentified({ config, facts }: HandshakeContext): TlsError | null {
  const cause = complaint(() => config.identify?.(config.serverName ?? '', facts.peerChain));
  if (cause === undefined) return null;
  const { code = 'ERR_TLS_CERT_ALTNAME_INVALID' } = cause as Error & { code?: string };
  return Object.assign(refusal('bad_certificate', code, cause.message), { cause });
}

/** Whoever throws has complained, too. */
function complaint(identify: () => Error | undefined): Error | undefined {
  try {
    return identify();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function settle(context: HandshakeContext, own: TlsError | null): void {
  const { config, facts } = context;
  const verdict = config.judge === undefined ? own : config.judge(facts.peerChain, own);
  facts.authorized = verdict === null;
  facts.authorizationError = verdict;
  if (verdict !== null && config.rejectUnauthorized) throw verdict;
}

function refusal(alert: AlertName, code: string, message: string): TlsError {
  return new TlsError(alert, 'CERTIFICATE_VERIFY_FAILED', `${message} (${alert})`, { code });
}

function readCertificate(der: Uint8Array, index: number): Certificate {
  try {
    return Certificate.parse(der);
  } catch (error) {
    const which = index === 0 ? 'the certificate' : `certificate ${index} of the chain`;
    throw new TlsError(
      'decode_error',
      index === 0 ? 'CANNOT_PARSE_LEAF_CERT' : 'CANNOT_PARSE_CERT',
      `${which} can't be read: ${(error as Error).message} (decode_error)`,
    );
  }
}

function maySign(leaf: Certificate): boolean {
  try {
    return leaf.keyUsage === undefined || (leaf.keyUsage & KEY_USAGE.digitalSignature) !== 0;
  } catch {
    return true; // What is malformed is refused by the verdict.
  }
}
