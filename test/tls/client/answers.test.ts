import { describe, expect, it } from 'vitest';
import type { TlsConfig } from '../../../host/tls/config.js';
import { EXTENSION } from '../../../host/tls/messages/extension.js';
import {
  readKeyShare,
  writeAlpn,
  writeCookie,
  writeKeyShare,
  writeU16,
} from '../../../host/tls/messages/extension-codec.js';
import { frame, HANDSHAKE } from '../../../host/tls/messages/handshake.js';
import { RETRY_RANDOM, type ServerHello } from '../../../host/tls/messages/server-hello.js';
import { type Extra, editEncryptedExtensions, editServerHello, withExtensions } from '../kit/edit.js';
import { BOTH } from '../kit/ends.js';
import { type Ends, join, type Meddle, replacing } from '../kit/pipe.js';

const EMPTY = new Uint8Array(0);
/** A server that does not take the client's first share. */
const RETRY = [{ groups: ['x25519', 'secp256r1'] }, { groups: ['secp256r1'] }] as const;

describe('A client of TLS 1.3 refuses a ServerHello', () => {
  it.each<[string, (hello: ServerHello) => ServerHello, string, string]>([
    [
      'with a suite that was not offered',
      (hello) => ({ ...hello, suite: 0x1304 }),
      'illegal_parameter',
      'WRONG_CIPHER_RETURNED',
    ],
    ['with a suite of TLS 1.2', (hello) => ({ ...hello, suite: 0xc02f }), 'illegal_parameter', 'WRONG_CIPHER_RETURNED'],
    [
      'with another session id',
      (hello) => ({ ...hello, sessionId: EMPTY }),
      'illegal_parameter',
      'SERVER_ECHOED_INVALID_SESSION_ID',
    ],
    ['with compression', (hello) => ({ ...hello, compression: 1 }), 'decode_error', 'DECODE_ERROR'],
    [
      'with another legacy_version',
      (hello) => ({ ...hello, legacyVersion: 0x0302 }),
      'illegal_parameter',
      'UNSUPPORTED_PROTOCOL',
    ],
    ['without a key share', edit(EXTENSION.key_share, undefined), 'missing_extension', 'MISSING_KEY_SHARE'],
    ['with a group that has no share', shareOf(0x0018), 'illegal_parameter', 'WRONG_CURVE'],
    ['with a group that nobody knows', shareOf(0x0a0a), 'illegal_parameter', 'WRONG_CURVE'],
    ['with a share of low order', shareOf(0x001d, new Uint8Array(32)), 'illegal_parameter', 'BAD_ECPOINT'],
    ['with a share that is cut short', shareOf(0x001d, new Uint8Array(31)), 'illegal_parameter', 'BAD_ECPOINT'],
    [
      'with a PSK that was not offered',
      edit(EXTENSION.pre_shared_key, writeU16(0)),
      'unsupported_extension',
      'UNEXPECTED_EXTENSION',
    ],
    [
      'with an extension that belongs elsewhere',
      edit(EXTENSION.supported_groups, EMPTY),
      'illegal_parameter',
      'UNEXPECTED_EXTENSION',
    ],
    ['with an unknown extension', edit(0x1234, EMPTY), 'unsupported_extension', 'UNEXPECTED_EXTENSION'],
    [
      'with a version that nobody knows',
      edit(EXTENSION.supported_versions, writeU16(0x7f1c)),
      'illegal_parameter',
      'UNSUPPORTED_PROTOCOL',
    ],
    [
      'whose supported_versions says TLS 1.2',
      edit(EXTENSION.supported_versions, writeU16(0x0303)),
      'illegal_parameter',
      'UNEXPECTED_EXTENSION',
    ],
    [
      'of TLS 1.1',
      (hello) => ({ ...hello, legacyVersion: 0x0302, extensions: new Map() }),
      'protocol_version',
      'UNSUPPORTED_PROTOCOL',
    ],
    [
      'of TLS 1.2, which it did not offer',
      edit(EXTENSION.supported_versions, undefined),
      'protocol_version',
      'UNSUPPORTED_PROTOCOL',
    ],
  ])('%s', (_, change, alert, reason) => {
    refused(join({}, {}, editServerHello(change)), alert, reason);
  });

  it('with bytes too many', () => {
    const meddle = replacing('server', HANDSHAKE.server_hello, ({ body }) =>
      frame(2, Buffer.concat([body, EMPTY, Buffer.of(0)])),
    );
    refused(join({}, {}, meddle), 'decode_error', 'DECODE_ERROR');
  });

  it('when anything follows it under the same keys', () => {
    const meddle = replacing('server', HANDSHAKE.server_hello, ({ bytes }) => [bytes, frame(8, Buffer.of(0, 0))]);
    refused(join({}, {}, meddle), 'unexpected_message', 'EXCESS_HANDSHAKE_DATA');
  });

  it.each([0x00, 0x01])('of TLS 1.2 whose random says that somebody made it so (%i)', (end) => {
    const random = Buffer.concat([Buffer.alloc(24), Buffer.from('DOWNGRD'), Buffer.of(end)]);
    const meddle = editServerHello((hello) => ({ ...hello, random }));
    refused(join(BOTH, { minVersion: 0x0303, maxVersion: 0x0303 }, meddle), 'illegal_parameter', 'TLS13_DOWNGRADE');
  });

  it('of TLS 1.2 by a server of ours that speaks TLS 1.3, since its random says so', () => {
    const meddle: Meddle = replacing('client', HANDSHAKE.client_hello, ({ bytes }) => withoutVersions(bytes));
    refused(join(BOTH, BOTH, meddle), 'illegal_parameter', 'TLS13_DOWNGRADE');
  });
});

describe('A client of TLS 1.3 refuses a HelloRetryRequest', () => {
  it.each<[string, Extra, string, string]>([
    ['that changes nothing', { [EXTENSION.key_share]: undefined }, 'illegal_parameter', 'EMPTY_HELLO_RETRY_REQUEST'],
    ['for a group that has a share', { [EXTENSION.key_share]: writeU16(0x001d) }, 'illegal_parameter', 'WRONG_CURVE'],
    [
      'for a group that was not offered',
      { [EXTENSION.key_share]: writeU16(0x0018) },
      'illegal_parameter',
      'WRONG_CURVE',
    ],
    ['for a group that nobody knows', { [EXTENSION.key_share]: writeU16(0x4242) }, 'illegal_parameter', 'WRONG_CURVE'],
    ['with an empty cookie', { [EXTENSION.cookie]: Buffer.of(0, 0) }, 'decode_error', 'DECODE_ERROR'],
    ['with an unknown extension', { 4660: EMPTY }, 'unsupported_extension', 'UNEXPECTED_EXTENSION'],
    ['without a version', { [EXTENSION.supported_versions]: undefined }, 'illegal_parameter', 'DECODE_ERROR'],
  ])('%s', (_, extra, alert, reason) => {
    refused(
      join(
        ...retry(),
        editServerHello((hello) => withExtensions(hello, extra)),
      ),
      alert,
      reason,
    );
  });

  it('when it is the second one', () => {
    const second = (hello: ServerHello): ServerHello => ({ ...hello, random: RETRY_RANDOM });
    refused(join(...retry(), editServerHello(second, 1)), 'unexpected_message', 'UNEXPECTED_MESSAGE');
  });

  it('when ServerHello then has another suite', () => {
    const other = (hello: ServerHello): ServerHello => ({ ...hello, suite: hello.suite === 0x1301 ? 0x1303 : 0x1301 });
    refused(join(...retry(), editServerHello(other, 1)), 'illegal_parameter', 'WRONG_CIPHER_RETURNED');
  });

  it.each([undefined, writeU16(0x0303)])('when ServerHello then has another version', (version) => {
    const other = (hello: ServerHello) => withExtensions(hello, { [EXTENSION.supported_versions]: version });
    refused(join(...retry(), editServerHello(other, 1)), 'illegal_parameter', 'SECOND_SERVERHELLO_VERSION_MISMATCH');
  });

  it('when ServerHello then has another group', () => {
    refused(join(...retry(), editServerHello(shareOf(0x001d), 1)), 'illegal_parameter', 'WRONG_CURVE');
  });

  it('but gives a cookie back', () => {
    const cookie = writeCookie(Buffer.from('a cookie'));
    const ends = join(
      ...retry(),
      editServerHello((hello) => withExtensions(hello, { [EXTENSION.cookie]: cookie })),
    );
    // Our server asks for none, and says so.
    expect(ends.server.error?.reason).toBe('INCONSISTENT_CLIENT_HELLO');
    expect(Buffer.from(ends.client.sent[1]?.bytes ?? []).includes('a cookie')).toBe(true);
  });
});

describe('A client of TLS 1.3 refuses EncryptedExtensions', () => {
  it.each<[string, Extra, string, string]>([
    ['with an unknown extension', { 4660: EMPTY }, 'unsupported_extension', 'UNEXPECTED_EXTENSION'],
    [
      'with a protocol that nobody asked for',
      { [EXTENSION.application_layer_protocol_negotiation]: writeAlpn(['x']) },
      'unsupported_extension',
      'UNEXPECTED_EXTENSION',
    ],
    [
      'with early data that was not offered',
      { [EXTENSION.early_data]: EMPTY },
      'unsupported_extension',
      'UNEXPECTED_EXTENSION',
    ],
    [
      'with what belongs to ServerHello',
      { [EXTENSION.key_share]: writeKeyShare({ group: 29, share: Buffer.of(1) }) },
      'illegal_parameter',
      'ERROR_PARSING_EXTENSION',
    ],
    [
      'with a server name that says something',
      { [EXTENSION.server_name]: Buffer.of(1) },
      'decode_error',
      'ERROR_PARSING_EXTENSION',
    ],
  ])('%s', (_, extra, alert, reason) => {
    refused(join({}, {}, editEncryptedExtensions(extra)), alert, reason);
  });

  it.each([
    ['that was not offered', writeAlpn(['x']), 'illegal_parameter', 'INVALID_ALPN_PROTOCOL'],
    ['and another one', writeAlpn(['a', 'b']), 'decode_error', 'ERROR_PARSING_EXTENSION'],
  ])('with a protocol %s', (_, content, alert, reason) => {
    const extra = { [EXTENSION.application_layer_protocol_negotiation]: content };
    refused(join({ alpn: ['a', 'b'] }, { alpn: ['a'] }, editEncryptedExtensions(extra)), alert, reason);
  });

  it('with what belongs to TLS 1.2, though that was offered', () => {
    for (const type of [EXTENSION.extended_master_secret, EXTENSION.session_ticket, EXTENSION.renegotiation_info]) {
      const ends = join(BOTH, BOTH, editEncryptedExtensions({ [type]: EMPTY }));
      refused(ends, 'illegal_parameter', 'ERROR_PARSING_EXTENSION');
    }
  });
});

describe('A client of TLS 1.3 refuses a flight', () => {
  it.each([
    ['without EncryptedExtensions', HANDSHAKE.encrypted_extensions],
    ['without Certificate', HANDSHAKE.certificate],
    ['without CertificateVerify', HANDSHAKE.certificate_verify],
  ])('%s', (_, type) => {
    refused(
      join(
        {},
        {},
        replacing('server', type, () => []),
      ),
      'unexpected_message',
      'UNEXPECTED_MESSAGE',
    );
  });

  it('with an empty certificate list', () => {
    const meddle = replacing('server', HANDSHAKE.certificate, () => frame(11, Buffer.of(0, 0, 0, 0)));
    refused(join({}, {}, meddle), 'decode_error', 'PEER_DID_NOT_RETURN_A_CERTIFICATE');
  });

  it('with a certificate that is none', () => {
    const body = Buffer.of(0, 0, 0, 6, 0, 0, 1, 0x30, 0, 0);
    const meddle = replacing('server', HANDSHAKE.certificate, () => frame(11, body));
    refused(join({}, {}, meddle), 'decode_error', 'CANNOT_PARSE_LEAF_CERT');
  });

  it('with a certificate that has an extension which nobody asked for', () => {
    const meddle = replacing('server', HANDSHAKE.certificate, ({ body }) => {
      const certificate = body.subarray(4, -2);
      const entry = Buffer.concat([certificate, Buffer.of(0, 4, 0, 5, 0, 0)]);
      return frame(11, Buffer.concat([Buffer.of(0, 0, entry.length >> 8, entry.length & 255), entry]));
    });
    refused(join({}, {}, meddle), 'unsupported_extension', 'UNEXPECTED_EXTENSION');
  });

  it('with a wrong signature', () => {
    const meddle = replacing('server', HANDSHAKE.certificate_verify, ({ bytes }) => flipLast(bytes));
    refused(join({}, {}, meddle), 'decrypt_error', 'BAD_SIGNATURE');
  });

  it.each([
    ['of RSA-PKCS1', 0x0401],
    ['that nobody knows', 0x0909],
    ['of another curve', 0x0503],
  ])('with a signature scheme %s', (_, scheme) => {
    const meddle = replacing('server', HANDSHAKE.certificate_verify, ({ body }) =>
      frame(15, Buffer.concat([writeU16(scheme), body.subarray(2)])),
    );
    refused(join({}, {}, meddle), 'illegal_parameter', 'WRONG_SIGNATURE_TYPE');
  });

  it('with a wrong Finished', () => {
    const meddle = replacing('server', HANDSHAKE.finished, ({ bytes }) => flipLast(bytes));
    refused(join({}, {}, meddle), 'decrypt_error', 'DIGEST_CHECK_FAILED');
  });

  it('with anything behind Finished', () => {
    const meddle = replacing('server', HANDSHAKE.finished, ({ bytes }) => [bytes, frame(24, Buffer.of(0))]);
    refused(join({}, {}, meddle), 'unexpected_message', 'EXCESS_HANDSHAKE_DATA');
  });

  it('with a CertificateRequest without signature_algorithms, or with a context', () => {
    const cases = [
      [Buffer.of(0, 0, 0), 'missing_extension'],
      [Buffer.of(1, 7, 0, 8, 0, 13, 0, 4, 0, 2, 4, 3), 'illegal_parameter'],
    ] as const;
    for (const [body, alert] of cases) {
      const meddle = replacing('server', HANDSHAKE.certificate_request, () => frame(13, body));
      refused(join({}, { requestCert: true }, meddle), alert, 'DECODE_ERROR');
    }
  });
});

/** The client failed first, and told the server why. */
function refused({ client, server }: Ends, alert: string, reason: string): void {
  expect(client.error).toMatchObject({ alert, reason, remote: false });
  expect(client.done).toBe(false);
  expect(server.done).toBe(false);
  expect(client.connection.phase).toBe('failed');
  // An alert that the server can't read, since keys differ, is a failure all the same.
  expect(server.error).toBeDefined();
}

function retry(): [Partial<TlsConfig>, Partial<TlsConfig>] {
  const [client, server] = RETRY;
  return [{ groups: [...client.groups] }, { groups: [...server.groups] }];
}

function edit(type: number, content: Uint8Array | undefined) {
  return (hello: ServerHello) => withExtensions(hello, { [type]: content });
}

/** Another group, with this share or the one that was there. */
function shareOf(group: number, share?: Uint8Array) {
  return (hello: ServerHello) => {
    const old = readKeyShare(hello.extensions.get(EXTENSION.key_share) ?? EMPTY);
    return withExtensions(hello, { [EXTENSION.key_share]: writeKeyShare({ group, share: share ?? old.share }) });
  };
}

function flipLast(bytes: Uint8Array): Uint8Array {
  const changed = Uint8Array.from(bytes);
  changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
  return changed;
}

/** As somebody in the middle would do it who wants TLS 1.2: supported_versions becomes another extension. */
function withoutVersions(bytes: Uint8Array): Uint8Array {
  const changed = Buffer.from(bytes);
  const at = changed.indexOf(Buffer.of(0, EXTENSION.supported_versions, 0, 5, 4));
  changed[at] = 0x7a;
  return changed;
}
