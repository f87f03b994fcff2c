/**
 * Finished of TLS 1.3, RFC 8446 §4.4.4. Not for: TLS 1.2's, which has 12 bytes of another function.
 */
import { TlsError } from '../alert.js';
import { HANDSHAKE, type HandshakeMessage } from '../messages/handshake.js';
import type { Hash } from '../schedule/hkdf.js';
import { finishedData } from '../schedule/key-schedule.js';
import type { HandshakeContext } from './context.js';

/** @param baseKey the own handshake traffic secret */
export function sendFinished(context: HandshakeContext, hash: Hash, baseKey: Uint8Array): void {
  const data = finishedData(hash, baseKey, context.transcript.hash());
  context.facts.finished = data;
  context.send(HANDSHAKE.finished, data);
}

/** @param baseKey the peer's handshake traffic secret. @throws TlsError when the data is wrong, or keys can't change here */
export function receiveFinished(
  context: HandshakeContext,
  hash: Hash,
  baseKey: Uint8Array,
  message: HandshakeMessage,
): void {
  const expected = finishedData(hash, baseKey, context.transcript.hash());
  if (!context.provider.equal(expected, message.body)) {
    throw new TlsError('decrypt_error', 'DIGEST_CHECK_FAILED', "the peer's Finished is wrong (decrypt_error)");
  }
  context.checkBoundary();
  context.facts.peerFinished = expected;
  context.transcript.add(message.bytes);
  context.records.passChangeCipherSpec(false);
}
