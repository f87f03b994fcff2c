/** What Bun's secure sockets can do without saying so in its document, and what their errors tell. */
import { X509Certificate } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { TLS_OPTION_SEAL_LIMIT } from '../../../assembly/abi/constants.js';
import type { SocketError } from '../../../host/socket/errors.js';
import type { SocketHandler } from '../../../host/socket/handlers.js';
import type { Socket } from '../../../host/socket/socket.js';
import type { TlsTransport } from '../../../host/socket/tls/transport.js';
import { TRANSPORT } from '../../../host/socket/transport-members.js';
import type { TLSOptions } from '../../../host/tls/options.js';
import { ca, expired, self, server as serverKeys, wrong } from '../../kit/certificates/certificates.js';
import { CLIENT_TLS, SERVER_TLS, type SecurePair, SecureRecorder, secure } from '../../kit/secure.js';
import { converse, type Lab, lab, Recorder, SERVER_ADDRESS } from '../../kit/stacks.js';

let net: Lab;
beforeEach(async () => {
  net = await lab({ wall: Date.UTC(2026, 0, 1) });
});
afterEach(() => net.close());

type Extra = Partial<SocketHandler<unknown>>;

/** Handlers beside those that a recorder has. */
function adding(recorder: Recorder, extra: Extra): Recorder {
  const { handlers } = recorder;
  Object.defineProperty(recorder, 'handlers', { value: { ...handlers, ...extra } });
  return recorder;
}

async function talk(options: {
  client?: TLSOptions;
  server?: TLSOptions | readonly TLSOptions[];
  extra?: Extra;
  data?: unknown;
}): Promise<SecurePair & { heard: { client: SecureRecorder; server: Recorder } }> {
  const heard = { client: new SecureRecorder(), server: adding(new SecureRecorder(), options.extra ?? {}) };
  const pair = await secure(net, heard, {
    client: { ...CLIENT_TLS, ...options.client },
    server: options.server ?? SERVER_TLS,
    listen: { data: options.data },
  });
  return { ...pair, heard };
}

describe('S4: the verdict has the code of OpenSSL, and errors say what to do', () => {
  test.each([
    ['DEPTH_ZERO_SELF_SIGNED_CERT', self, CLIENT_TLS],
    ['CERT_HAS_EXPIRED', expired, CLIENT_TLS],
    ['ERR_TLS_CERT_ALTNAME_INVALID', wrong, CLIENT_TLS],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', serverKeys, { ...CLIENT_TLS, ca: self.cert }],
  ])('%s', async (code, { cert, key }, client) => {
    const { heard } = await talk({ client, server: { cert, key } });
    const error = heard.client.errors[0] as SocketError;
    expect(error.constructor).toBe(Error);
    expect(error).toMatchObject({ code, errno: 0, syscall: 'handshake', address: SERVER_ADDRESS });
    expect(error.port).toBeGreaterThan(0);
    expect(error.advice).toMatch(/\.$/);
    expect(heard.client.socket?.getAuthorizationError()).toMatchObject({ code });
  });
});

test('B4: the server hears no name from a client that connects to an IP address', async () => {
  const names: unknown[] = [];
  const extra: Extra = { serverName: (_, name) => void names.push(name) };
  const { server } = await talk({ client: { serverName: SERVER_ADDRESS, rejectUnauthorized: false }, extra });
  expect(server.getServername()).toBeUndefined();
  expect(names).toEqual([]);
});

describe('serverName', () => {
  test('hears the listener’s data, the name and the socket, after open and before handshake', async () => {
    const told: unknown[] = [];
    const { server, heard } = await talk({
      data: 'of the listener',
      extra: { serverName: (data, name, socket) => void told.push(data, name, socket, socket.getTLSVersion()) },
    });
    expect(told).toEqual(['of the listener', 'server.test', server, 'unknown']);
    expect(heard.server.events).toEqual(['open', 'handshake:true:UNABLE_TO_GET_ISSUER_CERT', 'drain']);
  });

  test('that throws is told to error, and the handshake goes on', async () => {
    const { heard } = await talk({
      extra: {
        serverName: () => {
          throw new Error('in serverName');
        },
      },
    });
    expect(heard.server.events).toContain('error');
    expect(heard.client.events).toContain('handshake:true');
  });
});

describe('alpnCallback', () => {
  const OFFER = { ALPNProtocols: ['h2', 'foo'] };

  test.each(['TLSv1.3', 'TLSv1.2'])('chooses among what the client offers, in %s', async (maxVersion) => {
    const told: unknown[] = [];
    const { client, server } = await talk({
      client: { ...OFFER, maxVersion },
      extra: {
        alpnCallback: (...given) => {
          told.push(...given.slice(1));
          return 'foo';
        },
      },
    });
    expect(told).toEqual(['server.test', Buffer.from('\x02h2\x03foo')]);
    expect([client.alpnProtocol, server.alpnProtocol]).toEqual(['foo', 'foo']);
  });

  test('wins over ALPNProtocols, and over the options that a name selects', async () => {
    const alpn = { ALPNProtocols: ['h2'] };
    const { client } = await talk({
      client: OFFER,
      server: [
        { ...SERVER_TLS, ...alpn },
        { ...SERVER_TLS, ...alpn, serverName: 'server.test' },
      ],
      extra: { alpnCallback: () => 'foo' },
    });
    expect(client.alpnProtocol).toBe('foo');
  });

  test.each([
    ['nothing', () => undefined],
    ['what was not offered', () => 'bar'],
    ['an exception', () => Promise.reject.call(undefined) as never],
  ])('refuses the client with %s', async (_, alpnCallback) => {
    const { heard } = await talk({ client: OFFER, extra: { alpnCallback } });
    expect(heard.client.errors[0]).toMatchObject({ code: 'EPROTO', alert: 'no_application_protocol' });
  });
});

test('certificates come as objects of node:crypto too, while the socket is open', async () => {
  const { client, server } = await talk({});
  expect(client.getPeerX509Certificate()).toBeInstanceOf(X509Certificate);
  expect(client.getPeerX509Certificate().toLegacyObject().raw).toEqual(new X509Certificate(serverKeys.cert).raw);
  expect(server.getX509Certificate()?.raw).toEqual(new X509Certificate(serverKeys.cert).raw);
  expect([client.getX509Certificate(), server.getPeerX509Certificate()]).toEqual([undefined, undefined]);
  client.terminate();
  expect(client.getPeerX509Certificate()).toBeUndefined();
});

describe('S1: upgradeTLS without a server name', () => {
  test.each([
    ['accepts who is named as connect was told', serverKeys, 'handshake:true'],
    ['refuses anybody else', wrong, 'handshake:false:ERR_TLS_CERT_ALTNAME_INVALID'],
  ])('%s', async (_, { cert, key }, verdict) => {
    const { client, server } = await converse(net, { client: new Recorder(), server: new Recorder() });
    const heard = new SecureRecorder();
    server.upgradeTLS<unknown>({ tls: { cert, key }, socket: { data() {} } });
    client.upgradeTLS<unknown>({ tls: { ca: ca.cert }, socket: heard.handlers });
    await net.until(() => heard.events.length > 1);
    expect(heard.events.slice(0, 2)).toEqual(['open', verdict]);
    expect(heard.socket?.authorized).toBe(verdict === 'handshake:true');
  });
});

describe('what breaks after the handshake', () => {
  test.each([true, false])('is told once, to error or else to close: %s', async (listens) => {
    const errors: unknown[] = [];
    const plain = { client: new Recorder(), server: new Recorder() };
    const { client, server } = await converse(net, plain);
    const heard = new SecureRecorder();
    const handlers = {
      ...heard.handlers,
      error: listens ? (_: Socket<unknown>, error: Error) => void errors.push(['error', error]) : undefined,
      close: (_: Socket<unknown>, error?: Error) => void errors.push(['close', error]),
    };
    server.upgradeTLS<unknown>({ tls: SERVER_TLS, socket: handlers as SocketHandler<unknown> });
    const peer = new SecureRecorder();
    const [raw] = client.upgradeTLS<unknown>({ tls: CLIENT_TLS, socket: peer.handlers });
    await net.until(() => heard.has('drain') && peer.has('drain'));
    raw.write('in the clear');
    await net.until(() => errors.length > 0);
    const broken = expect.objectContaining({ code: 'EPROTO', syscall: 'read' });
    expect(errors).toEqual(
      listens
        ? [
            ['error', broken],
            ['close', undefined],
          ]
        : [['close', broken]],
    );
  });
});

describe('a handshake that this side gives up', () => {
  test.each(['close', 'terminate'] as const)('by %s() is told to handshake, then close', async (how) => {
    const silent = net.server.listen({ hostname: SERVER_ADDRESS, port: 0, socket: { data() {} } });
    const record = new SecureRecorder();
    net.client.connect({ hostname: SERVER_ADDRESS, port: silent.port, tls: { ca: ca.cert }, socket: record.handlers });
    await net.until(() => record.has('open'));
    await net.pass(10);
    record.socket?.[how]();
    expect(record.events).toEqual(['open', 'handshake:false:ECONNRESET', 'close']);
    expect(record.errors[0]).toMatchObject({
      message: 'Client network socket disconnected before secure TLS connection was established',
    });
  });
});

test('D38: setVerifyMode in open counts for the options that a name selects, too', async () => {
  const { heard } = await talk({
    server: [SERVER_TLS, { ...SERVER_TLS, serverName: 'server.test' }],
    extra: { open: (socket) => socket.setVerifyMode(true, true) },
  });
  await net.until(() => heard.client.closed);
  expect(heard.client.errors[0]).toMatchObject({ alert: 'certificate_required' });
});

test('keys change before one large write in small records could use them up (RFC 8446 §5.5)', async () => {
  net.close();
  const both = { sendBuffer: 1 << 22, tcp: { sendBufferInitial: 1 << 22 } };
  net = await lab({ wall: Date.UTC(2026, 0, 1), both });
  const { client, heard } = await talk({ client: { ciphers: 'TLS_AES_128_GCM_SHA256' } });
  const { connection, records } = client[TRANSPORT] as TlsTransport;
  expect(client.setMaxSendFragment(512)).toBe(true);
  expect(connection.core.calls.tlsOption(records, TLS_OPTION_SEAL_LIMIT, 2000)).toBe(0);
  expect(client.write(Buffer.alloc(3_000_000))).toBe(3_000_000);
  await net.until(() => heard.server.received === 3_000_000);
  expect(heard.client.closed).toBe(false);
});
