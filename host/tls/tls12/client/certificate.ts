/**
 * A client awaits who the server is: its certificates, and the key exchange that it signs.
 * Not for: the client's answer (`flight.ts`).
 */
import { TlsError } from '../../alert.js';
import type { TlsConfig } from '../../config.js';
import { type Expect, expectType } from '../../handshake/expect.js';
import { readChain, verifyPeer } from '../../handshake/peer.js';
import { HANDSHAKE, type HandshakeMessage } from '../../messages/handshake.js';
import { type CipherSuite, GROUPS } from '../../parameters.js';
import type { Certificate } from '../../x509/certificate.js';
import { classicGroups, hasOfferedCurve } from '../choice.js';
import type { Exchange } from '../exchange.js';
import { readCertificate, readServerKeyExchange, signedParams } from '../messages.js';
import { authenticationOf, checkSignature } from '../signatures.js';
import { ExpectCertificateRequest } from './flight.js';

/** RFC 5246 §7.4.2. */
export class ExpectServerCertificate implements Expect {
  readonly awaits = 'Certificate';

  constructor(private readonly exchange: Exchange) {}

  handle(message: HandshakeMessage): Expect {
    expectType(message, HANDSHAKE.certificate, this);
    const { context, suite } = this.exchange;
    const chain = readChain(readCertificate(message.body));
    const [leaf] = chain;
    if (leaf === undefined) {
      throw new TlsError('decode_error', 'DECODE_ERROR', 'the server gave no certificate (decode_error)');
    }
    checkKey(leaf, suite, context.config);
    context.facts.peerChain = chain;
    context.transcript.add(message.bytes);
    return new ExpectServerKeyExchange(this.exchange, leaf);
  }
}

/** RFC 5246 §7.4.2, RFC 8422 §5.3: the key has to fit the cipher suite, and its curve what was offered. */
function checkKey({ publicKey }: Certificate, suite: CipherSuite, config: TlsConfig): void {
  if (authenticationOf(publicKey) !== suite.authentication) {
    const message = `a certificate with a key of ${publicKey.algorithm} does not fit ${suite.name} (illegal_parameter)`;
    throw new TlsError('illegal_parameter', 'WRONG_CERTIFICATE_TYPE', message);
  }
  if (!hasOfferedCurve(publicKey, { groups: config.groups.map((name) => GROUPS[name]) })) {
    const message = "the certificate's curve was not offered (illegal_parameter)";
    throw new TlsError('illegal_parameter', 'BAD_ECC_CERT', message);
  }
}

/** RFC 8422 §5.4. */
class ExpectServerKeyExchange implements Expect {
  readonly awaits = 'ServerKeyExchange';

  constructor(
    private readonly exchange: Exchange,
    private readonly leaf: Certificate,
  ) {}

  handle(message: HandshakeMessage): Expect {
    expectType(message, HANDSHAKE.server_key_exchange, this);
    const { context, randoms } = this.exchange;
    const { group: id, share, params, scheme, signature } = readServerKeyExchange(message.body);
    const group = classicGroups(context.config).find((name) => GROUPS[name] === id);
    if (group === undefined) {
      const text = `the server chose group 0x${id.toString(16)}, which was not offered (illegal_parameter)`;
      throw new TlsError('illegal_parameter', 'WRONG_CURVE', text);
    }
    const content = signedParams(randoms, params);
    context.facts.peerSignatureScheme = checkSignature(context.config, this.leaf.publicKey, scheme, content, signature);
    verifyPeer(context);
    context.facts.group = group;
    context.transcript.add(message.bytes);
    return new ExpectCertificateRequest(this.exchange, { group, share: share.slice() });
  }
}
