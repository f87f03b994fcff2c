/**
 * Certificate revocation lists (RFC 5280 §5), read. Not for: whether a list is to be believed (`path/revocation.ts`).
 */
import { readPem } from '../keys/pem.js';
import { contextTag, DerError, DerReader, latin1, TAG } from './der.js';
import { type Extension, readDistributionPointName, readExtensions } from './extensions.js';
import type { GeneralName } from './general-name.js';
import { Name } from './name.js';
import { EXTENSION } from './oids.js';
import { type AlgorithmIdentifier, readAlgorithm, type Signed, sameAlgorithm } from './signature.js';

/** Which certificates a list is about, §5.2.5. */
export interface IssuingDistributionPoint {
  /** Empty: all. */
  readonly names: readonly GeneralName[];
  /** Its place is said in a way that is not understood. */
  readonly relative: boolean;
  readonly onlyUsers: boolean;
  readonly onlyAuthorities: boolean;
  readonly onlyAttributes: boolean;
  readonly someReasons: boolean;
  /** It has certificates of other issuers. */
  readonly indirect: boolean;
}

export class Crl implements Signed {
  private constructor(
    readonly raw: Uint8Array,
    readonly tbs: Uint8Array,
    readonly version: 1 | 2,
    readonly issuer: Name,
    /** Milliseconds since 1970. */
    readonly thisUpdate: number,
    /** The last second in which it is current. */
    readonly nextUpdate: number | undefined,
    readonly extensions: ReadonlyMap<string, Extension>,
    /** Undefined: the list is about all certificates of its issuer. */
    readonly distributionPoint: IssuingDistributionPoint | undefined,
    /** An entry has a critical extension that is not understood: then no entry can be relied on (§5.3). */
    readonly hasUnknownEntries: boolean,
    /** Serial numbers, as bytes in text. */
    private readonly revoked: ReadonlySet<string>,
    readonly algorithm: AlgorithmIdentifier,
    readonly signature: Uint8Array,
  ) {}

  /**
   * @param der is copied
   * @throws DerError
   */
  static parse(der: Uint8Array): Crl {
    const raw = der.slice();
    const outer = new DerReader(raw);
    const reader = outer.sequence();
    outer.end();
    const tbs = reader.read(TAG.sequence);
    const algorithm = readAlgorithm(reader);
    const signature = reader.bitStringBytes();
    reader.end();

    const fields = tbs.reader();
    const version = readVersion(fields);
    if (!sameAlgorithm(readAlgorithm(fields), algorithm))
      throw fields.error('another signature algorithm than outside');
    const issuer = Name.read(fields);
    const thisUpdate = fields.time();
    const hasNext = fields.nextTag === TAG.utcTime || fields.nextTag === TAG.generalizedTime;
    const nextUpdate = hasNext ? fields.time() : undefined;
    const entries = readEntries(fields.optional(TAG.sequence)?.reader(), version);
    const explicit = version === 2 ? fields.optionalExplicit(0) : undefined;
    fields.end();
    const extensions = explicit === undefined ? new Map<string, Extension>() : readExtensions(explicit.sequence());
    explicit?.end();
    const point = extensions.get(EXTENSION.issuingDistributionPoint);
    return new Crl(
      raw,
      tbs.raw,
      version,
      issuer,
      thisUpdate,
      nextUpdate,
      extensions,
      point && readDistributionPoint(point.reader()),
      entries.unknown,
      entries.revoked,
      algorithm,
      signature,
    );
  }

  /**
   * All lists of a text in PEM; other blocks are passed over.
   * @throws KeyMaterialError for a broken block, DerError for a broken list
   */
  static fromPem(text: string): Crl[] {
    return readPem(text, 'crl').flatMap(({ label, bytes }) => (label === 'X509 CRL' ? [Crl.parse(bytes)] : []));
  }

  /** @param serialNumber as it stands in the certificate */
  has(serialNumber: Uint8Array): boolean {
    return this.revoked.has(latin1(serialNumber));
  }
}

function readVersion(fields: DerReader): 1 | 2 {
  if (fields.nextTag !== TAG.integer) return 1;
  const at = fields.offset;
  if (fields.smallInteger() !== 1) throw new DerError('an unknown version', at);
  return 2;
}

/** §5.1.2.6, §5.3: an entry for another issuer (§5.3.3) is one that is not understood. */
function readEntries(list: DerReader | undefined, version: number): { revoked: ReadonlySet<string>; unknown: boolean } {
  const revoked = new Set<string>();
  let unknown = false;
  while (list !== undefined && !list.done) {
    const entry = list.sequence();
    revoked.add(latin1(entry.integer()));
    entry.time();
    if (version === 2 && !entry.done) {
      for (const { oid, critical } of readExtensions(entry.sequence()).values()) {
        unknown ||= critical && !ENTRY_EXTENSIONS.has(oid);
      }
    }
    entry.end();
  }
  return { revoked, unknown };
}

function readDistributionPoint(from: DerReader): IssuingDistributionPoint {
  const reader = from.sequence();
  from.end();
  const place = reader.optionalExplicit(0);
  const names = readDistributionPointName(place);
  const flag = (number: number) => reader.nextTag === contextTag(number) && reader.boolean(contextTag(number));
  const [onlyUsers, onlyAuthorities] = [flag(1), flag(2)];
  const someReasons = reader.optional(contextTag(3)) !== undefined;
  const [indirect, onlyAttributes] = [flag(4), flag(5)];
  reader.end();
  const relative = place !== undefined && names.length === 0;
  return { names, relative, onlyUsers, onlyAuthorities, onlyAttributes, someReasons, indirect };
}

const ENTRY_EXTENSIONS = new Set<string>([EXTENSION.reasonCode, EXTENSION.invalidityDate]);
