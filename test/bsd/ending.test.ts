/** How connections end, seen by both sides: FIN, RST, lingering, half-closing, and the error that is told once. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLOUT,
  POLLRDHUP,
  POLLRDNORM,
  POLLWRNORM,
  SHUT_RD,
  SHUT_RDWR,
  SHUT_WR,
  SIOCOUTQ,
  SO_ERROR,
  SO_LINGER,
  SOL_SOCKET,
  SOL_TCP,
  TCP_CLOSE,
  TCP_CLOSE_WAIT,
  TCP_ESTABLISHED,
  TCP_FIN_WAIT2,
  TCP_LINGER2,
} from '../../host/bsd/constants.js';
import { EAGAIN, ECONNRESET, EINVAL, EISCONN, ENOTCONN, EPIPE } from '../../host/bsd/errno.js';
import { bytes, drain, INET, optionOf, type Pair, pair, read, ready } from '../kit/bsd.js';
import { SERVER_ADDRESS } from '../kit/stacks.js';

let all: Pair;
beforeEach(async () => {
  all = await pair();
});
afterEach(() => all.close());

const HUNG_UP = POLLIN | POLLRDNORM | POLLRDHUP | POLLOUT | POLLWRNORM | POLLHUP;

describe('shutdown', () => {
  test('of the writing half sends FIN behind the last byte; the other half goes on', () => {
    const { client, server, near, far, settle } = all;
    client.send(near, bytes('last'));
    expect(client.shutdown(near, SHUT_WR)).toBe(0);
    expect(client.send(near, bytes('x'))).toBe(-EPIPE);
    settle();
    expect(ready(server, far)).toBe(POLLIN | POLLRDNORM | POLLRDHUP | POLLOUT | POLLWRNORM);
    expect([read(server, far), read(server, far), read(server, far)]).toEqual(['last', '', '']);
    expect(server.tcpInfo(far)?.tcpi_state).toBe(TCP_CLOSE_WAIT);
    server.send(far, bytes('answer'));
    settle();
    expect([read(client, near), read(client, near)]).toEqual(['answer', -EAGAIN]);
    expect(client.tcpInfo(near)?.tcpi_state).toBe(TCP_FIN_WAIT2);
  });

  test('of both halves, by both sides, leaves a socket that is closed', () => {
    const { client, server, near, far, settle } = all;
    client.shutdown(near, SHUT_RDWR);
    settle();
    server.shutdown(far, SHUT_WR);
    settle();
    expect(ready(client, near)).toBe(HUNG_UP);
    expect(client.tcpInfo(near)?.tcpi_state).toBe(TCP_CLOSE);
    expect(read(client, near)).toBe('');
    expect(client.connect(near, SERVER_ADDRESS, 8080)).toBe(-EISCONN);
  });

  test('of the reading half gives what has arrived, then the end', () => {
    const { client, server, near, far, settle } = all;
    client.send(near, bytes('hello'));
    settle();
    expect(server.shutdown(far, SHUT_RD)).toBe(0);
    expect(ready(server, far, POLLRDHUP)).toBe(POLLRDHUP);
    expect([read(server, far), read(server, far)]).toEqual(['hello', '']);
    expect(server.send(far, bytes('still'))).toBe(5);
    settle();
    expect(read(client, near)).toBe('still');
  });

  test('knows three ways, and needs a connection', () => {
    const { client, server, near, settle } = all;
    expect(client.shutdown(near, 3)).toBe(-EINVAL);
    expect(client.shutdown(client.socket(INET), SHUT_WR)).toBe(-ENOTCONN);
    const fd = client.socket(INET);
    client.connect(fd, SERVER_ADDRESS, 1);
    expect(client.shutdown(fd, SHUT_WR)).toBe(0);
    settle();
    expect(client.connect(fd, SERVER_ADDRESS, 8080)).toBe(-115);
    expect(server.descriptors.length).toBe(2);
  });
});

describe('close', () => {
  test('delivers what was sent, then FIN', () => {
    const { client, server, near, far, settle } = all;
    client.send(near, new Uint8Array(100_000));
    expect(client.close(near)).toBe(0);
    expect(client.descriptors).toEqual([]);
    let received = 0;
    for (let round = 0; round < 100; round++) {
      settle(1);
      received += drain(server, far);
    }
    expect(received).toBe(100_000);
    expect(read(server, far)).toBe('');
  });

  test('with bytes that nobody has read is a RST at once (RFC 9293 §3.6.1 SHLD-3, RFC 2525 §2.17)', () => {
    const { client, server, near, far, settle } = all;
    client.send(near, bytes('unread'));
    settle();
    server.send(far, new Uint8Array(100_000));
    server.close(far);
    settle(1000);
    expect(optionOf(client, near, SOL_SOCKET, SO_ERROR)).toBe(ECONNRESET);
  });

  test('with SO_LINGER of 0 seconds is a RST at once', () => {
    const { client, server, near, far, settle } = all;
    expect(client.setsockopt(near, SOL_SOCKET, SO_LINGER, { onoff: 1, linger: 0 })).toBe(0);
    expect(optionOf(client, near, SOL_SOCKET, SO_LINGER)).toEqual({ onoff: 1, linger: 0 });
    client.close(near);
    settle();
    expect(ready(server, far)).toBe(HUNG_UP | POLLERR);
    expect([read(server, far), read(server, far)]).toEqual([-ECONNRESET, '']);
    expect(server.send(far, bytes('x'))).toBe(-EPIPE);
  });

  test('answers what arrives afterwards with RST', () => {
    const { client, server, near, far, settle } = all;
    client.close(near);
    settle();
    expect(server.send(far, bytes('too late'))).toBe(8);
    settle();
    // Behind the peer's FIN a reset means that what we said was not read.
    expect(server.send(far, bytes('x'))).toBe(-EPIPE);
    expect(ready(server, far, POLLHUP)).toBe(POLLHUP);
  });

  test('of a connection that is being opened leaves nothing', () => {
    const { client, server, settle, listener } = all;
    const fd = client.socket(INET);
    client.connect(fd, SERVER_ADDRESS, 8080);
    client.close(fd);
    settle();
    expect(server.accept(listener)).toBe(-EAGAIN);
  });

  test('leaves FIN-WAIT-2 as soon as TCP_LINGER2 says', () => {
    const { client, near, net, settle } = all;
    expect(net.client.counters().connections).toBe(1);
    client.setsockopt(near, SOL_TCP, TCP_LINGER2, 5);
    client.close(near);
    settle(4900);
    expect(net.client.counters().connections).toBe(1);
    settle(200);
    expect(net.client.counters().connections).toBe(0);
  });
});

describe('a reset', () => {
  test('is told once, to the first call that asks, after the bytes that came before it', () => {
    const { client, server, near, far, settle } = all;
    client.send(near, bytes('before'));
    settle();
    client.setsockopt(near, SOL_SOCKET, SO_LINGER, { onoff: 1, linger: 0 });
    client.close(near);
    settle();
    expect([read(server, far), read(server, far), read(server, far)]).toEqual(['before', -ECONNRESET, '']);
    expect(optionOf(server, far, SOL_SOCKET, SO_ERROR)).toBe(0);
  });

  test('of one that waits is heard by who accepts it', () => {
    const { client, server, listener, settle } = all;
    const fd = client.socket(INET);
    client.connect(fd, SERVER_ADDRESS, 8080);
    settle();
    client.setsockopt(fd, SOL_SOCKET, SO_LINGER, { onoff: 1, linger: 0 });
    client.close(fd);
    settle();
    const accepted = server.accept(listener);
    expect(accepted).toBeGreaterThan(0);
    expect(read(server, accepted)).toBe(-ECONNRESET);
  });
});

test('closing the stack resets every connection and voids every descriptor', () => {
  const { client, server, near, far, net, settle } = all;
  expect(server.tcpInfo(far)?.tcpi_state).toBe(TCP_ESTABLISHED);
  net.client.close();
  settle();
  expect(client.descriptors).toEqual([]);
  expect(client.ioctl(near, SIOCOUTQ)).toBe(-9);
  expect(read(server, far)).toBe(-ECONNRESET);
});
