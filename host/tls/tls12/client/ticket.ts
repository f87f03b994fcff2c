/**
 * A client's end of a ticket of TLS 1.2 (RFC 5077). Not for: offering one (`../../client/`).
 */
import type { HandshakeContext } from '../../handshake/context.js';
import { type Expect, expectType } from '../../handshake/expect.js';
import { HANDSHAKE, type HandshakeMessage } from '../../messages/handshake.js';
import { TLS12 } from '../../parameters.js';
import { MAX_LIFETIME, makeSession } from '../../session/resumption.js';
import { encodeSession, type Session } from '../../session/session.js';
import { Open } from '../finish.js';
import { type NewSessionTicket12, readNewSessionTicket } from '../messages.js';
import type { Protection } from '../protection.js';

/** Where the ticket waits until Finished proves that it is the server's. */
export interface TicketSlot {
  ticket: NewSessionTicket12 | undefined;
}

/** RFC 5077 §3.3: comes before ChangeCipherSpec when the ServerHello promised it. */
export class ExpectNewSessionTicket implements Expect {
  readonly awaits = 'NewSessionTicket';

  constructor(
    private readonly context: HandshakeContext,
    private readonly slot: TicketSlot,
    private readonly next: Expect,
  ) {}

  handle(message: HandshakeMessage): Expect {
    expectType(message, HANDSHAKE.new_session_ticket, this);
    this.slot.ticket = readNewSessionTicket(message.body);
    this.context.transcript.add(message.bytes);
    return this.next;
  }
}

/**
 * Ends the handshake, then tells the session that came with it. Without an extended master secret there is none: it could
 * be somebody else's, too (RFC 7627 §5.3).
 * @param resumed the session that was resumed, which is still good when no new ticket came
 */
export function tellSession(protection: Protection, { ticket }: TicketSlot, resumed: Session | undefined): Expect {
  const { context } = protection;
  const fresh = ticket && freshSession(protection, ticket, resumed);
  const session = fresh ?? resumed;
  if (session !== undefined) {
    context.facts.ticket = session.ticket.slice();
    context.facts.session = encodeSession(session);
  }
  protection.finish();
  const { session: bytes } = context.facts;
  if (fresh !== undefined && bytes !== undefined) context.tell({ kind: 'session', session: bytes.slice() });
  return new Open('client');
}

function freshSession(
  { context, master }: Protection,
  { lifetime, ticket }: NewSessionTicket12,
  resumed: Session | undefined,
): Session | undefined {
  if (ticket.length === 0 || !context.facts.extendedMasterSecret) return undefined;
  // RFC 5077 §5.6: a lifetime of 0 says nothing.
  const begun = {
    version: TLS12,
    secret: master,
    lifetime: lifetime === 0 ? MAX_LIFETIME : lifetime,
    ageAdd: 0,
    ticket,
  };
  return makeSession(context, begun, resumed);
}
