/**
 * AlgorithmIdentifier of signatures on certificates and CRLs (RFC 5280 §4.1.1.2, RFC 4055, RFC 5758, RFC 8410), and
 * checking them. Only what is safe has a kind: no SHA-1, no MD5, no DSA. Not for: CertificateVerify (`../parameters.ts`).
 */
import type { PublicKey } from '../crypto/keys.js';
import type { CryptoProvider, HashName, SignatureKind } from '../crypto/provider.js';
import { type DerReader, type Element, equalBytes, latin1, TAG } from './der.js';
import { KEY } from './oids.js';

export interface AlgorithmIdentifier {
  readonly oid: string;
  readonly raw: Uint8Array;
  /** `undefined` for an algorithm, or parameters, that are not accepted. */
  readonly kind: SignatureKind | undefined;
}

/** What somebody signed: a certificate or a CRL. */
export interface Signed {
  readonly tbs: Uint8Array;
  readonly algorithm: AlgorithmIdentifier;
  readonly signature: Uint8Array;
}

export function readAlgorithm(from: DerReader): AlgorithmIdentifier {
  const element = from.read(TAG.sequence);
  const reader = element.reader();
  const oid = reader.oid();
  const parameters = reader.done ? undefined : reader.element();
  reader.end();
  return { oid, raw: element.raw, kind: kindOf(oid, parameters) };
}

/** Whether two identifiers say the same: RFC 5280 §4.1.1.2 asks that of the one inside and the one outside. */
export function sameAlgorithm(left: AlgorithmIdentifier, right: AlgorithmIdentifier): boolean {
  return equalBytes(left.raw, right.raw);
}

/** False also for algorithms that are not accepted, and for a key of another kind. */
export function checkSignature(signed: Signed, key: PublicKey, provider: CryptoProvider): boolean {
  const { kind } = signed.algorithm;
  if (kind === undefined || !KEYS_FOR[kind.algorithm].includes(key.algorithm)) return false;
  return provider.verify(key, kind, signed.tbs, signed.signature);
}

/** What is known of signatures while one chain is verified: each is checked once with each key, on however many paths. */
export class Signatures {
  readonly #known = new Map<Signed, Map<string, boolean>>();
  #checks = 0;

  constructor(private readonly provider: CryptoProvider) {}

  /** How many had to be checked. */
  get checks(): number {
    return this.#checks;
  }

  isRight(signed: Signed, key: PublicKey): boolean {
    const byKey = this.#known.get(signed) ?? new Map<string, boolean>();
    this.#known.set(signed, byKey);
    const name = latin1(key.spki);
    let right = byKey.get(name);
    if (right === undefined) {
      this.#checks += 1;
      right = checkSignature(signed, key, this.provider);
      byKey.set(name, right);
    }
    return right;
  }
}

function kindOf(oid: string, parameters: Element | undefined): SignatureKind | undefined {
  const absent = parameters === undefined;
  const rsa = RSA.get(oid);
  // RFC 4055 §5: NULL, and absent has to be accepted.
  if (rsa !== undefined) return absent || isNull(parameters) ? { algorithm: 'rsa-pkcs1', hash: rsa } : undefined;
  const ecdsa = ECDSA.get(oid);
  if (ecdsa !== undefined) return absent ? { algorithm: 'ecdsa', hash: ecdsa } : undefined; // RFC 5758 §3.2
  if (oid === KEY.ed25519) return absent ? { algorithm: 'ed25519' } : undefined; // RFC 8410 §3
  if (oid === KEY.rsaPss && parameters?.tag === TAG.sequence) return pssKind(parameters.reader());
  return undefined;
}

/** RSASSA-PSS-params, RFC 4055 §3.1: one hash for both uses, and not SHA-1, which is what is meant where nothing stands. */
function pssKind(reader: DerReader): SignatureKind | undefined {
  const hash = hashOf(reader.optionalExplicit(0));
  const generator = reader.optionalExplicit(1)?.sequence();
  const salt = reader.optionalExplicit(2)?.smallInteger() ?? 20;
  const trailer = reader.optionalExplicit(3)?.smallInteger() ?? 1;
  reader.end();
  if (hash === undefined || generator === undefined || trailer !== 1) return undefined;
  if (generator.oid() !== MGF1 || hashOf(generator) !== hash) return undefined;
  // More salt than hash makes nothing safer; less than the hash is what RFC 8017 §9.1 advises against.
  return salt === HASH_SIZES[hash] ? { algorithm: 'rsa-pss', hash, saltLength: salt } : undefined;
}

function hashOf(reader: DerReader | undefined): HashName | undefined {
  const sequence = reader?.sequence();
  const hash = sequence === undefined ? undefined : HASHES.get(sequence.oid());
  if (sequence !== undefined && !sequence.done) sequence.null();
  return hash;
}

function isNull(element: Element): boolean {
  return element.tag === TAG.null && element.content.length === 0;
}

const MGF1 = '1.2.840.113549.1.1.8';
const RSA = new Map<string, HashName>([
  ['1.2.840.113549.1.1.11', 'sha256'],
  ['1.2.840.113549.1.1.12', 'sha384'],
  ['1.2.840.113549.1.1.13', 'sha512'],
]);
const ECDSA = new Map<string, HashName>([
  ['1.2.840.10045.4.3.2', 'sha256'],
  ['1.2.840.10045.4.3.3', 'sha384'],
  ['1.2.840.10045.4.3.4', 'sha512'],
]);
const HASHES = new Map<string, HashName>([
  ['2.16.840.1.101.3.4.2.1', 'sha256'],
  ['2.16.840.1.101.3.4.2.2', 'sha384'],
  ['2.16.840.1.101.3.4.2.3', 'sha512'],
]);
const HASH_SIZES: Readonly<Record<HashName, number>> = { sha256: 32, sha384: 48, sha512: 64 };
const KEYS_FOR: Readonly<Record<SignatureKind['algorithm'], readonly PublicKey['algorithm'][]>> = {
  'rsa-pkcs1': ['rsa'],
  'rsa-pss': ['rsa', 'rsa-pss'],
  ecdsa: ['ec'],
  ed25519: ['ed25519'],
};
