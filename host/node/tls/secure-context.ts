/**
 * `SecureContext`: keys, certificates, whom to trust, versions and suites, read once and used for many connections.
 * Not for: what belongs to one connection (`config.ts`).
 */
import type { SecureContext as NodeSecureContext, SecureContextOptions as NodeSecureContextOptions } from 'node:tls';
import type { TlsConfig } from '../../tls/config.js';
import { parseTls, type TLSOptions, type TlsEnvironment } from '../../tls/options.js';
import { TLS12, TLS13 } from '../../tls/parameters.js';
import { wrongType, wrongValue } from '../errors.js';

export type SecureContextOptions = NodeSecureContextOptions & Pick<TLSOptions, 'groups'>;

export class SecureContext {
  readonly #options: Readonly<Record<string, unknown>>;
  /** By role, and by the stack that they are made for. */
  /** Whether a server can show one. */
  readonly hasCertificate: boolean;
  readonly #configs = { client: new WeakMap<object, TlsConfig>(), server: new WeakMap<object, TlsConfig>() };

  /** @throws TypeError, KeyMaterialError, Error for options that mean nothing */
  constructor(options: SecureContextOptions = {}) {
    this.#options = ownOptions(options);
    // Whatever is wrong is to be told where the options are given.
    this.hasCertificate = parseTls(this.#options, 'client', ANYWHERE).credentials.length > 0;
  }

  /**
   * @param context one, or options for one
   * @throws TypeError for one of Node's, whose keys can't be had
   */
  static of(context: SecureContext | SecureContextOptions | NodeSecureContext): SecureContext {
    if (context instanceof SecureContext) return context;
    if (!('context' in context)) return new SecureContext(context);
    throw wrongType('"context" argument', 'a SecureContext of vitrine/tls', context);
  }

  /** All that both ends of connections have in common; the same object for the same stack, so that tickets stay good. */
  config(role: TlsConfig['role'], environment: TlsEnvironment): TlsConfig {
    const configs = this.#configs[role];
    const known = configs.get(environment) ?? parseTls(this.#options, role, environment);
    configs.set(environment, known);
    return known;
  }
}

/** Node's function: what is wrong with the options throws here. */
export function createSecureContext(options?: SecureContextOptions): SecureContext {
  return new SecureContext(options);
}

function ownOptions(options: SecureContextOptions): Readonly<Record<string, unknown>> {
  const given = options as Readonly<Record<string, unknown>>;
  const own = Object.fromEntries(NAMES.map((name) => [name, given[name]]));
  const { secureProtocol, honorCipherOrder } = options;
  return {
    ...own,
    ...(honorCipherOrder !== undefined && { honorCipherOrder: Boolean(honorCipherOrder) }),
    ...(secureProtocol != null && versionsOf(secureProtocol)),
  };
}

function versionsOf(protocol: string): Pick<TlsConfig, 'minVersion' | 'maxVersion'> {
  const method = protocol.replace(/_(client|server)_/, '_');
  if (method === 'TLS_method' || method === 'SSLv23_method') return { minVersion: TLS12, maxVersion: TLS13 };
  if (method === 'TLSv1_2_method') return { minVersion: TLS12, maxVersion: TLS12 };
  const words = `Unknown method: ${protocol}: TLS 1.2 and 1.3 are spoken here`;
  throw wrongValue('ERR_TLS_INVALID_PROTOCOL_METHOD', words);
}

const ANYWHERE: TlsEnvironment = { wall: Date.now };
const NAMES: readonly string[] = [
  'ca',
  'cert',
  'ciphers',
  'crl',
  'ecdhCurve',
  'groups',
  'key',
  'maxVersion',
  'minVersion',
  'passphrase',
  'pfx',
  'secureOptions',
  'sigalgs',
];
