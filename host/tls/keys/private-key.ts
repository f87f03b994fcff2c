/**
 * Private keys as files have them: PEM or DER, PKCS#8, SEC1 or PKCS#1, under a passphrase or not.
 * Not for: certificates (`../x509/certificate.ts`); which certificate goes with a key (`credentials.ts`).
 */
import type { PrivateKey } from '../crypto/keys.js';
import type { CryptoProvider } from '../crypto/provider.js';
import { DerError, DerReader, TAG } from '../x509/der.js';
import { decryptPkcs8, decryptTraditional } from './encryption.js';
import { keyMaterialError } from './errors.js';
import { isPem, type PemBlock, readPem } from './pem.js';
import { readPkcs1, readPkcs8, readSec1 } from './structures.js';

/**
 * The first private key in PEM text, or the one in DER.
 * @param passphrase needed only for a key that is encrypted
 * @throws KeyMaterialError
 */
export function readPrivateKey(input: string | Uint8Array, provider: CryptoProvider, passphrase?: string): PrivateKey {
  const secret = passphrase === undefined ? undefined : new TextEncoder().encode(passphrase);
  try {
    if (typeof input !== 'string' && !isPem(input)) return readDer(input, provider, secret);
    const block = findKey(typeof input === 'string' ? input : new TextDecoder('latin1').decode(input));
    return readBlock(block, provider, secret);
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    const words = `the private key is not in a form that is known: ${error.message}`;
    throw keyMaterialError('ERR_OSSL_ASN1_WRONG_TAG', words, { cause: error });
  }
}

function findKey(text: string): PemBlock {
  const blocks = readPem(text, 'key');
  const block = blocks.find(({ label }) => LABELS.includes(label));
  if (block !== undefined) return block;
  const labels = [...new Set(blocks.map(({ label }) => `"${label}"`))].join(', ');
  const found = labels === '' ? 'no PEM block' : `only ${labels}`;
  throw keyMaterialError('ERR_OSSL_PEM_NO_START_LINE', `key: there is ${found} where a private key has to be`);
}

function readBlock({ label, headers, bytes }: PemBlock, provider: CryptoProvider, secret?: Uint8Array): PrivateKey {
  if (label === ENCRYPTED) return readEncrypted(bytes, provider, secret);
  if (!headers.has('Proc-Type')) return readNamed(label, bytes, provider);
  const plain = decryptTraditional(bytes, headers.get('DEK-Info') ?? '', required(secret), provider.keyDecryption);
  return afterDecryption(() => readNamed(label, plain, provider));
}

function readNamed(label: string, der: Uint8Array, provider: CryptoProvider): PrivateKey {
  if (label === EC) return readSec1(der, provider);
  return label === RSA ? readPkcs1(der) : readPkcs8(der, provider);
}

/** Tells the structures apart by their first two elements. */
function readDer(der: Uint8Array, provider: CryptoProvider, secret?: Uint8Array): PrivateKey {
  const reader = new DerReader(der).sequence();
  const first = reader.element().tag;
  if (first === TAG.sequence) return readEncrypted(der, provider, secret);
  switch (reader.nextTag) {
    case TAG.octetString:
      return readSec1(der, provider);
    case TAG.integer:
      return readPkcs1(der);
    default:
      return readPkcs8(der, provider);
  }
}

function readEncrypted(der: Uint8Array, provider: CryptoProvider, secret?: Uint8Array): PrivateKey {
  const plain = decryptPkcs8(der, required(secret), provider.keyDecryption);
  return afterDecryption(() => readPkcs8(plain, provider));
}

function required(secret: Uint8Array | undefined): Uint8Array {
  if (secret !== undefined) return secret;
  throw keyMaterialError('ERR_MISSING_PASSPHRASE', 'the private key is encrypted: a passphrase is needed');
}

/** A wrong passphrase leaves good padding once in 256 times: then there is garbage instead of a key. */
function afterDecryption(read: () => PrivateKey): PrivateKey {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    throw keyMaterialError('ERR_OSSL_BAD_DECRYPT', 'the passphrase of the private key is wrong', { cause: error });
  }
}

const EC = 'EC PRIVATE KEY';
const RSA = 'RSA PRIVATE KEY';
const ENCRYPTED = 'ENCRYPTED PRIVATE KEY';
const LABELS = ['PRIVATE KEY', ENCRYPTED, EC, RSA];
