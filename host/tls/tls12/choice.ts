/**
 * Cipher suites and groups as TLS 1.2 has them, and what a server chooses of a ClientHello. Not for: resumption (`server/ticket.ts`), which chooses nothing.
 */
import { TlsError } from '../alert.js';
import type { Credentials, TlsConfig } from '../config.js';
import type { PublicKey } from '../crypto/keys.js';
import type { GroupName } from '../crypto/provider.js';
import { chooseSigner, type Signer } from '../handshake/choose.js';
import type { HandshakeContext } from '../handshake/context.js';
import type { ClientHello } from '../messages/client-hello.js';
import { type CipherSuite, GROUPS, SUITES, TLS12 } from '../parameters.js';
import { authenticationOf } from './signatures.js';

export interface Choice extends Signer {
  readonly suite: CipherSuite;
  readonly group: GroupName;
}

export type Offered = Pick<ClientHello, 'suites' | 'groups' | 'schemes' | 'certificateSchemes'>;

/** @throws TlsError `handshake_failure` when nothing fits */
export function choose(context: HandshakeContext, hello: Offered): Choice {
  const { config } = context;
  const group = classicGroups(config).find((name) => hello.groups?.includes(GROUPS[name]));
  if (group === undefined) throw failure('NO_SHARED_CIPHER', 'the client offers none of our groups');
  const suiteFor = ({ key }: Credentials) => sharedSuite(config, hello, authenticationOf(key));
  const fits = (own: Credentials) => suiteFor(own) !== undefined && hasOfferedCurve(own.key.public, hello);
  // RFC 5246 §7.4.1.4.1: a client without signature_algorithms means SHA-1, which is not spoken.
  const { schemes = [], certificateSchemes } = hello;
  const signer = chooseSigner(context, { schemes, certificateSchemes }, TLS12, fits);
  const suite = signer && suiteFor(signer.credentials);
  if (signer !== undefined && suite !== undefined) return { ...signer, suite, group };
  if (config.credentials.some((own) => suiteFor(own) !== undefined && !fits(own))) {
    throw failure('WRONG_CURVE', "the client can't verify the curve of our certificate");
  }
  throw failure('NO_SHARED_CIPHER', 'the client offers no cipher suite that fits one of our certificates');
}

/** The groups that TLS 1.2 has: hybrid ones need the key shares of TLS 1.3. */
export function classicGroups(config: Pick<TlsConfig, 'groups'>): GroupName[] {
  return config.groups.filter((group) => group !== 'X25519MLKEM768');
}

/** The suites of TLS 1.2 that a configuration allows, in its order. */
export function suites12(config: Pick<TlsConfig, 'suites'>): CipherSuite[] {
  return config.suites.flatMap((name) =>
    SUITES.filter((suite) => suite.standardName === name && suite.version === TLS12),
  );
}

/**
 * Whether a certificate's key lies on a curve that was offered: in TLS 1.2 the groups of a client are also the curves of
 * certificates (RFC 8422 §5.1). Ed25519 is no curve in this sense.
 * @param groups numbers
 */
export function hasOfferedCurve({ algorithm, curve }: PublicKey, { groups = [] }: Pick<Offered, 'groups'>): boolean {
  if (algorithm !== 'ec') return true;
  return curve !== undefined && curve !== 'secp521r1' && groups.includes(GROUPS[curve]);
}

function sharedSuite(
  config: TlsConfig,
  hello: Pick<Offered, 'suites'>,
  authentication: CipherSuite['authentication'] | undefined,
): CipherSuite | undefined {
  const ours = suites12(config).filter((suite) => suite.authentication === authentication);
  if (!config.honorClientOrder) return ours.find(({ id }) => hello.suites.includes(id));
  return hello.suites.map((id) => ours.find((suite) => suite.id === id)).find((suite) => suite !== undefined);
}

function failure(reason: string, message: string): TlsError {
  return new TlsError('handshake_failure', reason, `${message} (handshake_failure)`);
}
