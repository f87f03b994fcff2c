import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { TlsConfig } from '../../../host/tls/config.js';
import type { GroupName } from '../../../host/tls/crypto/provider.js';
import type { SuiteName } from '../../../host/tls/parameters.js';
import { type End, identity, newEnd, trusting } from '../kit/ends.js';
import { NodePeer } from '../kit/node-peer.js';
import type { Kind } from '../tls12/kit/credentials.js';

const SUITES: SuiteName[] = ['TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384'];
const CURVES: Partial<Record<GroupName, string>> = { x25519: 'X25519', secp256r1: 'P-256', secp384r1: 'P-384' };
const KINDS: Kind[] = ['p256', 'p384', 'ed25519', 'rsa', 'rsa-pss'];

describe("Our client with Node's server in TLS 1.3", () => {
  it.each(SUITES)('completes with %s, and data passes both ways', async (suite) => {
    const { end, peer } = client({ suites: [suite] });
    await exchange(end, peer);
    expect(end.connection.suite?.name).toBe(suite);
    await peer.close();
  });

  it.each(Object.keys(CURVES) as GroupName[])('completes with %s', async (group) => {
    const { end, peer } = client({ groups: [group] });
    await exchange(end, peer);
    expect(end.connection.group).toBe(group);
    await peer.close();
  });

  it.each(KINDS)('verifies a certificate with a key of the kind %s', async (kind) => {
    const { end, peer } = client(trusting(kind), { ...serverOf(kind) });
    await exchange(end, peer);
    expect(end.connection.authorized).toBe(true);
    await peer.close();
  });

  it('sends its key share again when the server asks for another group', async () => {
    const { end, peer } = client({ groups: ['x25519', 'secp384r1'] }, { ecdhCurve: 'P-384' });
    await exchange(end, peer);
    expect(end.connection.group).toBe('secp384r1');
    await peer.close();
  });

  it.each(KINDS)('proves itself with a key of the kind %s', async (kind) => {
    const { credentials, certificate } = identity(kind);
    const options = { requestCert: true, rejectUnauthorized: true, ca: certificate };
    const { end, peer } = client({ credentials: [credentials] }, options);
    await exchange(end, peer);
    expect(peer.socket.getPeerCertificate().raw).toEqual(Buffer.from(credentials.chain[0]?.raw ?? []));
    await peer.close();
  });

  it('agrees on a protocol, and names the server', async () => {
    const { end, peer } = client({ alpn: ['h2', 'http/1.1'] }, { ALPNProtocols: ['http/1.1'] });
    await exchange(end, peer);
    expect(end.connection.alpnProtocol).toBe('http/1.1');
    expect(peer.socket.alpnProtocol).toBe('http/1.1');
    expect((peer.socket as unknown as { servername: string }).servername).toBe('localhost');
    await peer.close();
  });

  it('resumes with a ticket, and is as authorized as before', async () => {
    const ticketKeys = randomBytes(48);
    const first = client({}, { ticketKeys } as object);
    await exchange(first.end, first.peer);
    await first.peer.until(() => first.end.session !== undefined);
    const second = client({ session: first.end.session }, { ticketKeys } as object);
    await exchange(second.end, second.peer);
    expect(second.end.connection.resumed).toBe(true);
    expect(second.peer.socket.isSessionReused()).toBe(true);
    expect(second.end.connection.authorized).toBe(true);
    expect(second.end.connection.peerChain).toHaveLength(1);
    await first.peer.close();
    await second.peer.close();
  });

  it('exports the same keying material, and knows the same Finished', async () => {
    const { end, peer } = client({});
    await exchange(end, peer);
    const exported = peer.socket.exportKeyingMaterial(40, 'EXPERIMENTAL-vitrine', Buffer.from('context'));
    const ours = end.connection.exportKeyingMaterial(40, 'EXPERIMENTAL-vitrine', Buffer.from('context'));
    expect(Buffer.from(ours)).toEqual(exported);
    expect(Buffer.from(end.connection.finished ?? [])).toEqual(peer.socket.getPeerFinished());
    expect(Buffer.from(end.connection.peerFinished ?? [])).toEqual(peer.socket.getFinished());
    await peer.close();
  });

  it('writes a key log as Node does', async () => {
    const [ours, theirs]: [string[], string[]] = [[], []];
    const { end, peer } = client({ keylog: (line) => void ours.push(line) });
    peer.socket.on('keylog', (line: Buffer) => theirs.push(line.toString().trim()));
    await exchange(end, peer);
    expect(ours.length).toBe(5);
    expect(ours.slice().sort()).toEqual(theirs.slice().sort());
    await peer.close();
  });

  it('tells the server with an alert that nobody knows its issuer', async () => {
    const { end, peer } = client({ trust: undefined, rejectUnauthorized: true });
    await peer.until(() => peer.failure !== undefined);
    expect(end.error?.code).toBe('DEPTH_ZERO_SELF_SIGNED_CERT');
    expect(peer.failure?.message).toMatch(/unknown ca/);
    expect(end.done).toBe(false);
    await peer.close();
  });

  it('ends both ways with close_notify', async () => {
    const { end, peer } = client({});
    await exchange(end, peer);
    peer.socket.end();
    await peer.until(() => end.events.some(({ kind }) => kind === 'end'));
    end.connection.end();
    expect(end.connection.write(Buffer.from('more'))).toBe(-1);
    await peer.until(() => peer.socket.readableEnded);
    expect(peer.failure).toBeUndefined();
    await peer.close();
  });
});

describe("Our server with Node's client in TLS 1.3", () => {
  it.each(SUITES)('completes with %s, and data passes both ways', async (suite) => {
    const { end, peer } = server({}, { ciphers: suite });
    await exchange(end, peer);
    expect(peer.socket.getCipher().standardName).toBe(suite);
    await peer.close();
  });

  it.each(Object.entries(CURVES))('completes with %s', async (group, name) => {
    const { end, peer } = server({}, { ecdhCurve: name });
    await exchange(end, peer);
    expect(end.connection.group).toBe(group);
    await peer.close();
  });

  it('asks for another key share with HelloRetryRequest', async () => {
    const { end, peer } = server({ groups: ['secp384r1', 'x25519'] }, { ecdhCurve: 'X25519:P-384' });
    await exchange(end, peer);
    expect(end.connection.group).toBe('secp384r1');
    await peer.close();
  });

  it.each(KINDS)('proves itself with a key of the kind %s', async (kind) => {
    const { credentials, certificate } = identity(kind);
    const { end, peer } = server({ credentials: [credentials] }, { ca: certificate });
    await exchange(end, peer);
    expect(peer.socket.authorized).toBe(true);
    await peer.close();
  });

  it.each(KINDS)('verifies a client with a key of the kind %s', async (kind) => {
    const { key, certificate } = identity(kind);
    const { end, peer } = server({ ...trusting(kind), requestCert: true }, { key, cert: certificate });
    await exchange(end, peer);
    expect(end.connection.authorized).toBe(true);
    await peer.close();
  });

  it('refuses a client without certificate with certificate_required', async () => {
    const { end, peer } = server({ ...trusting(), requestCert: true }, {});
    await peer.until(() => peer.failure !== undefined);
    expect(end.error?.alert).toBe('certificate_required');
    expect(peer.failure?.message).toMatch(/certificate required/);
    await peer.close();
  });

  it('resumes with its own tickets, which come without waiting for data', async () => {
    const changes = {};
    const first = server(changes, {});
    let session: Buffer | undefined;
    first.peer.socket.on('session', (ticket: Buffer) => {
      session = ticket;
    });
    await first.peer.until(() => session !== undefined);
    const { ticketKeys } = first.end.connection.config;
    const second = server({ ticketKeys }, { session });
    await exchange(second.end, second.peer);
    expect(second.peer.socket.isSessionReused()).toBe(true);
    expect(second.end.connection.resumed).toBe(true);
    await first.peer.close();
    await second.peer.close();
  });

  it('chooses the protocol by its own preference, and refuses a client with which it has none', async () => {
    const { end, peer } = server({ alpn: ['b', 'a'] }, { ALPNProtocols: ['a', 'b'] });
    await exchange(end, peer);
    expect(peer.socket.alpnProtocol).toBe('b');
    await peer.close();
    const other = server({ alpn: ['b'] }, { ALPNProtocols: ['c'] });
    await other.peer.until(() => other.peer.failure !== undefined);
    expect(other.peer.failure?.message).toMatch(/no application protocol/);
    await other.peer.close();
  });

  it('chooses its certificate by the name that the client asks for', async () => {
    const rsa = identity('rsa');
    const select = (name: string | undefined) =>
      name === 'localhost' ? { ...newEnd('server').connection.config, credentials: [rsa.credentials] } : undefined;
    const { end, peer } = server({ select }, { ca: rsa.certificate });
    await exchange(end, peer);
    expect(end.connection.serverName).toBe('localhost');
    expect(peer.socket.authorized).toBe(true);
    await peer.close();
  });
});

function serverOf(kind: Kind) {
  const { key, certificate } = identity(kind);
  return { key, cert: certificate, minVersion: 'TLSv1.3' } as const;
}

function client(changes: Partial<TlsConfig>, options: object = {}) {
  const end = newEnd('client', { ...trusting(), ...changes });
  return { end, peer: NodePeer.server(end, { ...serverOf('p256'), ...options }) };
}

function server(changes: Partial<TlsConfig>, options: object) {
  const end = newEnd('server', changes);
  return { end, peer: NodePeer.client(end, { rejectUnauthorized: false, ...options }) };
}

/** Completes the handshake, and sends text both ways. */
async function exchange(end: End, peer: NodePeer): Promise<void> {
  await peer.until(() => end.done || end.error !== undefined || peer.failure !== undefined);
  expect(end.error ?? peer.failure).toBeUndefined();
  end.connection.write(Buffer.from('from ours'));
  peer.socket.write('from theirs');
  await peer.until(() => (end.text === 'from theirs' && peer.text === 'from ours') || peer.failure !== undefined);
  expect(peer.failure).toBeUndefined();
}
