/**
 * Certificate and CertificateVerify of TLS 1.3, the same for both roles: RFC 8446 §4.4.2, §4.4.3.
 * Not for: whether the chain is to be believed (`peer.ts`).
 */
import { TlsError } from '../alert.js';
import {
  readCertificate,
  readCertificateVerify,
  writeCertificate,
  writeCertificateVerify,
} from '../messages/certificate.js';
import { checkAnswer } from '../messages/extension.js';
import { HANDSHAKE, type HandshakeMessage } from '../messages/handshake.js';
import { SCHEMES, schemeById, TLS13 } from '../parameters.js';
import { concat, latin1 } from '../wire/bytes.js';
import { isFor, type Signer } from './choose.js';
import type { HandshakeContext } from './context.js';
import { readChain } from './peer.js';

export type Sender = 'client' | 'server';

/**
 * Reads the peer's chain into the facts.
 * @returns whether there is one; that there has to be one is for the caller to know
 */
export function receiveCertificate(context: HandshakeContext, message: HandshakeMessage): boolean {
  const { context: requestContext, entries } = readCertificate(message.body);
  // RFC 8446 §4.4.2: empty in the handshake; ours never is anything else.
  if (requestContext.length > 0) {
    throw new TlsError('illegal_parameter', 'DECODE_ERROR', 'Certificate has a request context (illegal_parameter)');
  }
  for (const { extensions } of entries) checkAnswer('Certificate', extensions, [], ASKED_FOR);
  context.facts.peerChain = readChain(entries.map(({ certificate }) => certificate));
  context.transcript.add(message.bytes);
  return entries.length > 0;
}

/** @throws TlsError for a scheme that may not be used, or a wrong signature */
export function receiveCertificateVerify(context: HandshakeContext, message: HandshakeMessage, sender: Sender): void {
  const { config, facts, provider, transcript } = context;
  const { scheme: number, signature } = readCertificateVerify(message.body);
  const scheme = schemeById(number);
  const key = facts.peerChain[0]?.publicKey;
  const isOffered = scheme !== undefined && config.signatureSchemes.includes(scheme);
  if (key === undefined || !isOffered || !isFor(scheme, TLS13, key)) {
    throw new TlsError(
      'illegal_parameter',
      'WRONG_SIGNATURE_TYPE',
      `the ${sender} signed with scheme 0x${number.toString(16)} (illegal_parameter)`,
    );
  }
  if (!provider.verify(key, SCHEMES[scheme].kind, signedContent(sender, transcript.hash()), signature)) {
    throw new TlsError('decrypt_error', 'BAD_SIGNATURE', `the ${sender}'s signature is wrong (decrypt_error)`);
  }
  facts.peerSignatureScheme = scheme;
  transcript.add(message.bytes);
}

/** Sends Certificate and, where there is something to prove, CertificateVerify. */
export function sendCertificate(context: HandshakeContext, signer: Signer | undefined, sender: Sender): void {
  const chain = signer?.credentials.chain ?? [];
  const { facts, provider, transcript } = context;
  facts.localChain = chain;
  context.send(
    HANDSHAKE.certificate,
    writeCertificate(
      new Uint8Array(0),
      chain.map(({ raw }) => raw),
    ),
  );
  if (signer === undefined) return;
  const { credentials, scheme } = signer;
  const signature = provider.sign(credentials.key, SCHEMES[scheme].kind, signedContent(sender, transcript.hash()));
  context.send(HANDSHAKE.certificate_verify, writeCertificateVerify(SCHEMES[scheme].id, signature));
}

/** RFC 8446 §4.4.3. */
function signedContent(sender: Sender, transcriptHash: Uint8Array): Uint8Array {
  const padding = new Uint8Array(64).fill(0x20);
  return concat(padding, latin1(`TLS 1.3, ${sender} CertificateVerify\0`), transcriptHash);
}

/** Nothing is asked for that an entry could answer: no status_request, no signed_certificate_timestamp. */
const ASKED_FOR: ReadonlySet<number> = new Set();
