import { describe, expect, it } from 'vitest';
import type { TlsConfig } from '../../../host/tls/config.js';
import type { ClientHelloFields } from '../../../host/tls/messages/client-hello.js';
import { EXTENSION } from '../../../host/tls/messages/extension.js';
import * as codec from '../../../host/tls/messages/extension-codec.js';
import { frame, HANDSHAKE } from '../../../host/tls/messages/handshake.js';
import { type Extra, editClientHello, withExtensions } from '../kit/edit.js';
import { BOTH, identity } from '../kit/ends.js';
import { type Ends, join, replacing } from '../kit/pipe.js';

const EMPTY = new Uint8Array(0);

describe('A server refuses a ClientHello', () => {
  it.each<[string, (hello: ClientHelloFields) => ClientHelloFields, string, string]>([
    [
      'of an old version',
      (hello) => ({ ...hello, legacyVersion: 0x0302, extensions: new Map() }),
      'protocol_version',
      'UNSUPPORTED_PROTOCOL',
    ],
    [
      'of SSL 3.0, whatever else it says (RFC 8446 appendix D.5)',
      (hello) => ({ ...hello, legacyVersion: 0x0300 }),
      'protocol_version',
      'UNSUPPORTED_PROTOCOL',
    ],
    [
      'of versions that nobody knows',
      edit({ [EXTENSION.supported_versions]: codec.writeVersions([0x7f1c, 0x0a0a]) }),
      'protocol_version',
      'UNSUPPORTED_PROTOCOL',
    ],
    [
      'with compression',
      (hello) => ({ ...hello, compression: Buffer.of(0, 1) }),
      'illegal_parameter',
      'INVALID_COMPRESSION_LIST',
    ],
    [
      'with a suite that nobody knows',
      (hello) => ({ ...hello, suites: [0x1304, 0xdada] }),
      'handshake_failure',
      'NO_SHARED_CIPHER',
    ],
    [
      'with a session id of 33 bytes',
      (hello) => ({ ...hello, sessionId: new Uint8Array(33) }),
      'decode_error',
      'CLIENTHELLO_PARSE_FAILED',
    ],
    ['without groups', edit({ [EXTENSION.supported_groups]: undefined }), 'missing_extension', 'MISSING_EXTENSION'],
    ['without key shares', edit({ [EXTENSION.key_share]: undefined }), 'missing_extension', 'MISSING_KEY_SHARE'],
    [
      'without signature algorithms',
      edit({ [EXTENSION.signature_algorithms]: undefined }),
      'missing_extension',
      'MISSING_EXTENSION',
    ],
    [
      'with signature algorithms that nobody here signs with',
      edit({ [EXTENSION.signature_algorithms]: codec.writeU16List([0x0201]) }),
      'handshake_failure',
      'NO_COMMON_SIGNATURE_ALGORITHMS',
    ],
    [
      'with groups that nobody knows',
      edit({ [EXTENSION.supported_groups]: codec.writeU16List([0x0a0a]) }),
      'handshake_failure',
      'NO_SHARED_GROUP',
    ],
    [
      'with two shares for a group',
      edit({ [EXTENSION.key_share]: codec.writeKeyShares([share(29), share(29)]) }),
      'illegal_parameter',
      'DUPLICATE_KEY_SHARE',
    ],
    [
      'with a share of low order',
      edit({ [EXTENSION.key_share]: codec.writeKeyShares([share(29)]) }),
      'illegal_parameter',
      'BAD_ECPOINT',
    ],
    [
      'with two host names',
      edit({ [EXTENSION.server_name]: names('a', 'b') }),
      'decode_error',
      'ERROR_PARSING_EXTENSION',
    ],
    [
      'with an empty protocol',
      edit({ [EXTENSION.application_layer_protocol_negotiation]: Buffer.of(0, 1, 0) }),
      'decode_error',
      'PARSE_TLSEXT',
    ],
    [
      'with an empty list of groups',
      edit({ [EXTENSION.supported_groups]: Buffer.of(0, 0) }),
      'decode_error',
      'ERROR_PARSING_EXTENSION',
    ],
    [
      'with half a group',
      edit({ [EXTENSION.supported_groups]: Buffer.of(0, 3, 0, 29, 0) }),
      'decode_error',
      'ERROR_PARSING_EXTENSION',
    ],
    ['with a PSK that is not last', pskFirst, 'illegal_parameter', 'PRE_SHARED_KEY_MUST_BE_LAST'],
    [
      'with a PSK without modes',
      edit({ [EXTENSION.psk_key_exchange_modes]: undefined, [EXTENSION.pre_shared_key]: psk(1, 1) }),
      'missing_extension',
      'MISSING_EXTENSION',
    ],
    [
      'with fewer binders than PSKs',
      edit({ [EXTENSION.pre_shared_key]: psk(2, 1) }),
      'illegal_parameter',
      'PSK_IDENTITY_BINDER_COUNT_MISMATCH',
    ],
    [
      'that fell back without need',
      (hello) => ({ ...edit({ [EXTENSION.supported_versions]: undefined })(hello), suites: [...hello.suites, 0x5600] }),
      'inappropriate_fallback',
      'INAPPROPRIATE_FALLBACK',
    ],
  ])('%s', (_, change, alert, reason) => {
    refused(join({}, BOTH, editClientHello(change)), alert, reason);
  });

  it('with an extension that stands in it twice', () => {
    const meddle = replacing('client', HANDSHAKE.client_hello, ({ body }) => {
      const block = Buffer.from(body);
      const at = block.indexOf(Buffer.of(0, EXTENSION.psk_key_exchange_modes, 0, 2, 1, 1));
      block.writeUInt16BE(EXTENSION.supported_groups, at);
      return frame(1, block);
    });
    refused(join({}, {}, meddle), 'decode_error', 'DUPLICATE_EXTENSION');
  });

  it('with bytes too many', () => {
    const meddle = replacing('client', HANDSHAKE.client_hello, ({ body }) =>
      frame(1, Buffer.concat([body, Buffer.of(0)])),
    );
    refused(join({}, {}, meddle), 'decode_error', 'CLIENTHELLO_PARSE_FAILED');
  });

  it('when anything follows it', () => {
    const meddle = replacing('client', HANDSHAKE.client_hello, ({ bytes }) => [bytes, Buffer.of(20)]);
    refused(join({}, {}, meddle), 'unexpected_message', 'EXCESS_HANDSHAKE_DATA');
  });

  it('with which it has no protocol in common', () => {
    refused(join({ alpn: ['a'] }, { alpn: ['b'] }), 'no_application_protocol', 'NO_APPLICATION_PROTOCOL');
  });

  it('when it has no certificate at all', () => {
    refused(join({}, { credentials: [] }), 'handshake_failure', 'NO_COMMON_SIGNATURE_ALGORITHMS');
  });
});

describe('A server answers a ClientHello', () => {
  it('that has values which nobody knows (GREASE, RFC 8701)', () => {
    const grease = (hello: ClientHelloFields): ClientHelloFields => ({
      ...withExtensions(hello, {
        2570: EMPTY,
        [EXTENSION.supported_groups]: codec.writeU16List([0x1a1a, 29]),
        [EXTENSION.signature_algorithms]: codec.writeU16List([0x2a2a, 0x0403]),
        [EXTENSION.supported_versions]: codec.writeVersions([0x3a3a, 0x0304]),
        [EXTENSION.psk_key_exchange_modes]: codec.writeU8List([0x0b, 1]),
      }),
      suites: [0x4a4a, ...hello.suites],
    });
    const { client, server } = join({}, {}, editClientHello(grease));
    // It sent its flight; only the client finds that its transcript, and so its keys, are others.
    expect(server.flight).toContain(HANDSHAKE.finished);
    expect(client.error?.reason).toBe('BAD_DECRYPT');
  });

  it('in the version of TLS 1.2 that a legacy_version from the future allows', () => {
    const future = (hello: ClientHelloFields) => ({
      ...withExtensions(hello, { [EXTENSION.supported_versions]: undefined }),
      legacyVersion: 0x0305,
      suites: [0xc02b],
    });
    expect(join({}, BOTH, editClientHello(future)).server.connection.version).toBe(0x0303);
  });

  it('by its own order of suites, or by the client’s where it honors that', () => {
    const order = ['TLS_AES_256_GCM_SHA384', 'TLS_AES_128_GCM_SHA256'] as const;
    const client = { suites: [...order].reverse() };
    expect(join(client, { suites: order }).server.connection.suite?.name).toBe(order[0]);
    expect(join(client, { suites: order, honorClientOrder: true }).server.connection.suite?.name).toBe(order[1]);
  });

  it('with the first certificate that the client can verify', () => {
    const credentials = [identity('rsa').credentials, identity('ed25519').credentials, identity('p256').credentials];
    const { client } = join({ signatureSchemes: ['ecdsa_secp256r1_sha256'] }, { credentials });
    expect(client.connection.peerChain[0]?.publicKey.algorithm).toBe('ec');
    const other = join({ signatureSchemes: ['ed25519', 'ecdsa_secp256r1_sha256'] }, { credentials });
    expect(other.client.connection.peerSignatureScheme).toBe('ed25519');
  });

  it('with the scheme that its key prefers, where it has a preference of its own', () => {
    const credentials = [{ ...identity('rsa').credentials, schemes: ['rsa_pss_rsae_sha512'] as const }];
    expect(join({}, { credentials }).client.connection.peerSignatureScheme).toBe('rsa_pss_rsae_sha512');
  });

  it('with HelloRetryRequest at most once, and change_cipher_spec once', () => {
    const seen: [string, number][] = [];
    const { client, server } = join({ groups: ['x25519', 'secp256r1'] }, { groups: ['secp256r1'] }, (record, from) => {
      if (record.type === 20) seen.push([from, record.bytes[0] ?? 0]);
      return record;
    });
    expect([client.done, server.done]).toEqual([true, true]);
    expect(server.flight.filter((type) => type === HANDSHAKE.server_hello)).toHaveLength(2);
    expect(seen).toEqual([
      ['server', 1],
      ['client', 1],
    ]);
  });
});

describe('A server refuses a second ClientHello', () => {
  it.each<[string, (hello: ClientHelloFields) => ClientHelloFields, string, string]>([
    ['without key shares', edit({ [EXTENSION.key_share]: undefined }), 'missing_extension', 'MISSING_KEY_SHARE'],
    [
      'with another share',
      edit({ [EXTENSION.key_share]: codec.writeKeyShares([share(29)]) }),
      'illegal_parameter',
      'WRONG_CURVE',
    ],
    [
      'with one share too many',
      edit({ [EXTENSION.key_share]: codec.writeKeyShares([share(23), share(29)]) }),
      'illegal_parameter',
      'WRONG_CURVE',
    ],
    ['with no share', edit({ [EXTENSION.key_share]: codec.writeKeyShares([]) }), 'illegal_parameter', 'WRONG_CURVE'],
    [
      'with another random',
      (hello) => ({ ...hello, random: new Uint8Array(32) }),
      'illegal_parameter',
      'INCONSISTENT_CLIENT_HELLO',
    ],
    [
      'with other suites',
      (hello) => ({ ...hello, suites: hello.suites.slice(1) }),
      'illegal_parameter',
      'INCONSISTENT_CLIENT_HELLO',
    ],
    [
      'with another session id',
      (hello) => ({ ...hello, sessionId: EMPTY }),
      'illegal_parameter',
      'INCONSISTENT_CLIENT_HELLO',
    ],
    [
      'with another server name',
      edit({ [EXTENSION.server_name]: codec.writeServerName('other') }),
      'illegal_parameter',
      'INCONSISTENT_CLIENT_HELLO',
    ],
    ['with early data', edit({ [EXTENSION.early_data]: EMPTY }), 'illegal_parameter', 'INCONSISTENT_CLIENT_HELLO'],
  ])('%s', (_, change, alert, reason) => {
    const ends = join({ groups: ['x25519', 'secp256r1'] }, { groups: ['secp256r1'] }, editClientHello(change, 1));
    refused(ends, alert, reason);
  });
});

describe('A server refuses the answer of a client', () => {
  const asking: [Partial<TlsConfig>, Partial<TlsConfig>] = [
    { credentials: [identity('p256').credentials] },
    { requestCert: true },
  ];

  it.each([
    ['without Certificate', HANDSHAKE.certificate],
    ['without CertificateVerify', HANDSHAKE.certificate_verify],
  ])('%s', (_, type) => {
    refused(
      join(
        ...asking,
        replacing('client', type, () => []),
      ),
      'unexpected_message',
      'UNEXPECTED_MESSAGE',
    );
  });

  it('with a wrong signature', () => {
    const meddle = replacing('client', HANDSHAKE.certificate_verify, ({ bytes }) => flipLast(bytes));
    refused(join(...asking, meddle), 'decrypt_error', 'BAD_SIGNATURE');
  });

  it('with a wrong Finished', () => {
    const meddle = replacing('client', HANDSHAKE.finished, ({ bytes }) => flipLast(bytes));
    refused(join({}, {}, meddle), 'decrypt_error', 'DIGEST_CHECK_FAILED');
  });

  it('with EndOfEarlyData, which was not offered', () => {
    const meddle = replacing('client', HANDSHAKE.finished, ({ bytes }) => [frame(5, EMPTY), bytes]);
    refused(join({}, {}, meddle), 'unexpected_message', 'UNEXPECTED_MESSAGE');
  });

  it('with a certificate that nobody asked for', () => {
    const meddle = replacing('client', HANDSHAKE.finished, ({ bytes }) => [frame(11, Buffer.of(0, 0, 0, 0)), bytes]);
    refused(join({}, {}, meddle), 'unexpected_message', 'UNEXPECTED_MESSAGE');
  });

  it('with application data before Finished', () => {
    const ends = join({}, {}, (record, from) =>
      from === 'client' && record.seal !== '' && record.type === 22 ? { ...record, type: 23 } : record,
    );
    refused(ends, 'unexpected_message', 'UNEXPECTED_RECORD');
  });

  it('without certificate, with certificate_required where it insists', () => {
    refused(
      join({}, { requestCert: true, rejectUnauthorized: true }),
      'certificate_required',
      'PEER_DID_NOT_RETURN_A_CERTIFICATE',
    );
    const { client, server } = join({}, { requestCert: true });
    expect([client.done, server.done]).toEqual([true, true]);
    expect(server.connection.authorized).toBe(false);
    expect(server.connection.authorizationError?.code).toBe('UNABLE_TO_GET_ISSUER_CERT');
  });

  it('with a certificate that it does not trust, with unknown_ca where it insists', () => {
    const [client] = asking;
    refused(join(client, { requestCert: true, rejectUnauthorized: true }), 'unknown_ca', 'CERTIFICATE_VERIFY_FAILED');
    const { server } = join(...asking);
    expect(server.done).toBe(true);
    expect(server.connection.authorizationError?.code).toBe('DEPTH_ZERO_SELF_SIGNED_CERT');
  });
});

/** The server failed first, and told the client why. */
function refused({ client, server }: Ends, alert: string, reason: string): void {
  expect(server.error).toMatchObject({ alert, reason, remote: false });
  expect(server.done).toBe(false);
  expect(server.connection.phase).toBe('failed');
  expect(client.error).toMatchObject({ alert, remote: true });
}

function edit(extra: Extra) {
  return (hello: ClientHelloFields): ClientHelloFields => withExtensions(hello, extra);
}

function share(group: number): codec.KeyShareEntry {
  return { group, share: new Uint8Array(32) };
}

function names(...hosts: string[]): Uint8Array {
  const list = Buffer.concat(hosts.map((host) => Buffer.concat([Buffer.of(0, 0, host.length), Buffer.from(host)])));
  return Buffer.concat([Buffer.of(0, list.length), list]);
}

function psk(identities: number, binders: number): Uint8Array {
  const identity = Buffer.from([0, 2, 1, 2, 0, 0, 0, 0]);
  const binder = Buffer.concat([Buffer.of(32), Buffer.alloc(32)]);
  const lists = [Buffer.alloc(identities * 8, identity), Buffer.concat(Array.from({ length: binders }, () => binder))];
  return Buffer.concat(lists.flatMap((list) => [codec.writeU16(list.length), list]));
}

function pskFirst(hello: ClientHelloFields): ClientHelloFields {
  return { ...hello, extensions: new Map([[EXTENSION.pre_shared_key, psk(1, 1)], ...hello.extensions]) };
}

function flipLast(bytes: Uint8Array): Uint8Array {
  const changed = Uint8Array.from(bytes);
  changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
  return changed;
}
