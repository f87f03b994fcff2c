/**
 * The client awaits the server's Finished and answers with its own flight: RFC 8446 §4.4.
 * Not for: what comes after the handshake (`../handshake/post-handshake.ts`).
 */
import { sendCertificate } from '../handshake/certificate-verify.js';
import { chooseSigner } from '../handshake/choose.js';
import { type Expect, expectType } from '../handshake/expect.js';
import { receiveFinished, sendFinished } from '../handshake/finished.js';
import { applicationSecrets, readWith, writeWith } from '../handshake/keys13.js';
import { ExpectPostHandshake } from '../handshake/post-handshake.js';
import type { CertificateRequest } from '../messages/certificate.js';
import { HANDSHAKE, type HandshakeMessage } from '../messages/handshake.js';
import { TLS13 } from '../parameters.js';
import type { Client13 } from './server-hello.js';
import { TicketReceiver } from './ticket.js';

export class ExpectServerFinished implements Expect {
  readonly awaits = 'Finished';

  /** @param request the server's wish for a certificate */
  constructor(
    private readonly client: Client13,
    private readonly request: CertificateRequest | undefined,
  ) {}

  handle(message: HandshakeMessage): Expect {
    expectType(message, HANDSHAKE.finished, this);
    const { client, request } = this;
    const { context, schedule, secrets, suite } = client;
    receiveFinished(context, schedule.hash, secrets.server, message);
    const application = applicationSecrets(context, schedule);
    if (request !== undefined) sendCertificate(context, chooseSigner(context, request, TLS13), 'client');
    sendFinished(context, schedule.hash, secrets.client);
    const resumption = context.keep(schedule.resumptionMasterSecret(context.transcript.hash()));
    writeWith(context, suite, application.client);
    readWith(context, suite, application.server);
    context.finish();
    const tickets = new TicketReceiver(context, schedule.hash, resumption, client.resumed);
    return new ExpectPostHandshake(context, suite, { read: application.server, write: application.client }, tickets);
  }
}
