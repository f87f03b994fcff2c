/**
 * Certificates made on the fly (RFC 5280): a throwaway authority and what it issues to servers, for a day. The authority's
 * key is forgotten with the object, so that trusting it means trusting this one run.
 * Not for: certificates that are to last, and reading any (`../tls/x509/`).
 */
import { createHash, createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { addressFamily, parseAddress } from '../core/address.js';
import {
  writeBitString,
  writeElement,
  writeInteger,
  writeOctetString,
  writeOid,
  writeSequence,
} from '../tls/x509/der-writer.js';
import { ATTRIBUTE, EXTENSION, USAGE } from '../tls/x509/oids.js';
import { contextConstructed, contextTag, TAG } from '../tls/x509/tags.js';

/** What `listen` and other servers need, in PEM. */
export interface Issued {
  cert: string;
  key: string;
}

/** An authority of one's own, on P-256. */
export class ThrowawayAuthority {
  /** Its certificate, PEM: for clients to trust. */
  readonly cert: string;
  readonly #pair = newPair();
  readonly #name: Uint8Array;
  readonly #now: number;

  /** @param now milliseconds since 1970 */
  constructor(now = Date.now()) {
    this.#now = now;
    this.#name = distinguishedName(`throwaway CA ${randomBytes(4).toString('hex')}`);
    this.cert = this.#certificate(this.#name, this.#pair, [
      // §4.2.1.9: an authority, of servers only.
      extension(EXTENSION.basicConstraints, true, writeSequence(writeElement(TAG.boolean, TRUE), writeInteger(0))),
      extension(EXTENSION.keyUsage, true, writeBitString(Uint8Array.of(CERT_SIGN_AND_CRL_SIGN), 1)),
      extension(EXTENSION.subjectKeyIdentifier, false, writeOctetString(this.#pair.identifier)),
    ]);
  }

  /**
   * A certificate and its key for a server with these names.
   * @param names host names and IP addresses, at least one
   */
  issue(names: readonly string[]): Issued {
    const pair = newPair();
    const issuer = writeElement(contextTag(0), this.#pair.identifier);
    const cert = this.#certificate(distinguishedName(names[0] ?? ''), pair, [
      extension(EXTENSION.basicConstraints, true, writeSequence()),
      extension(EXTENSION.keyUsage, true, writeBitString(Uint8Array.of(DIGITAL_SIGNATURE), 7)),
      extension(EXTENSION.extendedKeyUsage, false, writeSequence(writeOid(USAGE.serverAuth))),
      extension(EXTENSION.subjectAltName, false, writeSequence(...names.map(generalName))),
      extension(EXTENSION.subjectKeyIdentifier, false, writeOctetString(pair.identifier)),
      extension(EXTENSION.authorityKeyIdentifier, false, writeSequence(issuer)),
    ]);
    return { cert, key: pair.key.export({ type: 'pkcs8', format: 'pem' }) as string };
  }

  /** §4.1: signed by this authority. */
  #certificate(subject: Uint8Array, pair: Pair, extensions: readonly Uint8Array[]): string {
    const algorithm = writeSequence(writeOid(ECDSA_WITH_SHA256));
    const toBeSigned = writeSequence(
      writeElement(contextConstructed(0), writeInteger(VERSION_3)),
      writeInteger(serialNumber()),
      algorithm,
      this.#name,
      writeSequence(time(this.#now - SKEW), time(this.#now + DAY)),
      subject,
      pair.spki,
      writeElement(contextConstructed(3), writeSequence(...extensions)),
    );
    const signature = sign('sha256', toBeSigned, this.#pair.key);
    return pem(writeSequence(toBeSigned, algorithm, writeBitString(signature)));
  }
}

interface Pair {
  key: KeyObject;
  /** SubjectPublicKeyInfo, DER. */
  spki: Uint8Array;
  identifier: Uint8Array;
}

function newPair(): Pair {
  const { privateKey, publicKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'der' },
  });
  // RFC 7093 §2, method 1: of the key's bits, which are the end of the structure.
  const identifier = createHash('sha256').update(publicKey.subarray(-POINT_LENGTH)).digest().subarray(0, 20);
  return { key: createPrivateKey(privateKey), spki: publicKey, identifier };
}

/** §4.1.2.2: positive, at most 20 octets, and not to be guessed. */
function serialNumber(): Uint8Array {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] as number) & 0x7f) | 0x40;
  return bytes;
}

/** §4.1.2.4, and at most 64 characters in a common name (appendix A). */
function distinguishedName(commonName: string): Uint8Array {
  const text = writeElement(TAG.utf8String, Buffer.from(commonName.slice(0, 64)));
  return writeSequence(writeElement(TAG.set, writeSequence(writeOid(ATTRIBUTE.commonName), text)));
}

/** §4.1.2.5: two digits for the year until 2049. */
function time(milliseconds: number): Uint8Array {
  const digits = `${new Date(milliseconds).toISOString().replace(/\D/g, '').slice(0, 14)}Z`;
  return Number(digits.slice(0, 4)) < 2050
    ? writeElement(TAG.utcTime, Buffer.from(digits.slice(2)))
    : writeElement(TAG.generalizedTime, Buffer.from(digits));
}

function extension(oid: string, critical: boolean, value: Uint8Array): Uint8Array {
  const flag = critical ? [writeElement(TAG.boolean, TRUE)] : [];
  return writeSequence(writeOid(oid), ...flag, writeOctetString(value));
}

/** §4.2.1.6: dNSName, or iPAddress of 4 or 16 octets. */
function generalName(name: string): Uint8Array {
  const address = parseAddress(name);
  if (address === undefined) return writeElement(contextTag(2), Buffer.from(name, 'latin1'));
  return writeElement(contextTag(7), addressFamily(name) === 'IPv4' ? address.subarray(12) : address);
}

function pem(der: Uint8Array): string {
  const lines = Buffer.from(der)
    .toString('base64')
    .match(/.{1,64}/g) as string[];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

const TRUE = Uint8Array.of(0xff);
const VERSION_3 = 2;
const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2';
/** §4.2.1.3: bits from the left. */
const DIGITAL_SIGNATURE = 0x80;
const CERT_SIGN_AND_CRL_SIGN = 0x06;
/** Uncompressed, of P-256. */
const POINT_LENGTH = 65;
const DAY = 24 * 60 * 60 * 1000;
/** Clocks of clients may be late. */
const SKEW = 60 * 60 * 1000;
