/** TLS 1.2 with Node's own TLS (OpenSSL), both roles, in one process. */
import type tls from 'node:tls';
import { describe, expect, test } from 'vitest';
import type { TlsConfig } from '../../../host/tls/config.js';
import { defaultProvider } from '../../../host/tls/crypto/default.js';
import type { GroupName } from '../../../host/tls/crypto/provider.js';
import { SUITES, TLS12, TLS13 } from '../../../host/tls/parameters.js';
import { TicketKeys } from '../../../host/tls/session/ticket-keys.js';
import { TrustStore } from '../../../host/tls/x509/trust.js';
import { NodePeer } from '../kit/node-peer.js';
import { identity, type Kind } from './kit/credentials.js';
import { End } from './kit/ends.js';

const CURVES = { x25519: 'X25519', secp256r1: 'P-256', secp384r1: 'P-384' } as const;
const KINDS: readonly Kind[] = ['rsa', 'rsa-pss', 'p256', 'p384', 'ed25519'];
const COMBINATIONS = SUITES.filter(({ version }) => version === TLS12).flatMap((suite) =>
  KINDS.filter((kind) => kind.startsWith('rsa') === (suite.authentication === 'rsa')).flatMap((kind) =>
    (Object.keys(CURVES) as (keyof typeof CURVES)[]).map((group) => ({ suite, kind, group, name: suite.name })),
  ),
);

describe('our client with Node’s server', () => {
  test.each(COMBINATIONS)('$name, $kind, $group', async ({ suite, kind, group }) => {
    const trust = TrustStore.fromPem(identity(kind).certificate);
    const options = { ecdhCurve: CURVES[group], ciphers: suite.name };
    const { end, node } = client({ trust, rejectUnauthorized: true }, { ...served(kind), ...options });
    await exchange(end, node);
    expect(end.connection.suite?.name).toBe(suite.name);
    expect(end.connection.group).toBe<GroupName>(group);
    expect(end.connection.authorized).toBe(true);
    expect(end.connection.extendedMasterSecret).toBe(true);
    expectSameSecrets(end, node);
    await node.close();
  });

  test.each(KINDS)('proves itself by a key of %s', async (kind) => {
    const { credentials, certificate } = identity(kind);
    const asking = { requestCert: true, rejectUnauthorized: true, ca: certificate };
    const { end, node } = client({ credentials: [credentials] }, { ...served('p256'), ...asking });
    await exchange(end, node);
    expect(node.socket.getPeerCertificate().raw).toEqual(Buffer.from(credentials.chain[0]?.raw ?? []));
    await node.close();
  });

  test('shows no certificate where it has none', async () => {
    const { end, node } = client({}, { ...served('p256'), requestCert: true, rejectUnauthorized: false });
    await exchange(end, node);
    expect(node.socket.getPeerCertificate()).toEqual({});
    await node.close();
  });

  test('agrees on a protocol and names the server', async () => {
    const { end, node } = client({ alpn: ['h2', 'http/1.1'] }, { ...served('p256'), ALPNProtocols: ['http/1.1'] });
    await exchange(end, node);
    expect([end.connection.alpnProtocol, node.socket.alpnProtocol]).toEqual(['http/1.1', 'http/1.1']);
    expect((node.socket as { servername?: string }).servername).toBe('localhost');
    await node.close();
  });

  test('of both versions goes back to TLS 1.2', async () => {
    const changes = { maxVersion: TLS13, groups: ['X25519MLKEM768', 'x25519', 'secp256r1'] as const };
    const { end, node } = client(changes, served('p256'));
    await exchange(end, node);
    expect(end.connection.version).toBe(TLS12);
    await node.close();
  });

  test('resumes by ticket, and again by the fresh one', async () => {
    const options = { ...served('p256'), ticketKeys: Buffer.alloc(48, 7) };
    let session: Uint8Array | undefined;
    for (const resumed of [false, true, true]) {
      const { end, node } = client({ session }, options);
      await exchange(end, node);
      expect([end.connection.resumed, node.socket.isSessionReused()]).toEqual([resumed, resumed]);
      expectSameSecrets(end, node);
      session = end.connection.session();
      expect(end.connection.ticket()?.length).toBeGreaterThan(100);
      await node.close();
    }
  });

  test('does without an extended master secret, and then keeps no session', async () => {
    const { end, node } = client({}, { ...served('p256'), secureOptions: NO_EXTENDED_MASTER_SECRET });
    await exchange(end, node);
    expect(end.connection.extendedMasterSecret).toBe(false);
    expect(end.connection.session()).toBeUndefined();
    expectSameSecrets(end, node);
    await node.close();
  });

  test('hears the end', async () => {
    const { end, node } = client({}, served('p256'));
    await exchange(end, node);
    node.socket.end();
    await node.until(() => end.events.some(({ kind }) => kind === 'end'));
    await node.close();
  });
});

describe('Node’s client with our server', () => {
  test.each(COMBINATIONS)('$name, $kind, $group', async ({ suite, kind, group }) => {
    const { credentials, certificate } = identity(kind);
    const changes = { credentials: [credentials], suites: [suite.standardName], groups: [group] };
    const { end, node } = server(changes, { ca: certificate, rejectUnauthorized: true });
    await exchange(end, node);
    expect(node.socket.authorized).toBe(true);
    expect(node.socket.getCipher().name).toBe(suite.name);
    expect(end.connection.group).toBe<GroupName>(group);
    expect(end.connection.extendedMasterSecret).toBe(true);
    expectSameSecrets(end, node);
    await node.close();
  });

  test.each(KINDS)('is known by a key of %s', async (kind) => {
    const { credentials, certificate, key } = identity(kind);
    const trust = TrustStore.fromPem(certificate);
    const changes = { requestCert: true, rejectUnauthorized: true, trust };
    const { end, node } = server(changes, { rejectUnauthorized: false, key, cert: certificate });
    await exchange(end, node);
    expect(end.connection.authorized).toBe(true);
    expect(end.connection.peerChain[0]?.equals(credentials.chain[0] as never)).toBe(true);
    await node.close();
  });

  test('without certificate is refused where we insist', async () => {
    const { end, node } = server({ requestCert: true, rejectUnauthorized: true }, { rejectUnauthorized: false });
    await node.until(() => end.error !== undefined && node.failure !== undefined);
    expect(end.error?.reason).toBe('PEER_DID_NOT_RETURN_A_CERTIFICATE');
    expect(node.failure?.message).toMatch(/handshake failure/);
    await node.close();
  });

  test('agrees on a protocol and on a name', async () => {
    const { end, node } = server({ alpn: ['h2', 'http/1.1'] }, { ALPNProtocols: ['http/1.1', 'h2'], ...careless });
    await exchange(end, node);
    expect([end.connection.alpnProtocol, node.socket.alpnProtocol]).toEqual(['h2', 'h2']);
    expect(end.connection.serverName).toBe('localhost');
    await node.close();
  });

  test('without a protocol in common hears so', async () => {
    const { end, node } = server({ alpn: ['h2'] }, { ALPNProtocols: ['http/1.1'], ...careless });
    await node.until(() => end.error !== undefined && node.failure !== undefined);
    expect(node.failure?.message).toMatch(/no application protocol/);
    await node.close();
  });

  test('resumes by ticket, and again by the fresh one', async () => {
    const ticketKeys = new TicketKeys({ provider: defaultProvider(), wall: Date.now });
    let session: Buffer | undefined;
    for (const resumed of [false, true, true]) {
      const { end, node } = server({ ticketKeys }, { ...careless, ...(session && { session }) });
      await exchange(end, node);
      expect([end.connection.resumed, node.socket.isSessionReused()]).toEqual([resumed, resumed]);
      expectSameSecrets(end, node);
      session = node.socket.getSession();
      await node.close();
    }
  });

  test('without an extended master secret is served, without a ticket', async () => {
    const { end, node } = server({}, { ...careless, secureOptions: NO_EXTENDED_MASTER_SECRET });
    await exchange(end, node);
    expect(end.connection.extendedMasterSecret).toBe(false);
    expect(node.socket.getTLSTicket()).toBeUndefined();
    expectSameSecrets(end, node);
    await node.close();
  });

  test('may not renegotiate: a fatal alert', async () => {
    const { end, node } = server({}, careless);
    await exchange(end, node);
    node.socket.renegotiate({}, () => {});
    await node.until(() => end.error !== undefined && node.failure !== undefined);
    expect(end.error).toMatchObject({ alert: 'no_renegotiation', reason: 'NO_RENEGOTIATION', remote: false });
    expect(node.failure?.message).toMatch(/no renegotiation/);
    await node.close();
  });
});

/** Our client, and Node as its server. */
function client(changes: Partial<TlsConfig>, options: tls.TLSSocketOptions) {
  const end = new End('client', changes);
  return { end, node: NodePeer.server(end, { maxVersion: 'TLSv1.2', ...options } as tls.TLSSocketOptions) };
}

/** Our server, and Node as its client. */
function server(changes: Partial<TlsConfig>, options: tls.ConnectionOptions) {
  const end = new End('server', changes);
  return { end, node: NodePeer.client(end, { maxVersion: 'TLSv1.2', ...options }) };
}

/** More than a record each way, which is as far as a handshake has to be right. */
async function exchange(end: End, node: NodePeer): Promise<void> {
  const [to, from] = ['to Node '.repeat(3000), 'from Node '.repeat(3000)];
  await node.until(() => end.done || end.error !== undefined || node.failure !== undefined);
  expect([end.error, node.failure]).toEqual([undefined, undefined]);
  node.socket.write(from);
  let rest = Buffer.from(to);
  await node.until(() => {
    if (rest.length > 0) rest = rest.subarray(Math.max(0, end.connection.write(rest)));
    const isBroken = end.error !== undefined || node.failure !== undefined;
    return isBroken || (end.text.length >= from.length && node.text.length >= to.length);
  });
  expect([end.error, node.failure]).toEqual([undefined, undefined]);
  expect([end.text === from, node.text === to]).toEqual([true, true]);
}

/** Both ends hold the same master secret, and saw the same Finished. */
function expectSameSecrets(end: End, { socket }: NodePeer): void {
  const context = Buffer.from('context');
  const theirs = socket.exportKeyingMaterial(48, 'EXPORTER-test', context);
  expect(Buffer.from(end.connection.exportKeyingMaterial(48, 'EXPORTER-test', context))).toEqual(theirs);
  expect(Buffer.from(end.connection.finished ?? [])).toEqual(socket.getPeerFinished());
  expect(Buffer.from(end.connection.peerFinished ?? [])).toEqual(socket.getFinished());
}

function served(kind: Kind): tls.TLSSocketOptions {
  const { key, certificate } = identity(kind);
  return { key, cert: certificate } as tls.TLSSocketOptions;
}

const careless = { rejectUnauthorized: false } as const;
/** SSL_OP_NO_EXTENDED_MASTER_SECRET, which Node has no name for. */
const NO_EXTENDED_MASTER_SECRET = 1;
