import { rootCertificates } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { Certificate } from '../../../host/tls/x509/certificate.js';
import { TrustStore } from '../../../host/tls/x509/trust.js';
import * as made from '../../kit/certificates/certificates.js';
import { leaf, newKey, root } from './issue.js';

describe('the runtime’s own roots', () => {
  const system = TrustStore.system();

  it('are all there, and each is found by its name', () => {
    expect(system.certificates.length).toBe(rootCertificates.length);
    for (const certificate of system.certificates) {
      expect(system.find(certificate.subject)).toContain(certificate);
      certificate.checkExtensions();
    }
  });

  it('are one store', () => {
    expect(TrustStore.system()).toBe(system);
    expect(system.profile).toBe('public');
  });
});

describe('a store', () => {
  const [first, second] = [root({ subject: 'first' }).certificate, root({ subject: 'second' }).certificate];

  it('knows its certificates, and not others with their names', () => {
    const key = newKey();
    const store = TrustStore.of([root({ subject: 'same', key }).certificate, first]);
    expect(store.has(first)).toBe(true);
    expect(store.has(second)).toBe(false);
    expect(store.has(root({ subject: 'same', key }).certificate)).toBe(false);
    expect(store.find(leaf(root({ subject: 'SAME ' })).issuer)).toHaveLength(1);
  });

  it('reads PEM with text around it', () => {
    const store = TrustStore.fromPem(`My roots\n${made.ca.cert}\n${made.ca.key}\nand\n${made.self.cert}\n`);
    expect(store.certificates.map(String)).toEqual(['CN=Test CA, O=Vitrine', 'CN=localhost, O=Vitrine']);
  });

  it('has an id that tells sets and profiles apart, not orders and repetitions', () => {
    const { id } = TrustStore.of([first, second]);
    expect(id).toMatch(/^[0-9a-f]{64}$/);
    expect(TrustStore.of([second, first, second]).id).toBe(id);
    expect(TrustStore.of([first]).id).not.toBe(id);
    expect(TrustStore.of([first, second], 'private').id).not.toBe(id);
    expect(TrustStore.of([]).id).not.toBe(TrustStore.of([first]).id);
  });
});

describe('a certificate', () => {
  it('is read to the end', () => {
    const { raw } = leaf(root());
    expect(() => Certificate.parse(Uint8Array.of(...raw, 0))).toThrow('behind the end');
    expect(() => Certificate.parse(raw.subarray(0, -1))).toThrow('beyond the end');
  });

  it('is a copy of the bytes that were given', () => {
    const bytes = leaf(root()).raw.slice();
    const certificate = Certificate.parse(bytes);
    bytes.fill(0);
    expect(certificate.subject.toString()).toBe('CN=example.com');
    expect(certificate.raw[0]).toBe(0x30);
  });
});
