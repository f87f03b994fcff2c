/** The `tls` option: what it means, and what it refuses with which words. Statements of the contract are quoted by number. */
import { describe, expect, test, vi } from 'vitest';
import type { Selected, TlsConfig } from '../../host/tls/config.js';
import { nobleProvider } from '../../host/tls/crypto/noble.js';
import { parseClientTls, parseServerTls } from '../../host/tls/options.js';
import { TrustStore } from '../../host/tls/x509/trust.js';
import { NO_OPENSSL, openssl, privateKey, selfSigned, withFile } from './keys/openssl.js';

const ENVIRONMENT = { wall: () => 1_700_000_000_000 };
const KEY = NO_OPENSSL ? '' : privateKey();
const CERT = NO_OPENSSL ? '' : selfSigned(KEY, 'one.test');
const OTHER_KEY = NO_OPENSSL ? '' : privateKey('-algorithm ED25519');
const OTHER_CERT = NO_OPENSSL ? '' : selfSigned(OTHER_KEY, 'two.test');
const RSA_KEY = NO_OPENSSL ? '' : privateKey('-algorithm RSA -pkeyopt rsa_keygen_bits:2048');
const RSA_CERT = NO_OPENSSL ? '' : selfSigned(RSA_KEY, 'rsa.test');
const PAIR = { key: KEY, cert: CERT };

test.each([undefined, null, false])('%s means no TLS, on both sides', (options) => {
  expect(parseClientTls(options, ENVIRONMENT)).toBeUndefined();
  expect(parseServerTls(options, ENVIRONMENT)).toBeUndefined();
});

describe('a client', () => {
  test.each([true, {}, { ca: undefined }, { foo: 1 }, { key: null, cert: null }])('S3: %j means TLS', (options) => {
    expect(client(options)).toMatchObject({ role: 'client', minVersion: 0x0303, maxVersion: 0x0304, credentials: [] });
  });

  test('S2: a peer has to be verified unless somebody says `false` itself', () => {
    for (const options of [{}, { rejectUnauthorized: null }, { rejectUnauthorized: true }]) {
      expect(client(options).rejectUnauthorized).toBe(true);
    }
    expect(client({ rejectUnauthorized: false }).rejectUnauthorized).toBe(false);
  });

  test('trusts the roots of its runtime, or `ca` and nobody else', () => {
    expect(client({}).trust).toBe(TrustStore.system());
    expect(client({ ca: null }).trust).toBe(TrustStore.system());
    expect(client({ ca: [] }).trust?.certificates).toEqual([]);
  });

  test('expects whom it connects to, or who is in `serverName`, or in `servername`', () => {
    expect(parseClientTls({}, ENVIRONMENT, 'host.test')?.serverName).toBe('host.test');
    expect(parseClientTls({ servername: 'b' }, ENVIRONMENT, 'host.test')?.serverName).toBe('b');
    expect(parseClientTls({ serverName: 'a', servername: 'b' }, ENVIRONMENT, 'host.test')?.serverName).toBe('a');
    expect(parseClientTls({ serverName: '' }, ENVIRONMENT, 'host.test')?.serverName).toBe('host.test');
    expect(client({}).serverName).toBeUndefined();
    expect(() => client({ serverName: 'host.test\0.evil.test' })).toThrow(
      typed('TLSOptions.serverName must not contain null bytes'),
    );
  });

  test('`session` is copied', () => {
    const session = Uint8Array.of(1, 2, 3);
    const config = client({ session: session.subarray(1) });
    session.fill(0);
    expect(config.session).toEqual(Uint8Array.of(2, 3));
  });

  test.skipIf(NO_OPENSSL)('a certificate without its key, or the other way round, is not shown, as in Bun', () => {
    expect(client({ cert: CERT }).credentials).toEqual([]);
    expect(client({ key: KEY }).credentials).toEqual([]);
    expect(client(PAIR).credentials).toHaveLength(1);
  });

  test('an array is for servers', () => {
    expect(() => client([{}])).toThrow(typed('TLSOptions must be an object'));
  });
});

describe.skipIf(NO_OPENSSL)('a server', () => {
  test.each([true, {}, { cert: [], key: [] }, { ca: CERT }])('S3: %j throws: it has no certificate', (options) => {
    expect(() => server(options)).toThrow(coded('ERR_MISSING_ARGS', /has a certificate/));
  });

  test('a key without a certificate throws, and the other way round', () => {
    expect(() => server({ key: KEY })).toThrow(coded('ERR_MISSING_ARGS', /cert is missing/));
    expect(() => server({ cert: CERT })).toThrow(coded('ERR_MISSING_ARGS', /key is missing/));
  });

  test('keys and certificates are text, bytes, buffers, DER, and arrays of those', () => {
    const encode = (text: string) => new TextEncoder().encode(text);
    const forms = [
      PAIR,
      { key: [KEY], cert: [CERT] },
      { key: Buffer.from(KEY), cert: Buffer.from(CERT) },
      { key: encode(KEY).buffer, cert: [encode(CERT).buffer] },
      { key: new DataView(encode(KEY).buffer), cert: encode(CERT) },
      { key: openssl('pkey -outform DER', KEY), cert: openssl('x509 -outform DER', CERT) },
      { key: [{ pem: KEY }], cert: CERT },
      { key: `${CERT}${KEY}`, cert: `${KEY}${CERT}` },
    ];
    for (const form of forms) expect(only(server(form)).chain.map(String)).toEqual(['CN=one.test']);
  });

  test('several chains find their keys in any order', () => {
    const config = server({ key: [OTHER_KEY, KEY], cert: [CERT, OTHER_CERT] });
    expect(config.credentials.map(({ chain, key }) => [`${chain[0]}`, key.algorithm])).toEqual([
      ['CN=one.test', 'ec'],
      ['CN=two.test', 'ed25519'],
    ]);
  });

  test('a chain is its certificates in their order', () => {
    expect(only(server({ key: KEY, cert: CERT + OTHER_CERT })).chain.map(String)).toEqual([
      'CN=one.test',
      'CN=two.test',
    ]);
  });

  test('a certificate of another key throws, and a key too many', () => {
    const expected = coded('ERR_OSSL_X509_KEY_VALUES_MISMATCH', /belongs to the certificate of CN=two.test/);
    expect(() => server({ key: KEY, cert: OTHER_CERT })).toThrow(expected);
    expect(() => server({ key: KEY, cert: OTHER_CERT + CERT })).toThrow(expected);
    const many = { key: [KEY, OTHER_KEY], cert: CERT };
    expect(() => server(many)).toThrow(coded('ERR_OSSL_X509_KEY_VALUES_MISMATCH', /no certificate/));
  });

  test('a passphrase opens a key: the one beside it, or the common one', () => {
    const key = openssl('pkcs8 -topk8 -passout pass:secret', KEY).toString();
    const wrong = { key: [{ pem: key, passphrase: 'wrong' }], cert: CERT, passphrase: 'secret' };
    expect(server({ key, cert: CERT, passphrase: 'secret' }).credentials).toHaveLength(1);
    expect(server({ ...wrong, key: [{ pem: key }] }).credentials).toHaveLength(1);
    expect(server({ ...wrong, key: [{ pem: key, passphrase: 'secret' }], passphrase: 'x' }).credentials).toHaveLength(
      1,
    );
    expect(() => server(wrong)).toThrow(coded('ERR_OSSL_BAD_DECRYPT', /wrong/));
    expect(() => server({ key, cert: CERT })).toThrow(coded('ERR_MISSING_PASSPHRASE', /needed/));
  });

  test('files are read at once', () => {
    const config = withFile(KEY, (keyFile) => withFile(CERT, (certFile) => server({ keyFile, certFile })));
    expect(only(config).chain.map(String)).toEqual(['CN=one.test']);
    expect(withFile(CERT, (caFile) => client({ caFile })).trust?.certificates).toHaveLength(1);
    const missing = { keyFile: '/nonexistent/k.pem', cert: CERT };
    expect(() => server(missing)).toThrow(typed('Unable to access keyFile path'));
  });

  test('trusts nobody but `ca`, and asks for a certificate only when it is told to', () => {
    expect(server(PAIR)).toMatchObject({ trust: undefined, requestCert: false, rejectUnauthorized: true });
    const config = server({ ...PAIR, ca: [CERT, OTHER_CERT], requestCert: true });
    expect(config.requestCert).toBe(true);
    expect(config.trust?.certificates.map(String)).toEqual(['CN=one.test', 'CN=two.test']);
  });

  test('gives tickets unless SSL_OP_NO_TICKET is set; a client never does', () => {
    expect(server(PAIR).ticketKeys).toBeDefined();
    expect(server({ ...PAIR, secureOptions: 0x4000 }).ticketKeys).toBeUndefined();
    expect(client({}).ticketKeys).toBeUndefined();
  });

  test('RSA keys need node:crypto: without it `listen` says so; a client that only verifies is fine', () => {
    const noble = { ...ENVIRONMENT, provider: nobleProvider };
    const rsa = { key: RSA_KEY, cert: RSA_CERT };
    expect(server(rsa).credentials).toHaveLength(1);
    const expected = coded('ERR_FEATURE_UNAVAILABLE_ON_PLATFORM', /node:crypto/);
    expect(() => parseServerTls(rsa, noble)).toThrow(expected);
    expect(parseServerTls(PAIR, noble)?.credentials).toHaveLength(1);
    expect(parseClientTls({ ca: RSA_CERT }, noble)?.trust?.certificates).toHaveLength(1);
  });

  test('a key that TLS 1.3 has no scheme for is refused', () => {
    const key = privateKey('-algorithm EC -pkeyopt ec_paramgen_curve:P-521');
    const expected = coded('ERR_NOT_SUPPORTED', /P-521/);
    expect(() => server({ key, cert: selfSigned(key, 'p521.test') })).toThrow(expected);
  });

  describe('an array of options', () => {
    const named = (serverName: string) => ({ key: OTHER_KEY, cert: OTHER_CERT, serverName });
    const chosen = (config: TlsConfig, name: string) =>
      (config.select?.(name) as Selected)?.credentials[0]?.key.algorithm;

    test('is chosen from by the client’s name: exact, then a wildcard for one label, else the first', () => {
      const config = server([PAIR, named('*.example.test'), { ...PAIR, serverName: 'exact.example.test' }]);
      expect(only(config).key.algorithm).toBe('ec');
      expect(chosen(config, 'any.example.test')).toBe('ed25519');
      expect(chosen(config, 'ANY.Example.Test')).toBe('ed25519');
      expect(chosen(config, 'exact.example.test')).toBe('ec');
      for (const name of ['example.test', 'a.b.example.test', 'other.test'])
        expect(chosen(config, name)).toBeUndefined();
    });

    test('needs objects, at least one, and names in all but the first', () => {
      for (const options of [[], [PAIR, 1], [PAIR, null]]) {
        expect(() => server(options)).toThrow(typed('TLSOptions must be an object'));
      }
      expect(() => server([PAIR, PAIR])).toThrow(typed('TLSOptions.serverName is needed in every entry but the first'));
    });

    test('a single object chooses nothing', () => {
      expect(server({ ...PAIR, serverName: 'one.test' }).select).toBeUndefined();
    });
  });
});

describe('versions', () => {
  test.each([
    [{}, 0x0303, 0x0304],
    [{ minVersion: 0x0304 }, 0x0304, 0x0304],
    [{ maxVersion: 0x0303 }, 0x0303, 0x0303],
    [{ minVersion: 'TLSv1.3' }, 0x0304, 0x0304],
    [{ maxVersion: 'TLSv1.2' }, 0x0303, 0x0303],
    [{ minVersion: 'TLSv1' }, 0x0303, 0x0304],
    [{ minVersion: 0x0301, maxVersion: 0x0304 }, 0x0303, 0x0304],
    [{ secureOptions: 0x20000000 }, 0x0303, 0x0303],
    [{ secureOptions: 0x08000000 }, 0x0304, 0x0304],
    [{ secureOptions: 0x00400000 }, 0x0303, 0x0304],
  ])('%j', (options, minVersion, maxVersion) => {
    expect(client(options)).toMatchObject({ minVersion, maxVersion });
  });

  test.each([
    { minVersion: 0x0304, maxVersion: 0x0303 },
    { maxVersion: 'TLSv1.1' },
    { secureOptions: 0x28000000 },
    { secureOptions: 0x20000000, minVersion: 0x0304 },
  ])('%j leaves nothing, and throws', (options) => {
    expect(() => client(options)).toThrow(coded('ERR_INVALID_ARG_VALUE', /neither TLS 1.2 nor TLS 1.3/));
  });

  test.each(['TLSv1.4', 'SSLv3', 'tlsv1.2', 0x0305, Number.NaN])('%j is no version', (version) => {
    const expected = coded('ERR_TLS_INVALID_PROTOCOL_VERSION', /not a TLS protocol version/);
    expect(() => client({ minVersion: version })).toThrow(expected);
    expect(() => client({ maxVersion: version })).toThrow(expected);
  });
});

describe('application protocols', () => {
  test.each([
    ['\x02h2\x08http/1.1', ['h2', 'http/1.1']],
    [Buffer.from('\x02h2\x08http/1.1'), ['h2', 'http/1.1']],
    [new TextEncoder().encode('\x03foo').buffer, ['foo']],
    [
      ['h2', 'http/1.1'],
      ['h2', 'http/1.1'],
    ],
    [
      [Buffer.from('h2'), new Uint8Array([0x0a, 0x0a])],
      ['h2', '\x0a\x0a'],
    ],
    [['ä'], ['\xe4']],
    [['→'], ['\xe2\x86\x92']],
    ['', []],
    [[], []],
    [null, []],
    [undefined, []],
  ])('%j', (given, expected) => {
    expect(client({ ALPNProtocols: given }).alpn).toEqual(expected);
  });

  test.each(['h2', 'h2,http/1.1', '\x03h2', '\x02h2\x00', Uint8Array.of(0), Uint8Array.of(5, 1)])(
    '%j is not in wire format: none, as in Bun, and a warning',
    (given) => {
      const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
      expect(client({ ALPNProtocols: given }).alpn).toEqual([]);
      expect(warning).toHaveBeenCalledWith(expect.stringContaining('array of names'));
      warning.mockRestore();
    },
  );

  test('names have 1 to 255 bytes', () => {
    expect(client({ ALPNProtocols: ['x'.repeat(255)] }).alpn).toHaveLength(1);
    for (const name of ['', 'x'.repeat(256), 'ŧ'.repeat(128)]) {
      expect(() => client({ ALPNProtocols: [name] })).toThrow(coded('ERR_INVALID_ARG_VALUE', /1 to 255/));
    }
  });
});

describe('groups and signature algorithms', () => {
  test.each([
    [{}, ['X25519MLKEM768', 'x25519', 'secp256r1', 'secp384r1']],
    [{ groups: 'P-384:X25519' }, ['secp384r1', 'x25519']],
    [{ ecdhCurve: 'prime256v1' }, ['secp256r1']],
    [{ ecdhCurve: 'auto' }, ['X25519MLKEM768', 'x25519', 'secp256r1', 'secp384r1']],
    [{ groups: '*X25519MLKEM768/?SecP256r1MLKEM768:x25519:x25519' }, ['X25519MLKEM768', 'x25519']],
    [{ groups: 'secp256r1', ecdhCurve: 'x25519' }, ['secp256r1']],
  ])('%j', (options, expected) => {
    expect(client(options).groups).toEqual(expected);
  });

  test.each([
    [{ sigalgs: 'ECDSA+SHA256:ed25519' }, ['ecdsa_secp256r1_sha256', 'ed25519']],
    [{ sigalgs: 'rsa_pkcs1_sha512:RSA+SHA256' }, ['rsa_pkcs1_sha512', 'rsa_pkcs1_sha256']],
    [{ sigalgs: 'RSA-PSS+SHA384:RSA+SHA1' }, ['rsa_pss_rsae_sha384', 'rsa_pss_pss_sha384']],
  ])('%j', (options, expected) => {
    expect(client(options).signatureSchemes).toEqual(expected);
  });

  test('a list of nothing but unknown names throws', () => {
    expect(() => client({ groups: 'P-521' })).toThrow(coded('ERR_INVALID_ARG_VALUE', /groups: nothing in "P-521"/));
    expect(() => client({ sigalgs: 'RSA+SHA1' })).toThrow(coded('ERR_INVALID_ARG_VALUE', /sigalgs: nothing/));
  });
});

describe('words of Bun', () => {
  const material = 'must be of type string, ArrayBuffer, Blob, array of <string, ArrayBuffer, or Blob>, or null';

  test.each([
    ['key', 1, `TLSOptions.key ${material}`],
    ['key', [1], `TLSOptions.key ${material}`],
    ['cert', {}, `TLSOptions.cert ${material}`],
    ['ca', true, `TLSOptions.ca ${material}`],
    ['crl', 1, `TLSOptions.crl ${material}`],
    ['secureOptions', 'x', 'TLSOptions.secureOptions must be a number'],
    ['ciphers', 1, 'TLSOptions.ciphers must be a string'],
    ['rejectUnauthorized', 'x', 'TLSOptions.rejectUnauthorized must be a boolean'],
    ['requestCert', 1, 'TLSOptions.requestCert must be a boolean'],
    ['serverName', 1, 'TLSOptions.serverName must be a string'],
    ['servername', 1, 'TLSOptions.servername must be a string'],
    ['passphrase', 1, 'TLSOptions.passphrase must be a string'],
    ['lowMemoryMode', 1, 'TLSOptions.lowMemoryMode must be a boolean'],
    ['dhParamsFile', 1, 'TLSOptions.dhParamsFile must be a string'],
    ['clientRenegotiationLimit', 'x', 'TLSOptions.clientRenegotiationLimit must be a number'],
    ['minVersion', true, 'TLSOptions.minVersion must be a number or a string'],
    ['session', 'x', 'TLSOptions.session must be of type ArrayBuffer, or null'],
    ['ALPNProtocols', 1, expect.stringMatching(/^TLSOptions.ALPNProtocols must be of type string, ArrayBuffer,/)],
    ['ALPNProtocols', [1], expect.stringMatching(/^TLSOptions.ALPNProtocols must be an array/)],
  ])('%s: %j is a TypeError', (name, value, message) => {
    expect(() => client({ [name]: value })).toThrow(typed(message));
    expect(client({ [name]: null })).toBeDefined();
  });

  test.each([1, 'yes', Symbol('tls'), () => 0])('%s is no object', (options) => {
    expect(() => client(options)).toThrow(typed('TLSOptions must be an object'));
    expect(() => server(options)).toThrow(typed('TLSOptions must be an object'));
  });

  test('a Blob can’t be read at once', () => {
    expect(() => client({ ca: new Blob(['x']) })).toThrow(typed(expect.stringContaining('Blob can')));
  });

  test.each([
    ['ca', 'Invalid CA'],
    ['crl', 'Invalid CRL'],
  ])('%s without anything in it, or with something broken', (name, message) => {
    const broken = `-----BEGIN ${name === 'ca' ? 'CERTIFICATE' : 'X509 CRL'}-----\nMAA=\n-----END x-----\n`;
    for (const value of ['nope', '', broken, Uint8Array.of(0x30, 0), ['nope']]) {
      expect(() => client({ [name]: value })).toThrow(expect.objectContaining({ message, code: 'ERR_BORINGSSL' }));
    }
  });

  test.skipIf(NO_OPENSSL)('bad PEM', () => {
    for (const options of [
      { ...PAIR, cert: 'nope' },
      { ...PAIR, key: 'nope' },
      { ...PAIR, cert: KEY },
    ]) {
      const expected = expect.objectContaining({ code: 'ERR_OSSL_PEM_NO_START_LINE', reason: 'NO_START_LINE' });
      expect(() => server(options)).toThrow(expected);
    }
    expect(() => server({ ...PAIR, cert: Uint8Array.of(0x30, 0) })).toThrow(coded('ERR_OSSL_ASN1_WRONG_TAG', /cert/));
  });

  test.each(['pfx', 'checkServerIdentity', 'SNICallback', 'pskCallback', 'secureContext', 'secureProtocol'])(
    '%s would be ignored, so it throws',
    (name) => {
      expect(() => client({ [name]: () => undefined })).toThrow(coded('ERR_NOT_SUPPORTED', new RegExp(name)));
      expect(client({ [name]: undefined })).toBeDefined();
    },
  );
});

test('each option is read once', () => {
  const reads = new Map<PropertyKey, number>();
  const options = new Proxy<Record<PropertyKey, unknown>>(
    { ...PAIR, ALPNProtocols: ['h2'], ciphers: 'HIGH', serverName: 'a', rejectUnauthorized: false },
    {
      get(target, name) {
        reads.set(name, (reads.get(name) ?? 0) + 1);
        return target[name];
      },
    },
  );
  parseClientTls(options, ENVIRONMENT);
  expect([...reads].filter(([, count]) => count > 1)).toEqual([]);
});

function client(options: unknown): TlsConfig {
  return parseClientTls(options, ENVIRONMENT) ?? expect.fail('no TLS');
}

function server(options: unknown): TlsConfig {
  return parseServerTls(options, ENVIRONMENT) ?? expect.fail('no TLS');
}

function only({ credentials }: TlsConfig) {
  const [first, ...others] = credentials;
  expect(others).toEqual([]);
  return first ?? expect.fail('no credentials');
}

function typed(message: unknown) {
  return expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE', message });
}

function coded(code: string, message: RegExp) {
  return expect.objectContaining({ code, message: expect.stringMatching(message) });
}
