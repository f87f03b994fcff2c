import { describe, expect, it, vi } from 'vitest';
import { TlsError } from '../../../host/tls/alert.js';
import type { TlsConfig } from '../../../host/tls/config.js';
import { defaultProvider } from '../../../host/tls/crypto/default.js';
import { readClientHello, writeClientHello } from '../../../host/tls/messages/client-hello.js';
import { HANDSHAKE } from '../../../host/tls/messages/handshake.js';
import { decodeSession, encodeSession } from '../../../host/tls/session/session.js';
import { TicketKeys } from '../../../host/tls/session/ticket-keys.js';
import { TrustStore } from '../../../host/tls/x509/trust.js';
import { editServerHello, withExtensions } from '../kit/edit.js';
import { BOTH, identity, trusting } from '../kit/ends.js';
import { join, type PipeEnd, replacing } from '../kit/pipe.js';
import { leaf, revocationList, root } from '../x509/issue.js';

const DAY = 86_400_000;

describe('A session of TLS 1.3', () => {
  it('is resumed without certificates, with fresh keys, and as authorized as before', () => {
    const { first, second } = twice();
    expect(first.client.connection.resumed).toBe(false);
    expect([second.client.connection.resumed, second.server.connection.resumed]).toEqual([true, true]);
    expect(second.server.flight).not.toContain(HANDSHAKE.certificate);
    expect(second.client.connection.authorized).toBe(true);
    const [before, after] = [first, second].map(({ client }) => client.connection.peerChain.map(({ raw }) => raw));
    expect(after).toEqual(before);
    expect(second.client.connection.peerSignatureScheme).toBe('ecdsa_secp256r1_sha256');
    expect(second.client.connection.group).toBe('x25519');
    const [one, two] = [first, second].map(({ client }) => client.connection.exportKeyingMaterial(32, 'EXPORTER-test'));
    expect(one).not.toEqual(two);
  });

  it('comes twice, as soon as the handshake is over', () => {
    const { client, server } = join(trusting());
    expect(client.events.map(({ kind }) => kind)).toEqual(['handshake', 'session', 'session']);
    expect(server.flight.filter((type) => type === HANDSHAKE.new_session_ticket)).toHaveLength(2);
    expect(client.connection.session()).toEqual(client.session);
    expect(decodeSession(client.session ?? new Uint8Array())?.ticket).toEqual(client.connection.ticket());
  });

  it('survives HelloRetryRequest, with a binder over both ClientHellos', () => {
    const groups = { groups: ['x25519', 'secp256r1'] } as const;
    const { second } = twice({ client: groups, server: { groups: ['secp256r1'] } });
    expect(second.server.flight.filter((type) => type === HANDSHAKE.server_hello)).toHaveLength(2);
    expect(second.client.connection.resumed).toBe(true);
  });

  it('is resumed with another suite of the same hash, and not with one of another', () => {
    const suites = ['TLS_AES_128_GCM_SHA256', 'TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_256_GCM_SHA384'] as const;
    const later = (suite: (typeof suites)[number]) =>
      twice({ client: { suites }, server: { suites: [suites[0]] }, serverLater: { suites: [suite] } }).second;
    expect(later(suites[1]).client.connection.resumed).toBe(true);
    expect(later(suites[2]).client).toMatchObject({ done: true, error: undefined });
    expect(later(suites[2]).client.connection.resumed).toBe(false);
  });

  it('keeps what the server knows of the client', () => {
    const credentials = [identity('p256').credentials];
    const asking = {
      requestCert: true,
      rejectUnauthorized: true,
      trust: TrustStore.of(identity('p256').credentials.chain),
    };
    const { second } = twice({ client: { credentials }, server: asking });
    expect(second.server.connection.resumed).toBe(true);
    expect(second.server.connection.authorized).toBe(true);
    expect(second.server.connection.peerChain).toHaveLength(1);
    expect(second.server.flight).not.toContain(HANDSHAKE.certificate_request);
  });

  it('is bound to a name of any characters, and to none that is too long', () => {
    const named = (serverName: string, later = serverName) =>
      twice({ client: { serverName, rejectUnauthorized: false }, clientLater: { serverName: later } }).second.client;
    expect(named('\u0161.example').connection.resumed).toBe(true);
    expect(named('\u0161.example', 'a.example').connection.resumed).toBe(false);
    expect(named('a'.repeat(300))).toMatchObject({ done: true, error: undefined, connection: { resumed: false } });
  });

  it('is bound to revocation lists, which are read for the first one alone', () => {
    const top = root();
    const crls = [revocationList(top, { revoked: Array.from({ length: 100 }, () => leaf(top)) })];
    const hash = vi.spyOn(defaultProvider(), 'hash');
    expect(twice({ server: { crls } }).second.server.connection.resumed).toBe(true);
    const long = hash.mock.calls.filter(([, data]) => data.length >= (crls[0]?.raw.length ?? 0));
    hash.mockRestore();
    expect(long).toHaveLength(1);
  });

  it('is given on from a resumed one', () => {
    const { second, ticketKeys } = twice();
    const third = join({ ...trusting(), session: second.client.session }, { ticketKeys });
    expect(third.client.connection.resumed).toBe(true);
  });
});

describe('A session is not resumed, and nothing is said of it', () => {
  it.each<[string, Partial<TlsConfig>]>([
    ['for another server name', { serverName: '127.0.0.1' }],
    [
      'with other trust anchors',
      { trust: TrustStore.of([...identity('p256').credentials.chain, ...identity('rsa').credentials.chain]) },
    ],
    ['with revocation lists', { crls: [revocationList(root())] }],
    ['by a client that no longer insists on verification', { rejectUnauthorized: false }],
    ['by a client that now has a certificate', { credentials: [identity('p256').credentials] }],
    ['without its suite', { suites: ['TLS_AES_256_GCM_SHA384'] }],
    ['when it is older than the ticket', { wall: () => Date.now() + DAY + 60_000 }],
  ])('%s', (_, later) => {
    const { second } = twice({ clientLater: later });
    expect(second.client.error).toBeUndefined();
    expect([second.client.done, second.client.connection.resumed]).toEqual([true, false]);
  });

  it.each<[string, Partial<TlsConfig>]>([
    ['by a server that now wants certificates', { requestCert: true }],
    [
      'by a server with other ticket keys',
      { ticketKeys: new TicketKeys({ provider: defaultProvider(), wall: Date.now }) },
    ],
    ['by a server without ticket keys', { ticketKeys: undefined }],
    ['by a server for which it is too old', { wall: () => Date.now() + 8 * DAY }],
  ])('%s', (_, serverLater) => {
    const { second } = twice({ serverLater });
    expect(second.client.error ?? second.server.error).toBeUndefined();
    expect([second.client.done, second.client.connection.resumed]).toEqual([true, false]);
  });

  it('when its ticket is so long that no ClientHello has room for it', () => {
    const { first, ticketKeys } = twice();
    const session = decodeSession(sessionOf(first.client));
    for (const length of [32_769, 65_535]) {
      const long = session && encodeSession({ ...session, ticket: new Uint8Array(length) });
      const { client } = join({ ...trusting(), session: long }, { ticketKeys });
      expect([client.error, client.done, client.connection.resumed]).toEqual([undefined, true, false]);
    }
  });

  it('when it is of the future', () => {
    const { second } = twice({ client: { wall: () => Date.now() + 60_000 }, clientLater: { wall: Date.now } });
    expect([second.client.done, second.client.connection.resumed]).toEqual([true, false]);
  });

  it('when it is garbage, cut short, or has a byte too many', () => {
    const { first, ticketKeys } = twice();
    const session = first.client.session ?? new Uint8Array();
    const cases = [Buffer.from('garbage'), new Uint8Array(), Buffer.concat([session, Buffer.of(0)])];
    for (let length = 0; length < session.length; length += 7) cases.push(Buffer.from(session.subarray(0, length)));
    for (const garbage of cases) expect(decodeSession(garbage)).toBeUndefined();
    const { client } = join({ ...trusting(), session: cases[3] }, { ticketKeys });
    expect([client.done, client.connection.resumed, client.connection.authorized]).toEqual([true, false, true]);
  });
});

describe('A session whose maker did not insist on verification', () => {
  it('never makes anybody authorized', () => {
    const lax = { rejectUnauthorized: false };
    for (const trust of [undefined, trusting().trust]) {
      const { second } = twice({ client: { ...lax, trust } });
      expect(second.client.connection.resumed).toBe(true);
      expect(second.client.connection.authorized).toBe(false);
      expect(second.client.connection.authorizationError?.code).toBe(
        trust === undefined ? 'DEPTH_ZERO_SELF_SIGNED_CERT' : 'CERT_UNTRUSTED',
      );
    }
    const { second } = twice({ client: lax, clientLater: trusting() });
    expect(second.client.connection.resumed).toBe(false);
    expect(second.client.connection.authorized).toBe(true);
  });

  it('does not help a client that says it did', () => {
    const ticketKeys = newTicketKeys();
    const first = join({ rejectUnauthorized: false, trust: undefined }, { ticketKeys });
    const session = decodeSession(first.client.session ?? new Uint8Array());
    if (session === undefined) throw new Error('no session');
    const forged = encodeSession({ ...session, authorized: true, errorCode: '' });
    const second = join({ ...trusting('rsa'), session: forged }, { ticketKeys });
    expect(second.client.done).toBe(false);
    expect(second.client.error?.reason).toBe('CERTIFICATE_VERIFY_FAILED');
  });
});

describe('A ticket', () => {
  it('whose binder is wrong ends the handshake with decrypt_error', () => {
    const { first, ticketKeys } = twice();
    const meddle = replacing('client', HANDSHAKE.client_hello, ({ bytes }) => {
      const changed = Uint8Array.from(bytes);
      changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
      return changed;
    });
    const { server } = join({ ...trusting(), session: first.client.session }, { ticketKeys }, meddle);
    expect(server.error).toMatchObject({ alert: 'decrypt_error', reason: 'DIGEST_CHECK_FAILED' });
  });

  it('must come again after HelloRetryRequest when it would have done', () => {
    const ticketKeys = newTicketKeys();
    const changes = { ...trusting(), groups: ['x25519', 'secp256r1'] } as const;
    const first = join(changes, { ticketKeys });
    const meddle = replacing('client', HANDSHAKE.client_hello, (message, index) => {
      const hello = readClientHello(message);
      return index === 0 ? message.bytes : writeClientHello(withExtensions(hello, { 41: undefined }));
    });
    const server = { ticketKeys, groups: ['secp256r1'] } as const;
    const second = join({ ...changes, session: first.client.session }, server, meddle);
    expect(second.server.error).toMatchObject({ alert: 'illegal_parameter', reason: 'INCONSISTENT_CLIENT_HELLO' });
  });

  it('that is chosen by a number which was not offered ends the handshake', () => {
    const { first, ticketKeys } = twice();
    const meddle = editServerHello((hello) => withExtensions(hello, { 41: Buffer.of(0, 1) }));
    const { client } = join({ ...trusting(), session: first.client.session }, { ticketKeys }, meddle);
    expect(client.error).toMatchObject({ alert: 'illegal_parameter', reason: 'PSK_IDENTITY_NOT_FOUND' });
  });

  it('is not given to a client that could not use it', () => {
    const { client } = join(
      trusting(),
      {},
      replacing('client', HANDSHAKE.client_hello, ({ bytes }) => bytes),
    );
    expect(client.session).toBeDefined();
    expect(join(trusting(), { ticketKeys: undefined }).client.session).toBeUndefined();
  });

  it('with a session of TLS 1.3 leads to a full handshake in TLS 1.2', () => {
    const { first, ticketKeys } = twice({ client: BOTH });
    const server = { ticketKeys, minVersion: 0x0303, maxVersion: 0x0303 } as const;
    const { client } = join({ ...trusting(), ...BOTH, session: first.client.session }, server);
    expect([client.error, client.done, client.connection.resumed]).toEqual([undefined, true, false]);
    expect(client.connection.version).toBe(0x0303);
  });
});

describe('The secret that a ticket held', () => {
  it.each([
    ['after a handshake', {}, undefined],
    ['after HelloRetryRequest, for which it was looked at twice', { groups: ['secp256r1'] } as const, undefined],
    ['when the binder is wrong', {}, 'DIGEST_CHECK_FAILED'],
  ])('is wiped %s', (_, serverLater, reason) => {
    const provider = defaultProvider();
    const secrets: Uint8Array[] = [];
    const hmac: typeof provider.hmac = (name, key, data) => {
      if (key.length === 0) secrets.push(data); // the Early Secret of the one PSK (RFC 8446 §7.1)
      return provider.hmac(name, key, data);
    };
    const watching = new Proxy(provider, {
      get(target, property) {
        const value = property === 'hmac' ? hmac : Reflect.get(target, property);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const groups = { groups: ['x25519', 'secp256r1'] } as const;
    const ticketKeys = newTicketKeys();
    const { client: first } = join({ ...trusting(), ...groups }, { ticketKeys });
    const session = sessionOf(first);
    if (reason !== undefined) session[8] = (session[8] ?? 0) ^ 1; // within the secret
    const { server } = join({ ...trusting(), ...groups, session }, { ticketKeys, provider: watching, ...serverLater });
    expect(server.error?.reason).toBe(reason);
    expect(secrets.length).toBeGreaterThan(0);
    expect(secrets.every((secret) => secret.every((byte) => byte === 0))).toBe(true);
  });
});

describe('The last word on a chain', () => {
  it('is asked for when a session stands for the chain, too', () => {
    const judged: (TlsError | null)[] = [];
    const judge: TlsConfig['judge'] = (chain, verdict) => {
      judged.push(verdict);
      return chain.length === 1 && judged.length === 1 ? null : new TlsError('access_denied', 'NO', 'not again');
    };
    const { first, second } = twice({ client: { judge } });
    expect(first.client.done).toBe(true);
    expect(second.client.error).toMatchObject({ alert: 'access_denied', reason: 'NO' });
    expect(judged).toEqual([null, null]);
  });
});

interface Changes {
  readonly client?: Partial<TlsConfig>;
  readonly server?: Partial<TlsConfig>;
  /** Of the second connection. */
  readonly clientLater?: Partial<TlsConfig>;
  readonly serverLater?: Partial<TlsConfig>;
}

/** Two connections, the second with the session of the first. */
function twice({ client = {}, server = {}, clientLater = {}, serverLater = {} }: Changes = {}) {
  const ticketKeys = newTicketKeys();
  const first = join({ ...trusting(), ...client }, { ticketKeys, ...server });
  const session = sessionOf(first.client);
  const second = join({ ...trusting(), ...client, session, ...clientLater }, { ticketKeys, ...server, ...serverLater });
  return { first, second, ticketKeys };
}

function sessionOf(client: PipeEnd): Uint8Array {
  if (client.session === undefined) throw client.error ?? new Error('no session came');
  return client.session;
}

function newTicketKeys(): TicketKeys {
  return new TicketKeys({ provider: defaultProvider(), wall: Date.now });
}
