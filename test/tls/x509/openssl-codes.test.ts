/**
 * The verdict has the code that Node's own TLS, which is OpenSSL's, gives for the same chain. Left out is an issuer that is
 * no authority: OpenSSL finds INVALID_CA, as we do, but Node lets it go on and tells what it finds next.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import tls from 'node:tls';
import { describe, expect, it } from 'vitest';
import { defaultProvider } from '../../../host/tls/crypto/default.js';
import type { Certificate } from '../../../host/tls/x509/certificate.js';
import { EXTENSION, USAGE } from '../../../host/tls/x509/oids.js';
import { TrustStore } from '../../../host/tls/x509/trust.js';
import { verifyChain } from '../../../host/tls/x509/verify.js';
import {
  basicConstraints,
  DAY,
  extendedKeyUsage,
  type Issuer,
  intermediate,
  leaf,
  newKey,
  type Recipe,
  root,
} from './issue.js';

interface Case {
  readonly chain: readonly Certificate[];
  readonly anchors?: readonly Issuer[];
  readonly name?: string;
}

const key = newKey();
const now = Date.now();
const current: Recipe = { notBefore: now - DAY, notAfter: now + DAY };
const old: Recipe = { notBefore: now - 3 * DAY, notAfter: now - DAY };
const young: Recipe = { notBefore: now + DAY, notAfter: now + 2 * DAY };
const top = root(current);
const stranger = root({ ...current, subject: 'stranger' });
const host = (issuer: Issuer, recipe: Recipe = {}) => leaf(issuer, { ...current, key, ...recipe });
const lower = (issuer: Issuer, recipe: Recipe = {}) => intermediate(issuer, { ...current, ...recipe });
const self = (recipe: Recipe = {}) => {
  const subject = root({ subject: 'self' }).subject;
  return host({ subject, key, certificate: top.certificate }, { subject, ...recipe });
};
const chainOf = (issuer: Issuer, recipe: Recipe = {}) => [host(issuer, recipe), issuer.certificate];

const CASES: Readonly<Record<string, () => Case>> = {
  'a right chain': () => ({ chain: [host(top)] }),
  'a right chain for another name': () => ({ chain: [host(top)], name: 'example.org' }),
  'a self-signed certificate': () => ({ chain: [self()] }),
  'a self-signed certificate that is trusted': () => {
    const certificate = self();
    return { chain: [certificate], anchors: [{ certificate, key, subject: top.subject }] };
  },
  'a self-signed certificate that has expired': () => ({ chain: [self(old)] }),
  'an issuer that nobody knows': () => ({ chain: [host(stranger)] }),
  'an issuer that nobody knows, expired': () => ({ chain: [host(stranger, old)] }),
  'a root that nobody knows': () => ({ chain: chainOf(stranger) }),
  'an intermediate whose issuer is not there': () => ({ chain: chainOf(lower(stranger)) }),
  'a chain without its intermediate': () => ({ chain: [host(lower(top))] }),
  'an expired certificate': () => ({ chain: [host(top, old)] }),
  'a certificate of tomorrow': () => ({ chain: [host(top, young)] }),
  'an expired intermediate': () => ({ chain: chainOf(lower(top, old)) }),
  'an expired root': () => {
    const outdated = root(old);
    return { chain: [host(outdated)], anchors: [outdated] };
  },
  'too many authorities': () => {
    const short = root({ ...current, extensions: { [EXTENSION.basicConstraints]: basicConstraints(true, 0) } });
    return { chain: chainOf(lower(short)), anchors: [short] };
  },
  'a certificate for clients': () => ({
    chain: [host(top, { extensions: { [EXTENSION.extendedKeyUsage]: extendedKeyUsage(USAGE.clientAuth) } })],
  }),
  'a forged signature': () => ({
    chain: [host({ ...top, key: newKey() }, { extensions: { [EXTENSION.authorityKeyIdentifier]: undefined } })],
  }),
};

describe('the same code as Node', () => {
  it.each(Object.entries(CASES))('for %s', async (_, make) => {
    const { chain, anchors = [top], name = 'example.com' } = make();
    const trust = TrustStore.of(
      anchors.map(({ certificate }) => certificate),
      'private',
    );
    const verdict = verifyChain({ chain, trust, name, purpose: 'server', at: now, provider: defaultProvider() });
    expect(verdict.code).toBe(await nodeCode(chain, anchors, name));
  });
});

async function nodeCode(
  chain: readonly Certificate[],
  anchors: readonly Issuer[],
  servername: string,
): Promise<string | undefined> {
  const server = tls.createServer({
    cert: chain.map(pem).join(''),
    key: key.privateKey.export({ type: 'pkcs8', format: 'pem' }),
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const ca = anchors.map(({ certificate }) => pem(certificate));
  const { port } = server.address() as AddressInfo;
  const socket = tls.connect({ host: '127.0.0.1', port, ca, servername, rejectUnauthorized: false });
  try {
    await once(socket, 'secureConnect');
    const error = socket.authorizationError as unknown as string | (Error & { code: string }) | null;
    return error === null ? undefined : typeof error === 'string' ? error : error.code;
  } finally {
    socket.destroy();
    server.close();
  }
}

function pem({ raw }: Certificate): string {
  const lines =
    Buffer.from(raw)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}
