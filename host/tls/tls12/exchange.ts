/**
 * What both roles know of a full handshake of TLS 1.2 once the hellos are exchanged, and how it comes to its master secret.
 * Not for: resumption, which has its master secret already (`session.ts`).
 */
import type { HandshakeContext } from '../handshake/context.js';
import type { CipherSuite } from '../parameters.js';
import { wipe } from '../wire/bytes.js';
import { Protection } from './protection.js';
import { extendedMasterSecret, masterSecret, type Randoms } from './secrets.js';

export interface Exchange {
  readonly context: HandshakeContext;
  readonly suite: CipherSuite;
  readonly randoms: Randoms;
  /** The hellos promised a NewSessionTicket (RFC 5077 §3.2). */
  readonly ticketPromised: boolean;
}

/**
 * The transcript ends with ClientKeyExchange. With a peer that does not know the extended master secret, the plain one has
 * to do, and exporters and `finished` then bind nothing to this connection alone (RFC 7627 §1).
 * @param premaster the shared secret, which is wiped
 */
export function protect({ context, suite, randoms }: Exchange, premaster: Uint8Array): Protection {
  const master = context.facts.extendedMasterSecret
    ? extendedMasterSecret(context.provider, suite.hash, premaster, context.transcript.hash())
    : masterSecret(context.provider, suite.hash, premaster, randoms);
  wipe(premaster);
  return new Protection(context, suite, master, randoms);
}
