/** Finding paths among many certificates: cross-signs, loops, and sets that are made to keep us busy. */
import { describe, expect, it, vi } from 'vitest';
import { defaultProvider } from '../../../../host/tls/crypto/default.js';
import type { CryptoProvider } from '../../../../host/tls/crypto/provider.js';
import type { Certificate } from '../../../../host/tls/x509/certificate.js';
import { TAG } from '../../../../host/tls/x509/der.js';
import { writeElement, writeOid, writeSequence } from '../../../../host/tls/x509/der-writer.js';
import { Name } from '../../../../host/tls/x509/name.js';
import { ATTRIBUTE, EXTENSION } from '../../../../host/tls/x509/oids.js';
import { TrustStore } from '../../../../host/tls/x509/trust.js';
import { verifyChain } from '../../../../host/tls/x509/verify.js';
import { cpuTime } from '../cpu.js';
import { altNames, DAY, dns, type Issuer, intermediate, leaf, NOW, nameConstraints, newKey, root } from '../issue.js';

describe('cross-signed authorities', () => {
  it('an outdated cross-sign is passed over (the "chain of pain")', () => {
    const [old, current] = [root({ subject: 'old root' }), root({ subject: 'current root' })];
    const cross = intermediate(old, { subject: current.subject, key: current.key, notAfter: NOW - DAY });
    const lower = intermediate(current);
    const chain = [leaf(lower), lower.certificate, cross.certificate];
    expect(verify(chain, [old, current]).path.at(-1)).toBe(current.certificate);
    expect(verify(chain, [old]).code).toBe('CERT_HAS_EXPIRED');
  });

  it('a path that constraints forbid leaves the other one', () => {
    const [narrow, wide] = [
      root({ subject: 'narrow', more: [nameConstraints([dns('elsewhere.org')], [])] }),
      root({ subject: 'wide' }),
    ];
    const key = newKey();
    const first = intermediate(narrow, { subject: 'lower', key });
    const second = intermediate(wide, { subject: 'lower', key });
    const certificate = leaf(first);
    for (const pair of [
      [first, second],
      [second, first],
    ]) {
      const found = verify([certificate, ...pair.map((issuer) => issuer.certificate)], [narrow, wide]);
      expect(found.path).toEqual([certificate, second.certificate, wide.certificate]);
    }
  });

  it('authorities that signed each other are no way to an anchor, and do not hide one', () => {
    const [keyA, keyB] = [newKey(), newKey()];
    const [a, b] = [root({ subject: 'A', key: keyA }), root({ subject: 'B', key: keyB })];
    const aByB = intermediate(b, { subject: 'A', key: keyA });
    const bByA = intermediate(a, { subject: 'B', key: keyB });
    const chain = [leaf(a), aByB.certificate, bByA.certificate];
    expect(verify(chain, [root()]).code).toBe('UNABLE_TO_GET_ISSUER_CERT_LOCALLY');
    const top = root({ subject: 'top' });
    const bByTop = intermediate(top, { subject: 'B', key: keyB });
    expect(verify([...chain, bByTop.certificate], [top]).path.map(String)).toEqual([
      'CN=example.com',
      'CN=A',
      'CN=B',
      'CN=top',
    ]);
  });

  it('a new key under the same name is found by its identifier', () => {
    const top = root();
    const old = intermediate(top, { subject: 'rolling' });
    const rolled = intermediate(top, { subject: 'rolling' });
    const counting = countingProvider();
    const found = verify([leaf(rolled), old.certificate, rolled.certificate], [top], counting);
    expect(found.authorized).toBe(true);
    expect(counting.count).toBe(2);
  });
});

describe('depth', () => {
  const top = root();
  const chainOf = (length: number, recipe = {}) => {
    const authorities: Issuer[] = [];
    for (let index = 0; index < length; index += 1)
      authorities.push(intermediate(authorities[index - 1] ?? top, recipe));
    return [leaf(authorities[length - 1] ?? top), ...authorities.map(({ certificate }) => certificate)];
  };

  it.each([
    [0, 0, undefined],
    [1, 0, 'CERT_CHAIN_TOO_LONG'],
    [1, 1, undefined],
    [2, 1, 'CERT_CHAIN_TOO_LONG'],
    [16, undefined, undefined],
    [17, undefined, 'CERT_CHAIN_TOO_LONG'],
  ])('%d authorities where %s are allowed', (length, maxDepth, expected) => {
    expect(verify(chainOf(length), [top], defaultProvider(), maxDepth).code).toBe(expected);
  });

  it('self-issued ones do not count', () => {
    const first = intermediate(top, { subject: 'same' });
    const second = intermediate(first, { subject: 'same' });
    const chain = [leaf(second), second.certificate, first.certificate];
    expect(verify(chain, [top], defaultProvider(), 1).authorized).toBe(true);
  });
});

describe('work', () => {
  it('a hundred authorities with one name and different keys end soon', () => {
    const issuers = Array.from({ length: 100 }, () => root({ subject: 'same' }));
    const hopeless = leaf(
      { subject: (issuers[0] as Issuer).subject, key: newKey() },
      { extensions: { [EXTENSION.authorityKeyIdentifier]: undefined } },
    );
    const counting = countingProvider();
    const start = cpuTime();
    expect(verify([hopeless, ...issuers.map(({ certificate }) => certificate)], [root()], counting).authorized).toBe(
      false,
    );
    expect(counting.count).toBeLessThanOrEqual(100);
    expect(cpuTime() - start).toBeLessThan(1000);
  });

  it('authorities that all signed each other end soon', () => {
    const keys = Array.from({ length: 10 }, newKey);
    const web = keys.flatMap((key, a) =>
      keys.flatMap((other, b) =>
        a === b
          ? []
          : [intermediate({ ...root({ subject: `web ${a}`, key }) }, { subject: `web ${b}`, key: other }).certificate],
      ),
    );
    const start = cpuTime();
    const chain = [leaf(root({ subject: 'web 0', key: keys[0] as ReturnType<typeof newKey> })), ...web];
    expect(verify(chain, [root()]).authorized).toBe(false);
    expect(cpuTime() - start).toBeLessThan(1000);
  });

  it('of hundreds of paths whose signatures are right not all are judged', () => {
    const top = root();
    const authorities = Array.from({ length: 6 }, () => intermediate(top));
    const web = authorities.flatMap((issuer) =>
      authorities.flatMap((of) => (of === issuer ? [] : [intermediate(issuer, of)])),
    );
    const certificate = leaf(authorities[0] as Issuer, { notAfter: NOW - DAY });
    const looks = vi.spyOn(certificate, 'checkExtensions');
    const others = [...authorities, ...web].map((issuer) => issuer.certificate);
    expect(verify([certificate, ...others], [top]).code).toBe('CERT_HAS_EXPIRED');
    expect(looks.mock.calls.length).toBeLessThanOrEqual(32);
  });

  it('a signature is looked at once, however many paths need it', () => {
    const key = newKey();
    const twins = Array.from({ length: 5 }, (_, index) =>
      root({ subject: 'twins', key, notAfter: NOW - (index + 1) * DAY }),
    );
    const counting = countingProvider();
    expect(verify([leaf(twins[0] as Issuer)], twins, counting).code).toBe('CERT_HAS_EXPIRED');
    expect(counting.count).toBe(1);
  });

  it('a certificate that is there a hundred times is one', () => {
    const top = root();
    const lower = intermediate(root({ subject: 'nobody' }));
    const copies = Array.from({ length: 100 }, () => lower.certificate);
    const start = cpuTime();
    expect(verify([leaf(lower), ...copies], [top]).code).toBe('UNABLE_TO_GET_ISSUER_CERT_LOCALLY');
    expect(cpuTime() - start).toBeLessThan(1000);
  });

  it('long names are put into words for the failure that is told, not for each way that ends', () => {
    const key = newKey();
    const names = Array.from({ length: 6 }, (_, level) => longName(level, level === 0 ? 500 : 1));
    const [bottom, top] = [names[0] as Uint8Array, names[5] as Uint8Array];
    const link = (subject: Uint8Array, issuer: Uint8Array) => intermediate({ subject: issuer, key }, { subject, key });
    const ways = names
      .slice(1)
      .flatMap((issuer, level) =>
        Array.from({ length: level === 0 ? 10 : 4 }, () => link(names[level] as Uint8Array, issuer)),
      );
    const chain = [leaf({ subject: bottom, key }), ...[...ways, link(top, bottom)].map((each) => each.certificate)];
    const words = vi.spyOn(Name.prototype, 'toString');
    const { message = '' } = verify(chain, [root()]);
    expect(words.mock.calls.length).toBeLessThan(100);
    expect(message.length).toBeLessThan(1000);
    words.mockRestore();
  });
});

it('a constraint is looked at again on each path, but not for ever', () => {
  const many = Array.from({ length: 300 }, (_, index) => dns(`n${index}.example`));
  const key = newKey();
  const tops = Array.from({ length: 20 }, () =>
    root({ subject: 'constrained', key, more: [nameConstraints([], [...many, dns('example.com')])] }),
  );
  const names = [...Array.from({ length: 300 }, (_, index) => dns(`m${index}.example.org`)), dns('example.com')];
  const certificate = leaf(tops[0] as Issuer, {
    subject: 'leaf',
    extensions: { [EXTENSION.subjectAltName]: altNames(...names) },
  });
  const start = cpuTime();
  expect(verify([certificate], tops).authorized).toBe(false);
  expect(cpuTime() - start).toBeLessThan(1000);
});

function verify(
  chain: readonly Certificate[],
  anchors: readonly Issuer[],
  provider: CryptoProvider = defaultProvider(),
  maxDepth?: number,
) {
  const trust = TrustStore.of(anchors.map(({ certificate }) => certificate));
  return verifyChain({ chain, trust, purpose: 'server', at: NOW, provider, maxDepth });
}

function longName(number: number, length: number): Uint8Array {
  const common = (text: string) =>
    writeSequence(writeOid(ATTRIBUTE.commonName), writeElement(TAG.utf8String, new TextEncoder().encode(text)));
  return writeSequence(...Array.from({ length }, (_, at) => writeElement(TAG.set, common(`${number}.${at}`))));
}

/** Counts signatures that are checked. */
function countingProvider(): CryptoProvider & { readonly count: number } {
  const provider = defaultProvider();
  let count = 0;
  return new Proxy(provider, {
    get: (target, property) => {
      if (property === 'count') return count;
      if (property !== 'verify') return Reflect.get(target, property);
      return (...given: Parameters<CryptoProvider['verify']>) => {
        count += 1;
        return target.verify(...given);
      };
    },
  }) as CryptoProvider & { readonly count: number };
}
