/** What a program says and leaves before the handshake is complete: it is sent behind the handshake, or nothing is left of it. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SocketHandler } from '../../../host/socket/handlers.js';
import type { Socket } from '../../../host/socket/socket.js';
import { CLIENT_TLS, SERVER_TLS, SecureRecorder } from '../../kit/secure.js';
import { type Lab, lab, Recorder, SERVER_ADDRESS } from '../../kit/stacks.js';

type Open = (socket: Socket<unknown>) => void;

let net: Lab;
beforeEach(async () => {
  net = await lab({ wall: Date.UTC(2026, 0, 1) });
});
afterEach(() => net.close());

const inOpen = { open: (socket: Socket<unknown>) => void socket.end('last words') };

test('end(data) in open of a server', async () => {
  const heard = {
    client: new SecureRecorder({ end: (socket) => void socket.end() }),
    server: new SecureRecorder(inOpen),
  };
  meet(heard, SERVER_TLS);
  await net.until(() => heard.client.closed && heard.server.closed);
  expect(heard.client.bytes.toString()).toBe('last words');
  expect(heard.server.events.at(-1)).toBe('close');
});

describe('of a handshake that fails nothing is left', () => {
  const acts: Record<string, Open> = {
    'end(data) in open': inOpen.open,
    'end(data) later': (socket) => void Promise.resolve().then(() => socket.end('last words')),
    'end(data) and close()': (socket) => {
      socket.end('last words');
      socket.close();
    },
    'end(data) and close() later': (socket) =>
      void Promise.resolve().then(() => {
        socket.end('last words');
        socket.close();
      }),
  };
  const peers: Record<string, Partial<SocketHandler<unknown>>> = {
    'is silent': {},
    ends: { data: (socket) => void socket.end() },
    'speaks no TLS': { data: (socket) => void socket.write('no record of TLS') },
  };
  const cases = Object.keys(acts).flatMap((act) => Object.keys(peers).map((peer) => [act, peer] as const));

  test.each(cases)('%s with a peer that %s', async (act, peer) => {
    const heard = { client: new SecureRecorder({ open: acts[act] as Open }), server: new Recorder(peers[peer]) };
    meet(heard, undefined);
    const start = net.clock.now();
    await net.until(() => heard.client.closed && heard.server.has('end'));
    if (peer !== 'is silent') expect(net.clock.now() - start).toBeLessThan(5000);
    heard.server.socket?.end();
    await net.until(() => heard.server.closed);
    net.clock.advance(120_000);
    await net.pass(1);
    expect([net.client, net.server].map((stack) => stack.counters().connections)).toEqual([0, 0]);
  });
});

function meet(heard: { client: Recorder; server: Recorder }, tls: typeof SERVER_TLS | undefined): void {
  const listening = { hostname: SERVER_ADDRESS, port: 0, socket: heard.server.handlers };
  const { port } = net.server.listen<unknown>(tls === undefined ? listening : { ...listening, tls });
  void net.client.connect<unknown>({
    hostname: SERVER_ADDRESS,
    port,
    tls: CLIENT_TLS,
    socket: heard.client.handlers,
  });
}
