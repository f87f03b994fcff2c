/**
 * From Node's options of TLS to the configuration of one end. Not for: what a configuration means (`../../tls/config.ts`),
 * keys and certificates (`secure-context.ts`).
 */
import type { PeerCertificate } from 'node:tls';
import { TlsError } from '../../tls/alert.js';
import type { TlsConfig } from '../../tls/config.js';
import { PreparedTls, parseTls, type TLSOptions, type TlsEnvironment } from '../../tls/options.js';
import type { Certificate } from '../../tls/x509/certificate.js';
import { legacyCertificate } from '../../tls/x509/legacy.js';
import { TrustStore } from '../../tls/x509/trust.js';
import { notSupported, wrongType } from '../errors.js';
import { SecureContext, type SecureContextOptions } from './secure-context.js';

/** What Node takes for both ends, beside what a `SecureContext` is made of. */
export interface CommonTlsOptions extends SecureContextOptions {
  secureContext?: SecureContext | undefined;
  ALPNProtocols?: TLSOptions['ALPNProtocols'] | undefined;
  rejectUnauthorized?: boolean | undefined;
  requestCert?: boolean | undefined;
}

export interface ClientTlsOptions extends CommonTlsOptions {
  /** Who the server has to be; the host unless given. */
  servername?: string | undefined;
  /** Decides in place of our own look at the names, once the chain is valid. */
  checkServerIdentity?: ((hostname: string, certificate: PeerCertificate) => Error | undefined) | undefined;
  session?: Uint8Array | undefined;
}

export interface ServerTlsOptions extends CommonTlsOptions {
  SNICallback?: SNICallback | undefined;
  ALPNCallback?: ((asked: { servername: string; protocols: string[] }) => string | undefined) | undefined;
}

export type SNICallback = (servername: string, answer: (error: Error | null, context?: SecureContext) => void) => void;

/**
 * @param host where it connects to
 * @returns what `connect` takes as `tls`
 * @throws TypeError, KeyMaterialError, Error for options that mean nothing
 */
export function clientTls(options: ClientTlsOptions, host: string | undefined): PreparedTls & TLSOptions {
  const { checkServerIdentity: check, servername } = options;
  if (check != null && typeof check !== 'function') {
    throw wrongType('"options.checkServerIdentity" property', 'of type function', check);
  }
  const context = contextOf(options);
  return prepared((environment) => {
    const base = context.config('client', environment);
    return {
      ...base,
      ...ownConfig(options, 'client', environment),
      trust: base.trust ?? TrustStore.system(),
      serverName: servername || host || 'localhost',
      ...(check != null && { identify: (name, chain) => identify(check, name, chain, base.trust) }),
    };
  });
}

/**
 * @param contextFor the context for the name that a client asks for, or for none
 * @returns what `listen` takes as `tls`
 * @throws TypeError, KeyMaterialError, Error for options that mean nothing
 */
export function serverTls(
  options: ServerTlsOptions,
  contextFor: (servername: string | undefined) => MaybeLater<SecureContext | undefined>,
): PreparedTls & TLSOptions {
  const { ALPNCallback } = options;
  const context = contextOf(options);
  return prepared((environment) => {
    const own = ownConfig(options, 'server', environment);
    const configOf = (chosen: SecureContext | undefined) =>
      chosen && { ...chosen.config('server', environment), ...own };
    return {
      ...context.config('server', environment),
      ...own,
      select: (servername) => {
        const chosen = contextFor(servername);
        return chosen instanceof Promise ? chosen.then(configOf) : configOf(chosen);
      },
      ...(ALPNCallback && {
        chooseProtocol: (servername, offered) =>
          ALPNCallback({ servername: servername ?? '', protocols: [...offered] }) ?? null,
      }),
    };
  });
}

/** Some programs know at once, others have to ask. */
export type MaybeLater<Answer> = Answer | Promise<Answer>;

/** The context that is given, or one made of the options. */
export function contextOf(options: CommonTlsOptions): SecureContext {
  for (const name of ['pskCallback', 'pfx'] as const) {
    if ((options as Record<string, unknown>)[name] != null) throw notSupported(`The option ${name} is not supported`);
  }
  const { secureContext } = options;
  if (secureContext === undefined || secureContext === null) return new SecureContext(options);
  if (secureContext instanceof SecureContext) return secureContext;
  throw wrongType('"options.secureContext" property', 'a SecureContext of vitrine/tls', secureContext);
}

/** What `SNICallback` answers: at once if it can, since then the handshake need not wait. */
export function askForContext(callback: SNICallback, servername: string): MaybeLater<SecureContext | undefined> {
  let answered: (() => SecureContext | undefined) | undefined;
  let later: (() => void) | undefined;
  callback(servername, (error, context) => {
    answered ??= () => readAnswer(error, context);
    later?.();
  });
  if (answered !== undefined) return answered();
  return new Promise<void>((resolve) => {
    later = resolve;
  }).then(() => answered?.());
}

/** @throws TlsError for an error, and for what is no context */
function readAnswer(error: Error | null, context: unknown): SecureContext | undefined {
  if (error) throw Object.assign(refusal(error.message, 'ERR_TLS_SNI'), { cause: error });
  if (context === undefined || context === null || context instanceof SecureContext) return context ?? undefined;
  throw refusal('Invalid SNI context: a SecureContext of vitrine/tls is needed', 'ERR_TLS_INVALID_CONTEXT');
}

/** What belongs to a connection, whatever its context. */
function ownConfig(
  options: CommonTlsOptions & Pick<ClientTlsOptions, 'session'>,
  role: TlsConfig['role'],
  environment: TlsEnvironment,
): Pick<TlsConfig, 'alpn' | 'rejectUnauthorized' | 'requestCert' | 'session'> {
  const { ALPNProtocols, rejectUnauthorized, requestCert, session } = options;
  const { alpn } = parseTls({ ALPNProtocols }, role, environment);
  return {
    alpn,
    rejectUnauthorized: rejectUnauthorized !== false,
    requestCert: Boolean(requestCert),
    session: session == null ? undefined : Uint8Array.from(session),
  };
}

function identify(
  check: NonNullable<ClientTlsOptions['checkServerIdentity']>,
  name: string,
  chain: readonly Certificate[],
  trust: TrustStore | undefined,
): Error | undefined {
  return check(name, legacyCertificate(chain, true, trust) as unknown as PeerCertificate) ?? undefined;
}

function refusal(message: string, code: string): TlsError {
  return new TlsError('internal_error', 'CALLBACK_FAILED', message, { code });
}

/** Of the type that the option has: it is taken in place of options. */
function prepared(configure: (environment: TlsEnvironment) => TlsConfig): PreparedTls & TLSOptions {
  return new PreparedTls(configure) as PreparedTls & TLSOptions;
}
