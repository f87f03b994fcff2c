/**
 * A server's tickets of TLS 1.2 (RFC 5077): one that came is opened, and one is given. The session stands in the ticket,
 * sealed; the server keeps nothing. Not for: the keys (`../../session/ticket-keys.ts`).
 */
import { TlsError } from '../../alert.js';
import type { HandshakeContext } from '../../handshake/context.js';
import type { ClientHello } from '../../messages/client-hello.js';
import { HANDSHAKE } from '../../messages/handshake.js';
import { type CipherSuite, TLS12 } from '../../parameters.js';
import { isUsable, makeSession } from '../../session/resumption.js';
import { decodeSession, encodeSession, type Session } from '../../session/session.js';
import { EMPTY } from '../../wire/bytes.js';
import { suites12 } from '../choice.js';
import { writeNewSessionTicket } from '../messages.js';
import type { Protection } from '../protection.js';

/** A session whose cipher suite the client offers again. */
export interface Resumable extends Session {
  readonly cipherSuite: CipherSuite;
}

/**
 * The session of the client's ticket, if it may be resumed; if not, the handshake is a full one.
 * @throws TlsError for a client that forgot the extended master secret of its session (RFC 7627 §5.3)
 */
export function findSession(context: HandshakeContext, hello: ClientHello): Resumable | undefined {
  const sealed = hello.sessionTicket;
  if (sealed === undefined || sealed.length === 0) return undefined;
  const opened = context.config.ticketKeys?.open(sealed);
  const session = opened && decodeSession(opened);
  opened?.fill(0);
  if (session === undefined) return undefined;
  context.own(session.secret);
  if (session.version !== TLS12) return undefined;
  const cipherSuite = suites12(context.config).find(({ id }) => id === session.suite && hello.suites.includes(id));
  if (cipherSuite === undefined || !isUsable(session, context.config, hello.serverName)) return undefined;
  if (!hello.extendedMasterSecret) {
    const message = "the client resumes without its session's extended master secret (handshake_failure)";
    throw new TlsError('handshake_failure', 'RESUMED_EMS_SESSION_WITHOUT_EMS_EXTENSION', message);
  }
  return { ...session, cipherSuite };
}

/** Only sessions with an extended master secret are worth resuming: others could be somebody else's, too (RFC 7627 §5.3). */
export function givesTickets({ config }: HandshakeContext, hello: ClientHello): boolean {
  return hello.sessionTicket !== undefined && hello.extendedMasterSecret && config.ticketKeys !== undefined;
}

/**
 * Sends a fresh ticket, as the ServerHello promised.
 * @param resumed the session that this one goes on from
 */
export function sendTicket({ context, master }: Protection, resumed: Session | undefined): void {
  const { ticketKeys } = context.config;
  const lifetime = ticketKeys?.lifetime ?? 0;
  const session = makeSession(context, { version: TLS12, secret: master, lifetime, ageAdd: 0, ticket: EMPTY }, resumed);
  const content = encodeSession(session);
  // RFC 5077 §3.3: an empty ticket takes the promise back, as for a client whose certificates are too long to be kept.
  const ticket = content.length > MAX_CONTENT ? undefined : ticketKeys?.seal(content);
  content.fill(0);
  context.send(HANDSHAKE.new_session_ticket, writeNewSessionTicket(session.lifetime, ticket ?? EMPTY));
}

/** Bytes of a session; clients send it back in each ClientHello. */
const MAX_CONTENT = 16_384;
