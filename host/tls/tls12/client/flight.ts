/**
 * The client's answer to the server's flight: certificate if one was asked for, key exchange, proof of the certificate's
 * key, Finished. Not for: what the server says of itself (`certificate.ts`).
 */
import type { GroupName } from '../../crypto/provider.js';
import { respondShare } from '../../handshake/agreement.js';
import { chooseSigner, type Signer, sharedSchemes } from '../../handshake/choose.js';
import { type Expect, expectType } from '../../handshake/expect.js';
import { writeCertificateVerify } from '../../messages/certificate.js';
import { HANDSHAKE, type HandshakeMessage } from '../../messages/handshake.js';
import { SCHEMES, TLS12 } from '../../parameters.js';
import { type Exchange, protect } from '../exchange.js';
import { ExpectChangeCipherSpec, ExpectFinished } from '../finish.js';
import {
  type CertificateRequest12,
  ECDSA_SIGN,
  RSA_SIGN,
  readCertificateRequest,
  readEmpty,
  writeCertificate,
  writeClientKeyExchange,
} from '../messages.js';
import { authenticationOf } from '../signatures.js';
import { ExpectNewSessionTicket, type TicketSlot, tellSession } from './ticket.js';

/** The server's half of the key exchange, its signature verified. */
export interface ServerShare {
  readonly group: GroupName;
  readonly share: Uint8Array;
}

/** RFC 5246 §7.4.4: may come before ServerHelloDone. */
export class ExpectCertificateRequest implements Expect {
  readonly awaits = 'ServerHelloDone';

  constructor(
    private readonly exchange: Exchange,
    private readonly server: ServerShare,
  ) {}

  handle(message: HandshakeMessage): Expect {
    if (message.type !== HANDSHAKE.certificate_request) return answer(message, this, this.exchange, this.server);
    const request = readCertificateRequest(message.body);
    const { context } = this.exchange;
    context.facts.sharedSignatureSchemes = sharedSchemes(context, request.schemes);
    context.transcript.add(message.bytes);
    return new ExpectServerHelloDone(this.exchange, this.server, request);
  }
}

/** RFC 5246 §7.4.5. */
class ExpectServerHelloDone implements Expect {
  readonly awaits = 'ServerHelloDone';

  constructor(
    private readonly exchange: Exchange,
    private readonly server: ServerShare,
    private readonly request: CertificateRequest12,
  ) {}

  handle(message: HandshakeMessage): Expect {
    return answer(message, this, this.exchange, this.server, this.request);
  }
}

/** ServerHelloDone came, or it is an error: now it is our turn. */
function answer(
  message: HandshakeMessage,
  state: Expect,
  exchange: Exchange,
  server: ServerShare,
  request?: CertificateRequest12,
): Expect {
  expectType(message, HANDSHAKE.server_hello_done, state);
  readEmpty(message.body, 'ServerHelloDone');
  const { context } = exchange;
  context.transcript.add(message.bytes);
  context.checkBoundary();
  const signer = request && sendCertificate(exchange, request);
  const { share, secret } = respondShare(context.provider, server.group, server.share);
  context.send(HANDSHAKE.client_key_exchange, writeClientKeyExchange(share));
  const protection = protect(exchange, secret);
  if (signer !== undefined) sendCertificateVerify(exchange, signer);
  protection.sendFinished();
  const slot: TicketSlot = { ticket: undefined };
  const finished = new ExpectFinished(protection, () => tellSession(protection, slot, undefined));
  const changed = new ExpectChangeCipherSpec(protection, finished);
  return exchange.ticketPromised ? new ExpectNewSessionTicket(context, slot, changed) : changed;
}

/** RFC 5246 §7.4.6: an empty list when nothing fits. */
function sendCertificate({ context }: Exchange, { types, schemes }: CertificateRequest12): Signer | undefined {
  const signer = chooseSigner(context, { schemes, certificateSchemes: undefined }, TLS12, ({ key }) =>
    types.includes(authenticationOf(key) === 'rsa' ? RSA_SIGN : ECDSA_SIGN),
  );
  const chain = signer?.credentials.chain ?? [];
  context.send(HANDSHAKE.certificate, writeCertificate(chain.map(({ raw }) => raw)));
  context.facts.localChain = chain;
  return signer;
}

/** RFC 5246 §7.4.8: over all messages so far. */
function sendCertificateVerify({ context }: Exchange, { credentials, scheme }: Signer): void {
  const { id, kind } = SCHEMES[scheme];
  const signature = context.provider.sign(credentials.key, kind, context.transcript.messages());
  context.send(HANDSHAKE.certificate_verify, writeCertificateVerify(id, signature));
}
