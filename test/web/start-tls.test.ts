/** `startTls`: in the clear first, then secure, on one connection. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Socket as Inner } from '../../host/socket/socket.js';
import { SocketError } from '../../host/web/index.js';
import { ca } from '../kit/certificates/certificates.js';
import { CLIENT_TLS, SERVER_TLS } from '../kit/secure.js';
import { type Lab, lab } from '../kit/stacks.js';
import { cargo, end, readAll, rejected, resolved, type Served, serve, settled, write } from './kit.js';

let net: Lab;
beforeEach(async () => {
  net = await lab();
});
afterEach(() => net.close());

/** A server that speaks TLS after `STARTTLS`, and then echoes. */
function startable(options: Parameters<typeof serve>[2] = {}): Served {
  const upgrade = (peer: Inner<unknown>): void => {
    peer.upgradeTLS({
      tls: SERVER_TLS,
      socket: { data: (tls, chunk) => void tls.write(chunk), end: (tls) => void tls.end() },
    });
  };
  const data = (peer: Inner<unknown>, chunk: Buffer): void => {
    if (!chunk.toString().endsWith('STARTTLS')) return;
    peer.write('GO');
    upgrade(peer);
  };
  return serve(net, { data }, { secureTransport: 'starttls', tls: { ca: ca.cert }, ...options });
}

/** Asks for TLS and waits for the answer. */
async function ask({ socket }: Served): Promise<void> {
  await resolved(net, write(socket, 'STARTTLS'));
  const reader = socket.readable.getReader();
  expect(Buffer.from((await resolved(net, reader.read())).value ?? []).toString()).toBe('GO');
  reader.releaseLock();
}

test('replaces the socket by one that is secure, on the same connection', async () => {
  const served = startable({ sni: 'server.test' });
  await ask(served);
  const { socket } = served;
  const clear = await socket.opened;
  const secure = socket.startTls();
  expect([socket.upgraded, secure.upgraded, secure.secureTransport]).toEqual([true, false, 'on']);
  expect(secure).not.toBe(socket);
  expect(await resolved(net, secure.opened)).toEqual(clear);
  const all = readAll(secure.readable);
  const bytes = cargo(1 << 20);
  await resolved(net, end(secure, bytes));
  expect((await resolved(net, all)).equals(bytes)).toBe(true);
  await resolved(net, secure.closed);
});

test('closes the socket that it replaces: it can be neither read nor written', async () => {
  const { socket } = startable({ sni: 'server.test' });
  const writer = socket.writable.getWriter();
  await resolved(net, writer.write('STARTTLS'));
  await net.pass(10);
  socket.startTls();
  await resolved(net, socket.closed);
  expect(await rejected(net, writer.write('in the clear'))).toMatchObject({
    message: 'SocketError: the socket was upgraded to TLS',
  });
  expect((await resolved(net, readAll(socket.readable))).toString()).toBe('GO');
});

test('waits for what was written before, which goes in the clear, even if that was not sent yet', async () => {
  const { socket, server } = serve(net, {}, { secureTransport: 'starttls' });
  const writer = socket.writable.getWriter();
  const written = [writer.write(Buffer.alloc(3_000_000, '.')), writer.write('STARTTLS')];
  writer.releaseLock();
  const secure = socket.startTls();
  const opened = settled(net, secure.opened);
  await resolved(net, Promise.all(written));
  await net.until(() => server.received > 3_000_008);
  expect(server.bytes.subarray(2_999_999, 3_000_009).toString()).toBe('.STARTTLS\x16');
  secure.close();
  expect(await opened).toHaveProperty('error');
});

test('expects the name that connect was told, or the one that it is told itself', async () => {
  const options = { sni: 'wrong.test' };
  const refused = startable(options);
  await ask(refused);
  const error = await rejected(net, refused.socket.startTls().opened);
  expect(error).toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
  const other = startable(options);
  await ask(other);
  await resolved(net, other.socket.startTls({ serverName: CLIENT_TLS.serverName }).opened);
});

test('expects the host that connect was told when there is no name', async () => {
  const served = startable();
  await ask(served);
  await resolved(net, served.socket.startTls().opened);
});

describe('startTls throws a SocketError', () => {
  test.each(['off', 'on'] as const)("when secureTransport is '%s'", (secureTransport) => {
    const { socket } = serve(net, {}, { secureTransport });
    expect(() => socket.startTls()).toThrow(SocketError);
    expect(socket.upgraded).toBe(false);
  });

  test('on the socket that it has made, on one that it has replaced, and on one that is closed', async () => {
    const served = startable();
    await ask(served);
    const { socket } = served;
    const secure = socket.startTls();
    expect(() => secure.startTls()).toThrow(SocketError);
    expect(() => socket.startTls()).toThrow(SocketError);
    await resolved(net, secure.opened);
    const other = serve(net, {}, { secureTransport: 'starttls' }).socket;
    other.close();
    expect(() => other.startTls()).toThrow(SocketError);
  });
});

describe('the secure socket fails', () => {
  test('when there is no connection', async () => {
    const { socket } = startable();
    for (const listener of net.server.listeners) listener.stop();
    const secure = socket.startTls();
    expect(await rejected(net, secure.opened)).toMatchObject({ code: 'ECONNREFUSED' });
    expect(await rejected(net, secure.closed)).toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('when the connection breaks before the handshake is complete', async () => {
    const { socket } = serve(net, { data: (peer) => peer.terminate() }, { secureTransport: 'starttls' });
    await resolved(net, socket.opened);
    const secure = socket.startTls();
    expect(await rejected(net, secure.opened)).toMatchObject({ code: 'ECONNRESET' });
    expect(await rejected(net, secure.readable.getReader().read())).toMatchObject({ code: 'ECONNRESET' });
  });

  test.each([false, true])('when it is closed before it is open (connected: %s)', async (connected) => {
    const { socket } = startable();
    if (connected) await resolved(net, socket.opened);
    const secure = socket.startTls();
    const opened = settled(net, secure.opened);
    secure.close('changed my mind');
    expect(await opened).toEqual({ error: 'changed my mind' });
    await net.pass(1000);
    expect([...net.client.sockets]).toEqual([]);
  });

  test('when the server answers in the clear', async () => {
    const { socket } = serve(
      net,
      { data: (peer) => void peer.write('500 no such command\r\n') },
      { secureTransport: 'starttls' },
    );
    await resolved(net, socket.opened);
    expect(await rejected(net, socket.startTls().opened)).toBeInstanceOf(SocketError);
  });
});
