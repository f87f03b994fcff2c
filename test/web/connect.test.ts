/** `connect` of the Sockets API: addresses, options, `opened`, and what it does when there is no connection. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { defaultStack, setDefaultStack } from '../../host/socket/default-stack.js';
import { connect, SocketError } from '../../host/web/index.js';
import { ca } from '../kit/certificates/certificates.js';
import { CLIENT_TLS, SERVER_TLS } from '../kit/secure.js';
import { CLIENT_ADDRESS, type Lab, lab, SERVER_ADDRESS } from '../kit/stacks.js';
import { readAll, rejected, resolved, serve, settled } from './kit.js';

let net: Lab;
beforeEach(async () => {
  net = await lab();
});
afterEach(() => net.close());

describe('connect', () => {
  test('gives a socket at once, and `opened` tells both ends', async () => {
    const { socket, server } = serve(net);
    expect(socket).toMatchObject({ upgraded: false, secureTransport: 'off' });
    expect(socket.readable).toBeInstanceOf(ReadableStream);
    expect(socket.writable).toBeInstanceOf(WritableStream);
    const info = await resolved(net, socket.opened);
    await net.until(() => server.has('open'));
    const { remotePort, localPort } = server.socket as { remotePort: number; localPort: number };
    expect(info).toEqual({
      remoteAddress: `${SERVER_ADDRESS}:${localPort}`,
      localAddress: `${CLIENT_ADDRESS}:${remotePort}`,
      alpn: null,
    });
  });

  test('takes the address as text, on the default stack unless told otherwise', async () => {
    const listener = defaultStack().listen({
      hostname: 'localhost',
      port: 0,
      socket: { open: (socket) => void socket.end('hello'), data() {} },
    });
    const socket = connect(`localhost:${listener.port}`);
    expect((await readAll(socket.readable)).toString()).toBe('hello');
    await socket.closed;
    listener.stop();
    setDefaultStack(undefined);
  });

  test.each([
    '',
    'server.test',
    'server.test:',
    'server.test:port',
    ':80',
    '::1:80',
    '[::1]',
    'server.test:0',
    'server.test:65536',
    undefined,
    null,
    {},
    { hostname: 'localhost' },
    { hostname: '', port: 80 },
    { hostname: 'localhost', port: 1.5 },
    { hostname: 'localhost', port: '80' },
  ])('throws a SocketError for the address %j', (address) => {
    expect(() => connect(address as never, { stack: net.client })).toThrow(SocketError);
  });

  test('throws for a secureTransport that there is not', () => {
    expect(() => connect('localhost:1', { stack: net.client, secureTransport: 'tls' as never })).toThrow(TypeError);
  });

  test.each([{ sni: 'server.test' }, { alpn: ['h2'] }, { tls: {} }])('throws for %j without TLS', (options) => {
    expect(() => connect('localhost:1', { stack: net.client, ...options })).toThrow(SocketError);
    expect(() => connect('localhost:1', { stack: net.client, secureTransport: 'on', ...options })).not.toThrow();
  });

  test('a SocketError is a TypeError that says so, with the code and the cause of what happened', async () => {
    const socket = connect({ hostname: SERVER_ADDRESS, port: 1 }, { stack: net.client });
    const error = (await rejected(net, socket.opened)) as SocketError;
    expect(error).toBeInstanceOf(TypeError);
    expect(error).toMatchObject({ code: 'ECONNREFUSED', message: 'SocketError: Failed to connect' });
    expect(error.cause).toMatchObject({ code: 'ECONNREFUSED', syscall: 'connect' });
  });
});

describe('when there is no connection', () => {
  test('opened, closed and both streams fail with one error', async () => {
    const socket = connect({ hostname: SERVER_ADDRESS, port: 1 }, { stack: net.client });
    const writer = socket.writable.getWriter();
    const outcomes = [
      socket.opened,
      socket.closed,
      socket.readable.getReader().read(),
      writer.write('x'),
      writer.closed,
    ];
    const errors = await Promise.all(outcomes.map((outcome) => rejected(net, outcome)));
    expect(errors[0]).toBeInstanceOf(SocketError);
    expect(new Set(errors).size).toBe(1);
  });

  test('nobody is warned of rejections that nobody asked for', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', note);
    connect({ hostname: SERVER_ADDRESS, port: 1 }, { stack: net.client });
    connect('nobody.test:80', { stack: net.client }).close('why not');
    await net.pass(100);
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });

  test('a name that nobody can be asked for is told by its code', async () => {
    const socket = connect('nobody.test:80', { stack: net.client });
    expect(await rejected(net, socket.opened)).toMatchObject({ code: 'EAI_AGAIN' });
  });

  test.each(['close', 'abort'] as const)('%s while connecting gives up at once, and tells the reason', async (how) => {
    const { socket, server } = serve(net);
    const reason = new Error('changed my mind');
    const reading = settled(net, socket.readable.getReader().read());
    if (how === 'close') socket.close(reason);
    else socket.writable.abort(reason);
    expect(await rejected(net, socket.opened)).toBe(reason);
    await resolved(net, socket.closed);
    expect(await reading).toEqual(how === 'close' ? { value: { done: true, value: undefined } } : { error: reason });
    expect([...net.client.sockets]).toEqual([]);
    await net.pass(100);
    expect(server.events.filter((event) => event === 'open').length).toBeLessThan(2);
    expect([...net.server.sockets]).toEqual([]);
  });
});

describe("secureTransport 'on'", () => {
  test('opens when the handshake is complete, verified, with the protocol that both speak', async () => {
    const { socket, server } = serve(
      net,
      { data: (peer, chunk) => void peer.end(`${peer.getServername()}: ${chunk}`) },
      { secureTransport: 'on', sni: 'server.test', alpn: ['other', 'echo'], tls: { ca: ca.cert } },
      { tls: { ...SERVER_TLS, ALPNProtocols: ['echo'] } },
    );
    const writer = socket.writable.getWriter();
    const written = writer.write('secret');
    expect(await resolved(net, socket.opened)).toMatchObject({ alpn: 'echo' });
    await resolved(net, written);
    expect((await resolved(net, readAll(socket.readable))).toString()).toBe('server.test: secret');
    await resolved(net, socket.closed);
    expect(server.closed).toBe(true);
  });

  test.each([
    ['who is signed by nobody we trust', { tls: {} }, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    ['who has another name', { sni: 'wrong.test', tls: { ca: ca.cert } }, 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ])('refuses a server %s', async (_who, options, code) => {
    const { socket } = serve(net, {}, { secureTransport: 'on', ...options }, { tls: SERVER_TLS });
    expect(await rejected(net, socket.opened)).toMatchObject({ code });
    expect(await rejected(net, socket.closed)).toMatchObject({ code });
  });

  test('goes on with a wrong name if it was told to', async () => {
    const tls = { ...CLIENT_TLS, rejectUnauthorized: false };
    const options = { secureTransport: 'on', sni: 'wrong.test', tls } as const;
    const { socket } = serve(net, { open: (peer) => void peer.end('hello') }, options, { tls: SERVER_TLS });
    await resolved(net, socket.opened);
    expect((await resolved(net, readAll(socket.readable))).toString()).toBe('hello');
  });

  test('expects the address itself when there is no name', async () => {
    const { socket } = serve(net, {}, { secureTransport: 'on', tls: { ca: ca.cert } }, { tls: SERVER_TLS });
    await resolved(net, socket.opened);
  });

  test('a stream that is cut off is an error, and no end', async () => {
    const { socket, server } = serve(net, {}, { secureTransport: 'on', tls: CLIENT_TLS }, { tls: SERVER_TLS });
    await resolved(net, socket.opened);
    await net.until(() => server.has('open'));
    server.socket?.terminate();
    expect(await rejected(net, readAll(socket.readable))).toMatchObject({ code: 'ECONNRESET' });
  });
});
