import { describe, expect, it } from 'vitest';
import type { TlsConfig } from '../../../host/tls/config.js';
import { defaultProvider } from '../../../host/tls/crypto/default.js';
import { TicketKeys } from '../../../host/tls/session/ticket-keys.js';
import { BOTH, identity, trusting } from '../kit/ends.js';
import { type Ends, join } from '../kit/pipe.js';

const ONLY_12 = { minVersion: 0x0303, maxVersion: 0x0303 } as const;
const ticketKeys = new TicketKeys({ provider: defaultProvider(), wall: Date.now });
const asking = { requestCert: true, trust: trusting().trust, rejectUnauthorized: true };
const proving = { credentials: [identity('p256').credentials] };
const retry: Partial<TlsConfig> = { groups: ['x25519', 'secp256r1'] };

/** Each with the changes of its client and its server. */
const SCENARIOS: [string, Partial<TlsConfig>, Partial<TlsConfig>][] = [
  ['a full handshake of TLS 1.3', { alpn: ['a', 'b'] }, { alpn: ['b'] }],
  ['a resumed one', { session: sessionOf({}) }, { ticketKeys }],
  ['one with HelloRetryRequest', retry, { groups: ['secp256r1'] }],
  ['one with a client certificate', proving, asking],
  [
    'a resumed one with HelloRetryRequest',
    { ...retry, session: sessionOf(retry) },
    { ticketKeys, groups: ['secp256r1'] },
  ],
  ['a full handshake of TLS 1.2', { ...BOTH, ...proving }, { ...ONLY_12, ...asking }],
  ['a resumed one of TLS 1.2', { ...ONLY_12, session: sessionOf(ONLY_12) }, { ...ONLY_12, ticketKeys }],
];

const SEEDS = 25;

/** What may become of the bytes of a record. */
const MUTATIONS = {
  'a flipped bit': (bytes: Uint8Array, random: () => number) => {
    const changed = Uint8Array.from(bytes);
    const at = Math.floor(random() * bytes.length);
    changed[at] = (changed[at] ?? 0) ^ (1 << Math.floor(random() * 8));
    return changed;
  },
  'another byte': (bytes: Uint8Array, random: () => number) => {
    const changed = Uint8Array.from(bytes);
    const at = Math.floor(random() * bytes.length);
    changed[at] = (changed[at] ?? 0) + 1 + Math.floor(random() * 255);
    return changed;
  },
  'a byte less': (bytes: Uint8Array, random: () => number) => {
    const at = Math.floor(random() * bytes.length);
    return Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + 1)]);
  },
  'a byte more': (bytes: Uint8Array, random: () => number) => {
    const at = Math.floor(random() * bytes.length);
    return Uint8Array.from([...bytes.subarray(0, at), Math.floor(random() * 256), ...bytes.subarray(at)]);
  },
  'its end': (bytes: Uint8Array, random: () => number) => bytes.slice(0, Math.floor(random() * bytes.length)),
  'its message cut short with a right length': (bytes: Uint8Array, random: () => number) => {
    const length = Math.floor(random() * Math.max(1, bytes.length - 4));
    return Uint8Array.from([
      bytes[0] ?? 0,
      length >> 16,
      (length >> 8) & 255,
      length & 255,
      ...bytes.subarray(4, 4 + length),
    ]);
  },
  'a part that stands in it twice': (bytes: Uint8Array, random: () => number) => {
    const [from, to] = [random(), random()].map((part) => Math.floor(part * bytes.length)) as [number, number];
    return Uint8Array.from([...bytes.subarray(0, Math.max(from, to)), ...bytes.subarray(Math.min(from, to))]);
  },
  'noise behind its header': (bytes: Uint8Array, random: () => number) =>
    Uint8Array.from(bytes, (byte, index) => (index < 4 ? byte : Math.floor(random() * 256))),
};

describe.each(SCENARIOS)('When one record of %s is changed on its way', (_, client, server) => {
  const records = count(client, server);

  it('both ends complete when it is not', () => {
    const { client: left, server: right } = join(client, server);
    expect([left.done, right.done]).toEqual([true, true]);
  });

  it.each(Object.keys(MUTATIONS) as Mutation[])('by %s, there is an alert or a wait, and never a handshake', (kind) => {
    let refused = 0;
    for (let seed = 0; seed < SEEDS; seed++) {
      const random = generator(seed * 7919 + kind.length);
      const target = Math.floor(random() * records);
      const ends = meddled(client, server, target, (bytes) => MUTATIONS[kind](bytes, random));
      check(ends, `${kind}, seed ${seed}, record ${target}`);
      if (ends.client.error ?? ends.server.error) refused++;
    }
    expect(refused).toBeGreaterThan(0);
  });
});

type Mutation = keyof typeof MUTATIONS;

/** A handshake whose record of this number, counted over both directions, is changed. */
function meddled(
  client: Partial<TlsConfig>,
  server: Partial<TlsConfig>,
  target: number,
  change: (bytes: Uint8Array) => Uint8Array<ArrayBuffer>,
): Ends & { changed: boolean } {
  let number = 0;
  let changed = false;
  const ends = join(client, server, (record) => {
    if (record.type !== 22 || number++ !== target) return record;
    const bytes = change(record.bytes);
    changed = Buffer.compare(bytes, record.bytes) !== 0;
    return { ...record, bytes };
  });
  return { ...ends, changed };
}

function check({ client, server, changed }: Ends & { changed: boolean }, what: string): void {
  if (!changed) return;
  expect(client.done && server.done, what).toBe(false);
  for (const end of [client, server]) {
    const failures = end.events.filter(({ kind }) => kind === 'failed');
    expect(failures.length, what).toBeLessThanOrEqual(1);
    expect(end.connection.phase === 'failed', what).toBe(failures.length === 1);
    expect(end.error?.reason, what).not.toBe('INTERNAL_ERROR');
  }
}

/** The handshake records until both are done: tickets that follow are none of them. */
function count(client: Partial<TlsConfig>, server: Partial<TlsConfig>): number {
  let records = 0;
  const ends = join(client, server, (record) => {
    if (record.type === 22) records++;
    return record;
  });
  const tickets = ends.server.flight.includes(4) && ends.server.connection.version === 0x0304 ? 1 : 0;
  return records - tickets;
}

function sessionOf(changes: Partial<TlsConfig>): Uint8Array | undefined {
  return join(changes, { ticketKeys, ...(changes === ONLY_12 ? ONLY_12 : {}) }).client.session;
}

/** Numbers in [0, 1) that follow from a seed: mulberry32. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value = (value + Math.imul(value ^ (value >>> 7), value | 61)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  };
}
