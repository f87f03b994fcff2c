/**
 * The server's flight of TLS 1.3, from ServerHello to Finished: RFC 8446 §4.1.3, §4.3, §4.4.
 * Not for: choosing what stands in it (`negotiate.ts`); the client's answer (`client-flight.ts`).
 */
import { TlsError } from '../alert.js';
import { respondShare } from '../handshake/agreement.js';
import { sendCertificate } from '../handshake/certificate-verify.js';
import { chooseAlpn, chooseSigner, type Signer, sharedSchemes } from '../handshake/choose.js';
import type { HandshakeContext } from '../handshake/context.js';
import type { Expect } from '../handshake/expect.js';
import { sendFinished } from '../handshake/finished.js';
import { applicationSecrets, handshakeSecrets, hashOf, readWith, writeWith } from '../handshake/keys13.js';
import { confirmPeer } from '../handshake/peer.js';
import { serverRandom } from '../handshake/random.js';
import { writeCertificateRequest } from '../messages/certificate.js';
import type { ClientHello } from '../messages/client-hello.js';
import { writeEncryptedExtensions } from '../messages/encrypted-extensions.js';
import { EXTENSION } from '../messages/extension.js';
import { writeAlpn, writeKeyShare, writeU16 } from '../messages/extension-codec.js';
import { HANDSHAKE } from '../messages/handshake.js';
import { writeServerHello } from '../messages/server-hello.js';
import { GROUPS, SCHEMES, TLS12, TLS13 } from '../parameters.js';
import { KeySchedule, type TrafficSecrets } from '../schedule/key-schedule.js';
import { restorePeer } from '../session/resumption.js';
import { EMPTY } from '../wire/bytes.js';
import { ExpectClientCertificate, ExpectClientFinished } from './client-flight.js';
import type { Choice } from './negotiate.js';
import type { ChosenPsk } from './psk.js';

export interface Negotiated {
  readonly hello: ClientHello;
  readonly choice: Choice;
  readonly psk: ChosenPsk | undefined;
  /** Whether a HelloRetryRequest was sent, and with it change_cipher_spec. */
  readonly afterRetry: boolean;
}

/** What the states after the flight carry along. */
export interface Server13 {
  readonly context: HandshakeContext;
  readonly negotiated: Negotiated;
  readonly schedule: KeySchedule;
  readonly secrets: TrafficSecrets;
  readonly application: TrafficSecrets;
}

export function sendFlight(context: HandshakeContext, negotiated: Negotiated): Expect {
  const { hello, choice, psk } = negotiated;
  const { suite } = choice;
  chooseAlpn(context, hello.alpn);
  context.facts.sharedSignatureSchemes = sharedSchemes(context, hello.schemes ?? []);
  const signer = psk === undefined ? findSigner(context, hello) : undefined;
  if (psk !== undefined) restorePeer(context, psk.session);
  const schedule = sendServerHello(context, negotiated);
  const secrets = handshakeSecrets(context, schedule);
  writeWith(context, suite, secrets.server);
  readWith(context, suite, secrets.client);
  if (psk !== undefined) confirmPeer(context);
  sendEncryptedExtensions(context, choice.isNamed);
  const asks = signer !== undefined && context.config.requestCert;
  if (asks) sendCertificateRequest(context);
  if (signer !== undefined) sendCertificate(context, signer, 'server');
  sendFinished(context, schedule.hash, secrets.server);
  const application = applicationSecrets(context, schedule);
  context.own(application.client);
  context.own(application.server);
  writeWith(context, suite, application.server);
  const server = { context, negotiated, schedule, secrets, application };
  return asks ? new ExpectClientCertificate(server) : new ExpectClientFinished(server);
}

function findSigner(context: HandshakeContext, { schemes, certificateSchemes }: ClientHello): Signer {
  // RFC 8446 §4.2.3: without it, certificates can't be used.
  if (schemes === undefined) {
    throw new TlsError(
      'missing_extension',
      'MISSING_EXTENSION',
      'ClientHello has no signature_algorithms (missing_extension)',
    );
  }
  const signer = chooseSigner(context, { schemes, certificateSchemes }, TLS13);
  if (signer !== undefined) return signer;
  throw new TlsError(
    'handshake_failure',
    'NO_COMMON_SIGNATURE_ALGORITHMS',
    'no certificate here signs in a way that the client can verify (handshake_failure)',
  );
}

function sendServerHello(context: HandshakeContext, { hello, choice, psk, afterRetry }: Negotiated): KeySchedule {
  const { group: name, suite } = choice;
  const group = GROUPS[name];
  const clientShare = hello.keyShares?.find((entry) => entry.group === group)?.share ?? EMPTY;
  const { share, secret } = respondShare(context.provider, name, clientShare);
  const extensions = new Map([
    [EXTENSION.supported_versions, writeU16(TLS13)],
    [EXTENSION.key_share, writeKeyShare({ group, share })],
  ]) as Map<number, Uint8Array>;
  if (psk !== undefined) extensions.set(EXTENSION.pre_shared_key, writeU16(psk.index));
  const random = serverRandom(context, TLS13);
  const { sessionId } = hello;
  const answer = { legacyVersion: TLS12, random, sessionId, suite: suite.id, compression: 0, extensions };
  context.send(HANDSHAKE.server_hello, writeServerHello(answer));
  if (!afterRetry) context.sendChangeCipherSpec(); // RFC 8446 §D.4, which allows it to every client.
  const schedule = context.own(new KeySchedule(hashOf(context, suite), psk?.session.secret));
  schedule.enterHandshake(secret);
  return schedule;
}

function sendEncryptedExtensions(context: HandshakeContext, isNamed: boolean): void {
  const { alpnProtocol } = context.facts;
  const extensions = new Map<number, Uint8Array>();
  if (isNamed) extensions.set(EXTENSION.server_name, EMPTY);
  if (alpnProtocol !== undefined) {
    extensions.set(EXTENSION.application_layer_protocol_negotiation, writeAlpn([alpnProtocol]));
  }
  context.send(HANDSHAKE.encrypted_extensions, writeEncryptedExtensions(extensions));
}

function sendCertificateRequest(context: HandshakeContext): void {
  const schemes = context.config.signatureSchemes.map((name) => SCHEMES[name].id);
  context.send(HANDSHAKE.certificate_request, writeCertificateRequest(schemes));
}
