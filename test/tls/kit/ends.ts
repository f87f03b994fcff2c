/** Ends of TLS 1.3 connections in memory, over the core's records. */
import type { TlsConfig } from '../../../host/tls/config.js';
import { TLS12, TLS13 } from '../../../host/tls/parameters.js';
import { TrustStore } from '../../../host/tls/x509/trust.js';
import { identity, type Kind } from '../tls12/kit/credentials.js';
import { End, type Meddler, talk } from '../tls12/kit/ends.js';

export { identity } from '../tls12/kit/credentials.js';
export { End, talk } from '../tls12/kit/ends.js';

/** TLS 1.3 alone. */
export const ONLY_13 = { minVersion: TLS13, maxVersion: TLS13 } as const;
/** Both versions. */
export const BOTH = { minVersion: TLS12, maxVersion: TLS13 } as const;

/** A client that trusts the certificate of this kind, and insists on it. */
export function trusting(kind: Kind = 'p256'): Partial<TlsConfig> {
  return { trust: TrustStore.of(identity(kind).credentials.chain), rejectUnauthorized: true };
}

export function newEnd(role: 'client' | 'server', changes: Partial<TlsConfig> = {}): End {
  return new End(role, { ...ONLY_13, ...changes });
}

/** A handshake of ours with ours, in TLS 1.3 where nobody says otherwise. */
export function pair(
  clientChanges: Partial<TlsConfig> = {},
  serverChanges: Partial<TlsConfig> = {},
  meddle?: Meddler,
): { client: End; server: End } {
  const [client, server] = [newEnd('client', clientChanges), newEnd('server', serverChanges)];
  talk(client, server, meddle);
  return { client, server };
}
