/**
 * PSKs that a client offers, which here are tickets: RFC 8446 §4.2.11, §4.6.1. Not for: giving tickets (`ticket.ts`).
 */
import { TlsError } from '../alert.js';
import type { HandshakeContext } from '../handshake/context.js';
import type { ClientHello } from '../messages/client-hello.js';
import type { OfferedPsks } from '../messages/extension-codec.js';
import { type CipherSuite, suiteById, TLS13 } from '../parameters.js';
import { hashLength } from '../schedule/hkdf.js';
import { finishedData, KeySchedule } from '../schedule/key-schedule.js';
import { isUsable } from '../session/resumption.js';
import { decodeSession, type Session } from '../session/session.js';
import { wipe } from '../wire/bytes.js';

/** A PSK that was found good. */
export interface ChosenPsk {
  /** Its place in the client's list. */
  readonly index: number;
  readonly session: Session;
}

/**
 * The first PSK that is ours, fits the suite and the configuration, and whose binder is right.
 * @param afterRetry then the transcript holds what comes before this ClientHello; else nothing counts but the ClientHello
 * @throws TlsError when a binder is wrong
 */
export function findPsk(
  context: HandshakeContext,
  hello: ClientHello,
  suite: CipherSuite,
  afterRetry: boolean,
): ChosenPsk | undefined {
  const { psks, pskModes } = hello;
  if (psks === undefined) return undefined;
  if (psks.identities.length !== psks.binders.length) {
    throw new TlsError(
      'illegal_parameter',
      'PSK_IDENTITY_BINDER_COUNT_MISMATCH',
      `${psks.identities.length} PSKs have ${psks.binders.length} binders (illegal_parameter)`,
    );
  }
  if (pskModes?.includes(PSK_DHE_KE) !== true) return undefined;
  const found = openFirst(context, psks, suite);
  if (found === undefined) return undefined;
  context.own(found.session.secret);
  const binder = psks.binders[found.index] ?? new Uint8Array(0);
  const covered = hello.bytes.subarray(0, hello.bytes.length - psks.bindersLength);
  const coveredHash = afterRetry
    ? context.transcript.hashWith(suite.hash, covered)
    : context.provider.hash(suite.hash, covered);
  if (!context.provider.equal(binder, binderOf(context, found.session, suite, coveredHash))) {
    throw new TlsError('decrypt_error', 'DIGEST_CHECK_FAILED', "a PSK's binder is wrong (decrypt_error)");
  }
  return found;
}

function openFirst(context: HandshakeContext, psks: OfferedPsks, suite: CipherSuite): ChosenPsk | undefined {
  const { config, facts } = context;
  for (const [index, { identity }] of psks.identities.slice(0, IDENTITIES_LIMIT).entries()) {
    const plaintext = config.ticketKeys?.open(identity);
    const session = plaintext === undefined ? undefined : decodeSession(plaintext);
    wipe(plaintext);
    if (session === undefined) continue;
    const fits = session.version === TLS13 && suiteById(session.suite)?.hash === suite.hash;
    if (fits && session.secret.length === hashLength({ provider: context.provider, name: suite.hash })) {
      if (isUsable(session, config, facts.serverName)) return { index, session };
    }
    wipe(session.secret);
  }
  return undefined;
}

function binderOf(context: HandshakeContext, session: Session, suite: CipherSuite, coveredHash: Uint8Array) {
  const schedule = new KeySchedule({ provider: context.provider, name: suite.hash }, session.secret);
  const key = schedule.binderKey();
  const binder = finishedData(schedule.hash, key, coveredHash);
  schedule.wipe();
  wipe(key);
  return binder;
}

/** Tickets that are tried: nobody who is honest has more of them for one server. */
const IDENTITIES_LIMIT = 8;
const PSK_DHE_KE = 1;
