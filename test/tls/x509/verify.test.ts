/** The rules of RFC 5280 §6 that hold for everybody, and the codes of OpenSSL. */
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { defaultProvider } from '../../../host/tls/crypto/default.js';
import { Certificate } from '../../../host/tls/x509/certificate.js';
import { writeElement, writeInteger, writeNull, writeOid, writeSequence } from '../../../host/tls/x509/der-writer.js';
import { KEY_USAGE } from '../../../host/tls/x509/extensions.js';
import { EXTENSION, USAGE } from '../../../host/tls/x509/oids.js';
import { TrustStore } from '../../../host/tls/x509/trust.js';
import { type Verdict, type VerifyOptions, verifyChain } from '../../../host/tls/x509/verify.js';
import {
  basicConstraints,
  DAY,
  extendedKeyUsage,
  extension,
  type Issuer,
  intermediate,
  issue,
  keyUsage,
  leaf,
  NOW,
  name,
  newKey,
  newRsaKey,
  RSA_SHA256,
  root,
} from './issue.js';

const anchor = root();
const stranger = root({ subject: 'Stranger' });

describe('a chain that is right', () => {
  it('is the leaf below an anchor', () => {
    const certificate = leaf(anchor);
    const verdict = verify([certificate], { name: 'example.com' });
    expect(verdict).toMatchObject({ authorized: true, chainValid: true, code: undefined });
    expect(verdict.path).toEqual([certificate, anchor.certificate]);
  });

  it('may have its intermediates in any order, with others among them, and the anchor itself', () => {
    const upper = intermediate(anchor);
    const lower = intermediate(upper);
    const certificate = leaf(lower);
    const chain = [certificate, upper, stranger, anchor, lower].map((one) =>
      'certificate' in one ? one.certificate : one,
    );
    expect(verify(chain).path).toEqual([certificate, lower.certificate, upper.certificate, anchor.certificate]);
  });

  it('ends at an intermediate that is trusted, whose root nobody knows', () => {
    const trusted = intermediate(stranger);
    expect(code([leaf(trusted), stranger.certificate], {}, [trusted])).toBeUndefined();
  });

  it('is for clients when its leaf is', () => {
    expect(code([leaf(anchor)], { purpose: 'client' })).toBeUndefined();
  });
});

describe('whom nobody knows', () => {
  it('self-signed: DEPTH_ZERO_SELF_SIGNED_CERT', () => {
    expectCode([stranger.certificate], 'DEPTH_ZERO_SELF_SIGNED_CERT', 'unknown_ca');
  });

  it('an issuer that is not there: UNABLE_TO_VERIFY_LEAF_SIGNATURE', () => {
    expectCode([leaf(stranger)], 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'unknown_ca');
  });

  it('a root that was sent: SELF_SIGNED_CERT_IN_CHAIN', () => {
    expectCode([leaf(stranger), stranger.certificate], 'SELF_SIGNED_CERT_IN_CHAIN', 'unknown_ca');
  });

  it('an intermediate without its issuer: UNABLE_TO_GET_ISSUER_CERT_LOCALLY', () => {
    const lower = intermediate(stranger);
    expectCode([leaf(lower), lower.certificate], 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'unknown_ca');
  });

  it('no certificate: UNABLE_TO_GET_ISSUER_CERT', () => {
    expectCode([], 'UNABLE_TO_GET_ISSUER_CERT', 'unknown_ca');
  });

  it('nobody is trusted without a store', () => {
    expect(verify([leaf(anchor), anchor.certificate], { trust: undefined }).code).toBe('SELF_SIGNED_CERT_IN_CHAIN');
  });
});

describe('a certificate that is trusted itself', () => {
  it('needs no issuer, be it self-signed, an authority, or neither', () => {
    const bare = issue(stranger, { subject: 'bare' });
    expect(code([bare], {}, [{ certificate: bare }])).toBeUndefined();
    const self = root({ extensions: { [EXTENSION.keyUsage]: undefined } });
    expect(verify([self.certificate], {}, [self]).path).toEqual([self.certificate]);
  });

  it('is held to its dates, its usages and its name', () => {
    const old = leaf(stranger, { notAfter: NOW - DAY });
    expect(code([old], {}, [{ certificate: old }])).toBe('CERT_HAS_EXPIRED');
    const client = leaf(stranger, { extensions: { [EXTENSION.extendedKeyUsage]: extendedKeyUsage(USAGE.clientAuth) } });
    expect(code([client], {}, [{ certificate: client }])).toBe('INVALID_PURPOSE');
    const other = leaf(stranger);
    expect(code([other], { name: 'example.org' }, [{ certificate: other }])).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
  });

  it('is not another one with the same name and key', () => {
    const key = newKey();
    const trusted = root({ subject: 'twin', key });
    const twin = root({ subject: 'twin', key });
    expect(code([twin.certificate], { at: NOW }, [trusted])).toBeDefined();
  });
});

describe('time (RFC 5280 §4.1.2.5)', () => {
  const certificate = leaf(anchor, { notBefore: NOW, notAfter: NOW + 1000 });

  it.each([
    [NOW - 1, 'CERT_NOT_YET_VALID'],
    [NOW, undefined],
    [NOW + 1999, undefined],
    [NOW + 2000, 'CERT_HAS_EXPIRED'],
  ])('both ends belong to the period, in whole seconds: %d', (at, expected) => {
    expect(code([certificate], { at })).toBe(expected);
  });

  it('counts for intermediates and anchors, too', () => {
    const lower = intermediate(anchor, { notAfter: NOW - DAY });
    expectCode([leaf(lower), lower.certificate], 'CERT_HAS_EXPIRED', 'certificate_expired');
    const old = root({ notAfter: NOW - DAY });
    expect(code([leaf(old)], {}, [old])).toBe('CERT_HAS_EXPIRED');
    const young = root({ notBefore: NOW + DAY });
    expect(code([leaf(young)], {}, [young])).toBe('CERT_NOT_YET_VALID');
  });

  it('an outdated leaf is told before that nobody knows its issuer', () => {
    expectCode([leaf(stranger, { notAfter: NOW - DAY })], 'CERT_HAS_EXPIRED', 'certificate_expired');
  });
});

describe('authorities (RFC 5280 §4.2.1.3, §4.2.1.9)', () => {
  it.each([
    [
      'basic constraints that deny it',
      { [EXTENSION.basicConstraints]: basicConstraints(false), [EXTENSION.keyUsage]: undefined },
    ],
    ['no basic constraints', { [EXTENSION.basicConstraints]: undefined }],
    ['a key that is not for certificates', { [EXTENSION.keyUsage]: keyUsage(KEY_USAGE.crlSign) }],
  ])('%s: INVALID_CA', (_, extensions) => {
    const lower = intermediate(anchor, { extensions });
    expectCode([leaf(lower), lower.certificate], 'INVALID_CA', 'unknown_ca');
    const self = root({ subject: 'no authority', extensions });
    expect(code([leaf(self)], {}, [self])).toBe('INVALID_CA');
  });

  it('an ordinary certificate issues nothing', () => {
    const key = newKey();
    const host = leaf(anchor, { key });
    const forged = leaf({ key, subject: host.subject.raw }, { subject: 'forged' });
    expectCode([forged, host], 'INVALID_CA', 'unknown_ca');
  });

  it('of version 1 is an anchor for those who chose it, and nothing else', () => {
    const key = newKey();
    const subject = name(['2.5.4.3', 'old root']);
    const old = { key, subject, certificate: issue({ key, subject }, { key, subject, version: 1 }) };
    expect(code([leaf(old)], {}, [old], 'private')).toBeUndefined();
    expect(code([leaf(old)], {}, [old], 'strict')).toBe('CERT_REJECTED');
    const lowerKey = newKey();
    const lower = { key: lowerKey, subject, certificate: issue(anchor, { key: lowerKey, subject, version: 1 }) };
    expect(code([leaf(lower), lower.certificate], {}, [anchor], 'private')).toBe('INVALID_CA');
  });

  it('without a name issues nothing', () => {
    const nameless = root({ subject: name() });
    expect(code([leaf(nameless)], {}, [nameless], 'private')).toBe('ISSUER_NAME_EMPTY');
  });
});

describe('path length (RFC 5280 §4.2.1.9)', () => {
  const limited = (limit: number) =>
    intermediate(anchor, { extensions: { [EXTENSION.basicConstraints]: basicConstraints(true, limit) } });

  it('counts authorities below, not the leaf', () => {
    const none = limited(0);
    expect(code([leaf(none), none.certificate])).toBeUndefined();
    const lower = intermediate(none);
    expectCode([leaf(lower), lower.certificate, none.certificate], 'PATH_LENGTH_EXCEEDED', 'unknown_ca');
    const one = limited(1);
    const below = intermediate(one);
    expect(code([leaf(below), below.certificate, one.certificate])).toBeUndefined();
  });

  it('does not count self-issued certificates', () => {
    const none = limited(0);
    const again = intermediate(none, { subject: none.subject });
    expect(code([leaf(again), again.certificate, none.certificate])).toBeUndefined();
  });

  it('holds for the anchor', () => {
    const short = root({ extensions: { [EXTENSION.basicConstraints]: basicConstraints(true, 0) } });
    const lower = intermediate(short);
    expect(code([leaf(lower), lower.certificate], {}, [short])).toBe('PATH_LENGTH_EXCEEDED');
  });
});

describe('usages (RFC 5280 §4.2.1.3, §4.2.1.12)', () => {
  const limited = (...oids: readonly string[]) => ({
    extensions: { [EXTENSION.extendedKeyUsage]: extendedKeyUsage(...oids) },
  });

  it('a leaf is for what it says, or for anything when it says nothing', () => {
    expectCode([leaf(anchor, limited(USAGE.clientAuth))], 'INVALID_PURPOSE', 'unsupported_certificate');
    expect(code([leaf(anchor, limited(USAGE.serverAuth))], { purpose: 'client' })).toBe('INVALID_PURPOSE');
    expect(code([leaf(anchor, { extensions: { [EXTENSION.extendedKeyUsage]: undefined } })])).toBeUndefined();
    expect(code([leaf(anchor, limited(USAGE.any))], {}, [anchor], 'private')).toBeUndefined();
  });

  it('its key signs', () => {
    const agreement = leaf(anchor, { extensions: { [EXTENSION.keyUsage]: keyUsage(KEY_USAGE.keyAgreement) } });
    expectCode([agreement], 'INVALID_PURPOSE', 'unsupported_certificate');
    expect(code([leaf(anchor, { extensions: { [EXTENSION.keyUsage]: undefined } })])).toBeUndefined();
  });

  it('an authority passes on what it has itself', () => {
    const clients = intermediate(anchor, limited(USAGE.clientAuth));
    expectCode([leaf(clients), clients.certificate], 'INVALID_PURPOSE', 'unsupported_certificate');
    expect(code([leaf(clients), clients.certificate], { purpose: 'client' })).toBeUndefined();
    const anything = intermediate(anchor, limited(USAGE.any));
    expect(code([leaf(anything), anything.certificate])).toBeUndefined();
  });
});

describe('critical extensions (RFC 5280 §4.2)', () => {
  const unknown = (critical: boolean) => ({ more: [extension('1.3.6.1.4.1.55738.1', writeNull(), critical)] });

  it('that are not known reject, wherever they are', () => {
    expectCode([leaf(anchor, unknown(true))], 'UNHANDLED_CRITICAL_EXTENSION', 'unsupported_certificate');
    const lower = intermediate(anchor, unknown(true));
    expect(code([leaf(lower), lower.certificate])).toBe('UNHANDLED_CRITICAL_EXTENSION');
    const top = root(unknown(true));
    expect(code([leaf(top)], {}, [top])).toBe('UNHANDLED_CRITICAL_EXTENSION');
    expect(code([leaf(anchor, unknown(false))])).toBeUndefined();
  });

  it('policies count only when somebody asks for one', () => {
    const policies = extension(EXTENSION.certificatePolicies, writeSequence(writeSequence(writeOid('1.2.3'))), true);
    expect(code([leaf(anchor, { more: [policies] })])).toBeUndefined();
    const constraints = (number: number) =>
      extension(EXTENSION.policyConstraints, writeSequence(writeElement(0x80 | number, Uint8Array.of(0))), true);
    const asks = intermediate(anchor, { more: [constraints(0)] });
    expect(code([leaf(asks), asks.certificate])).toBe('UNHANDLED_CRITICAL_EXTENSION');
    const maps = intermediate(anchor, { more: [constraints(1)] });
    expect(code([leaf(maps), maps.certificate])).toBeUndefined();
  });

  it('what is malformed rejects, critical or not', () => {
    const broken = leaf(anchor, { more: [extension(EXTENSION.authorityInfoAccess, writeInteger(1))] });
    expectCode([broken], 'INVALID_EXTENSION', 'bad_certificate');
    const lower = intermediate(anchor, {
      extensions: { [EXTENSION.basicConstraints]: extension(EXTENSION.basicConstraints, writeNull()) },
    });
    expect(code([leaf(lower), lower.certificate])).toBe('INVALID_EXTENSION');
  });
});

describe('keys and signatures', () => {
  it('of a forger: CERT_SIGNATURE_FAILURE', () => {
    const forger = { subject: anchor.subject, key: newKey() };
    const forged = leaf(forger, { extensions: { [EXTENSION.authorityKeyIdentifier]: undefined } });
    expectCode([forged], 'CERT_SIGNATURE_FAILURE', 'bad_certificate');
  });

  it('of another authority with the same name: as if it were not known', () => {
    const namesake = root({ subject: anchor.subject });
    expect(code([leaf(namesake)])).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
  });

  it.each([
    ['SHA-1 with ECDSA', { hash: 'sha1', der: writeSequence(writeOid('1.2.840.10045.4.1')) }, 'CA_MD_TOO_WEAK'],
    [
      'SHA-224 with ECDSA',
      { hash: 'sha224', der: writeSequence(writeOid('1.2.840.10045.4.3.1')) },
      'UNSUPPORTED_SIGNATURE_ALGORITHM',
    ],
    [
      'parameters where none are',
      { hash: 'sha256', der: writeSequence(writeOid('1.2.840.10045.4.3.2'), writeNull()) },
      'UNSUPPORTED_SIGNATURE_ALGORITHM',
    ],
  ])('%s is refused', (_, algorithm, expected) => {
    expect(code([leaf(anchor, { algorithm })])).toBe(expected);
  });

  it('an anchor may be signed with what it likes: nobody looks', () => {
    const old = root({ algorithm: { hash: 'sha1', der: writeSequence(writeOid('1.2.840.10045.4.1')) } });
    expect(code([leaf(old)], {}, [old])).toBeUndefined();
  });

  it('RSA has 2048 to 8192 bits', () => {
    const weak = newRsaKey(1024);
    expectCode([leaf(anchor, { key: weak })], 'EE_KEY_TOO_SMALL', 'unsupported_certificate');
    const authority = root({ key: weak, algorithm: RSA_SHA256 });
    expect(code([leaf(authority, { algorithm: RSA_SHA256 })], {}, [authority])).toBe('CA_KEY_TOO_SMALL');
    expect(code([leaf(anchor, { key: newRsaKey(2048) })])).toBeUndefined();
  });

  it.each(['P-384', 'P-521'])('EC on %s', (namedCurve) => {
    expect(code([leaf(anchor, { key: generateKeyPairSync('ec', { namedCurve }) })])).toBeUndefined();
  });

  it.each(['prime192v1', 'secp256k1'])('EC on %s is not accepted', (namedCurve) => {
    expect(code([leaf(anchor, { key: generateKeyPairSync('ec', { namedCurve }) })])).toBe('EE_KEY_TOO_SMALL');
  });

  it('Ed25519 signs certificates', () => {
    const algorithm = { hash: '', der: writeSequence(writeOid('1.3.101.112')) };
    const authority = root({ key: generateKeyPairSync('ed25519'), algorithm });
    expect(code([leaf(authority, { algorithm })], {}, [authority])).toBeUndefined();
  });

  it('a certificate changed in one bit is refused', () => {
    const { raw } = leaf(anchor);
    const at = raw.length - 1;
    const changed = raw.slice();
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(code([Certificate.parse(changed)])).toBe('CERT_SIGNATURE_FAILURE');
  });
});

describe('the name', () => {
  it('is looked at when the chain is right, and told apart from it', () => {
    const verdict = verify([leaf(anchor)], { name: 'example.org' });
    expect(verdict).toMatchObject({
      authorized: false,
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
      alert: 'bad_certificate',
      chainValid: true,
    });
    expect(verdict.path).toHaveLength(2);
    expect(verify([leaf(stranger)], { name: 'example.org' })).toMatchObject({
      code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      chainValid: false,
      path: [],
    });
  });
});

function verify(
  chain: readonly Certificate[],
  options: Partial<VerifyOptions> = {},
  anchors: readonly Pick<Issuer, 'certificate'>[] = [anchor],
  profile: 'strict' | 'private' = 'strict',
): Verdict {
  const trust = TrustStore.of(
    anchors.map(({ certificate }) => certificate),
    profile,
  );
  return verifyChain({ chain, trust, purpose: 'server', at: NOW, provider: defaultProvider(), ...options });
}

function code(...given: Parameters<typeof verify>): string | undefined {
  return verify(...given).code;
}

/** The profile makes no difference to these. */
function expectCode(chain: readonly Certificate[], expected: string, alert: string): void {
  for (const profile of ['strict', 'private'] as const) {
    expect(verify(chain, {}, [anchor], profile)).toMatchObject({ authorized: false, code: expected, alert });
  }
}
