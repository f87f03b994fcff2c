/**
 * NewSessionTicket at the client, RFC 8446 §4.6.1: each makes a session that the user may keep.
 */
import type { HandshakeContext } from '../handshake/context.js';
import { readNewSessionTicket } from '../messages/post-handshake.js';
import { TLS13 } from '../parameters.js';
import type { Hash } from '../schedule/hkdf.js';
import { resumptionPsk } from '../schedule/key-schedule.js';
import { makeSession } from '../session/resumption.js';
import { encodeSession, type Session } from '../session/session.js';

export class TicketReceiver {
  /** @param from the session that this connection resumed */
  constructor(
    private readonly context: HandshakeContext,
    private readonly hash: Hash,
    private readonly resumptionMasterSecret: Uint8Array,
    private readonly from: Session | undefined,
  ) {}

  /** @throws TlsError for a malformed ticket */
  receive(body: Uint8Array): void {
    const { lifetime, ageAdd, nonce, ticket } = readNewSessionTicket(body);
    if (lifetime === 0) return; // RFC 8446 §4.6.1: to be discarded at once.
    const { context } = this;
    const secret = resumptionPsk(this.hash, this.resumptionMasterSecret, nonce);
    const session = makeSession(context, { version: TLS13, secret, lifetime, ageAdd, ticket }, this.from);
    const bytes = encodeSession(session);
    secret.fill(0);
    context.facts.ticket = ticket.slice();
    context.facts.session = bytes;
    context.tell({ kind: 'session', session: bytes.slice() });
  }
}
