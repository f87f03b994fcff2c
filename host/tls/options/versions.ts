/**
 * `minVersion`, `maxVersion` and the bits of `secureOptions`. Not for: negotiating a version.
 */
import { TLS12, TLS13 } from '../parameters.js';
import type { TlsVersion } from '../records.js';
import { readNumber, type Source, wrongType, wrongValue } from './reading.js';

export interface Versions {
  readonly minVersion: TlsVersion;
  readonly maxVersion: TlsVersion;
  /** Whether servers give tickets. */
  readonly tickets: boolean;
}

/** @throws TypeError for other types and names, Error when no version is left */
export function readVersions(source: Source): Versions {
  const least = readVersion(source, 'minVersion') ?? TLS12;
  const most = readVersion(source, 'maxVersion') ?? TLS13;
  const bits = readNumber(source, 'secureOptions') ?? 0;
  const left = ([TLS12, TLS13] as const).filter(
    (version) => version >= least && version <= most && (bits & FORBIDDEN_BY[version]) === 0,
  );
  const [minVersion] = left;
  const maxVersion = left[left.length - 1];
  if (minVersion === undefined || maxVersion === undefined) {
    throw wrongValue('TLSOptions: minVersion, maxVersion and secureOptions leave neither TLS 1.2 nor TLS 1.3');
  }
  return { minVersion, maxVersion, tickets: (bits & SSL_OP_NO_TICKET) === 0 };
}

/** A number of the wire (Bun) or a name (Node). Versions that are not spoken are fine as bounds. */
function readVersion(source: Source, name: 'minVersion' | 'maxVersion'): number | undefined {
  const value = source[name] ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value !== 'number' && typeof value !== 'string') {
    throw wrongType(`TLSOptions.${name} must be a number or a string`);
  }
  const version = typeof value === 'number' ? value : NAMES.get(value);
  if (version !== undefined && [...NAMES.values()].includes(version)) return version;
  const message = `TLSOptions.${name}: ${JSON.stringify(value)} is not a TLS protocol version`;
  throw Object.assign(new TypeError(message), { code: 'ERR_TLS_INVALID_PROTOCOL_VERSION' });
}

const NAMES = new Map<string, number>([
  ['TLSv1', 0x0301],
  ['TLSv1.1', 0x0302],
  ['TLSv1.2', TLS12],
  ['TLSv1.3', TLS13],
]);
const SSL_OP_NO_TICKET = 0x0000_4000;
/** SSL_OP_NO_TLSv1_2 and SSL_OP_NO_TLSv1_3. */
const FORBIDDEN_BY = { [TLS12]: 0x0800_0000, [TLS13]: 0x2000_0000 } as Readonly<Record<TlsVersion, number>>;
