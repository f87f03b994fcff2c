/**
 * Choices that both versions and both roles make alike: application protocol, credentials, signature scheme.
 * Not for: cipher suites and groups (`../server/`).
 */
import { TlsError } from '../alert.js';
import type { Credentials } from '../config.js';
import { suits } from '../crypto/suitability.js';
import { SCHEMES, type SignatureScheme, schemeById, TLS13 } from '../parameters.js';
import type { TlsVersion } from '../records.js';
import type { Certificate } from '../x509/certificate.js';
import type { HandshakeContext } from './context.js';

/** Credentials with the scheme that they sign with. */
export interface Signer {
  readonly credentials: Credentials;
  readonly scheme: SignatureScheme;
}

/** What the peer can verify: numbers of signature schemes. */
export interface PeerSchemes {
  readonly schemes: readonly number[];
  /** For certificates, where that is something else: signature_algorithms_cert (RFC 8446 §4.2.3). */
  readonly certificateSchemes: readonly number[] | undefined;
}

/**
 * RFC 7301 §3.2: the server's choice, by its own preference.
 * @param offered `undefined`: the client did not ask
 * @throws TlsError `no_application_protocol` when there is nothing in common
 */
export function chooseAlpn({ config, facts }: HandshakeContext, offered: readonly string[] | undefined): void {
  if (offered === undefined) return;
  const { alpn } = config;
  const answer = config.chooseProtocol?.(facts.serverName, offered);
  if (answer === undefined && alpn.length === 0) return;
  const chosen = answer === undefined ? alpn.find((protocol) => offered.includes(protocol)) : answer;
  if (typeof chosen !== 'string' || !offered.includes(chosen)) {
    const wanted = alpn.length === 0 ? 'which will not do' : `none of ${alpn.join(', ')}`;
    throw new TlsError(
      'no_application_protocol',
      'NO_APPLICATION_PROTOCOL',
      `the client speaks ${offered.join(', ')}, ${wanted} (no_application_protocol)`,
    );
  }
  facts.alpnProtocol = chosen;
}

/** RFC 7301 §3.1: the client takes what it offered. @throws TlsError `illegal_parameter` for anything else */
export function acceptAlpn(context: HandshakeContext, chosen: string): void {
  if (!context.config.alpn.includes(chosen)) {
    throw new TlsError(
      'illegal_parameter',
      'INVALID_ALPN_PROTOCOL',
      `the server chose the protocol ${chosen}, which was not offered (illegal_parameter)`,
    );
  }
  context.facts.alpnProtocol = chosen;
}

/**
 * The first credentials that the peer can verify, certificates included; failing that, the first whose signature it can
 * verify: it may know the certificate from elsewhere (RFC 8446 §4.4.2.2).
 * @param fits a further condition: TLS 1.2's suites ask for kinds of keys
 */
export function chooseSigner(
  context: HandshakeContext,
  peer: PeerSchemes,
  version: TlsVersion,
  fits: (credentials: Credentials) => boolean = () => true,
): Signer | undefined {
  const signers = context.config.credentials.filter(fits).flatMap((credentials) => {
    const scheme = schemeFor(context, credentials, peer.schemes, version);
    return scheme === undefined ? [] : [{ credentials, scheme }];
  });
  const schemes = peer.certificateSchemes ?? peer.schemes;
  return signers.find(({ credentials }) => canVerifyChain(credentials.chain, schemes)) ?? signers[0];
}

/** The scheme by which these credentials sign for the peer; `undefined`: there is none. */
export function schemeFor(
  context: HandshakeContext,
  { key, schemes }: Credentials,
  peerSchemes: readonly number[],
  version: TlsVersion,
): SignatureScheme | undefined {
  if (!context.provider.canSign(key)) return undefined;
  return (schemes ?? context.config.signatureSchemes).find((name) => {
    const scheme = SCHEMES[name];
    return peerSchemes.includes(scheme.id) && isFor(name, version, key) && suits(key.public, scheme.kind);
  });
}

/** Whether a key of this kind signs with this scheme in this version (RFC 8446 §4.2.3, RFC 5246 §7.4.1.4.1). */
export function isFor(
  name: SignatureScheme,
  version: TlsVersion,
  key: { readonly algorithm: string; readonly curve?: string },
): boolean {
  const scheme = SCHEMES[name];
  if (scheme.key !== key.algorithm) return false;
  return version !== TLS13 || (scheme.legacy !== true && (scheme.curve === undefined || scheme.curve === key.curve));
}

/** What both sides speak, in our order. */
export function sharedSchemes(context: HandshakeContext, peerSchemes: readonly number[]): SignatureScheme[] {
  return context.config.signatureSchemes.filter((name) => peerSchemes.includes(SCHEMES[name].id));
}

/** A trust anchor's own signature is nobody's concern. */
function canVerifyChain(chain: readonly Certificate[], schemes: readonly number[]): boolean {
  return chain.every((certificate) => {
    if (certificate.selfIssued) return true;
    const { kind } = certificate.algorithm;
    return schemes.some((id) => {
      const name = schemeById(id);
      if (name === undefined || kind === undefined) return false;
      const { kind: other } = SCHEMES[name];
      if (kind.algorithm === 'ed25519' || other.algorithm === 'ed25519') return kind.algorithm === other.algorithm;
      return kind.algorithm === other.algorithm && kind.hash === other.hash;
    });
  });
}
