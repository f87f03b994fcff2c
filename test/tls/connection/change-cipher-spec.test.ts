/**
 * RFC 8446 §5: change_cipher_spec of one byte 0x01 is dropped after the first ClientHello and before the peer's Finished,
 * wherever it stands.
 */
import { describe, expect, it } from 'vitest';
import type { TlsConfig } from '../../../host/tls/config.js';
import { BOTH, ONLY_13, pair } from '../kit/ends.js';

const CCS = Buffer.from('140303000101', 'hex');
const ONLY_12 = { minVersion: 0x0303, maxVersion: 0x0303 } as const;
type Role = 'client' | 'server';

describe('change_cipher_spec', () => {
  it.each<[string, Partial<TlsConfig>, Partial<TlsConfig>, number]>([
    ['of TLS 1.3 alone', ONLY_13, BOTH, 0x0304],
    ['of both versions', BOTH, BOTH, 0x0304],
    ['of both versions, by a server of TLS 1.2', BOTH, ONLY_12, 0x0303],
  ])('before ServerHello is dropped by a client %s', (_, ours, theirs, version) => {
    const { client, server } = pair(
      ours,
      theirs,
      first('server', (flight) => Buffer.concat([CCS, CCS, flight])),
    );
    expect(client.error ?? server.error).toBeUndefined();
    expect(client.connection).toMatchObject({ phase: 'open', version });
  });

  it('before ServerHello may come 32 times, and no more', () => {
    const early = (count: number) =>
      first('server', (flight) => Buffer.concat([...Array.from({ length: count }, () => CCS), flight]));
    expect(pair({}, {}, early(32)).client.error).toBeUndefined();
    expect(pair({}, {}, early(33)).client.error).toMatchObject({
      alert: 'unexpected_message',
      reason: 'TOO_MANY_EMPTY_FRAGMENTS',
    });
  });

  it.each([
    ['another value', '140303000102'],
    ['two bytes', '14030300020101'],
  ])('of %s is refused before ServerHello', (_, record) => {
    const { client } = pair(
      {},
      {},
      first('server', (flight) => Buffer.concat([Buffer.from(record, 'hex'), flight])),
    );
    expect(client.error).toMatchObject({ alert: 'unexpected_message', reason: 'BAD_CHANGE_CIPHER_SPEC' });
  });

  it('between two fragments of ServerHello is dropped', () => {
    const { client, server } = pair({}, {}, first('server', inFragments));
    expect(client.error ?? server.error).toBeUndefined();
    expect(client.done).toBe(true);
  });

  it.each([
    ['before the first ClientHello', (flight: Buffer) => Buffer.concat([CCS, flight])],
    ['in the middle of the first ClientHello', inFragments],
  ])('%s is refused', (_, change) => {
    const { server } = pair({}, {}, first('client', change));
    expect(server.error).toMatchObject({ alert: 'unexpected_message', reason: 'UNEXPECTED_RECORD' });
  });

  it.each(['client', 'server'] as const)("after the %s's Finished is refused", (from) => {
    const { client, server } = pair();
    const [sender, receiver] = from === 'client' ? [client, server] : [server, client];
    sender.turn(receiver.turn([CCS]));
    expect(receiver.error).toMatchObject({ alert: 'unexpected_message', reason: 'UNEXPECTED_RECORD' });
    expect(sender.error).toMatchObject({ alert: 'unexpected_message', remote: true });
  });
});

/** Changes the first flight of one end. */
function first(from: Role, change: (flight: Buffer) => Uint8Array) {
  let passed = 0;
  return (bytes: Uint8Array, sender: Role) => (sender === from && passed++ === 0 ? change(Buffer.from(bytes)) : bytes);
}

/** The first record of a flight in two, with change_cipher_spec between them. */
function inFragments(flight: Buffer): Uint8Array {
  const end = 5 + flight.readUInt16BE(3);
  const fragment = (content: Uint8Array) =>
    Buffer.concat([flight.subarray(0, 3), Buffer.of(0, content.length), content]);
  return Buffer.concat([
    fragment(flight.subarray(5, 25)),
    CCS,
    fragment(flight.subarray(25, end)),
    flight.subarray(end),
  ]);
}
