/**
 * A certificate (RFC 5280 §4.1), read. Its frame is read at once, its extensions when somebody asks.
 * Not for: whether it is to be believed (`verify.ts`).
 */
import type { PublicKey } from '../crypto/keys.js';
import { readPem } from '../keys/pem.js';
import { contextTag, DerError, DerReader, equalBytes, TAG } from './der.js';
import {
  type AuthorityKeyIdentifier,
  type BasicConstraints,
  type Extension,
  type NameConstraints,
  readAltName,
  readAuthorityInfoAccess,
  readAuthorityKeyIdentifier,
  readBasicConstraints,
  readDistributionPoints,
  readExtendedKeyUsage,
  readExtensions,
  readKeyUsage,
  readNameConstraints,
  readPolicyConstraints,
} from './extensions.js';
import type { GeneralName } from './general-name.js';
import { Name } from './name.js';
import { EXTENSION } from './oids.js';
import { readPublicKey } from './public-key.js';
import { type AlgorithmIdentifier, readAlgorithm, type Signed, sameAlgorithm } from './signature.js';

/** Getters of extensions throw DerError when the extension is malformed; `checkExtensions` finds that out for all. */
export class Certificate implements Signed {
  readonly #parsed = new Map<string, unknown>();

  private constructor(
    /** DER. */
    readonly raw: Uint8Array,
    /** What is signed. */
    readonly tbs: Uint8Array,
    readonly version: 1 | 2 | 3,
    /** As it stands: two's complement, big-endian. */
    readonly serialNumber: Uint8Array,
    readonly issuer: Name,
    readonly subject: Name,
    /** The first moment at which it is valid, in milliseconds since 1970. */
    readonly notBefore: number,
    /** The last second in which it is valid. */
    readonly notAfter: number,
    readonly publicKey: PublicKey,
    readonly extensions: ReadonlyMap<string, Extension>,
    readonly algorithm: AlgorithmIdentifier,
    readonly signature: Uint8Array,
  ) {}

  /**
   * @param der is copied
   * @throws DerError
   */
  static parse(der: Uint8Array): Certificate {
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
    const serialNumber = fields.integer();
    // RFC 5280 §4.1.1.2
    if (!sameAlgorithm(readAlgorithm(fields), algorithm))
      throw fields.error('another signature algorithm than outside');
    const issuer = Name.read(fields);
    const validity = fields.sequence();
    const [notBefore, notAfter] = [validity.time(), validity.time()];
    validity.end();
    const subject = Name.read(fields);
    const publicKey = readPublicKey(fields);
    const extensions = readRest(fields, version);
    return new Certificate(
      raw,
      tbs.raw,
      version,
      serialNumber,
      issuer,
      subject,
      notBefore,
      notAfter,
      publicKey,
      extensions,
      algorithm,
      signature,
    );
  }

  /**
   * All certificates of a text in PEM; other blocks are passed over.
   * @param what for messages: `ca`
   * @throws KeyMaterialError for a broken block, DerError for a broken certificate
   */
  static fromPem(text: string, what = 'certificate'): Certificate[] {
    return readPem(text, what).flatMap(({ label, bytes }) => (LABELS.has(label) ? [Certificate.parse(bytes)] : []));
  }

  get basicConstraints(): BasicConstraints | undefined {
    return this.#read(EXTENSION.basicConstraints, readBasicConstraints);
  }

  /** Bits of `KEY_USAGE`. */
  get keyUsage(): number | undefined {
    return this.#read(EXTENSION.keyUsage, readKeyUsage);
  }

  /** Object identifiers. */
  get extendedKeyUsage(): readonly string[] | undefined {
    return this.#read(EXTENSION.extendedKeyUsage, readExtendedKeyUsage);
  }

  get subjectAltName(): readonly GeneralName[] | undefined {
    return this.#read(EXTENSION.subjectAltName, readAltName);
  }

  get nameConstraints(): NameConstraints | undefined {
    return this.#read(EXTENSION.nameConstraints, readNameConstraints);
  }

  get subjectKeyIdentifier(): Uint8Array | undefined {
    return this.#read(EXTENSION.subjectKeyIdentifier, (reader) => reader.octetString());
  }

  get authorityKeyIdentifier(): AuthorityKeyIdentifier | undefined {
    return this.#read(EXTENSION.authorityKeyIdentifier, readAuthorityKeyIdentifier);
  }

  get authorityInfoAccess() {
    return this.#read(EXTENSION.authorityInfoAccess, readAuthorityInfoAccess);
  }

  get distributionPoints(): readonly GeneralName[] | undefined {
    return this.#read(EXTENSION.crlDistributionPoints, readDistributionPoints);
  }

  get policyConstraints() {
    return this.#read(EXTENSION.policyConstraints, readPolicyConstraints);
  }

  /** Its issuer is its subject; whether it signed itself is another question. */
  get selfIssued(): boolean {
    return this.issuer.equals(this.subject);
  }

  /** Whether basic constraints say CA. */
  get isCa(): boolean {
    return this.basicConstraints?.ca ?? false;
  }

  critical(oid: string): boolean {
    return this.extensions.get(oid)?.critical ?? false;
  }

  equals(other: Certificate): boolean {
    return equalBytes(this.raw, other.raw);
  }

  /**
   * Reads all extensions that are known.
   * @throws DerError
   */
  checkExtensions(): void {
    for (const getter of CHECKED) void this[getter];
  }

  /** Its subject, shortened: for messages. */
  toString(): string {
    return this.subject.empty ? '(no subject)' : this.subject.shortened;
  }

  #read<T>(oid: string, read: (reader: DerReader) => T): T | undefined {
    const extension = this.extensions.get(oid);
    if (extension === undefined) return undefined;
    if (!this.#parsed.has(oid)) {
      const reader = extension.reader();
      const value = read(reader);
      reader.end();
      this.#parsed.set(oid, value);
    }
    return this.#parsed.get(oid) as T;
  }
}

function readVersion(fields: DerReader): 1 | 2 | 3 {
  const at = fields.offset;
  const explicit = fields.optionalExplicit(0);
  const version = explicit?.smallInteger() ?? 0;
  explicit?.end();
  if (version > 2) throw new DerError('an unknown version', at);
  return (version + 1) as 1 | 2 | 3;
}

/** Unique identifiers and extensions (RFC 5280 §4.1.2.8, §4.1.2.9). */
function readRest(fields: DerReader, version: number): ReadonlyMap<string, Extension> {
  if (version === 1 && !fields.done) throw fields.error('what version 1 does not have');
  for (const number of [1, 2]) if (fields.nextTag === contextTag(number)) fields.bitString(contextTag(number));
  const explicit = version === 3 ? fields.optionalExplicit(3) : undefined;
  fields.end();
  if (explicit === undefined) return new Map();
  const extensions = readExtensions(explicit.sequence());
  explicit.end();
  return extensions;
}

/** RFC 7468 §5.1, and what old tools write. */
const LABELS = new Set(['CERTIFICATE', 'X509 CERTIFICATE']);
const CHECKED = [
  'basicConstraints',
  'keyUsage',
  'extendedKeyUsage',
  'subjectAltName',
  'nameConstraints',
  'subjectKeyIdentifier',
  'authorityKeyIdentifier',
  'authorityInfoAccess',
  'distributionPoints',
  'policyConstraints',
] as const;
