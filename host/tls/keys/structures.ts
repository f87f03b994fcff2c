/**
 * The structures that hold private keys: PKCS#8 (RFC 5208, RFC 5958) with RSA (RFC 8017 §A.1.2), RSA-PSS (RFC 4055), EC
 * (RFC 5915) and Ed25519 (RFC 8410) inside, and the bare SEC1 and PKCS#1. Each becomes the same PrivateKey, written anew.
 * Not for: PEM and encryption (`private-key.ts`).
 */
import type { CurveName, PrivateKey } from '../crypto/keys.js';
import { CryptoError, type CryptoProvider } from '../crypto/provider.js';
import { MAX_RSA_BITS, MIN_RSA_BITS } from '../crypto/suitability.js';
import { hex, sameBytes } from '../wire/bytes.js';
import { contextConstructed, DerReader, TAG } from '../x509/der.js';
import {
  writeBitString,
  writeElement,
  writeInteger,
  writeNull,
  writeOctetString,
  writeOid,
  writeSequence,
} from '../x509/der-writer.js';
import { KEY } from '../x509/oids.js';
import { parsePublicKey } from '../x509/public-key.js';
import { type KeyMaterialError, keyMaterialError } from './errors.js';

/** @throws DerError, KeyMaterialError */
export function readPkcs8(der: Uint8Array, provider: CryptoProvider): PrivateKey {
  const outer = new DerReader(der);
  const info = outer.sequence();
  outer.end();
  const version = info.smallInteger();
  if (version > 1) throw info.error('a version that is not known');
  const algorithm = info.read(TAG.sequence);
  const key = info.octetString();
  info.optional(contextConstructed(0)); // attributes
  if (version === 1) info.optional(0x81); // the public key, which is computed instead
  info.end();
  const parameters = algorithm.reader();
  const type = parameters.oid();
  switch (type) {
    case KEY.ed25519:
      parameters.end();
      return ed25519Key(key, provider);
    case KEY.ec:
      return readSec1(key, provider, parameters);
    case KEY.rsa:
      return rsaKey('rsa', algorithm.raw, key);
    case KEY.rsaPss:
      return rsaKey('rsa-pss', algorithm.raw, key);
    default:
      throw unsupported(`a private key of type ${KEY_NAMES.get(type) ?? type}`);
  }
}

/**
 * ECPrivateKey (RFC 5915 §3). The curve stands inside, or around it in PKCS#8.
 * @throws DerError, KeyMaterialError
 */
export function readSec1(der: Uint8Array, provider: CryptoProvider, around?: DerReader): PrivateKey {
  const outer = new DerReader(der);
  const key = outer.sequence();
  outer.end();
  if (key.smallInteger() !== 1) throw key.error('a version that is not known');
  const scalar = key.octetString();
  const inside = key.optionalExplicit(0);
  const point = key.optionalExplicit(1)?.bitStringBytes();
  key.end();
  const curves = [around, inside].flatMap((reader) => (reader === undefined ? [] : [readCurve(reader)]));
  const [curve] = curves;
  if (curve === undefined || curves.some((other) => other !== curve)) throw key.error('no curve, or two');
  return ecKey(curve, scalar, point, provider);
}

/**
 * RSAPrivateKey (RFC 8017 §A.1.2).
 * @throws DerError, KeyMaterialError
 */
export function readPkcs1(der: Uint8Array): PrivateKey {
  return rsaKey('rsa', writeSequence(writeOid(KEY.rsa), writeNull()), der);
}

function ecKey(curve: CurveName, written: Uint8Array, point: Uint8Array | undefined, provider: CryptoProvider) {
  const { size, oid } = CURVES[curve];
  // RFC 5915 §3 says as long as the field; some writers leave out zeros, or put one in front.
  const first = Math.max(written.length - size, 0);
  if (written.subarray(0, first).some((byte) => byte !== 0)) throw invalid('a number larger than its curve');
  const bytes = new Uint8Array(size);
  bytes.set(written.subarray(first), size - (written.length - first));
  const own = publicPoint(provider, curve, bytes);
  if (point !== undefined && !isSamePoint(point, own)) throw invalid('a public key that does not belong to it');
  const algorithm = writeSequence(writeOid(KEY.ec), writeOid(oid));
  const publicKey = parsePublicKey(writeSequence(algorithm, writeBitString(own)));
  const sec1 = writeSequence(
    writeInteger(1),
    writeOctetString(bytes),
    writeElement(contextConstructed(1), writeBitString(own)),
  );
  const pkcs8 = writeSequence(writeInteger(0), algorithm, writeOctetString(sec1));
  return { algorithm: 'ec', curve, pkcs8, bytes, public: publicKey } as const;
}

/** CurvePrivateKey (RFC 8410 §7): an OCTET STRING in an OCTET STRING. */
function ed25519Key(der: Uint8Array, provider: CryptoProvider): PrivateKey {
  const inner = new DerReader(der);
  const bytes = inner.octetString().slice();
  inner.end();
  if (bytes.length !== 32) throw invalid(`${bytes.length} bytes where Ed25519 has 32`);
  const algorithm = writeSequence(writeOid(KEY.ed25519));
  const spki = writeSequence(algorithm, writeBitString(publicPoint(provider, 'ed25519', bytes)));
  const pkcs8 = writeSequence(writeInteger(0), algorithm, writeOctetString(writeOctetString(bytes)));
  return { algorithm: 'ed25519', pkcs8, bytes, public: parsePublicKey(spki) };
}

function rsaKey(algorithm: 'rsa' | 'rsa-pss', identifier: Uint8Array, der: Uint8Array): PrivateKey {
  const outer = new DerReader(der);
  const key = outer.sequence();
  outer.end();
  if (key.smallInteger() !== 0) throw key.error('a version that is not known');
  const [modulus, exponent, , prime, other] = Array.from({ length: 8 }, () => key.unsigned());
  key.end();
  if (modulus === undefined || exponent === undefined || prime === undefined || other === undefined)
    throw key.error('');
  if (toNumber(prime) * toNumber(other) !== toNumber(modulus))
    throw invalid('primes that are not those of its modulus');
  const bytes = writeSequence(writeInteger(modulus), writeInteger(exponent));
  const publicKey = parsePublicKey(writeSequence(identifier, writeBitString(bytes)));
  if (publicKey.bits < MIN_RSA_BITS) {
    throw keyMaterialError('ERR_OSSL_RSA_KEY_SIZE_TOO_SMALL', `an RSA key of ${publicKey.bits} bits is too weak`);
  }
  if (publicKey.bits > MAX_RSA_BITS) {
    throw keyMaterialError('ERR_OSSL_RSA_MODULUS_TOO_LARGE', `an RSA key of ${publicKey.bits} bits is too large`);
  }
  const pkcs8 = writeSequence(writeInteger(0), identifier, writeOctetString(der));
  return { algorithm, pkcs8, bytes: der.slice(), public: publicKey };
}

function readCurve(parameters: DerReader): CurveName {
  if (parameters.nextTag !== TAG.oid) throw unsupported('a curve that has no name');
  const oid = parameters.oid();
  parameters.end();
  for (const curve of CURVE_NAMES) if (CURVES[curve].oid === oid) return curve;
  throw unsupported(`a private key on the curve ${oid}`);
}

function publicPoint(provider: CryptoProvider, curve: CurveName | 'ed25519', secret: Uint8Array): Uint8Array {
  try {
    return provider.publicPoint(curve, secret);
  } catch (cause) {
    if (!(cause instanceof CryptoError)) throw cause;
    throw invalid('a number that is not below the order of its curve');
  }
}

/** `written` may be compressed. */
function isSamePoint(written: Uint8Array, point: Uint8Array): boolean {
  if (written[0] === 4) return sameBytes(written, point);
  const size = (point.length - 1) / 2;
  const parity = 2 + ((point[point.length - 1] ?? 0) & 1);
  return written[0] === parity && sameBytes(written.subarray(1), point.subarray(1, 1 + size));
}

function unsupported(what: string): KeyMaterialError {
  return keyMaterialError('ERR_OSSL_EVP_UNSUPPORTED_ALGORITHM', `${what} is not supported`);
}

function invalid(what: string): KeyMaterialError {
  return keyMaterialError('ERR_OSSL_EVP_INVALID_KEY', `the private key has ${what}`);
}

function toNumber(bytes: Uint8Array): bigint {
  return BigInt(`0x${hex(bytes)}`);
}

const CURVES = {
  secp256r1: { oid: '1.2.840.10045.3.1.7', size: 32 },
  secp384r1: { oid: '1.3.132.0.34', size: 48 },
  secp521r1: { oid: '1.3.132.0.35', size: 66 },
} as const satisfies Record<CurveName, { oid: string; size: number }>;
const CURVE_NAMES = ['secp256r1', 'secp384r1', 'secp521r1'] as const;
/** Keys that people may have and that TLS has no use for here. */
const KEY_NAMES = new Map([
  ['1.3.101.110', 'X25519'],
  ['1.3.101.113', 'Ed448'],
  ['1.2.840.10040.4.1', 'DSA'],
  ['1.2.840.113549.1.3.1', 'DH'],
]);
