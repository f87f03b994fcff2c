/** The messages of TLS 1.2 alone: what is written is read, and what is malformed is refused. */
import { describe, expect, test } from 'vitest';
import type { TlsError } from '../../../host/tls/alert.js';
import {
  ECDSA_SIGN,
  RSA_SIGN,
  readCertificate,
  readCertificateRequest,
  readClientKeyExchange,
  readEmpty,
  readNewSessionTicket,
  readServerKeyExchange,
  writeCertificate,
  writeCertificateRequest,
  writeClientKeyExchange,
  writeNewSessionTicket,
  writeParams,
  writeServerKeyExchange,
} from '../../../host/tls/tls12/messages.js';

const share = new Uint8Array(32).fill(7);
const params = writeParams(0x001d, share);
const signature = new Uint8Array(64).fill(9);

test('ServerKeyExchange has the bytes of RFC 8422 §5.4', () => {
  const body = writeServerKeyExchange(params, 0x0403, signature);
  expect(hex(body)).toBe(`03001d20${'07'.repeat(32)}04030040${'09'.repeat(64)}`);
  expect(readServerKeyExchange(body)).toEqual({ group: 0x001d, share, params, scheme: 0x0403, signature });
});

test('ServerKeyExchange of an unnamed curve is malformed', () => {
  const body = writeServerKeyExchange(params, 0x0403, signature);
  for (const type of [0, 1, 2, 4]) {
    body[0] = type;
    expect(alertOf(() => readServerKeyExchange(body))).toBe('decode_error');
  }
});

test('ClientKeyExchange is a share behind one byte of length', () => {
  expect(hex(writeClientKeyExchange(share))).toBe(`20${'07'.repeat(32)}`);
  expect(readClientKeyExchange(writeClientKeyExchange(share))).toEqual(share);
  expect(alertOf(() => readClientKeyExchange(Uint8Array.of(0)))).toBe('decode_error');
});

test('CertificateRequest asks for signatures of either kind and names no authority', () => {
  const body = writeCertificateRequest([0x0403, 0x0804]);
  expect(hex(body)).toBe('0240010004040308040000');
  expect(readCertificateRequest(body)).toEqual({
    types: [ECDSA_SIGN, RSA_SIGN],
    schemes: [0x0403, 0x0804],
    authorities: [],
  });
});

test('CertificateRequest with authorities is read to the last name', () => {
  const body = Uint8Array.of(1, 1, 0, 2, 4, 3, 0, 9, 0, 2, 0x30, 0, 0, 3, 0x30, 1, 5);
  expect(readCertificateRequest(body).authorities.map(hex)).toEqual(['3000', '300105']);
});

test.each([
  ['no types', [0, 0, 2, 4, 3, 0, 0]],
  ['no signature algorithms', [1, 1, 0, 0, 0, 0]],
  ['half a signature algorithm', [1, 1, 0, 3, 4, 3, 4, 0, 0]],
  ['an authority without a name', [1, 1, 0, 2, 4, 3, 0, 2, 0, 0]],
  ['no list of authorities', [1, 1, 0, 2, 4, 3]],
])('CertificateRequest with %s is malformed', (_, bytes) => {
  expect(alertOf(() => readCertificateRequest(Uint8Array.from(bytes)))).toBe('decode_error');
});

test('Certificate is a list of certificates behind three bytes of length each', () => {
  const chain = [Uint8Array.of(1, 2), Uint8Array.of(3)];
  expect(hex(writeCertificate(chain))).toBe('000009000002010200000103');
  expect(readCertificate(writeCertificate(chain))).toEqual(chain);
  expect(readCertificate(writeCertificate([]))).toEqual([]);
});

test('Certificate with a certificate of no bytes is malformed', () => {
  expect(alertOf(() => readCertificate(Uint8Array.of(0, 0, 3, 0, 0, 0)))).toBe('decode_error');
});

test('NewSessionTicket has the bytes of RFC 5077 §3.3 and may be empty', () => {
  expect(hex(writeNewSessionTicket(7200, Uint8Array.of(1, 2, 3)))).toBe('00001c200003010203');
  expect(readNewSessionTicket(writeNewSessionTicket(7200, Uint8Array.of(1, 2, 3)))).toEqual({
    lifetime: 7200,
    ticket: Uint8Array.of(1, 2, 3),
  });
  expect(readNewSessionTicket(writeNewSessionTicket(0, new Uint8Array())).ticket).toHaveLength(0);
});

test('ServerHelloDone and HelloRequest are empty', () => {
  expect(() => readEmpty(new Uint8Array(), 'ServerHelloDone')).not.toThrow();
  expect(alertOf(() => readEmpty(Uint8Array.of(0), 'HelloRequest'))).toBe('decode_error');
});

describe('every message that is cut short or has a byte too many is malformed:', () => {
  const messages: readonly [name: string, body: Uint8Array, read: (body: Uint8Array) => unknown][] = [
    ['ServerKeyExchange', writeServerKeyExchange(params, 0x0403, signature), readServerKeyExchange],
    ['ClientKeyExchange', writeClientKeyExchange(share), readClientKeyExchange],
    ['CertificateRequest', writeCertificateRequest([0x0403, 0x0804]), readCertificateRequest],
    ['Certificate', writeCertificate([share, signature]), readCertificate],
    ['NewSessionTicket', writeNewSessionTicket(7200, share), readNewSessionTicket],
  ];

  test.each(messages)('%s', (_, body, read) => {
    for (let length = 0; length < body.length; length++) {
      expect(alertOf(() => read(body.subarray(0, length)))).toBe('decode_error');
    }
    expect(alertOf(() => read(Uint8Array.from([...body, 0])))).toBe('decode_error');
  });
});

function alertOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return (error as TlsError).alert;
  }
  return 'no error';
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
