import { describe, expect, it } from 'vitest';
import { type ClientHelloFields, readClientHello, writeClientHello } from '../../../host/tls/messages/client-hello.js';
import { EXTENSION } from '../../../host/tls/messages/extension.js';
import { writeKeyShares } from '../../../host/tls/messages/extension-codec.js';
import { withExtensions } from '../kit/edit.js';
import { type End, newEnd } from '../kit/ends.js';
import { plainRecord } from '../records/kit.js';

const EMPTY = new Uint8Array(0);

describe('A server to which early data is offered refuses it (RFC 8446 §4.2.10)', () => {
  it('by passing over 16 KiB, headers included, that it can not open', () => {
    const server = newEnd('server');
    const answer = server.turn([helloOf((hello) => withExtensions(hello, { [EXTENSION.early_data]: EMPTY }))]);
    expect(answer.length).toBeGreaterThan(0);
    server.turn(earlyData(15_360));
    expect(server.error).toBeUndefined();
    server.turn(earlyData(2048));
    expect(server.error).toMatchObject({ alert: 'unexpected_message', reason: 'TOO_MUCH_SKIPPED_EARLY_DATA' });
  });

  it('also when it asks for another key share', () => {
    const server = newEnd('server', { groups: ['secp256r1'] });
    const early = { [EXTENSION.early_data]: EMPTY, [EXTENSION.key_share]: writeKeyShares([]) };
    server.turn([helloOf((hello) => withExtensions(hello, early))]);
    server.turn(earlyData(15_360));
    expect(server.error).toBeUndefined();
    server.turn(earlyData(2048));
    expect(server.error?.reason).toBe('TOO_MUCH_SKIPPED_EARLY_DATA');
  });

  it('and passes over nothing where none was offered', () => {
    const server = newEnd('server');
    server.turn([helloOf((hello) => hello)]);
    server.turn(earlyData(100));
    expect(server.error).toMatchObject({ alert: 'bad_record_mac', reason: 'DECRYPTION_FAILED_OR_BAD_RECORD_MAC' });
    const retrying = newEnd('server', { groups: ['secp256r1'] });
    retrying.turn([helloOf((hello) => withExtensions(hello, { [EXTENSION.key_share]: writeKeyShares([]) }))]);
    retrying.turn(earlyData(100));
    expect(retrying.error).toMatchObject({ alert: 'unexpected_message', reason: 'UNEXPECTED_RECORD' });
  });
});

/** The record of a ClientHello of ours with this change. */
function helloOf(change: (hello: ClientHelloFields) => ClientHelloFields): Uint8Array {
  const client: End = newEnd('client', { groups: ['x25519', 'secp256r1'] });
  const bytes = Uint8Array.from(Buffer.concat(client.turn()).subarray(5));
  const hello = readClientHello({ type: 1, bytes, body: bytes.subarray(4) });
  return plainRecord(22, writeClientHello(change(hello)), 0x0301);
}

/** Records of 1,024 bytes, as if they were sealed. */
function earlyData(length: number): Uint8Array[] {
  return Array.from({ length: Math.ceil(length / 1024) }, () =>
    plainRecord(23, new Uint8Array(Math.min(length, 1024))),
  );
}
