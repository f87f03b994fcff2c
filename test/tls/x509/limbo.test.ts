/**
 * The public half of x509-limbo's cases of path validation, read where they lie. What disagrees is listed here with its
 * reason: a case that is not listed has to agree, and one that is listed has to disagree, so the list can only shrink.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { defaultProvider } from '../../../host/tls/crypto/default.js';
import { nobleProvider } from '../../../host/tls/crypto/noble.js';
import type { CryptoProvider } from '../../../host/tls/crypto/provider.js';
import { Certificate } from '../../../host/tls/x509/certificate.js';
import { Crl } from '../../../host/tls/x509/crl.js';
import { DerError } from '../../../host/tls/x509/der.js';
import { TrustStore } from '../../../host/tls/x509/trust.js';
import { verifyChain } from '../../../host/tls/x509/verify.js';
import { cpuTime } from './cpu.js';

const PUBLIC = fileURLToPath(new URL('../../../../shared/tls/limbo-public.json.gz', import.meta.url));
/** `LIMBO=cases.json.gz` looks at other cases of the same form, of which nothing is listed. */
const FILE = process.env.LIMBO ?? PUBLIC;

/** Cases that disagree, and why. */
const DISAGREEMENTS: Readonly<Record<string, string>> = {
  'rfc5280::ca-as-leaf': 'its twin webpki::ca-as-leaf wants the opposite, and an authority is no host',
};

interface LimboCase {
  readonly id: string;
  readonly features: readonly string[];
  readonly description: string;
  readonly validation_kind: 'CLIENT' | 'SERVER';
  readonly trusted_certs: readonly string[];
  readonly untrusted_intermediates: readonly string[];
  readonly peer_certificate: string;
  readonly validation_time: string | null;
  readonly expected_result: 'SUCCESS' | 'FAILURE';
  readonly expected_peer_name: { kind: string; value: string } | null;
  readonly max_chain_depth: number | null;
  readonly crls: readonly string[];
}

const PROVIDERS = [defaultProvider(), nobleProvider];

describe.skipIf(!existsSync(FILE)).each(PROVIDERS)(
  'x509-limbo with $name (skipped where its file is absent)',
  (provider) => {
    const cases = existsSync(FILE) ? readCases() : [];
    const results = cases.map((limbo) => {
      const start = cpuTime();
      const answer = judge(limbo, provider);
      return {
        limbo,
        answer,
        agrees: (answer === 'SUCCESS') === (limbo.expected_result === 'SUCCESS'),
        took: cpuTime() - start,
      };
    });
    const wrong = results.filter(({ agrees }) => !agrees);

    it('prints what disagrees', () => {
      const lines = wrong.map(({ limbo, answer }) => {
        const why = DISAGREEMENTS[limbo.id] ?? 'not listed';
        return `${limbo.id} [${limbo.features}] wants ${limbo.expected_result}: ${answer} (${why})`;
      });
      console.log([`${results.length - wrong.length} of ${results.length} agree`, ...lines].join('\n'));
      expect(results.length).toBeGreaterThan(0);
    });

    it.skipIf(FILE !== PUBLIC)('agrees but for the cases that are listed with a reason', () => {
      expect(wrong.map(({ limbo }) => limbo.id).sort()).toEqual(Object.keys(DISAGREEMENTS).sort());
    });

    it('rejects at most two that are right, and accepts none that is wrong but for pedantic ones', () => {
      expect(wrong.filter(({ limbo }) => limbo.expected_result === 'SUCCESS').length).toBeLessThanOrEqual(2);
      const accepted = wrong.filter(({ limbo }) => limbo.expected_result === 'FAILURE');
      expect(
        accepted.filter(({ limbo }) => !limbo.features.some((feature) => feature.startsWith('pedantic-'))),
      ).toEqual([]);
    });

    it('answers each within a second', () => {
      expect(results.filter(({ took }) => took >= 1000).map(({ limbo }) => limbo.id)).toEqual([]);
    });
  },
);

function readCases(): LimboCase[] {
  return JSON.parse(gunzipSync(readFileSync(FILE)).toString()).testcases;
}

/** `SUCCESS`, or why not. */
function judge(limbo: LimboCase, provider: CryptoProvider): string {
  try {
    const verdict = verifyChain({
      chain: [limbo.peer_certificate, ...limbo.untrusted_intermediates].flatMap((pem) => Certificate.fromPem(pem)),
      trust: TrustStore.of(limbo.trusted_certs.flatMap((pem) => Certificate.fromPem(pem))),
      purpose: limbo.validation_kind === 'SERVER' ? 'server' : 'client',
      name: limbo.validation_kind === 'SERVER' ? limbo.expected_peer_name?.value : undefined,
      at: limbo.validation_time === null ? Date.now() : Date.parse(limbo.validation_time),
      crls: limbo.crls.flatMap((pem) => Crl.fromPem(pem)),
      provider,
      maxDepth: limbo.max_chain_depth ?? undefined,
    });
    return verdict.authorized ? 'SUCCESS' : `${verdict.code}: ${verdict.message}`;
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    return String(error); // It can't be read, so nobody trusts it.
  }
}
