/**
 * The client awaits the server's certificate and its proof: RFC 8446 §4.3.2, §4.4.2, §4.4.3.
 * Not for: sending its own (`finished.ts`).
 */
import { TlsError } from '../alert.js';
import { receiveCertificate, receiveCertificateVerify } from '../handshake/certificate-verify.js';
import { sharedSchemes } from '../handshake/choose.js';
import { type Expect, expectType } from '../handshake/expect.js';
import { verifyPeer } from '../handshake/peer.js';
import { type CertificateRequest, readCertificateRequest } from '../messages/certificate.js';
import { HANDSHAKE, type HandshakeMessage } from '../messages/handshake.js';
import { ExpectServerFinished } from './finished.js';
import type { Client13 } from './server-hello.js';

export class ExpectCertificateOrRequest implements Expect {
  readonly awaits = 'Certificate or CertificateRequest';

  constructor(private readonly client: Client13) {}

  handle(message: HandshakeMessage): Expect {
    const { client } = this;
    if (message.type !== HANDSHAKE.certificate_request) return new ExpectCertificate(client, undefined).handle(message);
    const request = readCertificateRequest(message.body);
    // RFC 8446 §4.3.2: empty, unless it comes after the handshake.
    if (request.context.length > 0) {
      throw new TlsError('illegal_parameter', 'DECODE_ERROR', 'CertificateRequest has a context (illegal_parameter)');
    }
    client.context.facts.sharedSignatureSchemes = sharedSchemes(client.context, request.schemes);
    client.context.transcript.add(message.bytes);
    return new ExpectCertificate(client, request);
  }
}

class ExpectCertificate implements Expect {
  readonly awaits = 'Certificate';

  constructor(
    private readonly client: Client13,
    private readonly request: CertificateRequest | undefined,
  ) {}

  handle(message: HandshakeMessage): Expect {
    expectType(message, HANDSHAKE.certificate, this);
    if (receiveCertificate(this.client.context, message)) return new ExpectCertificateVerify(this.client, this.request);
    // RFC 8446 §4.4.2.4
    throw new TlsError(
      'decode_error',
      'PEER_DID_NOT_RETURN_A_CERTIFICATE',
      'the server gave no certificate (decode_error)',
    );
  }
}

class ExpectCertificateVerify implements Expect {
  readonly awaits = 'CertificateVerify';

  constructor(
    private readonly client: Client13,
    private readonly request: CertificateRequest | undefined,
  ) {}

  handle(message: HandshakeMessage): Expect {
    expectType(message, HANDSHAKE.certificate_verify, this);
    receiveCertificateVerify(this.client.context, message, 'server');
    verifyPeer(this.client.context);
    return new ExpectServerFinished(this.client, this.request);
  }
}
