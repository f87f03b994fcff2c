/**
 * The master secret at work: it switches on the keys of both directions, makes and checks Finished, and exports.
 * Not for: how the secret came about (`exchange.ts`, `session.ts`); which state comes when (`finish.ts`).
 */
import { TlsError } from '../alert.js';
import type { HandshakeContext } from '../handshake/context.js';
import { logSecret } from '../keylog.js';
import { HANDSHAKE } from '../messages/handshake.js';
import { type CipherSuite, TLS12 } from '../parameters.js';
import { exporter, finishedData, keyBlock, type Randoms } from './secrets.js';

export class Protection {
  readonly #keys: ReturnType<typeof keyBlock>;

  /** @param master 48 bytes, wiped with the handshake's secrets */
  constructor(
    readonly context: HandshakeContext,
    readonly suite: CipherSuite,
    readonly master: Uint8Array<ArrayBuffer>,
    readonly randoms: Randoms,
  ) {
    context.own(master);
    this.#keys = keyBlock(context.provider, suite, master, randoms);
    for (const { key, iv } of Object.values(this.#keys)) {
      context.own(key);
      context.own(iv);
    }
    logSecret(context.config, 'CLIENT_RANDOM', randoms.client, master);
  }

  /** Sends ChangeCipherSpec and Finished behind it (RFC 5246 §7.1, §7.4.9). */
  sendFinished(): void {
    const { config, facts } = this.context;
    this.context.sendChangeCipherSpec();
    this.context.writeKeys(TLS12, this.#keys[config.role]);
    facts.finished = this.#verifyData(config.role);
    this.context.send(HANDSHAKE.finished, facts.finished);
    this.context.flush();
  }

  /** The peer's ChangeCipherSpec came. @throws TlsError when part of a handshake message waits */
  openPeer(): void {
    this.context.readKeys(TLS12, this.#keys[peerOf(this.context.config.role)]);
  }

  /**
   * Checks the body of the peer's Finished, which is not yet in the transcript.
   * @throws TlsError `decrypt_error`, for a wrong length too
   */
  checkFinished(body: Uint8Array): void {
    const expected = this.#verifyData(peerOf(this.context.config.role));
    if (!this.context.provider.equal(expected, body)) {
      throw new TlsError('decrypt_error', 'DIGEST_CHECK_FAILED', "the peer's Finished is wrong (decrypt_error)");
    }
    this.context.facts.peerFinished = expected;
  }

  /** Both Finished are verified. The exporter keeps the master secret until the connection ends. */
  finish(): void {
    const { context, suite, randoms } = this;
    const master = context.keep(this.master.slice());
    context.exporter = (length, label, bound) =>
      exporter(context.provider, suite.hash, master, randoms, length, label, bound);
    context.finish();
  }

  #verifyData(sender: 'client' | 'server'): Uint8Array<ArrayBuffer> {
    return finishedData(this.context.provider, this.suite.hash, this.master, sender, this.context.transcript.hash());
  }
}

function peerOf(role: 'client' | 'server'): 'client' | 'server' {
  return role === 'client' ? 'server' : 'client';
}
