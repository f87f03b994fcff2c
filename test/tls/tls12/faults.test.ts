/** What is wrong in a handshake of TLS 1.2 ends it, with the right alert and never with an open connection. */
import { describe, expect, test } from 'vitest';
import type { TlsConfig } from '../../../host/tls/config.js';
import { defaultProvider } from '../../../host/tls/crypto/default.js';
import type { CryptoProvider } from '../../../host/tls/crypto/provider.js';
import { type ClientHelloFields, writeClientHello } from '../../../host/tls/messages/client-hello.js';
import { EXTENSION } from '../../../host/tls/messages/extension.js';
import { writeU8List, writeU16List } from '../../../host/tls/messages/extension-codec.js';
import { frame, HANDSHAKE } from '../../../host/tls/messages/handshake.js';
import { type ServerHello, writeServerHello } from '../../../host/tls/messages/server-hello.js';
import { TLS12, TLS13 } from '../../../host/tls/parameters.js';
import { ALERT_RECORD, CHANGE_CIPHER_SPEC, HANDSHAKE_RECORD } from '../../../host/tls/records.js';
import { identity } from './kit/credentials.js';
import { End, type Meddler, pair, talk } from './kit/ends.js';

const CCS = Buffer.from('140303000101', 'hex');
const AES = 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256';
const random = new Uint8Array(32).fill(7);

describe('ChangeCipherSpec', () => {
  test.each(['client', 'server'] as const)('before there is a master secret is refused, from the %s', (from) => {
    let passed = 0;
    // The server's first flight, or the client's second.
    const { client, server } = pair({}, {}, (bytes, sender) => {
      const isNext = sender === from && passed++ === (from === 'client' ? 1 : 0);
      return isNext ? Buffer.concat([CCS, bytes]) : bytes;
    });
    expectRefusal(from, client, server, 'unexpected_message', 'UNEXPECTED_RECORD');
  });

  test.each(['client', 'server'] as const)('that is missing is missed, from the %s', (from) => {
    // The sealed Finished begins with eight zero bytes of nonce: read as plain, a HelloRequest.
    const { client, server } = pair({ suites: [AES] }, {}, (bytes, sender) =>
      sender === from ? replace(bytes, CCS, Buffer.alloc(0)) : bytes,
    );
    expectRefusal(from, client, server, 'unexpected_message', 'UNEXPECTED_RECORD');
  });

  test.each([
    ['another value', '140303000102'],
    ['two bytes', '14030300020101'],
  ])('of %s is refused', (_, record) => {
    for (const from of ['client', 'server'] as const) {
      const { client, server } = pair({}, {}, (bytes, sender) =>
        sender === from ? replace(bytes, CCS, Buffer.from(record, 'hex')) : bytes,
      );
      const { error } = from === 'client' ? server : client;
      expect(error).toMatchObject({ alert: 'unexpected_message', reason: 'BAD_CHANGE_CIPHER_SPEC' });
    }
  });

  test.each(['client', 'server'] as const)('within a handshake message is refused, from the %s', (from) => {
    const { client, server } = pair({}, {}, (bytes, sender) =>
      sender === from ? replace(bytes, CCS, Buffer.concat([handshakeRecord([20]), CCS])) : bytes,
    );
    expectRefusal(from, client, server, 'unexpected_message', 'UNEXPECTED_RECORD');
  });
});

describe('Finished', () => {
  test.each(['client', 'server'] as const)('that is wrong is refused, from the %s', (from) => {
    const wrong = { provider: withWrongFinished(from) };
    const { client, server } = pair(from === 'client' ? wrong : {}, from === 'server' ? wrong : {});
    expectRefusal(from, client, server, 'decrypt_error', 'DIGEST_CHECK_FAILED');
  });

  test('sealed with keys of another transcript does not open: the master secret is bound to the handshake', () => {
    const { client, server } = pair({ signatureSchemes: ['ecdsa_secp256r1_sha256', 'ed25519'] }, {}, (bytes, sender) =>
      sender === 'client' ? replace(bytes, Buffer.from('04030807', 'hex'), Buffer.from('04030a0a', 'hex')) : bytes,
    );
    expectRefusal('client', client, server, 'bad_record_mac', 'DECRYPTION_FAILED_OR_BAD_RECORD_MAC');
  });
});

test('handshake messages in fragments of one byte are put together', () => {
  const { client, server } = pair({}, {}, (bytes) => inFragments(bytes));
  expect([client.error, server.error]).toEqual([undefined, undefined]);
  expect([client.done, server.done]).toEqual([true, true]);
});

test('HelloRequest during the handshake is refused', () => {
  const { client } = pair(
    {},
    {},
    first('server', (bytes) => Buffer.concat([handshakeRecord([0, 0, 0, 0]), bytes])),
  );
  expect(client.error).toMatchObject({ alert: 'unexpected_message', reason: 'UNEXPECTED_MESSAGE' });
});

test('what comes behind ServerHelloDone before it is the server’s turn is refused', () => {
  const { client } = pair(
    {},
    {},
    first('server', (bytes) => appendToRecord(bytes, [20, 0, 0])),
  );
  expect(client.error).toMatchObject({ alert: 'unexpected_message', reason: 'EXCESS_HANDSHAKE_DATA' });
});

test('application data before Finished is refused', () => {
  const data = Buffer.from('170303000141', 'hex');
  const { client, server } = pair(
    {},
    {},
    first('server', (bytes) => Buffer.concat([bytes, data])),
  );
  expectRefusal('server', client, server, 'unexpected_message', 'UNEXPECTED_RECORD');
});

test('a client that is made to fall back to TLS 1.2 finds out', () => {
  const both = { maxVersion: TLS13 };
  // supported_versions becomes an extension that nobody knows.
  const { client, server } = pair(both, both, (bytes, sender) =>
    sender === 'client' ? replace(bytes, Buffer.from('002b0005', 'hex'), Buffer.from('0a0a0005', 'hex')) : bytes,
  );
  expectRefusal('server', client, server, 'illegal_parameter', 'TLS13_DOWNGRADE');
});

describe('a ServerHello is refused', () => {
  const ext = (type: number, content: Uint8Array = new Uint8Array()) => new Map([[type, content]]);

  test.each<[string, Partial<ServerHello>, alert: string, reason: string, Partial<TlsConfig>?]>([
    ['with a suite that does not exist', { suite: 0x1234 }, 'illegal_parameter', 'WRONG_CIPHER_RETURNED'],
    ['with a suite of TLS 1.3', { suite: 0x1301 }, 'illegal_parameter', 'WRONG_CIPHER_RETURNED', { maxVersion: TLS13 }],
    [
      'with a suite that was not offered',
      { suite: 0xc02c },
      'illegal_parameter',
      'WRONG_CIPHER_RETURNED',
      { suites: [AES] },
    ],
    ['with compression', { compression: 1 }, 'illegal_parameter', 'UNSUPPORTED_COMPRESSION_ALGORITHM'],
    [
      'that echoes a session id of nothing',
      {},
      'illegal_parameter',
      'SERVER_ECHOED_INVALID_SESSION_ID',
      { maxVersion: TLS13 },
    ],
    ['with an unknown extension', { extensions: ext(0x1234) }, 'unsupported_extension', 'UNEXPECTED_EXTENSION'],
    ['with a protocol that nobody asked for', { extensions: ext(16) }, 'unsupported_extension', 'UNEXPECTED_EXTENSION'],
    [
      'with a protocol that was not offered',
      { extensions: ext(16, Uint8Array.of(0, 3, 2, 0x68, 0x33)) },
      'illegal_parameter',
      'INVALID_ALPN_PROTOCOL',
      { alpn: ['h2'] },
    ],
    [
      'with two protocols',
      { extensions: ext(16, Uint8Array.of(0, 6, 2, 0x68, 0x32, 2, 0x68, 0x32)) },
      'decode_error',
      'ERROR_PARSING_EXTENSION',
      { alpn: ['h2'] },
    ],
    [
      'with an extended master secret that says something',
      { extensions: ext(EXTENSION.extended_master_secret, Uint8Array.of(1)) },
      'decode_error',
      'ERROR_PARSING_EXTENSION',
    ],
    [
      'that speaks of an earlier handshake',
      { extensions: ext(EXTENSION.renegotiation_info, Uint8Array.of(1, 0)) },
      'handshake_failure',
      'RENEGOTIATION_MISMATCH',
    ],
    [
      'without uncompressed points',
      { extensions: ext(EXTENSION.ec_point_formats, writeU8List([1])) },
      'illegal_parameter',
      'ERROR_PARSING_EXTENSION',
    ],
    [
      'with an extension of TLS 1.3',
      { extensions: ext(EXTENSION.key_share) },
      'illegal_parameter',
      'ERROR_PARSING_EXTENSION',
      { maxVersion: TLS13 },
    ],
  ])('%s', (_, fields, alert, reason, changes = {}) => {
    const client = new End('client', changes);
    const [flight = new Uint8Array()] = client.turn();
    const sessionId = flight.slice(44, 44 + (flight[43] ?? 0));
    const hello = { legacyVersion: TLS12, random, suite: 0xc02b, compression: 0, extensions: new Map(), ...fields };
    const echoes = reason === 'SERVER_ECHOED_INVALID_SESSION_ID';
    const body = writeServerHello({ ...hello, sessionId: echoes ? sessionId : new Uint8Array() });
    client.turn([handshakeRecord(frame(HANDSHAKE.server_hello, body))]);
    expect(client.error).toMatchObject({ alert, reason });
  });
});

describe('a ClientHello is refused', () => {
  const base = {
    legacyVersion: TLS12,
    random,
    sessionId: new Uint8Array(),
    suites: [0xc02b, 0x00ff],
    compression: Uint8Array.of(0),
  };
  const good: readonly [number, Uint8Array][] = [
    [EXTENSION.supported_groups, writeU16List([23, 29])],
    [EXTENSION.signature_algorithms, writeU16List([0x0403])],
  ];
  const answer = (fields: Partial<ClientHelloFields>, changes: Partial<TlsConfig> = {}) => {
    const server = new End('server', changes);
    server.turn([handshakeRecord(writeClientHello({ ...base, extensions: new Map(good), ...fields }))]);
    return server.error;
  };

  test('but not this one', () => {
    expect(answer({})).toBeUndefined();
  });

  test.each<[string, Partial<ClientHelloFields>, alert: string, reason: string, Partial<TlsConfig>?]>([
    ['that insists on compression', { compression: Uint8Array.of(1) }, 'illegal_parameter', 'INVALID_COMPRESSION_LIST'],
    [
      'without uncompressed points',
      { extensions: new Map([...good, [EXTENSION.ec_point_formats, writeU8List([1])]]) },
      'illegal_parameter',
      'ERROR_PARSING_EXTENSION',
    ],
    [
      'that speaks of an earlier handshake',
      { extensions: new Map([...good, [EXTENSION.renegotiation_info, Uint8Array.of(1, 0)]]) },
      'handshake_failure',
      'RENEGOTIATION_MISMATCH',
    ],
    ['without extensions', { extensions: new Map() }, 'handshake_failure', 'NO_SHARED_CIPHER'],
    [
      'without signature algorithms',
      { extensions: new Map(good.slice(0, 1)) },
      'handshake_failure',
      'NO_SHARED_CIPHER',
    ],
    ['with suites of TLS 1.3 alone', { suites: [0x1301] }, 'handshake_failure', 'NO_SHARED_CIPHER'],
    ['of TLS 1.1', { legacyVersion: 0x0302 }, 'protocol_version', 'UNSUPPORTED_PROTOCOL'],
    [
      'that fell back without need',
      { suites: [0xc02b, 0x5600] },
      'inappropriate_fallback',
      'INAPPROPRIATE_FALLBACK',
      { maxVersion: TLS13 },
    ],
  ])('%s', (_, fields, alert, reason, changes) => {
    expect(answer(fields, changes)).toMatchObject({ alert, reason });
  });
});

describe('when the connection is open', () => {
  test.each([
    ['HelloRequest', 'server', [0, 0, 0, 0], 'no_renegotiation', 'NO_RENEGOTIATION'],
    ['a new ClientHello', 'client', [1, 0, 0, 0], 'no_renegotiation', 'NO_RENEGOTIATION'],
    ['Finished', 'server', [20, 0, 0, 0], 'unexpected_message', 'UNEXPECTED_MESSAGE'],
    ['KeyUpdate', 'client', [24, 0, 0, 1, 0], 'unexpected_message', 'UNEXPECTED_MESSAGE'],
  ] as const)('%s is refused with a fatal alert, from the %s', (_, from, message, alert, reason) => {
    const { client, server } = pair();
    const [sender, receiver] = from === 'client' ? [client, server] : [server, client];
    sender.records.send(HANDSHAKE_RECORD, Uint8Array.from(message));
    talk(client, server);
    for (const bytes of server.turn()) client.turn([bytes]);
    expect(receiver.error).toMatchObject({ alert, reason, remote: false });
    expect(() => receiver.connection.exportKeyingMaterial(8, 'EXPORTER-test')).toThrow();
  });

  test('ChangeCipherSpec is refused', () => {
    const { client, server } = pair();
    client.records.send(CHANGE_CIPHER_SPEC, Uint8Array.of(1));
    talk(client, server);
    expect(server.error).toMatchObject({ alert: 'unexpected_message', reason: 'UNEXPECTED_RECORD' });
  });

  test('a fifth warning in a row is one too many', () => {
    const { client, server } = pair();
    for (let count = 0; count < 4; count++) client.records.send(ALERT_RECORD, Uint8Array.of(1, 90));
    talk(client, server);
    expect(server.error).toBeUndefined();
    client.records.send(ALERT_RECORD, Uint8Array.of(1, 90));
    talk(client, server);
    expect(server.error?.reason).toBe('TOO_MANY_WARNING_ALERTS');
  });
});

describe('one flipped bit in the plain part of a handshake never leads to a connection', () => {
  const changes = { credentials: [identity('p256').credentials] };
  const flights = [
    ['client', 0],
    ['server', 0],
    ['client', 1],
  ] as const;

  test.each(flights)('from the %s, flight %i', (from, flight) => {
    for (let position = 5; ; position += 7) {
      let isOver = false;
      let passed = 0;
      const { client, server } = pair(changes, { requestCert: true }, (bytes, sender) => {
        if (sender !== from || passed++ !== flight) return bytes;
        const flipped = Buffer.from(bytes);
        const end = plainEnd(flipped);
        isOver = position >= end;
        if (!isOver) flipped[position] = (flipped[position] ?? 0) ^ (1 << (position % 8));
        return flipped;
      });
      if (isOver) break;
      expect([position, client.done, server.done]).toEqual([position, false, false]);
    }
  });
});

/** The receiver refuses, and the sender hears of it. */
function expectRefusal(from: 'client' | 'server', client: End, server: End, alert: string, reason: string): void {
  const [sender, receiver] = from === 'client' ? [client, server] : [server, client];
  expect(receiver.error).toMatchObject({ alert, reason, remote: false });
  expect(receiver.done).toBe(false);
  expect(sender.connection.phase).not.toBe('handshake');
}

/** Changes the first flight of one side. */
function first(from: 'client' | 'server', change: (bytes: Uint8Array) => Uint8Array): Meddler {
  let passed = 0;
  return (bytes, sender) => (sender === from && passed++ === 0 ? change(bytes) : bytes);
}

function replace(bytes: Uint8Array, part: Buffer, other: Buffer): Uint8Array {
  const at = Buffer.from(bytes).indexOf(part);
  return at < 0 ? bytes : Buffer.concat([bytes.subarray(0, at), other, bytes.subarray(at + part.length)]);
}

function handshakeRecord(content: Uint8Array | readonly number[]): Buffer {
  return Buffer.concat([Buffer.from([22, 3, 3, content.length >> 8, content.length & 255]), Uint8Array.from(content)]);
}

/** Adds bytes to the content of the one record. */
function appendToRecord(bytes: Uint8Array, more: readonly number[]): Uint8Array {
  return handshakeRecord([...bytes.subarray(5), ...more]);
}

/** Where the handshake messages of the first record end: behind it is sealed what Finished does not cover. */
function plainEnd(bytes: Buffer): number {
  return 5 + bytes.readUInt16BE(3);
}

/** Plain handshake records become records of one byte each. */
function inFragments(bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let at = 0, isPlain = true; at < bytes.length; ) {
    const end = at + 5 + (bytes[at + 3] ?? 0) * 256 + (bytes[at + 4] ?? 0);
    isPlain &&= bytes[at] === 22;
    if (isPlain) for (const byte of bytes.subarray(at + 5, end)) parts.push(handshakeRecord([byte]));
    else parts.push(bytes.subarray(at, end));
    at = end;
  }
  return Buffer.concat(parts);
}

/** A provider that computes one wrong thing: the Finished of one side. */
function withWrongFinished(sender: 'client' | 'server'): CryptoProvider {
  const provider = defaultProvider();
  const label = Buffer.from(`${sender} finished`);
  return new Proxy(provider, {
    get: (target, property: keyof CryptoProvider) => {
      if (property !== 'hmac') {
        const value = target[property];
        return typeof value === 'function' ? value.bind(target) : value;
      }
      return (...[name, key, data]: Parameters<CryptoProvider['hmac']>) => {
        const output = target.hmac(name, key, data);
        if (Buffer.from(data).includes(label)) output[0] = (output[0] ?? 0) ^ 1;
        return output;
      };
    },
  });
}
