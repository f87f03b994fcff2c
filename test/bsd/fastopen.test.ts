/** TCP Fast Open by BSD's calls: TCP_FASTOPEN, TCP_FASTOPEN_CONNECT, MSG_FASTOPEN (RFC 7413; Linux's tcp(7)). */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  MSG_FASTOPEN,
  MSG_WAITALL,
  POLLOUT,
  POLLWRNORM,
  SOL_TCP,
  TCP_FASTOPEN,
  TCP_FASTOPEN_CONNECT,
  TCP_FASTOPEN_NO_COOKIE,
  TCPI_OPT_SYN_DATA,
} from '../../host/bsd/constants.js';
import { EAGAIN, EALREADY, EINPROGRESS, EISCONN, EOPNOTSUPP } from '../../host/bsd/errno.js';
import { bytes, INET, listening, PORT, read, ready, type Sockets, sockets } from '../kit/bsd.js';
import { lab, SERVER_ADDRESS } from '../kit/stacks.js';

let all: Sockets;
let listener: number;
beforeEach(async () => {
  all = await sockets();
  listener = listening(all.server);
  expect(all.server.setsockopt(listener, SOL_TCP, TCP_FASTOPEN, 8)).toBe(0);
});
afterEach(() => all.close());

/** The client gets a cookie. */
function meet(): void {
  const { client, server } = all;
  const fd = client.socket(INET);
  expect(client.sendto(fd, bytes('hello'), MSG_FASTOPEN, SERVER_ADDRESS, PORT)).toBe(-EINPROGRESS);
  all.settle();
  const far = server.accept(listener);
  expect(read(server, far), 'the bytes were not taken').toBe(-EAGAIN);
  client.close(fd);
  server.close(far);
  all.settle();
}

describe('MSG_FASTOPEN', () => {
  test('asks for a cookie, then sends on the SYN; the server may read and answer before the handshake is over', () => {
    const { client, server } = all;
    meet();
    const fd = client.socket(INET);
    expect(client.sendto(fd, bytes('request'), MSG_FASTOPEN, SERVER_ADDRESS, PORT)).toBe(7);
    all.settle();
    const far = server.accept(listener);
    expect(read(server, far)).toBe('request');
    expect(server.send(far, bytes('answer'))).toBe(6);
    all.settle();
    expect(read(client, fd)).toBe('answer');
    for (const options of [client.tcpInfo(fd)?.tcpi_options, server.tcpInfo(far)?.tcpi_options]) {
      expect((options ?? 0) & TCPI_OPT_SYN_DATA).toBe(TCPI_OPT_SYN_DATA);
    }
  });

  test('takes what one SYN carries', () => {
    meet();
    const fd = all.client.socket(INET);
    expect(all.client.sendto(fd, new Uint8Array(5000), MSG_FASTOPEN, SERVER_ADDRESS, PORT)).toBe(1420);
  });

  test('with MSG_WAITALL takes all there is, as a call that blocks: what the SYN does not carry follows the handshake', () => {
    const { client, server } = all;
    const packets = () => all.net.client.counters().segmentsOut;
    for (const length of [1000, 1500]) {
      const fd = client.socket(INET);
      const flags = MSG_FASTOPEN | MSG_WAITALL;
      const before = packets();
      expect(client.sendto(fd, bytes('x'.repeat(length)), flags, SERVER_ADDRESS, PORT)).toBe(length);
      all.settle();
      expect(packets() - before, 'the SYN, and the rest instead of a bare ACK').toBe(2);
      const far = server.accept(listener);
      expect(read(server, far, 5000)).toBe('x'.repeat(length));
      client.close(fd);
      server.close(far);
      all.settle();
    }
  });

  test('is EALREADY while the SYN is not answered, and an ordinary `send` later', () => {
    const { client } = all;
    meet();
    const fd = client.socket(INET);
    const more = () => client.sendto(fd, bytes('more'), MSG_FASTOPEN, SERVER_ADDRESS, PORT);
    expect(more()).toBe(4);
    expect(more()).toBe(-EALREADY);
    expect(client.send(fd, bytes('more'))).toBe(-EAGAIN);
    all.settle();
    expect(more()).toBe(4);
  });

  test('is EOPNOTSUPP where clients may not', async () => {
    const net = await lab({ client: { tcp: { fastOpen: 0 } } });
    const { bsd } = net.client;
    const fd = bsd.socket(INET);
    expect(bsd.sendto(fd, bytes('x'), MSG_FASTOPEN, SERVER_ADDRESS, PORT)).toBe(-EOPNOTSUPP);
    expect(bsd.setsockopt(fd, SOL_TCP, TCP_FASTOPEN_CONNECT, 1)).toBe(-EOPNOTSUPP);
    net.close();
  });

  test('needs no cookie with TCP_FASTOPEN_NO_COOKIE', () => {
    const { client } = all;
    const fd = client.socket(INET);
    client.setsockopt(fd, SOL_TCP, TCP_FASTOPEN_NO_COOKIE, 1);
    expect(client.sendto(fd, bytes('hello'), MSG_FASTOPEN, SERVER_ADDRESS, PORT)).toBe(5);
    all.settle();
    // The server wants one; what it did not take has come behind the handshake.
    expect(read(all.server, all.server.accept(listener))).toBe('hello');
  });
});

describe('TCP_FASTOPEN_CONNECT', () => {
  function connecting(): [fd: number, answer: number] {
    const { client } = all;
    const fd = client.socket(INET);
    expect(client.setsockopt(fd, SOL_TCP, TCP_FASTOPEN_CONNECT, 1)).toBe(0);
    return [fd, client.connect(fd, SERVER_ADDRESS, PORT)];
  }

  test('makes `connect` succeed at once where a cookie is known; the first `send` carries the SYN', () => {
    const { client, server } = all;
    expect(connecting()[1]).toBe(-EINPROGRESS);
    all.settle();
    server.accept(listener);
    const [fd, answer] = connecting();
    expect(answer).toBe(0);
    expect(ready(client, fd)).toBe(POLLOUT | POLLWRNORM);
    expect(read(client, fd)).toBe(-EAGAIN);
    expect(client.connect(fd, SERVER_ADDRESS, PORT)).toBe(-EISCONN);
    all.settle(10_000);
    expect(server.accept(listener), 'no SYN has gone').toBe(-EAGAIN);
    expect(client.send(fd, bytes('request'))).toBe(7);
    all.settle();
    expect(read(server, server.accept(listener))).toBe('request');
  });

  test('lets the SYN go without data for an empty `send`', () => {
    meet();
    const [fd] = connecting();
    expect(all.client.send(fd, bytes(''))).toBe(-EINPROGRESS);
    all.settle();
    expect(all.server.accept(listener)).toBeGreaterThan(0);
  });

  test('sends nothing for a socket that is closed before', () => {
    meet();
    const before = all.net.client.counters().connections;
    const [fd] = connecting();
    all.client.close(fd);
    all.settle(10_000);
    all.net.client.pump();
    expect(all.net.client.counters().connections).toBe(before);
    expect(all.server.accept(listener)).toBe(-EAGAIN);
  });
});

test('servers that share a key take the cookies of each other', async () => {
  const key = { fastOpenKey: [1, 2, 3, 4] } as const;
  const net = await lab({ server: key });
  const { client } = net;
  const attempt = () => {
    const fd = client.bsd.socket(INET);
    const answer = client.bsd.sendto(fd, bytes('x'), MSG_FASTOPEN, SERVER_ADDRESS, PORT);
    net.clock.advance(0);
    client.bsd.close(fd);
    net.clock.advance(0);
    return answer;
  };
  const server = net.server.bsd;
  server.setsockopt(listening(server), SOL_TCP, TCP_FASTOPEN, 8);
  expect([attempt(), attempt()]).toEqual([-EINPROGRESS, 1]);
  client.forgetFastOpen();
  expect(attempt()).toBe(-EINPROGRESS);
  expect(() => net.server.tune({ fastOpenKey: [1, 2, 3, 2 ** 32] })).toThrow(RangeError);
  net.close();
});
