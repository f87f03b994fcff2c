/** The throwaway authority, judged by OpenSSL and by our own verifier. */
import { execFileSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ThrowawayAuthority } from '../../host/cli/certificates.js';
import { defaultProvider } from '../../host/tls/crypto/default.js';
import { Certificate } from '../../host/tls/x509/certificate.js';
import { TrustStore } from '../../host/tls/x509/trust.js';
import { verifyChain } from '../../host/tls/x509/verify.js';

const NAMES = ['10.9.0.2', 'vitrine.test', '2001:db8::1'];

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vitrine-certificates-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a certificate made on the fly', () => {
  test.each(['-verify_ip 10.9.0.2', '-verify_hostname vitrine.test', '-verify_ip 2001:db8::1'])(
    'is taken by openssl verify -x509_strict %s',
    (name) => {
      const authority = new ThrowawayAuthority();
      expect(verify(authority.cert, authority.issue(NAMES).cert, name)).toMatch(/leaf\.pem: OK/);
    },
  );

  test('is not taken for another name, for a client, or with another authority', () => {
    const authority = new ThrowawayAuthority();
    const { cert } = authority.issue(NAMES);
    expect(() => verify(authority.cert, cert, '-verify_hostname vitrine.example')).toThrow(/hostname mismatch/i);
    expect(() => verify(authority.cert, cert, '-purpose sslclient')).toThrow(/unsuitable certificate purpose/i);
    expect(() => verify(new ThrowawayAuthority().cert, cert, '')).toThrow(/unable to get local issuer/);
  });

  test.each([
    [NAMES[0], 'server', 0, undefined],
    [NAMES[1], 'server', 0, undefined],
    [NAMES[2], 'server', 0, undefined],
    ['vitrine.example', 'server', 0, 'ERR_TLS_CERT_ALTNAME_INVALID'],
    [NAMES[1], 'client', 0, 'INVALID_PURPOSE'],
    [NAMES[1], 'server', 25, 'CERT_HAS_EXPIRED'],
    [NAMES[1], 'server', -2, 'CERT_NOT_YET_VALID'],
  ] as const)('for %s is judged by us, as a %s after %d hours: %s', (name, purpose, hours, code) => {
    const authority = new ThrowawayAuthority();
    const verdict = verifyChain({
      chain: Certificate.fromPem(authority.issue(NAMES).cert),
      trust: TrustStore.fromPem(authority.cert),
      purpose,
      name,
      at: Date.now() + hours * 3_600_000,
      provider: defaultProvider(),
    });
    expect(verdict.code).toBe(code);
    expect(verdict.authorized).toBe(code === undefined);
  });

  test('belongs to its key, names all it is for, and lasts a day', () => {
    const { cert, key } = new ThrowawayAuthority().issue(NAMES);
    const read = new X509Certificate(cert);
    expect(read.checkPrivateKey(createPrivateKey(key))).toBe(true);
    expect(read.subject).toBe('CN=10.9.0.2');
    expect(read.subjectAltName).toBe('IP Address:10.9.0.2, DNS:vitrine.test, IP Address:2001:DB8:0:0:0:0:0:1');
    const left = Date.parse(read.validTo) - Date.now();
    expect(left / 3_600_000).toBeGreaterThan(23.9);
    expect(left / 3_600_000).toBeLessThanOrEqual(24);
  });

  test('has a serial number of its own', () => {
    const authority = new ThrowawayAuthority();
    const serials = Array.from({ length: 50 }, () => new X509Certificate(authority.issue(NAMES).cert).serialNumber);
    expect(new Set(serials).size).toBe(50);
    for (const serial of serials) expect(serial).toMatch(/^[4-7][\dA-F]{31}$/);
  });

  test('says which year it is meant for, after 2049 too', () => {
    const authority = new ThrowawayAuthority(Date.UTC(2049, 11, 31, 12));
    const { validFrom, validTo } = new X509Certificate(authority.cert);
    expect([validFrom, validTo]).toEqual(['Dec 31 11:00:00 2049 GMT', 'Jan  1 12:00:00 2050 GMT']);
  });
});

function verify(ca: string, leaf: string, options: string): string {
  writeFileSync(join(folder, 'ca.pem'), ca);
  writeFileSync(join(folder, 'leaf.pem'), leaf);
  const purpose = options.includes('-purpose') ? [] : ['-purpose', 'sslserver'];
  const args = ['-x509_strict', ...purpose, ...options.split(' ').filter(Boolean)];
  return execFileSync('openssl', ['verify', ...args, '-CAfile', join(folder, 'ca.pem'), join(folder, 'leaf.pem')], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}
