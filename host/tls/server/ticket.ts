/**
 * The tickets that a server gives as soon as the handshake is over: RFC 8446 §4.6.1.
 * Not for: taking them back (`psk.ts`).
 */
import type { HandshakeContext } from '../handshake/context.js';
import { HANDSHAKE } from '../messages/handshake.js';
import { writeNewSessionTicket } from '../messages/post-handshake.js';
import { TLS13 } from '../parameters.js';
import { type KeySchedule, resumptionPsk } from '../schedule/key-schedule.js';
import { makeSession } from '../session/resumption.js';
import { encodeSession } from '../session/session.js';
import { EMPTY, wipe } from '../wire/bytes.js';
import type { Negotiated } from './flight.js';

/** Two, so that two connections may be resumed at once; none to a client that can't use them. */
export function giveTickets(context: HandshakeContext, { hello, psk }: Negotiated, schedule: KeySchedule): void {
  const { provider, config } = context;
  const { ticketKeys } = config;
  // RFC 8446 §4.2.9
  if (ticketKeys === undefined || hello.pskModes?.includes(PSK_DHE_KE) !== true) return;
  const master = schedule.resumptionMasterSecret(context.transcript.hash());
  const { lifetime } = ticketKeys;
  for (let number = 0; number < TICKETS; number++) {
    const nonce = Uint8Array.of(number);
    const secret = resumptionPsk(schedule.hash, master, nonce);
    const ageAdd = new DataView(provider.random(4).buffer).getUint32(0);
    const session = makeSession(context, { version: TLS13, secret, lifetime, ageAdd, ticket: EMPTY }, psk?.session);
    const content = encodeSession(session);
    const ticket = content.length <= CONTENT_LIMIT ? ticketKeys.seal(content) : undefined;
    wipe(content, secret);
    if (ticket === undefined) break;
    const body = writeNewSessionTicket({ lifetime: session.lifetime, ageAdd, nonce, ticket });
    context.sendOutside(HANDSHAKE.new_session_ticket, body);
  }
  wipe(master);
}

const TICKETS = 2;
/** A client's chain stands in its ticket; with a very long one there is none. */
const CONTENT_LIMIT = 16_384;
const PSK_DHE_KE = 1;
