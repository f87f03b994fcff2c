/** What a certificate has to look like to be read at all (RFC 5280 §4.1). */
import { describe, expect, it } from 'vitest';
import { Certificate } from '../../../host/tls/x509/certificate.js';
import { TAG } from '../../../host/tls/x509/der.js';
import {
  writeBitString,
  writeElement,
  writeInteger,
  writeNull,
  writeOid,
  writeSequence,
} from '../../../host/tls/x509/der-writer.js';
import { Name } from '../../../host/tls/x509/name.js';
import { ATTRIBUTE, EXTENSION } from '../../../host/tls/x509/oids.js';
import { parsePublicKey } from '../../../host/tls/x509/public-key.js';
import { altNames, dns, extension, issueDer, leaf, name, newKey, newRsaKey, root } from './issue.js';

const top = root();

describe('a certificate', () => {
  it('has no extension twice', () => {
    expect(() => leaf(top, { more: [altNames(dns('example.com'))] })).toThrow('there twice');
  });

  it('says inside and outside by which algorithm it is signed', () => {
    const der = issueDer(top, { algorithm: { hash: 'sha256', der: writeSequence(writeOid('1.2.840.10045.4.3.2')) } });
    // The last byte of the outer identifier stands before the BIT STRING, whose head is three bytes: SHA-384, not SHA-256.
    const other = der.slice();
    other[der.length - Certificate.parse(der).signature.length - 4] = 3;
    expect(() => Certificate.parse(other)).toThrow('another signature algorithm');
  });

  it('of version 1 has no extensions, and no version 4 exists', () => {
    expect(Certificate.parse(issueDer(top, { version: 1 })).extensions.size).toBe(0);
    const der = issueDer(top, {});
    const at = der.findIndex((byte, index) => byte === 0xa0 && der[index + 1] === 3);
    const changed = der.slice();
    changed[at + 4] = 3;
    expect(() => Certificate.parse(changed)).toThrow('unknown version');
    changed[at + 4] = 0;
    const withExtensions = leaf(top).raw.slice();
    withExtensions[withExtensions.findIndex((byte, index) => byte === 0xa0 && withExtensions[index + 1] === 3) + 4] = 0;
    expect(() => Certificate.parse(withExtensions)).toThrow('version 1');
  });

  it('tells which of its extensions is malformed only when asked', () => {
    const certificate = leaf(top, {
      extensions: { [EXTENSION.subjectAltName]: extension(EXTENSION.subjectAltName, writeNull()) },
    });
    expect(certificate.extendedKeyUsage).toHaveLength(2);
    expect(() => certificate.subjectAltName).toThrow('tag 0x05');
    expect(() => certificate.checkExtensions()).toThrow('tag 0x05');
  });
});

describe('distinguished names (RFC 5280 §7.1)', () => {
  const parse = (...given: (readonly [type: string, text: string, tag?: number])[]) => Name.parse(name(...given));

  it('are the same whatever their letters, spaces and types of string', () => {
    const one = parse(
      [ATTRIBUTE.commonName, 'An  Example ', TAG.printableString],
      ['2.5.4.6', 'de', TAG.printableString],
    );
    expect(one.equals(parse([ATTRIBUTE.commonName, 'an example'], ['2.5.4.6', 'DE']))).toBe(true);
    expect(one.equals(parse(['2.5.4.6', 'DE'], [ATTRIBUTE.commonName, 'an example']))).toBe(false);
    expect(one.equals(parse([ATTRIBUTE.commonName, 'an example']))).toBe(false);
  });

  it('are printed with the last part first, and nothing in them can pass for another part', () => {
    expect(parse(['2.5.4.6', 'DE'], ['2.5.4.10', 'a, CN=b'], ['1.2.3.4', 'x\u001b[1m']).toString()).toBe(
      '1.2.3.4=x\\1b[1m, O=a\\, CN=b, C=DE',
    );
  });
});

describe('public keys', () => {
  const point = newKey().publicKey.export({ type: 'spki', format: 'der' }).subarray(26);
  const spki = (oid: string, parameters: readonly Uint8Array[], bytes: Uint8Array) =>
    parsePublicKey(writeSequence(writeSequence(writeOid(oid), ...parameters), writeBitString(bytes)));
  const curve = writeOid('1.2.840.10045.3.1.7');

  it('of RSA tell their size', () => {
    const key = parsePublicKey(Uint8Array.from(newRsaKey(2052).publicKey.export({ type: 'spki', format: 'der' })));
    expect(key).toMatchObject({ algorithm: 'rsa', bits: 2052, exponent: Uint8Array.of(1, 0, 1) });
  });

  it('on named curves are points; other forms are not known', () => {
    expect(spki('1.2.840.10045.2.1', [curve], point)).toMatchObject({ algorithm: 'ec', curve: 'secp256r1', bits: 256 });
    expect(spki('1.2.840.10045.2.1', [writeSequence(writeInteger(1))], point).algorithm).toBe('unknown');
    expect(spki('1.2.840.10045.2.1', [curve], point.subarray(1)).algorithm).toBe('unknown');
    expect(spki('1.2.840.10045.2.1', [], point).algorithm).toBe('unknown');
    expect(spki('1.3.101.112', [], new Uint8Array(31)).algorithm).toBe('unknown');
    expect(spki('1.2.3', [], point)).toMatchObject({ algorithm: 'unknown', bits: 0 });
  });

  it('that are broken are refused', () => {
    expect(() => spki('1.2.840.113549.1.1.1', [writeNull()], writeSequence(writeInteger(0), writeInteger(3)))).toThrow(
      'zero',
    );
    expect(() => spki('1.2.840.113549.1.1.1', [writeNull()], writeElement(TAG.sequence))).toThrow('the end');
  });
});
