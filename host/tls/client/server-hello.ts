/**
 * What a client makes of a ServerHello of TLS 1.3: the shared secret, the PSK, the keys of the handshake. RFC 8446 §4.1.3,
 * §4.2.8, §4.2.11. Not for: what both versions have in common (`expect-server-hello.ts`).
 */
import { TlsError } from '../alert.js';
import { finishShare } from '../handshake/agreement.js';
import type { HandshakeContext } from '../handshake/context.js';
import type { Expect } from '../handshake/expect.js';
import { handshakeSecrets, hashOf, readWith, writeWith } from '../handshake/keys13.js';
import { confirmPeer } from '../handshake/peer.js';
import { checkAnswer, EXTENSION } from '../messages/extension.js';
import { readKeyShare, readU16 } from '../messages/extension-codec.js';
import type { ServerHello } from '../messages/server-hello.js';
import { type CipherSuite, groupById, suiteById, TLS13 } from '../parameters.js';
import { KeySchedule, type TrafficSecrets } from '../schedule/key-schedule.js';
import { restorePeer } from '../session/resumption.js';
import type { Session } from '../session/session.js';
import { ExpectEncryptedExtensions } from './encrypted.js';
import type { ClientOffer } from './offer.js';

export interface Answer13 {
  readonly offer: ClientOffer;
  readonly hello: ServerHello;
  readonly suite: CipherSuite;
  /** Whether the change_cipher_spec of RFC 8446 §D.4 went out with a second ClientHello. */
  readonly sentChangeCipherSpec: boolean;
}

/** What the states after ServerHello carry along. */
export interface Client13 {
  readonly context: HandshakeContext;
  readonly offer: ClientOffer;
  readonly suite: CipherSuite;
  readonly schedule: KeySchedule;
  readonly secrets: TrafficSecrets;
  /** The session that the server resumes. */
  readonly resumed: Session | undefined;
}

/** ServerHello is in the transcript already. */
export function beginClient13(context: HandshakeContext, answer: Answer13): Expect {
  const { offer, hello, suite } = answer;
  const allowed = [EXTENSION.supported_versions, EXTENSION.key_share, EXTENSION.pre_shared_key];
  checkAnswer('ServerHello', hello.extensions, allowed, offer.extensions, 'UNEXPECTED_EXTENSION');
  const resumed = resumedSession(answer);
  const sharedSecret = agree(context, answer);
  const schedule = context.own(new KeySchedule(hashOf(context, suite), resumed?.secret));
  schedule.enterHandshake(sharedSecret);
  context.facts.suite = suite;
  if (resumed !== undefined) restorePeer(context, resumed);
  const secrets = handshakeSecrets(context, schedule);
  context.transcript.forget();
  readWith(context, suite, secrets.server);
  if (!answer.sentChangeCipherSpec) context.sendChangeCipherSpec(); // RFC 8446 §D.4
  writeWith(context, suite, secrets.client);
  if (resumed !== undefined) confirmPeer(context); // Now that the server can read what we say to it.
  return new ExpectEncryptedExtensions({ context, offer, suite, schedule, secrets, resumed });
}

function agree(context: HandshakeContext, { offer, hello }: Answer13): Uint8Array<ArrayBuffer> {
  const content = hello.extensions.get(EXTENSION.key_share);
  if (content === undefined) {
    // Only psk_dhe_ke is offered, so there is always a share.
    throw new TlsError('missing_extension', 'MISSING_KEY_SHARE', 'ServerHello has no key_share (missing_extension)');
  }
  const { group: number, share } = readKeyShare(content);
  const group = groupById(number);
  const keyOffer = group === undefined ? undefined : offer.keyOffers.get(group);
  if (group === undefined || keyOffer === undefined) {
    throw new TlsError(
      'illegal_parameter',
      'WRONG_CURVE',
      `the server chose group 0x${number.toString(16)}, for which there is no share (illegal_parameter)`,
    );
  }
  context.facts.group = group;
  return finishShare(keyOffer, share);
}

/** RFC 8446 §4.2.11: the one PSK that was offered, with the hash that it belongs to. */
function resumedSession({ offer, hello, suite }: Answer13): Session | undefined {
  const content = hello.extensions.get(EXTENSION.pre_shared_key);
  if (content === undefined) return undefined;
  const { session } = offer;
  if (readU16(content, 'pre_shared_key') !== 0 || session?.version !== TLS13) {
    throw new TlsError(
      'illegal_parameter',
      'PSK_IDENTITY_NOT_FOUND',
      'the server chose a PSK that was not offered (illegal_parameter)',
    );
  }
  if (suiteById(session.suite)?.hash !== suite.hash) {
    throw new TlsError(
      'illegal_parameter',
      'OLD_SESSION_PRF_HASH_MISMATCH',
      'the server resumes a session with another hash (illegal_parameter)',
    );
  }
  return session;
}
