/**
 * Certificates and revocation lists made on the fly, by default such as a public authority makes them, so that a test
 * breaks one rule at a time. Keys are P-256 unless a test brings its own.
 */
import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { Certificate } from '../../../host/tls/x509/certificate.js';
import { Crl } from '../../../host/tls/x509/crl.js';
import { contextConstructed, contextTag, TAG } from '../../../host/tls/x509/der.js';
import {
  writeBitString,
  writeElement,
  writeInteger,
  writeNull,
  writeOctetString,
  writeOid,
  writeSequence,
} from '../../../host/tls/x509/der-writer.js';
import { KEY_USAGE } from '../../../host/tls/x509/extensions.js';
import { ATTRIBUTE, EXTENSION, USAGE } from '../../../host/tls/x509/oids.js';

/** The moment at which what is made here is valid. */
export const NOW = Date.UTC(2026, 0, 15, 12);

export interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** Whoever can issue: a name, a key, and the certificate that says so. */
export interface Issuer {
  readonly subject: Uint8Array;
  readonly key: KeyPair;
  readonly certificate: Certificate;
}

export interface Recipe {
  /** Text, for one common name, or DER. */
  readonly subject?: string | Uint8Array;
  readonly issuerName?: string | Uint8Array;
  readonly serial?: Uint8Array;
  readonly notBefore?: number;
  readonly notAfter?: number;
  readonly version?: 1 | 3;
  readonly key?: KeyPair;
  /** Other extensions than by default, or none of a kind: by object identifier. */
  readonly extensions?: Readonly<Record<string, Uint8Array | undefined>>;
  /** Put behind the others, whatever stands there already. */
  readonly more?: readonly Uint8Array[];
  readonly algorithm?: { readonly hash: string; readonly der: Uint8Array };
}

export function newKey(): KeyPair {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

export function newRsaKey(bits: number, exponent = 65_537): KeyPair {
  return generateKeyPairSync('rsa', { modulusLength: bits, publicExponent: exponent });
}

/** A root of its own. */
export function root(recipe: Recipe = {}): Issuer {
  const key = recipe.key ?? newKey();
  const subject = nameOf(recipe.subject ?? 'Root');
  const self = { subject, key };
  const certificate = issue(self, { ...recipe, subject, key, extensions: { ...authority(key), ...recipe.extensions } });
  return { subject, key, certificate };
}

/** An authority below another one. */
export function intermediate(issuer: Signer, recipe: Recipe = {}): Issuer {
  const key = recipe.key ?? newKey();
  counter += 1;
  const subject = nameOf(recipe.subject ?? `Intermediate ${counter}`);
  const extensions = { ...authority(key), ...below(issuer), ...recipe.extensions };
  return { subject, key, certificate: issue(issuer, { ...recipe, subject, key, extensions }) };
}

/** A server and client, for example.com. */
export function leaf(issuer: Signer, recipe: Recipe = {}): Certificate {
  const extensions = {
    [EXTENSION.keyUsage]: keyUsage(KEY_USAGE.digitalSignature),
    [EXTENSION.extendedKeyUsage]: extendedKeyUsage(USAGE.serverAuth, USAGE.clientAuth),
    [EXTENSION.subjectAltName]: altNames(dns('example.com')),
    ...below(issuer),
    ...recipe.extensions,
  };
  return issue(issuer, { subject: 'example.com', ...recipe, extensions });
}

type Signer = Pick<Issuer, 'subject' | 'key'>;

/** Signs a certificate as the recipe says, with no extensions of its own. */
export function issue(issuer: Signer, recipe: Recipe): Certificate {
  return Certificate.parse(issueDer(issuer, recipe));
}

export function issueDer(issuer: Signer, recipe: Recipe): Uint8Array {
  const { version = 3, key = newKey(), algorithm = ECDSA_SHA256 } = recipe;
  const listed = [
    ...Object.values(recipe.extensions ?? {}).filter((value) => value !== undefined),
    ...(recipe.more ?? []),
  ];
  const extensions = listed.length === 0 ? [] : [writeElement(contextConstructed(3), writeSequence(...listed))];
  const tbs = writeSequence(
    ...(version === 1 ? [] : [writeElement(contextConstructed(0), writeInteger(version - 1))]),
    writeElement(TAG.integer, recipe.serial ?? Uint8Array.of(0x11, ...serialBytes())),
    algorithm.der,
    nameOf(recipe.issuerName ?? issuer.subject),
    writeSequence(time(recipe.notBefore ?? NOW - 30 * DAY), time(recipe.notAfter ?? NOW + 30 * DAY)),
    nameOf(recipe.subject ?? 'nobody'),
    key.publicKey.export({ type: 'spki', format: 'der' }),
    ...(version === 1 ? [] : extensions),
  );
  return signed(tbs, algorithm, issuer.key);
}

export interface CrlRecipe {
  readonly thisUpdate?: number;
  readonly nextUpdate?: number | undefined;
  /** Each with extensions of its entry. */
  readonly revoked?: readonly (
    | Certificate
    | { readonly of: Certificate; readonly extensions: readonly Uint8Array[] }
  )[];
  readonly extensions?: Readonly<Record<string, Uint8Array | undefined>>;
}

/** A revocation list, with a number. */
export function revocationList(issuer: Signer, recipe: CrlRecipe = {}): Crl {
  const { thisUpdate = NOW - DAY, revoked = [] } = recipe;
  const nextUpdate = 'nextUpdate' in recipe ? recipe.nextUpdate : NOW + DAY;
  const entries = revoked.map((entry) => {
    const [certificate, extensions] = entry instanceof Certificate ? [entry, []] : [entry.of, entry.extensions];
    const serial = writeElement(TAG.integer, certificate.serialNumber);
    return writeSequence(serial, time(NOW - DAY), ...(extensions.length === 0 ? [] : [writeSequence(...extensions)]));
  });
  const extensions = Object.values({
    [EXTENSION.crlNumber]: extension(EXTENSION.crlNumber, writeInteger(7)),
    ...recipe.extensions,
  });
  const listed = extensions.filter((value) => value !== undefined);
  const tbs = writeSequence(
    writeInteger(1),
    ECDSA_SHA256.der,
    nameOf(issuer.subject),
    time(thisUpdate),
    ...(nextUpdate === undefined ? [] : [time(nextUpdate)]),
    ...(entries.length === 0 ? [] : [writeSequence(...entries)]),
    ...(listed.length === 0 ? [] : [writeElement(contextConstructed(0), writeSequence(...listed))]),
  );
  return Crl.parse(signed(tbs, ECDSA_SHA256, issuer.key));
}

export function extension(oid: string, value: Uint8Array, critical = false): Uint8Array {
  const flag = critical ? [writeElement(TAG.boolean, Uint8Array.of(0xff))] : [];
  return writeSequence(writeOid(oid), ...flag, writeOctetString(value));
}

export function basicConstraints(ca: boolean, pathLength?: number, critical = true): Uint8Array {
  const parts = [
    ...(ca ? [writeElement(TAG.boolean, Uint8Array.of(0xff))] : []),
    ...(pathLength === undefined ? [] : [writeInteger(pathLength)]),
  ];
  return extension(EXTENSION.basicConstraints, writeSequence(...parts), critical);
}

/** @param bits of `KEY_USAGE` */
export function keyUsage(bits: number): Uint8Array {
  let byte = 0;
  for (let bit = 0; bit < 8; bit += 1) byte |= ((bits >> bit) & 1) << (7 - bit);
  const unused = byte === 0 ? 0 : 31 - Math.clz32(byte & -byte);
  return extension(
    EXTENSION.keyUsage,
    writeBitString(byte === 0 ? new Uint8Array() : Uint8Array.of(byte), unused),
    true,
  );
}

export function extendedKeyUsage(...oids: readonly string[]): Uint8Array {
  return extension(EXTENSION.extendedKeyUsage, writeSequence(...oids.map(writeOid)));
}

export function altNames(...names: readonly Uint8Array[]): Uint8Array {
  return extension(EXTENSION.subjectAltName, writeSequence(...names));
}

export function nameConstraints(
  permitted: readonly Uint8Array[],
  excluded: readonly Uint8Array[],
  critical = true,
): Uint8Array {
  const subtrees = (number: number, names: readonly Uint8Array[]) =>
    names.length === 0 ? [] : [writeElement(contextConstructed(number), ...names.map((name) => writeSequence(name)))];
  return extension(
    EXTENSION.nameConstraints,
    writeSequence(...subtrees(0, permitted), ...subtrees(1, excluded)),
    critical,
  );
}

export function keyIdentifier(key: KeyPair): Uint8Array {
  const hash = createHash('sha256')
    .update(key.publicKey.export({ type: 'spki', format: 'der' }))
    .digest();
  return new Uint8Array(hash.subarray(0, 20));
}

export const email = (text: string) => writeElement(contextTag(1), ascii(text));
export const dns = (text: string) => writeElement(contextTag(2), ascii(text));
export const uri = (text: string) => writeElement(contextTag(6), ascii(text));
export const ip = (...bytes: readonly number[]) => writeElement(contextTag(7), Uint8Array.from(bytes));
export const directory = (name: Uint8Array) => writeElement(contextConstructed(4), name);
export const otherName = (oid: string) =>
  writeElement(contextConstructed(0), writeOid(oid), writeElement(contextConstructed(0), writeNull()));

/** A distinguished name from pairs of type and text, each of its own relative name. */
export function name(...attributes: readonly (readonly [type: string, text: string, tag?: number])[]): Uint8Array {
  return writeSequence(
    ...attributes.map(([type, text, tag = TAG.utf8String]) =>
      writeElement(TAG.set, writeSequence(writeOid(type), writeElement(tag, ascii(text)))),
    ),
  );
}

export const ECDSA_SHA256 = { hash: 'sha256', der: writeSequence(writeOid('1.2.840.10045.4.3.2')) };
export const RSA_SHA256 = { hash: 'sha256', der: writeSequence(writeOid('1.2.840.113549.1.1.11'), writeNull()) };

function authority(key: KeyPair): Record<string, Uint8Array> {
  return {
    [EXTENSION.basicConstraints]: basicConstraints(true),
    [EXTENSION.keyUsage]: keyUsage(KEY_USAGE.keyCertSign | KEY_USAGE.crlSign),
    [EXTENSION.subjectKeyIdentifier]: extension(EXTENSION.subjectKeyIdentifier, writeOctetString(keyIdentifier(key))),
  };
}

function below(issuer: Signer): Record<string, Uint8Array> {
  const value = writeSequence(writeElement(contextTag(0), keyIdentifier(issuer.key)));
  return { [EXTENSION.authorityKeyIdentifier]: extension(EXTENSION.authorityKeyIdentifier, value) };
}

function signed(tbs: Uint8Array, algorithm: { hash: string; der: Uint8Array }, key: KeyPair): Uint8Array {
  const isEd25519 = key.privateKey.asymmetricKeyType === 'ed25519';
  const signature = sign(isEd25519 ? null : algorithm.hash, tbs, key.privateKey);
  return writeSequence(tbs, algorithm.der, writeBitString(signature));
}

function nameOf(given: string | Uint8Array): Uint8Array {
  return typeof given === 'string' ? name([ATTRIBUTE.commonName, given]) : given;
}

/** RFC 5280 §4.1.2.5: UTCTime until 2049. */
function time(at: number): Uint8Array {
  const text = `${new Date(at).toISOString().replace(/[-T:]|\.\d+/g, '')}`;
  const year = new Date(at).getUTCFullYear();
  return year >= 1950 && year < 2050
    ? writeElement(TAG.utcTime, ascii(text.slice(2)))
    : writeElement(TAG.generalizedTime, ascii(text));
}

function serialBytes(): number[] {
  counter += 1;
  return [(counter >> 16) & 0xff, (counter >> 8) & 0xff, counter & 0xff];
}

function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export const DAY = 86_400_000;
let counter = 0;
