/**
 * A client whose ServerHello turned out to be one of TLS 1.2: what it says is checked against what was offered, then the
 * handshake goes on in full or abbreviated. Not for: finding out the version and a downgrade (`../../client/`).
 */
import { type AlertName, TlsError } from '../../alert.js';
import { acceptAlpn } from '../../handshake/choose.js';
import type { HandshakeContext } from '../../handshake/context.js';
import type { Expect } from '../../handshake/expect.js';
import { confirmPeer } from '../../handshake/peer.js';
import { checkAnswer, EXTENSION } from '../../messages/extension.js';
import { readEmpty, readRenegotiationInfo, readSelectedAlpn, readU8List } from '../../messages/extension-codec.js';
import type { ServerHello } from '../../messages/server-hello.js';
import { TLS12 } from '../../parameters.js';
import { restorePeer } from '../../session/resumption.js';
import type { Session } from '../../session/session.js';
import { sameBytes } from '../../wire/bytes.js';
import { suites12 } from '../choice.js';
import type { Exchange } from '../exchange.js';
import { ExpectChangeCipherSpec, ExpectFinished } from '../finish.js';
import { Protection } from '../protection.js';
import { ExpectServerCertificate } from './certificate.js';
import { ExpectNewSessionTicket, type TicketSlot, tellSession } from './ticket.js';

/** What the ClientHello offered. */
export interface Offer12 {
  /** The types of its extensions. */
  readonly extensions: { has(type: number): boolean };
  readonly sessionId: Uint8Array;
  /** The session whose ticket it brought, of either version. */
  readonly session: Session | undefined;
}

/**
 * @param hello in the transcript already
 * @returns the state that awaits what follows it
 * @throws TlsError when it answers what was not asked
 */
export function beginClient12(context: HandshakeContext, offer: Offer12, hello: ServerHello): Expect {
  const exchange = readAnswer(context, offer, hello);
  context.transcript.start(exchange.suite.hash);
  context.records.passChangeCipherSpec(false);
  const session = resumedSession(offer, hello);
  return session === undefined ? new ExpectServerCertificate(exchange) : resume(exchange, session);
}

function readAnswer(context: HandshakeContext, offer: Offer12, hello: ServerHello): Exchange {
  const suite = suites12(context.config).find(({ id }) => id === hello.suite);
  if (suite === undefined) {
    throw failure('illegal_parameter', 'WRONG_CIPHER_RETURNED', 'the server chose a cipher suite that was not offered');
  }
  if (hello.compression !== 0) {
    throw failure('illegal_parameter', 'UNSUPPORTED_COMPRESSION_ALGORITHM', 'the server chose a compression');
  }
  const { extensions } = hello;
  checkAnswer('ServerHello', extensions, ALLOWED, offer.extensions);
  checkContents(extensions);
  context.facts.suite = suite;
  context.facts.extendedMasterSecret = extensions.has(EXTENSION.extended_master_secret);
  const protocol = extensions.get(EXTENSION.application_layer_protocol_negotiation);
  if (protocol !== undefined) acceptAlpn(context, readSelectedAlpn(protocol));
  return {
    context,
    suite,
    randoms: { client: context.clientRandom, server: hello.random.slice() },
    ticketPromised: extensions.has(EXTENSION.session_ticket),
  };
}

function checkContents(extensions: ServerHello['extensions']): void {
  for (const type of [EXTENSION.server_name, EXTENSION.extended_master_secret, EXTENSION.session_ticket]) {
    const content = extensions.get(type);
    if (content !== undefined) readEmpty(content, `extension ${type}`);
  }
  // RFC 5746 §3.4: in a first handshake there is nothing to bind to. A server that does not send it is borne with: it is
  // the server who would be attacked, and we never renegotiate.
  const renegotiation = extensions.get(EXTENSION.renegotiation_info);
  if (renegotiation !== undefined && readRenegotiationInfo(renegotiation).length > 0) {
    throw failure('handshake_failure', 'RENEGOTIATION_MISMATCH', 'the server speaks of an earlier handshake');
  }
  // RFC 8422 §5.2.
  const formats = extensions.get(EXTENSION.ec_point_formats);
  if (formats !== undefined && !readU8List(formats, 'ec_point_formats').includes(UNCOMPRESSED)) {
    throw failure('illegal_parameter', 'ERROR_PARSING_EXTENSION', "the server doesn't take uncompressed points");
  }
}

/** RFC 5077 §3.4: a server that resumes echoes the session id; nobody else may. */
function resumedSession({ sessionId, session }: Offer12, hello: ServerHello): Session | undefined {
  if (hello.sessionId.length === 0 || !sameBytes(hello.sessionId, sessionId)) return undefined;
  if (session === undefined) {
    throw failure('illegal_parameter', 'SERVER_ECHOED_INVALID_SESSION_ID', 'the server resumes what was not offered');
  }
  if (session.version !== TLS12) {
    throw failure('illegal_parameter', 'OLD_SESSION_VERSION_NOT_RETURNED', 'the server resumes in another version');
  }
  if (session.suite !== hello.suite) {
    throw failure(
      'illegal_parameter',
      'OLD_SESSION_CIPHER_NOT_RETURNED',
      'the server resumes with another cipher suite',
    );
  }
  // RFC 7627 §5.3: sessions without an extended master secret are never offered.
  if (!hello.extensions.has(EXTENSION.extended_master_secret)) {
    throw failure(
      'handshake_failure',
      'RESUMED_EMS_SESSION_WITHOUT_EMS_EXTENSION',
      'the server resumes without extended master secret',
    );
  }
  return session;
}

/** The abbreviated handshake: the server finishes first (RFC 5246 §7.3). */
function resume(exchange: Exchange, session: Session): Expect {
  const { context, suite, randoms, ticketPromised } = exchange;
  restorePeer(context, session);
  confirmPeer(context);
  const protection = new Protection(context, suite, session.secret.slice(), randoms);
  const slot: TicketSlot = { ticket: undefined };
  const finished = new ExpectFinished(protection, () => {
    protection.sendFinished();
    return tellSession(protection, slot, session);
  });
  const changed = new ExpectChangeCipherSpec(protection, finished);
  return ticketPromised ? new ExpectNewSessionTicket(context, slot, changed) : changed;
}

function failure(alert: AlertName, reason: string, message: string): TlsError {
  return new TlsError(alert, reason, `${message} (${alert})`);
}

/** RFC 5246 §7.4.1.4; supported_groups does not belong here, but servers exist that send it (RFC 8446 §4.2). */
const ALLOWED: readonly number[] = [
  EXTENSION.server_name,
  EXTENSION.supported_groups,
  EXTENSION.ec_point_formats,
  EXTENSION.application_layer_protocol_negotiation,
  EXTENSION.extended_master_secret,
  EXTENSION.session_ticket,
  EXTENSION.renegotiation_info,
];
const UNCOMPRESSED = 0;
