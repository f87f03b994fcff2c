/** Revocation lists, RFC 5280 §5 and §6.3. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { defaultProvider } from '../../../host/tls/crypto/default.js';
import type { Certificate } from '../../../host/tls/x509/certificate.js';
import { Crl } from '../../../host/tls/x509/crl.js';
import { contextConstructed, contextTag, TAG } from '../../../host/tls/x509/der.js';
import { writeElement, writeInteger, writeNull, writeSequence } from '../../../host/tls/x509/der-writer.js';
import { KEY_USAGE } from '../../../host/tls/x509/extensions.js';
import { ATTRIBUTE, EXTENSION } from '../../../host/tls/x509/oids.js';
import type { Profile } from '../../../host/tls/x509/path/conformance.js';
import { TrustStore } from '../../../host/tls/x509/trust.js';
import { verifyChain } from '../../../host/tls/x509/verify.js';
import { NO_OPENSSL } from '../keys/openssl.js';
import { DAY, extension, intermediate, keyUsage, leaf, NOW, name, newKey, revocationList, root, uri } from './issue.js';

const top = root();
const good = leaf(top);
const bad = leaf(top);

describe('a list of the issuer', () => {
  it('decides who is revoked', () => {
    const crl = revocationList(top, { revoked: [bad] });
    expect(code([good], [crl])).toBeUndefined();
    expect(verdict([bad], [crl])).toMatchObject({ code: 'CERT_REVOKED', alert: 'certificate_revoked' });
  });

  it('has to be there as soon as any list is: UNABLE_TO_GET_CRL', () => {
    const stranger = root({ subject: 'stranger' });
    expect(code([good], [revocationList(stranger)])).toBe('UNABLE_TO_GET_CRL');
    expect(code([good], [])).toBeUndefined();
  });

  it('has to be there for each authority below the anchor', () => {
    const lower = intermediate(top);
    const chain = [leaf(lower), lower.certificate];
    expect(code(chain, [revocationList(lower)])).toBe('UNABLE_TO_GET_CRL');
    expect(code(chain, [revocationList(lower), revocationList(top)])).toBeUndefined();
    expect(code(chain, [revocationList(lower), revocationList(top, { revoked: [lower.certificate] })])).toBe(
      'CERT_REVOKED',
    );
  });

  it('says nothing of another authority, whose numbers may be the same', () => {
    const other = root({ subject: 'other' });
    const twin = leaf(other, { serial: good.serialNumber });
    expect(code([good], [revocationList(top), revocationList(other, { revoked: [twin] })])).toBeUndefined();
  });

  it('is signed by the issuer: CRL_SIGNATURE_FAILURE', () => {
    expect(code([good], [revocationList({ subject: top.subject, key: newKey() })])).toBe('CRL_SIGNATURE_FAILURE');
  });

  it('of a forger does not outdo a right one', () => {
    const forged = revocationList({ subject: top.subject, key: newKey() }, { revoked: [good] });
    expect(code([good], [forged, revocationList(top)])).toBeUndefined();
  });

  it('is signed by a key that is for it: KEYUSAGE_NO_CRL_SIGN', () => {
    const only = root({ extensions: { [EXTENSION.keyUsage]: keyUsage(KEY_USAGE.keyCertSign) } });
    expect(code([leaf(only)], [revocationList(only)], only)).toBe('KEYUSAGE_NO_CRL_SIGN');
    const any = root({ extensions: { [EXTENSION.keyUsage]: undefined } });
    expect(code([leaf(any)], [revocationList(any)], any)).toBeUndefined();
  });

  it('is current, in whole seconds', () => {
    expect(code([good], [revocationList(top, { thisUpdate: NOW + 1000 })])).toBe('CRL_NOT_YET_VALID');
    expect(code([good], [revocationList(top, { nextUpdate: NOW - 1000 })])).toBe('CRL_HAS_EXPIRED');
    expect(code([good], [revocationList(top, { thisUpdate: NOW, nextUpdate: NOW })])).toBeUndefined();
    expect(code([good], [revocationList(top, { nextUpdate: undefined })])).toBeUndefined();
  });

  it('has a number that is not critical, from those who are strict', () => {
    const without = revocationList(top, { extensions: { [EXTENSION.crlNumber]: undefined } });
    expect(code([good], [without])).toBe('CERT_REJECTED');
    expect(code([good], [without], top, 'private')).toBeUndefined();
    const critical = extension(EXTENSION.crlNumber, writeInteger(1), true);
    expect(code([good], [revocationList(top, { extensions: { [EXTENSION.crlNumber]: critical } })])).toBe(
      'UNHANDLED_CRITICAL_CRL_EXTENSION',
    );
  });
});

describe('what is critical and not understood', () => {
  it.each([
    ['of a list', { extensions: { unknown: extension('1.2.3', writeNull(), true) } }],
    ['of a list of changes', { extensions: { delta: extension('2.5.29.27', writeInteger(1), true) } }],
    ['of an entry', { revoked: [{ of: bad, extensions: [extension('1.2.3', writeNull(), true)] }] }],
    [
      'of an entry for another issuer',
      { revoked: [{ of: bad, extensions: [extension('2.5.29.29', writeSequence(), true)] }] },
    ],
  ])('%s makes the list worthless', (_, recipe) => {
    expect(code([good], [revocationList(top, recipe)])).toBe('UNHANDLED_CRITICAL_CRL_EXTENSION');
  });

  it('a reason is understood', () => {
    const reason = extension(EXTENSION.reasonCode, writeElement(TAG.enumerated, Uint8Array.of(1)));
    expect(code([bad], [revocationList(top, { revoked: [{ of: bad, extensions: [reason] }] })])).toBe('CERT_REVOKED');
  });
});

describe('a list for some certificates (RFC 5280 §5.2.5)', () => {
  const flag = (number: number) => writeElement(contextTag(number), Uint8Array.of(0xff));
  const place = (text: string) => writeElement(contextConstructed(0), writeElement(contextConstructed(0), uri(text)));
  const list = (...parts: readonly Uint8Array[]) => {
    const point = extension(EXTENSION.issuingDistributionPoint, writeSequence(...parts), true);
    return revocationList(top, { extensions: { point }, revoked: [bad] });
  };

  it('of users, or of authorities', () => {
    expect(code([good], [list(flag(1))])).toBeUndefined();
    expect(code([bad], [list(flag(1))])).toBe('CERT_REVOKED');
    expect(code([good], [list(flag(2))])).toBe('UNABLE_TO_GET_CRL');
    const lower = intermediate(top);
    const chain = [leaf(lower), lower.certificate];
    expect(code(chain, [revocationList(lower), list(flag(1))])).toBe('UNABLE_TO_GET_CRL');
    expect(code(chain, [revocationList(lower), list(flag(2))])).toBeUndefined();
  });

  it('of a place that the certificate names', () => {
    const point = writeSequence(place('http://crl.example/1'));
    const named = leaf(top, { more: [extension(EXTENSION.crlDistributionPoints, writeSequence(point))] });
    expect(code([named], [list(place('http://crl.example/1'))])).toBeUndefined();
    expect(code([named], [list(place('http://crl.example/2'))])).toBe('UNABLE_TO_GET_CRL');
    expect(code([good], [list(place('http://crl.example/1'))])).toBe('UNABLE_TO_GET_CRL');
  });

  it('of several issuers, of some reasons or of attributes decides nothing', () => {
    expect(code([bad], [list(flag(4))])).toBe('UNABLE_TO_GET_CRL');
    expect(code([bad], [list(flag(5))])).toBe('UNABLE_TO_GET_CRL');
    expect(code([bad], [list(writeElement(contextTag(3), Uint8Array.of(1, 2)))])).toBe('UNABLE_TO_GET_CRL');
  });
});

it('the signature of a list is checked once, however many paths need it', () => {
  const keys = Array.from({ length: 4 }, newKey);
  const authorities = keys.map((key, at) => ({ subject: name([ATTRIBUTE.commonName, `web ${at}`]), key }));
  const web = authorities.flatMap((issuer) =>
    authorities.flatMap((of) => (of === issuer ? [] : [intermediate(issuer, of).certificate])),
  );
  const ways = authorities.map((of) => intermediate(top, of).certificate);
  const certificate = leaf(authorities[0] as (typeof authorities)[number]);
  // With none of the anchor's own, no path will do.
  const crls = authorities.map((issuer) => revocationList(issuer));
  const provider = defaultProvider();
  const checked = vi.spyOn(provider, 'verify');
  expect(code([certificate, ...web, ...ways], crls)).toBe('UNABLE_TO_GET_CRL');
  const contents = checked.mock.calls.map(([, , content]) => content);
  expect(crls.map(({ tbs }) => contents.filter((content) => content === tbs).length)).toEqual([1, 1, 1, 1]);
  checked.mockRestore();
});

it.skipIf(NO_OPENSSL)('reads what `openssl ca -gencrl` writes (needs openssl)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-crl-'));
  try {
    const run = (line: string) => execFileSync('openssl', line.split(' '), { cwd: folder, stdio: 'pipe' }).toString();
    writeFileSync(join(folder, 'index'), 'R\t300101000000Z\t250101000000Z,keyCompromise\t12AB\tunknown\t/CN=gone\n');
    writeFileSync(
      join(folder, 'conf'),
      '[ca]\ndefault_ca=d\n[d]\ndatabase=index\ndefault_md=sha256\ndefault_crl_days=9\n[req]\ndistinguished_name=n\n[n]\n',
    );
    run('req -x509 -config conf -newkey rsa:2048 -nodes -keyout k -out c -subj /CN=made');
    const [crl] = Crl.fromPem(run('ca -config conf -gencrl -keyfile k -cert c'));
    expect(crl?.version).toBe(2);
    expect(crl?.issuer.toString()).toBe('CN=made');
    expect(crl?.has(Uint8Array.of(0x12, 0xab))).toBe(true);
    expect(crl?.has(Uint8Array.of(0x12, 0xac))).toBe(false);
    expect((crl?.nextUpdate ?? 0) - (crl?.thisUpdate ?? 0)).toBe(9 * DAY);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

function verdict(chain: readonly Certificate[], crls: readonly Crl[], anchor = top, profile: Profile = 'strict') {
  const trust = TrustStore.of([anchor.certificate], profile);
  return verifyChain({ chain, trust, crls, purpose: 'server', at: NOW, provider: defaultProvider() });
}

function code(...given: Parameters<typeof verdict>): string | undefined {
  return verdict(...given).code;
}
