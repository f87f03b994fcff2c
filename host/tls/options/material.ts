/**
 * The options that hold keys, certificates and revocation lists, as text, bytes, or arrays of those.
 * Not for: what stands in them (`../keys/`, `../x509/`).
 */
import type { PrivateKey } from '../crypto/keys.js';
import type { CryptoProvider } from '../crypto/provider.js';
import { keyMaterialError } from '../keys/errors.js';
import { isPem } from '../keys/pem.js';
import { readPrivateKey } from '../keys/private-key.js';
import { Certificate } from '../x509/certificate.js';
import { Crl } from '../x509/crl.js';
import { DerError } from '../x509/der.js';
import { TrustStore } from '../x509/trust.js';
import { bytesOf, readString, type Source, wrongType, wrongValue } from './reading.js';

/**
 * `key`: private keys in PEM or DER, under `passphrase` or not; in an array also Node's `{ pem, passphrase }`.
 * @throws TypeError, KeyMaterialError
 */
export function readKeys(source: Source, provider: CryptoProvider): readonly PrivateKey[] {
  const common = readString(source, 'passphrase');
  const { key } = source;
  const list = Array.isArray(key) ? key.map(openPair) : [{ pem: key, passphrase: undefined }];
  const file = list.some(({ pem }) => isGiven(pem)) ? [] : readFileOption(source, 'keyFile');
  return [...list, ...file.map((pem) => ({ pem, passphrase: undefined }))].flatMap(({ pem, passphrase }) =>
    checked(pem, 'key').map((text) => readPrivateKey(text, provider, passphrase ?? common)),
  );
}

/**
 * `cert`: one chain an item, own certificate first.
 * @throws TypeError, KeyMaterialError
 */
export function readChains(source: Source): readonly (readonly Certificate[])[] {
  return readMaterial(source, 'cert', 'certFile').map((item) => {
    const chain = asKeyMaterial(() => certificates(item, 'cert'));
    if (chain.length > 0) return chain;
    throw keyMaterialError('ERR_OSSL_PEM_NO_START_LINE', 'cert: there is no certificate in it');
  });
}

/** `ca`: trust in these certificates and no others; an empty array is trust in nobody. `undefined` when nothing is said. */
export function readTrust(source: Source): TrustStore | undefined {
  const { ca } = source;
  const given = readMaterial({ ca, caFile: source.caFile }, 'ca', 'caFile');
  if (given.length === 0 && !Array.isArray(ca)) return undefined;
  return TrustStore.of(
    readAll(given, 'Invalid CA', (item) => certificates(item, 'ca')),
    'private',
  );
}

/** `crl`: revocation lists in PEM or DER. */
export function readCrls(source: Source): readonly Crl[] {
  return readAll(readMaterial(source, 'crl'), 'Invalid CRL', (item) => {
    return typeof item === 'string' ? Crl.fromPem(item) : [Crl.parse(item)];
  });
}

/** PEM is text by now; bytes are DER. */
function certificates(item: string | Uint8Array, what: string): readonly Certificate[] {
  return typeof item === 'string' ? Certificate.fromPem(item, what) : [Certificate.parse(item)];
}

/** Everything in all items, of which each has to hold something. */
function readAll<T>(items: Material, failure: string, read: (item: string | Uint8Array) => readonly T[]): readonly T[] {
  return items.flatMap((item) => {
    try {
      const found = read(item);
      if (found.length > 0) return found;
    } catch (cause) {
      throw wrongValue(failure, 'ERR_BORINGSSL', cause);
    }
    throw wrongValue(failure, 'ERR_BORINGSSL');
  });
}

function asKeyMaterial<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    const words = `cert: not a certificate: ${error.message}`;
    throw keyMaterialError('ERR_OSSL_ASN1_WRONG_TAG', words, { cause: error });
  }
}

function readMaterial(source: Source, name: string, file?: string): Material {
  const value = source[name];
  const items = (Array.isArray(value) ? value : [value]).flatMap((item) => checked(item, name));
  return items.length === 0 && file !== undefined ? readFileOption(source, file) : items;
}

/** One item of an option: nothing, PEM in text or bytes, or DER. */
function checked(value: unknown, name: string): Material {
  if (!isGiven(value)) return [];
  if (typeof value === 'string') return [value];
  const bytes = bytesOf(value);
  if (bytes !== undefined) return [isPem(bytes) ? text(bytes) : bytes];
  if (typeof Blob !== 'undefined' && value instanceof Blob) {
    throw wrongType(`TLSOptions.${name}: a Blob can't be read at once; give its text or bytes`);
  }
  const types = 'string, ArrayBuffer, Blob, array of <string, ArrayBuffer, or Blob>, or null';
  throw wrongType(`TLSOptions.${name} must be of type ${types}`);
}

/** Deprecated: the name of a file, which is read at once where there are files. */
function readFileOption(source: Source, name: string): Material {
  const path = readString(source, name);
  if (path === undefined) return [];
  try {
    const files = globalThis.process?.getBuiltinModule?.('node:fs');
    if (files !== undefined) return checked(files.readFileSync(path), name);
  } catch {
    // Bun's words say as much as it says.
  }
  throw wrongType(`Unable to access ${name} path`);
}

/** An item of an array of keys. */
function openPair(item: unknown): { pem: unknown; passphrase: string | undefined } {
  if (typeof item !== 'object' || item === null || !('pem' in item)) return { pem: item, passphrase: undefined };
  return { pem: item.pem, passphrase: readString({ ...item }, 'passphrase') };
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function text(bytes: Uint8Array): string {
  return new TextDecoder('latin1').decode(bytes);
}

type Material = readonly (string | Uint8Array)[];
