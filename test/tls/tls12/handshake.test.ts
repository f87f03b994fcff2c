/** Handshakes of TLS 1.2 between our own two ends. */
import { describe, expect, test } from 'vitest';
import { nobleProvider } from '../../../host/tls/crypto/noble.js';
import type { GroupName } from '../../../host/tls/crypto/provider.js';
import { SCHEMES, type SignatureScheme, SUITES, type SuiteName, TLS12, TLS13 } from '../../../host/tls/parameters.js';
import { TrustStore } from '../../../host/tls/x509/trust.js';
import { identity, type Kind } from './kit/credentials.js';
import { config, type End, pair, talk } from './kit/ends.js';

const SUITES_12 = SUITES.filter(({ version }) => version === TLS12);
const KINDS: readonly Kind[] = ['rsa', 'rsa-pss', 'p256', 'p384', 'ed25519'];

describe.each(SUITES_12)('$name', ({ standardName, authentication, name }) => {
  const kinds = KINDS.filter((kind) => kind.startsWith('rsa') === (authentication === 'rsa'));
  const groups: readonly GroupName[] = ['x25519', 'secp256r1', 'secp384r1'];

  test.each(kinds.flatMap((kind) => groups.map((group) => ({ kind, group }))))('$kind, $group', ({ kind, group }) => {
    // The client also offers the curve of the certificate, but the server goes by its own order.
    const { client, server } = pair({}, { ...only(standardName), groups: [group], ...known(kind) });
    expectOpen(client, server);
    for (const { connection } of [client, server]) {
      expect(connection.version).toBe(TLS12);
      expect(connection.suite?.name).toBe(name);
      expect(connection.group).toBe(group);
      expect(connection.resumed).toBe(false);
    }
    expect(client.connection.peerChain[0]?.equals(leafOf(kind))).toBe(true);
    expect(server.connection.localChain[0]?.equals(leafOf(kind))).toBe(true);
  });
});

test('both ends see the same Finished, exported keys and key log', () => {
  const lines: string[] = [];
  const keylog = (line: string) => void lines.push(line);
  const { client, server } = pair({ keylog }, { keylog });
  const [ours, theirs] = [client.connection, server.connection];
  expect(ours.finished).toHaveLength(12);
  expect(ours.finished).toEqual(theirs.peerFinished);
  expect(theirs.finished).toEqual(ours.peerFinished);
  expect(ours.finished).not.toEqual(theirs.finished);
  for (const context of [undefined, new Uint8Array(), Uint8Array.of(1, 2)]) {
    const key = ours.exportKeyingMaterial(40, 'EXPORTER-test', context);
    expect(key).toHaveLength(40);
    expect(key).toEqual(theirs.exportKeyingMaterial(40, 'EXPORTER-test', context));
  }
  expect(lines).toHaveLength(2);
  expect(lines[0]).toMatch(/^CLIENT_RANDOM [0-9a-f]{64} [0-9a-f]{96}$/);
  expect(lines[0]).toBe(lines[1]);
});

test.each([
  ['client', { provider: nobleProvider }, {}],
  ['server', {}, { provider: nobleProvider }],
] as const)('without node:crypto at the %s', (_, clientChanges, serverChanges) => {
  for (const kind of ['p256', 'p384', 'ed25519'] as const) {
    for (const group of ['x25519', 'secp256r1', 'secp384r1'] as const) {
      const { client, server } = pair(clientChanges, { ...serverChanges, groups: [group], ...known(kind) });
      expectOpen(client, server);
    }
  }
});

test('a client of both versions takes TLS 1.2 of a server that knows no other', () => {
  const { client, server } = pair({ maxVersion: TLS13, groups: ['X25519MLKEM768', 'x25519', 'secp256r1'] });
  expectOpen(client, server);
  expect(client.connection.version).toBe(TLS12);
  expect(client.connection.group).toBe('x25519');
});

test('a server of both versions takes TLS 1.2 of a client that knows no other', () => {
  const { client, server } = pair({}, { maxVersion: TLS13, groups: ['X25519MLKEM768', 'secp384r1'] });
  expectOpen(client, server);
  expect(server.connection.version).toBe(TLS12);
  expect(server.connection.group).toBe('secp384r1');
});

test('the server goes by its own order of suites unless it honours the client', () => {
  const [first, second] = SUITES_12.filter(({ authentication }) => authentication === 'ecdsa').map(
    ({ standardName }) => standardName,
  ) as [SuiteName, SuiteName];
  const chosen = (honorClientOrder: boolean) =>
    pair({ suites: [second, first] }, { suites: [first, second], honorClientOrder }).client.connection.suite;
  expect(chosen(false)?.standardName).toBe(first);
  expect(chosen(true)?.standardName).toBe(second);
});

test('of two certificates the server shows the one that the client can verify', () => {
  const both = { credentials: [identity('p256').credentials, identity('rsa').credentials] };
  const shown = (schemes: readonly SignatureScheme[]) =>
    pair({ signatureSchemes: schemes }, both).client.connection.peerChain[0]?.publicKey.algorithm;
  expect(shown(['ecdsa_secp256r1_sha256', 'rsa_pss_rsae_sha256', 'rsa_pkcs1_sha256'])).toBe('ec');
  expect(shown(['rsa_pss_rsae_sha256', 'rsa_pkcs1_sha256'])).toBe('rsa');
});

test.each(
  (Object.keys(SCHEMES) as SignatureScheme[]).flatMap((scheme) => {
    const kind = { ec: 'p256', rsa: 'rsa', 'rsa-pss': 'rsa-pss', ed25519: 'ed25519' } as const;
    return [{ scheme, kind: kind[SCHEMES[scheme].key] }];
  }),
)('$scheme signs with a key of $kind', ({ scheme, kind }) => {
  // RFC 8422 §5.1.1: the curve is the key's, whatever the scheme's name says. The certificates are signed with SHA-256.
  const { client, server } = pair({ signatureSchemes: [scheme] }, known(kind));
  expectOpen(client, server);
});

describe('application protocols:', () => {
  test('the server chooses by its own order', () => {
    const { client, server } = pair({ alpn: ['http/1.1', 'h2'] }, { alpn: ['h2', 'http/1.1'] });
    expectOpen(client, server);
    expect([client.connection.alpnProtocol, server.connection.alpnProtocol]).toEqual(['h2', 'h2']);
  });

  test('a server that has none ignores the question', () => {
    const { client, server } = pair({ alpn: ['h2'] });
    expectOpen(client, server);
    expect([client.connection.alpnProtocol, server.connection.alpnProtocol]).toEqual([false, false]);
  });

  test('nothing in common is fatal', () => {
    const { client, server } = pair({ alpn: ['h2'] }, { alpn: ['http/1.1'] });
    expect(server.error).toMatchObject({ alert: 'no_application_protocol', reason: 'NO_APPLICATION_PROTOCOL' });
    expect(client.error).toMatchObject({ alert: 'no_application_protocol', remote: true });
  });
});

describe('server name:', () => {
  test('the server sees it, and may answer with another certificate', () => {
    const other = config('server', known('rsa'));
    const select = (name: string | undefined) => (name === 'example.org' ? other : undefined);
    const { client, server } = pair({ serverName: 'example.org' }, { select });
    expectOpen(client, server);
    expect(server.connection.serverName).toBe('example.org');
    expect(client.connection.peerChain[0]?.publicKey.algorithm).toBe('rsa');
  });

  test('an address is not told', () => {
    const { client, server } = pair({ serverName: '127.0.0.1' });
    expectOpen(client, server);
    expect(server.connection.serverName).toBeUndefined();
  });
});

describe('server verification:', () => {
  const trust = TrustStore.fromPem(identity('p256').certificate);

  test('a trusted server is authorized', () => {
    const { client, server } = pair({ trust, rejectUnauthorized: true });
    expectOpen(client, server);
    expect(client.connection.authorized).toBe(true);
    expect(client.connection.authorizationError).toBeNull();
  });

  test('an unknown server is refused before our Finished goes out', () => {
    const { client, server } = pair({ rejectUnauthorized: true });
    expect(client.done || server.done).toBe(false);
    expect(client.error?.code).toBe('DEPTH_ZERO_SELF_SIGNED_CERT');
    expect(server.error).toMatchObject({ remote: true, alert: client.error?.alert });
  });

  test('an unknown server is borne with where nobody insists, and not authorized', () => {
    const { client, server } = pair();
    expectOpen(client, server);
    expect(client.connection.authorized).toBe(false);
    expect(client.connection.authorizationError?.code).toBe('DEPTH_ZERO_SELF_SIGNED_CERT');
  });
});

describe('client certificates:', () => {
  const asking = { requestCert: true, rejectUnauthorized: true };

  test.each(KINDS)('a trusted client with a key of %s is authorized', (kind) => {
    const trust = TrustStore.fromPem(identity(kind).certificate);
    const { client, server } = pair(known(kind), { ...asking, trust });
    expectOpen(client, server);
    expect(server.connection.authorized).toBe(true);
    expect(server.connection.peerChain[0]?.equals(leafOf(kind))).toBe(true);
    expect(client.connection.localChain[0]?.equals(leafOf(kind))).toBe(true);
  });

  test('an unknown client is refused', () => {
    const { client, server } = pair(known('p384'), asking);
    expect(client.done || server.done).toBe(false);
    expect(server.error?.code).toBe('DEPTH_ZERO_SELF_SIGNED_CERT');
    expect(client.error?.remote).toBe(true);
  });

  test('a client without certificate is refused with handshake_failure', () => {
    const { client, server } = pair({}, asking);
    expect(client.done || server.done).toBe(false);
    expect(server.error).toMatchObject({ alert: 'handshake_failure', reason: 'PEER_DID_NOT_RETURN_A_CERTIFICATE' });
  });

  test('a client without certificate is let in where nobody insists', () => {
    const { client, server } = pair({}, { requestCert: true });
    expectOpen(client, server);
    expect(server.connection.authorized).toBe(false);
    expect(server.connection.authorizationError).not.toBeNull();
  });

  test('a client whose key makes none of the wanted signatures shows no certificate', () => {
    const { client, server } = pair(known('rsa'), { requestCert: true, signatureSchemes: ['ecdsa_secp256r1_sha256'] });
    expectOpen(client, server);
    expect(server.connection.peerChain).toEqual([]);
  });
});

describe('nothing in common:', () => {
  const ecdsa = only('TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256');
  const rsa = only('TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256');

  test.each([
    ['suites', rsa, ecdsa, 'NO_SHARED_CIPHER'],
    ['suite and certificate', rsa, {}, 'NO_SHARED_CIPHER'],
    ['groups', { groups: ['x25519'] }, { groups: ['secp256r1'], ...known('rsa') }, 'NO_SHARED_CIPHER'],
    ['signatures', { signatureSchemes: ['rsa_pkcs1_sha256'] }, {}, 'NO_SHARED_CIPHER'],
    ['curves of certificates', { groups: ['x25519'] }, {}, 'WRONG_CURVE'],
  ] as const)('%s', (_, clientChanges, serverChanges, reason) => {
    const { client, server } = pair(clientChanges, serverChanges);
    expect(server.error).toMatchObject({ alert: 'handshake_failure', reason });
    expect(client.error).toMatchObject({ alert: 'handshake_failure', remote: true });
  });
});

/** Data goes both ways, too. */
function expectOpen(client: End, server: End): void {
  expect([client.error, server.error]).toEqual([undefined, undefined]);
  expect([client.done, server.done]).toEqual([true, true]);
  client.connection.write(Buffer.from('to the server'));
  talk(client, server);
  server.connection.write(Buffer.from('to the client'));
  talk(client, server);
  for (const bytes of server.turn()) client.turn([bytes]);
  expect([client.text, server.text]).toEqual(['to the client', 'to the server']);
}

function known(kind: Kind) {
  return { credentials: [identity(kind).credentials] };
}

function leafOf(kind: Kind) {
  const [leaf] = identity(kind).credentials.chain;
  if (leaf === undefined) throw new Error('no certificate');
  return leaf;
}

function only(suite: SuiteName) {
  return { suites: [suite] };
}
