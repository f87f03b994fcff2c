import { describe, expect, it } from 'vitest';
import { isHostName, matchesHost, nameMismatch } from '../../../host/tls/x509/names.js';
import { EXTENSION } from '../../../host/tls/x509/oids.js';
import { altNames, dns, email, ip, leaf, root } from './issue.js';

describe('host names (RFC 9525 §6.3)', () => {
  it.each([
    ['example.com', 'example.com'],
    ['Example.COM', 'eXample.com'],
    ['example.com', 'example.com.'],
    ['*.example.com', 'foo.example.com'],
    ['*.EXAMPLE.com', 'FOO.example.com'],
    ['*.example.com', 'xn--bcher-kva.example.com'],
    ['xn--bcher-kva.example', 'bücher.example'],
    ['localhost', 'localhost'],
    ['foo_bar.example.com', 'foo_bar.example.com'],
  ])('%s is for %s', (presented, host) => {
    expect(matchesHost(presented, host)).toBe(true);
  });

  it.each([
    ['example.com', 'example.org'],
    ['example.com', 'www.example.com'],
    ['www.example.com', 'example.com'],
    ['*.example.com', 'example.com'],
    ['*.example.com', 'a.b.example.com'],
    ['*.example.com', '.example.com'],
    ['*.com', 'example.com'],
    ['*', 'com'],
    ['*.', 'com'],
    ['*.*.example.com', 'a.b.example.com'],
    ['ba*.example.com', 'baz.example.com'],
    ['*a.example.com', 'a.example.com'],
    ['foo.*.com', 'foo.example.com'],
    ['xn--*-1b3c148a.example.com', 'xn--bliss-1b3c148a.example.com'],
    ['example.com.', 'example.com'],
    ['', ''],
    ['example..com', 'example..com'],
    ['.example.com', '.example.com'],
    ['192.0.2.1', '192.0.2.1'],
    ['*.0.2.1', '192.0.2.1'],
    ['example.com\0.evil.org', 'example.com'],
    ['example.com', 'example.com..'],
  ])('%s is not for %s', (presented, host) => {
    expect(matchesHost(presented, host)).toBe(false);
  });

  it('a name has at most 253 characters, and a label 63', () => {
    const label = 'a'.repeat(63);
    expect(isHostName(`${label}.com`)).toBe(true);
    expect(isHostName(`${label}a.com`)).toBe(false);
    expect(isHostName([label, label, label, label].join('.'))).toBe(false);
  });
});

describe('a certificate', () => {
  const authority = root();
  const named = (...names: readonly Uint8Array[]) =>
    leaf(authority, { subject: 'common.example', extensions: { [EXTENSION.subjectAltName]: altNames(...names) } });

  it('is for the addresses among its names, and an address is never a host name', () => {
    const certificate = named(ip(192, 0, 2, 1), ip(0x20, 1, 0xd, 0xb8, ...Array(11).fill(0), 1), dns('192.0.2.9'));
    expect(nameMismatch(certificate, '192.0.2.1')).toBeUndefined();
    expect(nameMismatch(certificate, '2001:db8::1')).toBeUndefined();
    expect(nameMismatch(certificate, '2001:0db8:0:0::1')).toBeUndefined();
    expect(nameMismatch(certificate, '192.0.2.9')).toMatch(
      "IP: 192.0.2.9 is not in the cert's list: 192.0.2.1, 2001:DB8:0:0:0:0:0:1",
    );
    expect(nameMismatch(certificate, '192.0.2.001')).toBeDefined();
    expect(nameMismatch(certificate, '0xc0000201')).toBeDefined();
    expect(nameMismatch(certificate, '2001:db8::1%eth0')).toBeDefined();
  });

  it('is not for its common name', () => {
    expect(nameMismatch(named(email('a@b.example')), 'common.example')).toMatch(
      "Host: common.example. is not in the cert's altnames: email:a@b.example",
    );
    expect(
      nameMismatch(leaf(authority, { extensions: { [EXTENSION.subjectAltName]: undefined } }), 'example.com'),
    ).toBe("Hostname/IP does not match certificate's altnames: Cert does not contain a DNS name");
  });

  it('says in Node’s words for whom it is', () => {
    expect(nameMismatch(named(dns('a.example'), dns('*.b.example')), 'c.example')).toBe(
      "Hostname/IP does not match certificate's altnames: Host: c.example. is not in the cert's altnames: DNS:a.example, DNS:*.b.example",
    );
  });
});
