/**
 * Key agreement by a provider, with the alert that a bad share deserves (RFC 8446 §4.2.8.2, §7.4.2; RFC 8422 §5.11).
 * Not for: choosing the group.
 */
import { TlsError } from '../alert.js';
import {
  CryptoError,
  type CryptoProvider,
  type GroupName,
  type KeyOffer,
  type KeyResponse,
} from '../crypto/provider.js';

/** The secret, from the other side's share. @throws TlsError `illegal_parameter` for a share that is none */
export function finishShare(offer: KeyOffer, share: Uint8Array): Uint8Array<ArrayBuffer> {
  return checked(() => offer.finish(share));
}

/** The own share and the secret, from the first side's share. @throws TlsError `illegal_parameter` for a share that is none */
export function respondShare(provider: CryptoProvider, group: GroupName, share: Uint8Array): KeyResponse {
  return checked(() => provider.respond(group, share));
}

function checked<T>(agree: () => T): T {
  try {
    return agree();
  } catch (error) {
    if (!(error instanceof CryptoError)) throw error;
    throw new TlsError('illegal_parameter', 'BAD_ECPOINT', `${error.message} (illegal_parameter)`);
  }
}
