/**
 * The server awaits the client's flight of TLS 1.3: Certificate, CertificateVerify, Finished. RFC 8446 §4.4.
 * Not for: what comes after the handshake (`../handshake/post-handshake.ts`).
 */
import { receiveCertificate, receiveCertificateVerify } from '../handshake/certificate-verify.js';
import { type Expect, expectType } from '../handshake/expect.js';
import { receiveFinished } from '../handshake/finished.js';
import { readWith } from '../handshake/keys13.js';
import { missPeer, verifyPeer } from '../handshake/peer.js';
import { ExpectPostHandshake } from '../handshake/post-handshake.js';
import { HANDSHAKE, type HandshakeMessage } from '../messages/handshake.js';
import type { Server13 } from './flight.js';
import { giveTickets } from './ticket.js';

export class ExpectClientCertificate implements Expect {
  readonly awaits = 'Certificate';

  constructor(private readonly server: Server13) {}

  handle(message: HandshakeMessage): Expect {
    expectType(message, HANDSHAKE.certificate, this);
    const { server } = this;
    if (receiveCertificate(server.context, message)) return new ExpectClientCertificateVerify(server);
    missPeer(server.context, 'certificate_required');
    return new ExpectClientFinished(server);
  }
}

class ExpectClientCertificateVerify implements Expect {
  readonly awaits = 'CertificateVerify';

  constructor(private readonly server: Server13) {}

  handle(message: HandshakeMessage): Expect {
    expectType(message, HANDSHAKE.certificate_verify, this);
    receiveCertificateVerify(this.server.context, message, 'client');
    verifyPeer(this.server.context);
    return new ExpectClientFinished(this.server);
  }
}

export class ExpectClientFinished implements Expect {
  readonly awaits = 'Finished';

  constructor(private readonly server: Server13) {}

  handle(message: HandshakeMessage): Expect {
    expectType(message, HANDSHAKE.finished, this);
    const { context, schedule, secrets, application, negotiated } = this.server;
    const { suite } = negotiated.choice;
    receiveFinished(context, schedule.hash, secrets.client, message);
    readWith(context, suite, application.client);
    const state = new ExpectPostHandshake(context, suite, {
      read: application.client.slice(),
      write: application.server.slice(),
    });
    giveTickets(context, negotiated, schedule);
    context.finish();
    return state;
  }
}
