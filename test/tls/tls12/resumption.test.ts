/** Tickets of TLS 1.2 (RFC 5077), and what a session is bound to. */
import { describe, expect, test } from 'vitest';
import type { TlsConfig } from '../../../host/tls/config.js';
import { defaultProvider } from '../../../host/tls/crypto/default.js';
import { TLS13 } from '../../../host/tls/parameters.js';
import { TicketKeys } from '../../../host/tls/session/ticket-keys.js';
import { TrustStore } from '../../../host/tls/x509/trust.js';
import { identity } from './kit/credentials.js';
import { type End, End as NewEnd, pair, talk } from './kit/ends.js';

const DAY = 86_400_000;
const trust = TrustStore.fromPem(identity('p256').certificate);

/** A server, and clients that come back to it. */
class Place {
  now = Date.now();
  readonly wall = () => this.now;
  readonly ticketKeys = new TicketKeys({ provider: defaultProvider(), wall: this.wall, period: 8 * DAY });
  session: Uint8Array | undefined;

  visit(client: Partial<TlsConfig> = {}, server: Partial<TlsConfig> = {}): { client: End; server: End } {
    const { wall, ticketKeys, session } = this;
    const ends = pair({ wall, session, ...client }, { wall, ticketKeys, ...server });
    this.session = ends.client.session ?? this.session;
    return ends;
  }
}

test('a second connection resumes, agrees on fresh keys, and gets a fresh ticket', () => {
  const place = new Place();
  const first = place.visit();
  expect(resumed(first)).toEqual([false, false]);
  const [ticket, session] = [first.client.connection.ticket(), place.session];
  const second = place.visit();
  expect(resumed(second)).toEqual([true, true]);
  expect(second.client.connection.ticket()).not.toEqual(ticket);
  expect(place.session).not.toEqual(session);
  const exported = [first, second].map(({ client }) => client.connection.exportKeyingMaterial(16, 'EXPORTER-test'));
  expect(exported[0]).not.toEqual(exported[1]);
  expect(second.server.connection.exportKeyingMaterial(16, 'EXPORTER-test')).toEqual(exported[1]);
  second.client.connection.write(Buffer.from('again'));
  talk(second.client, second.server);
  expect(second.server.text).toBe('again');
  expect(resumed(place.visit())).toEqual([true, true]);
});

test('both ends of a resumed connection know the Finished of the other', () => {
  const place = new Place();
  place.visit();
  const { client, server } = place.visit();
  expect(client.connection.finished).toEqual(server.connection.peerFinished);
  expect(server.connection.finished).toEqual(client.connection.peerFinished);
});

test('a client that could speak TLS 1.3 resumes a session of TLS 1.2', () => {
  const place = new Place();
  place.visit({ maxVersion: TLS13 });
  expect(resumed(place.visit({ maxVersion: TLS13 }))).toEqual([true, true]);
});

test('the session tells of the peer what the first handshake found out', () => {
  const place = new Place();
  const client = { trust, rejectUnauthorized: true };
  place.visit(client);
  const { client: again } = place.visit(client);
  expect(again.connection.resumed).toBe(true);
  expect(again.connection.authorized).toBe(true);
  expect(again.connection.peerChain[0]?.equals(leaf())).toBe(true);
});

test('a client certificate is kept in the ticket', () => {
  const { credentials, certificate } = identity('p384');
  const client = { credentials: [credentials] };
  const server = { requestCert: true, rejectUnauthorized: true, trust: TrustStore.fromPem(certificate) };
  const place = new Place(); // After the certificate, which is not valid before it was made.
  place.visit(client, server);
  const { server: again } = place.visit(client, server);
  expect(again.connection.resumed).toBe(true);
  expect(again.connection.authorized).toBe(true);
  expect(again.connection.peerChain).toHaveLength(1);
});

test('application protocols are chosen anew', () => {
  const place = new Place();
  place.visit({ alpn: ['h2'] }, { alpn: ['h2'] });
  const { client } = place.visit({ alpn: ['http/1.1'] }, { alpn: ['http/1.1'] });
  expect(client.connection.resumed).toBe(true);
  expect(client.connection.alpnProtocol).toBe('http/1.1');
});

test('without keys for tickets the server gives none', () => {
  const { client } = pair({}, { ticketKeys: undefined });
  expect(client.done).toBe(true);
  expect(client.connection.ticket()).toBeUndefined();
  expect(client.session).toBeUndefined();
});

describe('a full handshake is done instead', () => {
  const first = { trust, rejectUnauthorized: true };

  test.each<[string, Partial<TlsConfig>, Partial<TlsConfig>?]>([
    ['for another server name', { serverName: '127.0.0.1' }],
    ['for other trusted authorities', { trust: TrustStore.fromPem(`${identity('rsa').certificate}${pem()}`) }],
    ['for another verification policy', { rejectUnauthorized: false }],
    ['when the client does not take the suite any more', { suites: ['TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384'] }],
    ['when the server does not take the suite any more', {}, { suites: ['TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384'] }],
    ['when the server now asks for certificates', {}, { requestCert: true }],
    [
      'when the server has other keys',
      {},
      { ticketKeys: new TicketKeys({ provider: defaultProvider(), wall: Date.now }) },
    ],
    ['when the session is garbage', { session: new Uint8Array(100) }],
  ])('%s', (_, client, server = {}) => {
    const place = new Place();
    place.visit(first);
    const again = place.visit({ ...first, ...client }, server);
    expect(again.client.error).toBeUndefined();
    expect(resumed(again)).toEqual([false, false]);
  });

  test('after seven days, however long the keys live, and not before', () => {
    const place = new Place();
    place.visit();
    place.now += 7 * DAY - 1000;
    expect(resumed(new Again(place).visit())).toEqual([true, true]);
    place.now += 1000;
    expect(resumed(new Again(place).visit())).toEqual([false, false]);
  });

  test('seven days after the peer proved itself, although the ticket is fresh', () => {
    const place = new Place();
    place.visit();
    place.now += 5 * DAY;
    expect(resumed(place.visit())).toEqual([true, true]);
    place.now += 3 * DAY;
    expect(resumed(place.visit())).toEqual([false, false]);
  });

  test('when one bit of the ticket is wrong', () => {
    const place = new Place();
    const { client } = place.visit();
    const ticket = client.connection.ticket();
    const session = place.session?.slice();
    if (ticket === undefined || session === undefined) throw new Error('no ticket');
    const at = Buffer.from(session).indexOf(ticket);
    for (const offset of [0, 15, 16, 28, ticket.length - 1]) {
      const wrong = session.slice();
      wrong[at + offset] = (wrong[at + offset] ?? 0) ^ 1;
      const again = place.visit({ session: wrong });
      expect(again.client.error).toBeUndefined();
      expect(resumed(again)).toEqual([false, false]);
    }
  });
});

test('a session made without verification never makes a client authorized', () => {
  const place = new Place();
  place.visit({ trust, rejectUnauthorized: false });
  const { client } = place.visit({ trust, rejectUnauthorized: false });
  expect(client.connection.resumed).toBe(true);
  expect(client.connection.authorized).toBe(false);
});

test('a client that resumes without its extended master secret is refused (RFC 7627 §5.3)', () => {
  const place = new Place();
  place.visit();
  expect(withoutExtendedMasterSecret(place).server.error).toMatchObject({
    alert: 'handshake_failure',
    reason: 'RESUMED_EMS_SESSION_WITHOUT_EMS_EXTENSION',
  });
});

/** The same session once more, whatever came of it since. */
class Again {
  constructor(private readonly place: Place) {}

  visit() {
    const { wall, ticketKeys, session } = this.place;
    return pair({ wall, session }, { wall, ticketKeys });
  }
}

/** Somebody takes the extension out of the ClientHello. */
function withoutExtendedMasterSecret({ wall, ticketKeys, session }: Place) {
  const client = new NewEnd('client', { wall, session });
  const server = new NewEnd('server', { wall, ticketKeys });
  talk(client, server, (bytes, from) => {
    const at = Buffer.from(bytes).indexOf(Buffer.from([0, 23, 0, 0]));
    if (from === 'client' && at >= 0) bytes.set([0x0a, 0x0a], at); // a type that nobody knows
    return bytes;
  });
  return { client, server };
}

function resumed({ client, server }: { client: End; server: End }): [boolean, boolean] {
  expect([client.done, server.done]).toEqual([true, true]);
  return [client.connection.resumed, server.connection.resumed];
}

function pem(): string {
  return identity('p256').certificate;
}

function leaf() {
  const [own] = identity('p256').credentials.chain;
  if (own === undefined) throw new Error('no certificate');
  return own;
}
