/**
 * A server awaits the client's flight: certificate if it asked for one, key exchange, proof of the certificate's key.
 * Not for: the server's own flight (`begin.ts`).
 */
import type { KeyOffer } from '../../crypto/provider.js';
import { finishShare } from '../../handshake/agreement.js';
import { type Expect, expectType } from '../../handshake/expect.js';
import { missPeer, readChain, verifyPeer } from '../../handshake/peer.js';
import { readCertificateVerify } from '../../messages/certificate.js';
import { HANDSHAKE, type HandshakeMessage } from '../../messages/handshake.js';
import type { Certificate } from '../../x509/certificate.js';
import { type Exchange, protect } from '../exchange.js';
import { ExpectChangeCipherSpec, ExpectFinished, Open } from '../finish.js';
import { readCertificate, readClientKeyExchange } from '../messages.js';
import type { Protection } from '../protection.js';
import { checkSignature } from '../signatures.js';
import { sendTicket } from './ticket.js';

/** RFC 5246 §7.4.6: an answer to CertificateRequest there has to be, be it an empty one. */
export class ExpectClientCertificate implements Expect {
  readonly awaits = 'Certificate';

  constructor(
    private readonly exchange: Exchange,
    private readonly offer: KeyOffer,
  ) {}

  handle(message: HandshakeMessage): Expect {
    expectType(message, HANDSHAKE.certificate, this);
    const { context } = this.exchange;
    const chain = readChain(readCertificate(message.body));
    if (chain.length === 0) missPeer(context, 'handshake_failure');
    context.facts.peerChain = chain;
    context.transcript.add(message.bytes);
    return new ExpectClientKeyExchange(this.exchange, this.offer, chain[0]);
  }
}

/** RFC 8422 §5.7. */
export class ExpectClientKeyExchange implements Expect {
  readonly awaits = 'ClientKeyExchange';

  /** @param leaf the certificate that the client has still to prove its own; `undefined`: it gave none */
  constructor(
    private readonly exchange: Exchange,
    private readonly offer: KeyOffer,
    private readonly leaf: Certificate | undefined,
  ) {}

  handle(message: HandshakeMessage): Expect {
    expectType(message, HANDSHAKE.client_key_exchange, this);
    const premaster = finishShare(this.offer, readClientKeyExchange(message.body));
    this.exchange.context.transcript.add(message.bytes);
    const protection = protect(this.exchange, premaster);
    const changed = expectEnd(this.exchange, protection);
    return this.leaf === undefined ? changed : new ExpectCertificateVerify(this.exchange, this.leaf, changed);
  }
}

/** RFC 5246 §7.4.8: over all messages before it. */
class ExpectCertificateVerify implements Expect {
  readonly awaits = 'CertificateVerify';

  constructor(
    private readonly exchange: Exchange,
    private readonly leaf: Certificate,
    private readonly next: Expect,
  ) {}

  handle(message: HandshakeMessage): Expect {
    expectType(message, HANDSHAKE.certificate_verify, this);
    const { context } = this.exchange;
    const { scheme, signature } = readCertificateVerify(message.body);
    const content = context.transcript.messages();
    context.facts.peerSignatureScheme = checkSignature(context.config, this.leaf.publicKey, scheme, content, signature);
    verifyPeer(context);
    context.transcript.add(message.bytes);
    return this.next;
  }
}

/** The client finishes first; the ticket goes out before our ChangeCipherSpec (RFC 5077 §3.3). */
function expectEnd({ ticketPromised }: Exchange, protection: Protection): Expect {
  const finished = new ExpectFinished(protection, () => {
    if (ticketPromised) sendTicket(protection, undefined);
    protection.sendFinished();
    protection.finish();
    return new Open('server');
  });
  return new ExpectChangeCipherSpec(protection, finished);
}
