/**
 * Keys under a passphrase: PBES2 of PKCS#8 (RFC 8018 §6.2) with PBKDF2 and AES-CBC, and the older `DEK-Info` of PEM, as
 * OpenSSL writes both. Not for: what stands inside (`structures.ts`).
 */
import type { HashName, KeyDecryption } from '../crypto/provider.js';
import { concat } from '../wire/bytes.js';
import { DerReader, TAG } from '../x509/der.js';
import { type KeyMaterialError, keyMaterialError } from './errors.js';

/**
 * EncryptedPrivateKeyInfo (RFC 5208 §6).
 * @returns PrivateKeyInfo, if the passphrase was right
 * @throws DerError, KeyMaterialError
 */
export function decryptPkcs8(der: Uint8Array, passphrase: Uint8Array, crypto: KeyDecryption): Uint8Array {
  const outer = new DerReader(der);
  const info = outer.sequence();
  outer.end();
  const algorithm = info.sequence();
  const data = info.octetString();
  info.end();
  const scheme = algorithm.oid();
  if (scheme !== PBES2) throw unsupported(`encryption ${scheme}`);
  const parameters = algorithm.sequence();
  const derivation = parameters.sequence();
  const cipher = parameters.sequence();
  parameters.end();
  algorithm.end();
  const size = CIPHERS.get(cipher.oid());
  if (size === undefined) throw unsupported('a cipher other than AES-CBC');
  const iv = cipher.octetString();
  cipher.end();
  return decrypt(derive(derivation, passphrase, size, crypto), iv, data, crypto);
}

/**
 * `DEK-Info: AES-256-CBC,0123…` (RFC 1421 §4.6.1.3, with OpenSSL's ciphers and key derivation).
 * @throws KeyMaterialError
 */
export function decryptTraditional(
  data: Uint8Array,
  dekInfo: string,
  passphrase: Uint8Array,
  crypto: KeyDecryption,
): Uint8Array {
  const [, bits, hex] = /^AES-(128|192|256)-CBC,([0-9A-Fa-f]{32})$/.exec(dekInfo) ?? [];
  if (bits === undefined || hex === undefined) throw unsupported(`"DEK-Info: ${dekInfo}"`);
  const iv = Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
  const size = Number(bits) / 8;
  // OpenSSL's EVP_BytesToKey: MD5 chained over passphrase and the first 8 bytes of the IV, one round.
  let key = new Uint8Array(0);
  for (let last = key; key.length < size; key = concat(key, last)) {
    last = crypto.md5(concat(last, passphrase, iv.subarray(0, 8)));
  }
  return decrypt(key.subarray(0, size), iv, data, crypto);
}

/** PBKDF2-params (RFC 8018 §A.2). */
function derive(derivation: DerReader, passphrase: Uint8Array, size: number, crypto: KeyDecryption): Uint8Array {
  const scheme = derivation.oid();
  if (scheme !== PBKDF2) throw unsupported(`key derivation ${scheme}`);
  const parameters = derivation.sequence();
  derivation.end();
  const salt = parameters.octetString();
  const iterations = parameters.smallInteger();
  const length = parameters.nextTag === TAG.integer ? parameters.smallInteger() : size;
  const prf = parameters.done ? undefined : parameters.sequence();
  parameters.end();
  const hash = PRFS.get(prf?.oid() ?? HMAC_SHA1);
  if (hash === undefined) throw unsupported('a hash other than SHA-1, SHA-256, SHA-384 or SHA-512');
  if (length !== size || iterations < 1 || iterations > MAX_ITERATIONS) throw unsupported('these numbers of PBKDF2');
  return crypto.pbkdf2(hash, passphrase, salt, iterations, size);
}

function decrypt(key: Uint8Array, iv: Uint8Array, data: Uint8Array, crypto: KeyDecryption): Uint8Array {
  if (iv.length !== 16) throw unsupported('an IV of another length');
  const plain = crypto.openCbc(key, iv, data);
  key.fill(0);
  if (plain !== undefined) return plain;
  throw keyMaterialError('ERR_OSSL_BAD_DECRYPT', 'the passphrase of the private key is wrong');
}

function unsupported(what: string): KeyMaterialError {
  const words = `the private key is encrypted with ${what}, which is not supported`;
  return keyMaterialError('ERR_OSSL_PEM_UNSUPPORTED_ENCRYPTION', words);
}

const PBES2 = '1.2.840.113549.1.5.13';
const PBKDF2 = '1.2.840.113549.1.5.12';
const HMAC_SHA1 = '1.2.840.113549.2.7';
const PRFS = new Map<string, HashName | 'sha1'>([
  [HMAC_SHA1, 'sha1'],
  ['1.2.840.113549.2.9', 'sha256'],
  ['1.2.840.113549.2.10', 'sha384'],
  ['1.2.840.113549.2.11', 'sha512'],
]);
/** AES-CBC, by the bytes of its key. */
const CIPHERS = new Map([
  ['2.16.840.1.101.3.4.1.2', 16],
  ['2.16.840.1.101.3.4.1.22', 24],
  ['2.16.840.1.101.3.4.1.42', 32],
]);
/** Some ten seconds of work. */
const MAX_ITERATIONS = 10_000_000;
