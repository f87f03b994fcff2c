/** The object for display, beside the one that Node makes of the same certificate. */
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { afterAll, describe, expect, it } from 'vitest';
import { Certificate } from '../../../host/tls/x509/certificate.js';
import { legacyCertificate } from '../../../host/tls/x509/legacy.js';
import { TrustStore } from '../../../host/tls/x509/trust.js';
import * as made from '../../kit/certificates/certificates.js';
import { NO_OPENSSL } from '../keys/openssl.js';

const FOLDER = mkdtempSync(join(tmpdir(), 'vitrine-legacy-'));
afterAll(() => rmSync(FOLDER, { recursive: true }));

describe('the object says what Node says', () => {
  it.each(Object.entries(made))('of the test certificate %s', (_, { cert }) => expectSame(cert));

  it('of every root that Node brings', () => {
    for (const pem of rootCertificates) expectSame(pem);
  });

  it.skipIf(NO_OPENSSL)('of names, addresses and services of all kinds (needs openssl)', () => {
    expectSame(everything('ec -pkeyopt ec_paramgen_curve:P-384'));
    expectSame(everything('ec -pkeyopt ec_paramgen_curve:P-521'));
    expectSame(everything('rsa:2048'));
    expectSame(everything('ed25519'));
  });
});

describe('the chain', () => {
  const [leaf] = Certificate.fromPem(made.server.cert);
  const [root] = Certificate.fromPem(made.ca.cert);
  if (leaf === undefined || root === undefined) throw new Error('the certificates are missing');

  it('ends in a root that is its own issuer', () => {
    const object = legacyCertificate([leaf, root], true);
    expect(object.issuerCertificate?.subject).toEqual(object.issuer);
    expect(object.issuerCertificate?.issuerCertificate).toBe(object.issuerCertificate);
  });

  it('takes a trusted issuer that the peer did not send', () => {
    expect(legacyCertificate([leaf], true, TrustStore.of([root])).issuerCertificate?.subject).toEqual({
      O: 'Vitrine',
      CN: 'Test CA',
    });
  });

  it('ends where the issuer is not known, and is not there unless it is asked for', () => {
    expect(legacyCertificate([leaf], true).issuerCertificate).toBeUndefined();
    expect(legacyCertificate([leaf, root], false).issuerCertificate).toBeUndefined();
  });

  it('has the keys of Bun in its order', () => {
    expect(Object.keys(legacyCertificate([leaf, root], true))).toEqual(
      (
        'subject issuer subjectaltname infoAccess bits pubkey asn1Curve nistCurve valid_from valid_to ' +
        'fingerprint fingerprint256 fingerprint512 ext_key_usage serialNumber raw ca issuerCertificate'
      ).split(' '),
    );
  });

  it('writes IPv6 addresses in full', () => {
    expect(legacyCertificate([leaf], false).subjectaltname).toBe(
      'DNS:localhost, DNS:server.test, DNS:*.wild.test, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, ' +
        'IP Address:10.9.0.1, IP Address:10.9.0.2',
    );
  });
});

function expectSame(pem: string): void {
  const certificate = new X509Certificate(pem);
  expect(plain(legacyCertificate([Certificate.parse(certificate.raw)], false))).toEqual(
    plain(certificate.toLegacyObject()),
  );
}

/** Without prototypes and without what is undefined. */
function plain(object: object): unknown {
  return JSON.parse(JSON.stringify(object));
}

/** A certificate with a name of every kind. */
function everything(key: string): string {
  writeFileSync(join(FOLDER, 'config'), CONFIG);
  const line = ['req', '-x509', '-newkey', ...key.split(' '), '-nodes', '-keyout', '/dev/null', '-days', '3', '-utf8'];
  const subject = '/C=DE/O=A+OU=B/O=Zwei, Drei/CN=exämple.com/emailAddress=a@b.de/serialNumber=12/DC=x';
  const args = [...line, '-subj', subject, '-config', join(FOLDER, 'config')];
  return execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'pipe'] }).toString();
}

const CONFIG = `
[req]
distinguished_name = none
x509_extensions = all
[none]
[all]
subjectAltName = @names
extendedKeyUsage = serverAuth, 1.2.3.4
authorityInfoAccess = OCSP;URI:http://o.x/, caIssuers;DNS:c.x, caIssuers;URI:http://c.x/c
[names]
DNS.1 = example.com
DNS.2 = *.x.y
DNS.3 = "a'b, DNS:c"
IP.1 = 127.0.0.1
IP.2 = 2001:db8::1
email.1 = a@b.c
URI.1 = "http://x.y/a,b\\\\c"
dirName.1 = name
RID.1 = 1.2.3
otherName.1 = 1.2.3;UTF8:hi
[name]
C = UK
CN = "My, Näme"
`;
