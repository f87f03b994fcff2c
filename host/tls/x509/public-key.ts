/**
 * SubjectPublicKeyInfo (RFC 5280 §4.1.2.7): RSA (RFC 3279 §2.3.1, RFC 4055 §1.2), named curves (RFC 5480), Ed25519
 * (RFC 8410). Not for: private keys (`../keys/`); using keys (`../crypto/`).
 */
import type { CurveName, PublicKey } from '../crypto/keys.js';
import { DerReader, TAG } from './der.js';
import { KEY } from './oids.js';

/**
 * A key of a kind or form that is not known is `unknown` and verifies nothing; a structure that is broken throws.
 * @throws DerError
 */
export function parsePublicKey(spki: Uint8Array): PublicKey {
  const reader = new DerReader(spki);
  const key = readPublicKey(reader);
  reader.end();
  return key;
}

export function readPublicKey(from: DerReader): PublicKey {
  const element = from.read(TAG.sequence);
  const reader = element.reader();
  const algorithm = reader.sequence();
  const type = algorithm.oid();
  const parameters = algorithm.done ? undefined : algorithm.element();
  algorithm.end();
  const bytes = reader.bitStringBytes();
  reader.end();

  const unknown: PublicKey = { algorithm: 'unknown', spki: element.raw, bytes, bits: 0 };
  switch (type) {
    case KEY.rsa:
      return parameters?.tag === TAG.null ? rsaKey('rsa', element.raw, bytes) : unknown;
    case KEY.rsaPss:
      return rsaKey('rsa-pss', element.raw, bytes);
    case KEY.ec: {
      const curve = parameters?.tag === TAG.oid ? CURVES.get(new DerReader(parameters.raw).oid()) : undefined;
      if (curve === undefined || !isPoint(bytes, curve.bits)) return unknown;
      return { algorithm: 'ec', curve: curve.name, spki: element.raw, bytes, bits: curve.bits };
    }
    case KEY.ed25519:
      if (parameters !== undefined || bytes.length !== 32) return unknown;
      return { algorithm: 'ed25519', spki: element.raw, bytes, bits: 256 };
    default:
      return unknown;
  }
}

function rsaKey(algorithm: 'rsa' | 'rsa-pss', spki: Uint8Array, bytes: Uint8Array): PublicKey {
  const reader = new DerReader(bytes);
  const sequence = reader.sequence();
  reader.end();
  const modulus = sequence.unsigned();
  const exponent = sequence.unsigned();
  sequence.end();
  const [first = 0] = modulus;
  if (first === 0) throw sequence.error('an RSA key of zero');
  return { algorithm, spki, bytes, bits: 8 * modulus.length - Math.clz32(first) + 24, modulus, exponent };
}

/** RFC 5480 §2.2: uncompressed, or compressed. */
function isPoint(bytes: Uint8Array, bits: number): boolean {
  const size = Math.ceil(bits / 8);
  if (bytes[0] === 4) return bytes.length === 1 + 2 * size;
  return (bytes[0] === 2 || bytes[0] === 3) && bytes.length === 1 + size;
}

const CURVES = new Map<string, { name: CurveName; bits: number }>([
  ['1.2.840.10045.3.1.7', { name: 'secp256r1', bits: 256 }],
  ['1.3.132.0.34', { name: 'secp384r1', bits: 384 }],
  ['1.3.132.0.35', { name: 'secp521r1', bits: 521 }],
]);
