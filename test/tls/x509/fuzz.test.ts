/** Broken certificates and lists: every truncation, and seeded mutations. They end in a DerError or in a verdict. */
import { describe, expect, it } from 'vitest';
import { defaultProvider } from '../../../host/tls/crypto/default.js';
import type { CryptoProvider } from '../../../host/tls/crypto/provider.js';
import { Certificate } from '../../../host/tls/x509/certificate.js';
import { Crl } from '../../../host/tls/x509/crl.js';
import { DerError } from '../../../host/tls/x509/der.js';
import { writeInteger, writeOid, writeSequence } from '../../../host/tls/x509/der-writer.js';
import { legacyCertificate } from '../../../host/tls/x509/legacy.js';
import { EXTENSION } from '../../../host/tls/x509/oids.js';
import { TrustStore } from '../../../host/tls/x509/trust.js';
import { verifyChain } from '../../../host/tls/x509/verify.js';
import { cpuTime } from './cpu.js';
import {
  altNames,
  directory,
  dns,
  email,
  extension,
  intermediate,
  ip,
  leaf,
  NOW,
  name,
  nameConstraints,
  otherName,
  revocationList,
  root,
  uri,
} from './issue.js';

const top = root();
const lower = intermediate(top, {
  more: [
    nameConstraints(
      [dns('example.com'), email('example.com'), uri('.example.com'), ip(0, 0, 0, 0, 0, 0, 0, 0)],
      [directory(name(['2.5.4.3', 'x']))],
    ),
  ],
});
const full = leaf(lower, {
  extensions: {
    [EXTENSION.subjectAltName]: altNames(
      dns('example.com'),
      ip(127, 0, 0, 1),
      email('a@example.com'),
      uri('https://a.example.com/'),
      directory(name(['2.5.4.3', 'y'])),
    ),
  },
  more: [
    extension(
      EXTENSION.authorityInfoAccess,
      writeSequence(writeSequence(writeOid('1.3.6.1.5.5.7.48.1'), uri('http://o.example/'))),
    ),
    extension(EXTENSION.certificatePolicies, writeSequence(writeSequence(writeOid('1.2.3')))),
    extension(EXTENSION.issuerAltName, writeSequence(otherName('1.2.3'))),
  ],
});
const lists = [revocationList(lower, { revoked: [leaf(lower)] }), revocationList(top)];

/** Whatever is signed is right: mutations reach the rules behind signatures. */
const credulous = new Proxy(defaultProvider(), {
  get: (target, property) => (property === 'verify' ? () => true : Reflect.get(target, property)),
}) as CryptoProvider;

describe('truncations', () => {
  it.each([
    ['certificate', full.raw, Certificate.parse],
    ['list', (lists[0] as Crl).raw, Crl.parse],
  ])('of a %s are all refused', (_, raw, parse) => {
    for (let length = 0; length < raw.length; length += 1) {
      expect(() => parse(raw.subarray(0, length))).toThrow(DerError);
    }
  });
});

describe('mutations', () => {
  it('of a leaf end in a DerError or in a verdict', () => {
    expectMutations(full.raw, ROUNDS, (bytes) => {
      const certificate = Certificate.parse(bytes);
      judge([certificate, lower.certificate]);
      legacyCertificate([certificate, lower.certificate], true);
      certificate.toString();
    });
  });

  it('of an authority with constraints, likewise', () => {
    expectMutations(lower.certificate.raw, ROUNDS, (bytes) => judge([full, Certificate.parse(bytes)]));
  });

  it('of an anchor, likewise', () => {
    expectMutations(top.certificate.raw, ROUNDS / 2, (bytes) => {
      const trust = TrustStore.of([Certificate.parse(bytes)]);
      verifyChain({ chain: [full, lower.certificate], trust, purpose: 'client', at: NOW, provider: credulous });
    });
  });

  it('of a list, likewise', () => {
    expectMutations((lists[0] as Crl).raw, ROUNDS, (bytes) =>
      judge([full, lower.certificate], [Crl.parse(bytes), ...lists.slice(1)]),
    );
  });

  it('never make a certificate of somebody else right', () => {
    const stranger = leaf(root({ subject: 'stranger' }));
    const random = generator(7);
    for (let round = 0; round < ROUNDS / 4; round += 1) {
      const bytes = mutate(stranger.raw, random);
      try {
        const trust = TrustStore.of([top.certificate], 'private');
        const chain = [Certificate.parse(bytes)];
        expect(verifyChain({ chain, trust, purpose: 'server', at: NOW, provider: defaultProvider() }).authorized).toBe(
          false,
        );
      } catch (error) {
        expect(error).toBeInstanceOf(DerError);
      }
    }
  });
});

it('random bytes are no certificate', () => {
  const random = generator(11);
  for (let round = 0; round < 2000; round += 1) {
    const bytes = Uint8Array.from({ length: 1 + (random() % 64) }, () => random() & 0xff);
    expect(() => Certificate.parse(bytes)).toThrow(DerError);
    expect(() => Certificate.parse(writeSequence(writeSequence(writeInteger(bytes)), bytes))).toThrow(DerError);
  }
});

function expectMutations(raw: Uint8Array, rounds: number, use: (bytes: Uint8Array) => void): void {
  const random = generator(raw.length);
  let understood = 0;
  const start = cpuTime();
  for (let round = 0; round < rounds; round += 1) {
    const bytes = mutate(raw, random);
    try {
      use(bytes);
      understood += 1;
    } catch (error) {
      if (!(error instanceof DerError)) throw new Error(`seed ${raw.length}, round ${round}`, { cause: error });
    }
  }
  // Some are refused and some get further: otherwise nothing was tried.
  expect(understood).toBeGreaterThan(rounds / 100);
  expect(understood).toBeLessThan(rounds);
  expect((cpuTime() - start) / rounds).toBeLessThan(20);
}

function judge(chain: readonly Certificate[], crls: readonly Crl[] = lists): void {
  const trust = TrustStore.of([top.certificate]);
  const verdict = verifyChain({
    chain,
    trust,
    crls,
    purpose: 'server',
    name: 'example.com',
    at: NOW,
    provider: credulous,
  });
  if (!verdict.authorized)
    expect([verdict.code, verdict.message, verdict.alert].every((text) => text !== '')).toBe(true);
}

/** One to three bytes change, are left out, or come twice. */
function mutate(raw: Uint8Array, random: () => number): Uint8Array {
  const bytes = [...raw];
  for (let count = 1 + (random() % 3); count > 0; count -= 1) {
    const at = random() % bytes.length;
    const kind = random() % 8;
    if (kind === 0) bytes.splice(at, 1);
    else if (kind === 1) bytes.splice(at, 0, bytes[at] ?? 0);
    else if (kind < 5) bytes[at] = (bytes[at] ?? 0) ^ (1 << (random() % 8));
    else bytes[at] = random() & 0xff;
  }
  return Uint8Array.from(bytes);
}

/** xorshift32 */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

const ROUNDS = 2000;
