/** From `socket` to a connection, and what each call answers that comes too early, twice, or in vain. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  AF_INET,
  IPPROTO_TCP,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLNVAL,
  POLLOUT,
  POLLRDHUP,
  POLLRDNORM,
  POLLWRNORM,
  SHUT_RD,
  SO_ACCEPTCONN,
  SO_ERROR,
  SO_REUSEADDR,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
} from '../../host/bsd/constants.js';
import {
  EADDRINUSE,
  EADDRNOTAVAIL,
  EAFNOSUPPORT,
  EAGAIN,
  EALREADY,
  EBADF,
  ECONNREFUSED,
  EDESTADDRREQ,
  EINPROGRESS,
  EINVAL,
  EISCONN,
  ENETUNREACH,
  ENOTCONN,
  EPIPE,
  EPROTONOSUPPORT,
  ESOCKTNOSUPPORT,
  ETIMEDOUT,
  errorName,
} from '../../host/bsd/errno.js';
import { bytes, INET, listening, optionOf, PORT, pair, read, ready, type Sockets, sockets } from '../kit/bsd.js';
import { ANY, faraway, neighbor } from '../kit/family.js';
import { CLIENT_ADDRESS, SERVER_ADDRESS } from '../kit/stacks.js';

let all: Sockets;
beforeEach(async () => {
  all = await sockets();
});
afterEach(() => all.close());

describe('a descriptor', () => {
  test('is the lowest number from 3 on that is free', () => {
    const { client } = all;
    expect([client.socket(INET), client.socket(INET), client.socket(INET)]).toEqual([3, 4, 5]);
    client.close(4);
    expect(client.socket(INET)).toBe(4);
    expect(client.descriptors).toEqual([3, 4, 5]);
  });

  test('is a stream of TCP or nothing', () => {
    const { client } = all;
    expect(client.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, IPPROTO_TCP)).toBe(3);
    expect(client.socket(1)).toBe(-EAFNOSUPPORT);
    expect(client.socket(AF_INET, SOCK_DGRAM)).toBe(-ESOCKTNOSUPPORT);
    expect(client.socket(AF_INET, SOCK_STREAM, 17)).toBe(-EPROTONOSUPPORT);
  });

  test('that names nothing is EBADF everywhere, and POLLNVAL', () => {
    const { client } = all;
    const answers = [
      client.bind(9, ANY, 1),
      client.listen(9, 1),
      client.accept(9),
      client.connect(9, SERVER_ADDRESS, 1),
      client.send(9, bytes('x')),
      client.recv(9, new Uint8Array(1)),
      client.shutdown(9, SHUT_RD),
      client.close(9),
      client.setsockopt(9, SOL_SOCKET, SO_REUSEADDR, 1),
      client.getsockopt(9, SOL_SOCKET, SO_REUSEADDR, {}),
      client.getsockname(9, {}),
      client.getpeername(9, {}),
      client.onReady(9, POLLIN, () => {}),
    ];
    expect(new Set(answers)).toEqual(new Set([-EBADF]));
    expect(client.tcpInfo(9)).toBeUndefined();
    expect(ready(client, 9)).toBe(POLLNVAL);
    expect(errorName(-EBADF)).toBe('EBADF');
  });

  test('without a connection is ready to write and hung up, as Linux says', () => {
    const fd = all.client.socket(INET);
    expect(ready(all.client, fd)).toBe(POLLOUT | POLLWRNORM | POLLHUP);
    expect(all.client.send(fd, bytes('x'))).toBe(-EPIPE);
    expect(all.client.recv(fd, new Uint8Array(1))).toBe(-ENOTCONN);
    expect(all.client.shutdown(fd, SHUT_RD)).toBe(-ENOTCONN);
    expect(all.client.getpeername(fd, {})).toBe(-ENOTCONN);
  });
});

describe('bind', () => {
  test('gives a local end once, and tells it', () => {
    const { server } = all;
    const fd = server.socket(INET);
    expect(server.bind(fd, SERVER_ADDRESS, PORT)).toBe(0);
    const name = {};
    server.getsockname(fd, name);
    expect(name).toEqual({ address: SERVER_ADDRESS, port: PORT });
    expect(server.bind(fd, SERVER_ADDRESS, PORT + 1)).toBe(-EINVAL);
  });

  test('chooses a port when it is 0', () => {
    const { server } = all;
    const fd = server.socket(INET);
    expect(server.bind(fd, ANY, 0)).toBe(0);
    const name: { address?: string; port?: number } = {};
    server.getsockname(fd, name);
    expect(name.address).toBe(ANY);
    expect(name.port).toBeGreaterThanOrEqual(32768);
  });

  test('refuses what is taken, what is not ours and what is no address', () => {
    const { server } = all;
    const [one, two] = [server.socket(INET), server.socket(INET)];
    expect(server.bind(one, ANY, PORT)).toBe(0);
    expect(server.bind(two, SERVER_ADDRESS, PORT)).toBe(-EADDRINUSE);
    expect(server.bind(two, faraway(1), PORT)).toBe(-EADDRNOTAVAIL);
    expect(server.bind(two, 'nowhere', PORT)).toBe(-EINVAL);
    expect(server.bind(two, SERVER_ADDRESS, 70_000)).toBe(-EINVAL);
  });

  test('shares a local end with SO_REUSEADDR on both, but not with a listener', () => {
    const { server } = all;
    const [one, two, three] = [server.socket(INET), server.socket(INET), server.socket(INET)];
    for (const fd of [one, two, three]) server.setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    expect(server.bind(one, ANY, PORT)).toBe(0);
    expect(server.bind(two, ANY, PORT)).toBe(0);
    expect(server.listen(one, 1)).toBe(0);
    expect(server.bind(three, ANY, PORT)).toBe(-EADDRINUSE);
    expect(server.listen(two, 1)).toBe(-EADDRINUSE);
  });

  test('is where a connection comes from', () => {
    const { client, server, settle } = all;
    const listener = listening(server);
    const fd = client.socket(INET);
    expect(client.bind(fd, CLIENT_ADDRESS, 4000)).toBe(0);
    client.connect(fd, SERVER_ADDRESS, PORT);
    settle();
    const peer = {};
    server.accept(listener, peer);
    expect(peer).toEqual({ address: CLIENT_ADDRESS, port: 4000 });
  });
});

describe('connect', () => {
  test('is EINPROGRESS, then EALREADY, then 0 once, then EISCONN', () => {
    const { client, server, settle } = all;
    listening(server);
    const fd = client.socket(INET);
    expect(client.connect(fd, SERVER_ADDRESS, PORT)).toBe(-EINPROGRESS);
    expect(client.connect(fd, SERVER_ADDRESS, PORT)).toBe(-EALREADY);
    expect(ready(client, fd)).toBe(0);
    expect(client.send(fd, bytes('x'))).toBe(-EAGAIN);
    expect(client.recv(fd, new Uint8Array(1))).toBe(-EAGAIN);
    settle();
    expect(ready(client, fd)).toBe(POLLOUT | POLLWRNORM);
    expect(optionOf(client, fd, SOL_SOCKET, SO_ERROR)).toBe(0);
    expect(client.connect(fd, SERVER_ADDRESS, PORT)).toBe(0);
    expect(client.connect(fd, SERVER_ADDRESS, PORT)).toBe(-EISCONN);
    const [own, peer] = [{}, {}];
    client.getsockname(fd, own);
    client.getpeername(fd, peer);
    expect(own).toMatchObject({ address: CLIENT_ADDRESS });
    expect(peer).toEqual({ address: SERVER_ADDRESS, port: PORT });
  });

  test('that is refused says so once, by poll and by SO_ERROR', () => {
    const { client, settle } = all;
    const fd = client.socket(INET);
    client.connect(fd, SERVER_ADDRESS, PORT);
    settle();
    const hungUp = POLLIN | POLLRDNORM | POLLRDHUP | POLLOUT | POLLWRNORM | POLLHUP;
    expect(ready(client, fd)).toBe(hungUp | POLLERR);
    expect(optionOf(client, fd, SOL_SOCKET, SO_ERROR)).toBe(ECONNREFUSED);
    expect(optionOf(client, fd, SOL_SOCKET, SO_ERROR)).toBe(0);
    expect(ready(client, fd)).toBe(hungUp);
  });

  test('that is refused says so by the next connect, and the one after it tries again', () => {
    const { client, server, settle } = all;
    const fd = client.socket(INET);
    client.connect(fd, SERVER_ADDRESS, PORT);
    settle();
    expect(client.connect(fd, SERVER_ADDRESS, PORT)).toBe(-ECONNREFUSED);
    listening(server);
    expect(client.connect(fd, SERVER_ADDRESS, PORT)).toBe(-EINPROGRESS);
    settle();
    expect(client.connect(fd, SERVER_ADDRESS, PORT)).toBe(0);
  });

  test('that nobody answers is ETIMEDOUT, to the first call that asks', () => {
    const { client, settle } = all;
    const fd = client.socket(INET);
    client.connect(fd, neighbor(77), PORT);
    settle(600_000);
    expect(read(client, fd)).toBe(-ETIMEDOUT);
    expect(read(client, fd)).toBe('');
  });

  test('says at once what can not be', () => {
    const { client, server } = all;
    const fd = client.socket(INET);
    expect(client.connect(fd, 'nowhere', PORT)).toBe(-EINVAL);
    expect(client.connect(fd, SERVER_ADDRESS, 70_000)).toBe(-EINVAL);
    expect(client.connect(fd, '255.255.255.255', PORT)).toBe(-EINVAL);
    expect(client.sendto(fd, bytes('x'), 0, SERVER_ADDRESS, PORT)).toBe(-EPIPE);
    expect(client.send(fd, bytes('x'), 0x20000000)).toBe(-EDESTADDRREQ);
    expect(server.connect(listening(server), CLIENT_ADDRESS, PORT)).toBe(-EISCONN);
  });

  test('needs a route', async () => {
    const lonely = await sockets({ client: { addresses: [] } });
    expect(lonely.client.connect(lonely.client.socket(INET), SERVER_ADDRESS, PORT)).toBe(-ENETUNREACH);
    lonely.close();
  });
});

describe('a listener', () => {
  test('hands out connections in the order in which they opened', () => {
    const { client, server, settle } = all;
    const listener = listening(server);
    expect(server.accept(listener)).toBe(-EAGAIN);
    expect(ready(server, listener)).toBe(0);
    const ports = [5001, 5002, 5003];
    for (const port of ports) {
      const fd = client.socket(INET);
      client.bind(fd, CLIENT_ADDRESS, port);
      client.connect(fd, SERVER_ADDRESS, PORT);
      settle();
    }
    expect(ready(server, listener)).toBe(POLLIN | POLLRDNORM);
    const accepted = ports.map(() => {
      const peer: { port?: number } = {};
      server.accept(listener, peer);
      return peer.port;
    });
    expect(accepted).toEqual(ports);
    expect(server.accept(listener)).toBe(-EAGAIN);
  });

  test('says what it is, and is none before', () => {
    const { server } = all;
    const fd = server.socket(INET);
    expect(server.accept(fd)).toBe(-EINVAL);
    expect(optionOf(server, fd, SOL_SOCKET, SO_ACCEPTCONN)).toBe(0);
    expect(server.listen(fd, 1)).toBe(0);
    expect(optionOf(server, fd, SOL_SOCKET, SO_ACCEPTCONN)).toBe(1);
    expect(read(server, fd)).toBe(-ENOTCONN);
    expect(server.send(fd, bytes('x'))).toBe(-EPIPE);
  });

  test('lets one more wait than its backlog says, as on Linux; the others come in when there is room', () => {
    const { client, server, settle } = all;
    const listener = listening(server, 1);
    const fds = [1, 2, 3].map(() => client.socket(INET));
    for (const fd of fds) client.connect(fd, SERVER_ADDRESS, PORT);
    settle();
    expect(server.tcpInfo(listener)).toMatchObject({ tcpi_unacked: 2, tcpi_sacked: 1 });
    expect(server.accept(listener)).toBeGreaterThan(0);
    settle(10_000);
    expect(server.tcpInfo(listener)).toMatchObject({ tcpi_unacked: 2 });
  });

  test('that is closed resets those who wait; who was accepted stays', () => {
    const { client, server, settle } = all;
    const listener = listening(server);
    const [one, two] = [client.socket(INET), client.socket(INET)];
    for (const fd of [one, two]) client.connect(fd, SERVER_ADDRESS, PORT);
    settle();
    const accepted = server.accept(listener);
    expect(server.close(listener)).toBe(0);
    settle();
    expect(server.send(accepted, bytes('hello'))).toBe(5);
    settle();
    expect([read(client, one), read(client, two)].sort()).toEqual([-104, 'hello'].sort());
  });

  test('ends with SHUT_RD and can begin again', () => {
    const { client, server, settle } = all;
    const listener = listening(server);
    expect(server.shutdown(listener, SHUT_RD)).toBe(0);
    const fd = client.socket(INET);
    client.connect(fd, SERVER_ADDRESS, PORT);
    settle();
    expect(client.connect(fd, SERVER_ADDRESS, PORT)).toBe(-ECONNREFUSED);
    expect(server.listen(listener, 1)).toBe(0);
    client.connect(fd, SERVER_ADDRESS, PORT);
    settle();
    expect(server.accept(listener)).toBeGreaterThan(0);
  });

  test('is no place to connect from for one that is connected', async () => {
    const { client, near, close } = await pair();
    expect(client.listen(near, 1)).toBe(-EINVAL);
    close();
  });
});
