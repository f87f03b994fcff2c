/** Bytes between two sockets: what is taken, what waits, what `poll` and `ioctl` say of it. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  MSG_DONTWAIT,
  MSG_EOR,
  MSG_ERRQUEUE,
  MSG_MORE,
  MSG_NOSIGNAL,
  MSG_OOB,
  MSG_PEEK,
  MSG_TRUNC,
  MSG_ZEROCOPY,
  POLLIN,
  POLLOUT,
  POLLPRI,
  POLLRDNORM,
  POLLWRNORM,
  SIOCINQ,
  SIOCOUTQ,
  SIOCOUTQNSD,
  SO_RCVLOWAT,
  SO_SNDBUF,
  SOL_SOCKET,
  SOL_TCP,
  TCP_CORK,
  TCP_INQ,
  TCP_NODELAY,
  TCP_NOTSENT_LOWAT,
} from '../../host/bsd/constants.js';
import { EAGAIN, EINVAL, ENOTTY } from '../../host/bsd/errno.js';
import { bytes, drain, fill, INET, listening, type Pair, PORT, pair, read, ready, sockets } from '../kit/bsd.js';
import { SERVER_ADDRESS } from '../kit/stacks.js';

let all: Pair;
beforeEach(async () => {
  all = await pair();
});
afterEach(() => all.close());

describe('recv', () => {
  test('takes what has arrived, in the order of the stream, and EAGAIN when nothing has', () => {
    const { client, server, near, far, settle } = all;
    expect(client.send(near, bytes('hello '))).toBe(6);
    expect(client.send(near, bytes('world'), MSG_NOSIGNAL | MSG_DONTWAIT | MSG_ZEROCOPY)).toBe(5);
    settle(50);
    expect(read(server, far, 8)).toBe('hello wo');
    expect(read(server, far, 8)).toBe('rld');
    expect(read(server, far)).toBe(-EAGAIN);
  });

  test('with MSG_PEEK leaves the bytes, with MSG_TRUNC drops them', () => {
    const { client, server, near, far, settle } = all;
    client.send(near, bytes('hello world'));
    settle();
    expect(read(server, far, 5, MSG_PEEK)).toBe('hello');
    expect(read(server, far, 100, MSG_PEEK)).toBe('hello world');
    const untouched = new Uint8Array(6);
    expect(server.recv(far, untouched, MSG_TRUNC)).toBe(6);
    expect(untouched).toEqual(new Uint8Array(6));
    expect(read(server, far)).toBe('world');
  });

  test('peeks over the place where the storage of the bytes wraps', () => {
    const { client, server, near, far, settle } = all;
    client.send(near, new Uint8Array(200));
    settle();
    server.recv(far, new Uint8Array(190));
    client.send(near, bytes('a'.repeat(100) + 'b'.repeat(100)));
    settle();
    const peeked = read(server, far, 1000, MSG_PEEK);
    expect(peeked).toBe(`${'\0'.repeat(10)}${'a'.repeat(100)}${'b'.repeat(100)}`);
    expect(read(server, far)).toBe(peeked);
  });

  test('of urgent data or of the error queue has nothing to give', () => {
    const { server, far } = all;
    expect(read(server, far, 1, MSG_OOB)).toBe(-EINVAL);
    expect(read(server, far, 1, MSG_ERRQUEUE)).toBe(-EAGAIN);
  });

  test('tells how many are left with TCP_INQ', () => {
    const { client, server, near, far, settle } = all;
    server.setsockopt(far, SOL_TCP, TCP_INQ, 1);
    client.send(near, bytes('hello'));
    settle();
    const message = {};
    expect(server.recv(far, new Uint8Array(2), 0, message)).toBe(2);
    expect(message).toEqual({ inq: 3 });
  });

  test('opens the window again, without being asked', () => {
    const { client, server, near, far, settle } = all;
    const sent = fill(client, near);
    settle(1000);
    expect(client.ioctl(near, SIOCOUTQNSD)).toBeGreaterThan(0);
    let received = 0;
    for (let round = 0; round < 1000 && received < sent; round++) {
      received += drain(server, far);
      settle(1);
    }
    expect(received).toBe(sent);
  });
});

describe('send', () => {
  test('takes what the buffer has room for, then EAGAIN, until a third of it is free', () => {
    const { client, server, near, far, settle } = all;
    const sent = fill(client, near);
    expect(sent).toBeGreaterThan(16_384);
    expect(client.send(near, bytes('x'))).toBe(-EAGAIN);
    expect(ready(client, near, POLLOUT)).toBe(0);
    for (let round = 0; round < 100 && ready(client, near, POLLOUT) === 0; round++) {
      settle(1);
      drain(server, far);
    }
    expect(ready(client, near)).toBe(POLLOUT | POLLWRNORM);
    expect(client.send(near, bytes('x'))).toBe(1);
  });

  test('takes SO_SNDBUF bytes, twice on Linux, where the last burst to begin before that may end behind it', async () => {
    for (const [profile, most] of [
      ['linux', 10_000 + 65_535],
      ['freebsd', 5000],
    ] as const) {
      const { client, server, settle, close } = await sockets();
      client.profile = profile;
      listening(server);
      const fd = client.socket(INET);
      client.setsockopt(fd, SOL_SOCKET, SO_SNDBUF, 5000);
      client.connect(fd, SERVER_ADDRESS, PORT);
      settle();
      const sent = fill(client, fd);
      expect(sent).toBeLessThanOrEqual(most);
      expect(sent).toBeGreaterThanOrEqual(profile === 'linux' ? 10_000 : 5000);
      close();
    }
  });

  test('of nothing is nothing', () => {
    expect(all.client.send(all.near, bytes(''))).toBe(0);
  });

  test('with TCP_NOTSENT_LOWAT lets no burst begin to wait beyond it', () => {
    const { client, server, near, far, settle } = all;
    client.setsockopt(near, SOL_TCP, TCP_NOTSENT_LOWAT, 10_000);
    const sent = fill(client, near);
    expect(client.ioctl(near, SIOCOUTQNSD)).toBe(sent - 10 * 1448);
    expect(sent).toBeLessThan(10 * 1448 + 10_000 + 65_536);
    expect(client.send(near, bytes('x'))).toBe(-EAGAIN);
    expect(ready(client, near, POLLOUT)).toBe(0);
    settle();
    drain(server, far);
    settle(100);
    expect(ready(client, near, POLLOUT)).toBe(POLLOUT);
  });

  test('with MSG_EOR ends a segment there', () => {
    const { client, near } = all;
    client.setsockopt(near, SOL_TCP, TCP_NODELAY, 1);
    client.setsockopt(near, SOL_TCP, TCP_CORK, 1);
    client.send(near, new Uint8Array(1000), MSG_EOR);
    client.send(near, new Uint8Array(2000));
    // What ends there does not wait, since more has come behind it; 552 bytes do.
    expect(client.ioctl(near, SIOCOUTQNSD)).toBe(2000 - 1448);
  });

  test('with MSG_OOB is seen by the peer as POLLPRI until it has read that far', () => {
    const { client, server, near, far, settle } = all;
    expect(client.send(near, bytes('urgent'), MSG_OOB)).toBe(6);
    settle();
    expect(ready(server, far, POLLPRI)).toBe(POLLPRI);
    expect(read(server, far)).toBe('urgent');
    expect(ready(server, far, POLLPRI)).toBe(0);
  });
});

describe('a segment that is not full', () => {
  test('waits for the acknowledgment of the one before it, but not with TCP_NODELAY', () => {
    const { client, near } = all;
    client.send(near, bytes('one'));
    client.send(near, bytes('two'));
    expect(client.ioctl(near, SIOCOUTQNSD)).toBe(3);
    client.setsockopt(near, SOL_TCP, TCP_NODELAY, 1);
    expect(client.ioctl(near, SIOCOUTQNSD)).toBe(0);
  });

  test('waits while TCP_CORK is set, and leaves when it is not', () => {
    const { client, near } = all;
    client.setsockopt(near, SOL_TCP, TCP_CORK, 1);
    client.send(near, new Uint8Array(2000));
    expect(client.ioctl(near, SIOCOUTQNSD)).toBe(2000 - 1448);
    client.setsockopt(near, SOL_TCP, TCP_NODELAY, 1);
    expect(client.ioctl(near, SIOCOUTQNSD)).toBe(0);
    client.send(near, bytes('again'));
    expect(client.ioctl(near, SIOCOUTQNSD)).toBe(5);
    client.setsockopt(near, SOL_TCP, TCP_CORK, 0);
    expect(client.ioctl(near, SIOCOUTQNSD)).toBe(0);
  });

  test('waits under TCP_CORK for no longer than a retransmission timeout, 200 ms (tcp(7))', () => {
    const { client, server, near, far, settle } = all;
    client.setsockopt(near, SOL_TCP, TCP_CORK, 1);
    client.send(near, bytes('corked'));
    settle(150);
    expect(read(server, far)).toBe(-EAGAIN);
    settle(250);
    expect(read(server, far)).toBe('corked');
    client.send(near, new Uint8Array(3 * 1448));
    settle();
    expect(drain(server, far)).toBe(3 * 1448);
    expect(client.ioctl(near, SIOCOUTQ)).toBe(0);
    expect(client.tcpInfo(near)).toMatchObject({ tcpi_probes: 0, tcpi_unacked: 0 });
  });

  test('waits for the next send when it was sent with MSG_MORE', () => {
    const { client, server, near, far, settle } = all;
    client.send(near, bytes('one '), MSG_MORE);
    settle();
    expect(read(server, far)).toBe(-EAGAIN);
    client.send(near, bytes('two'));
    settle();
    expect(read(server, far)).toBe('one two');
  });
});

describe('poll', () => {
  test('is level-triggered: what is not taken is reported again', () => {
    const { client, server, near, far, settle } = all;
    client.send(near, bytes('hello'));
    settle();
    const readable = POLLIN | POLLRDNORM;
    expect(ready(server, far, readable)).toBe(readable);
    expect(ready(server, far, readable)).toBe(readable);
    read(server, far);
    expect(ready(server, far, readable)).toBe(0);
  });

  test('counts the descriptors that have something', () => {
    const { server, near, client, far, listener, settle } = all;
    client.send(near, bytes('hello'));
    settle();
    const fds = [
      { fd: far, events: POLLIN },
      { fd: listener, events: POLLIN },
    ];
    expect(server.poll(fds)).toBe(1);
    expect(fds.map((entry) => 'revents' in entry && entry.revents)).toEqual([POLLIN, 0]);
  });

  test('waits for as many bytes as SO_RCVLOWAT says', () => {
    const { client, server, near, far, settle } = all;
    server.setsockopt(far, SOL_SOCKET, SO_RCVLOWAT, 10);
    client.send(near, bytes('hello'));
    settle();
    expect(ready(server, far, POLLIN)).toBe(0);
    client.send(near, bytes('world'));
    settle(50);
    expect(ready(server, far, POLLIN)).toBe(POLLIN);
  });
});

describe('onReady', () => {
  test('calls once, behind the call that made it ready', async () => {
    const { client, server, near, far, settle } = all;
    const heard: number[] = [];
    server.onReady(far, POLLIN, (revents) => heard.push(revents));
    await Promise.resolve();
    expect(heard).toEqual([]);
    client.send(near, bytes('one'));
    settle();
    expect(heard).toEqual([]);
    await Promise.resolve();
    client.send(near, bytes('two'));
    settle();
    await Promise.resolve();
    expect(heard).toEqual([POLLIN]);
  });

  test('calls at once when it is ready by now, and for a connection that waits to be accepted', async () => {
    const { client, server, near, listener, settle } = all;
    const heard: string[] = [];
    client.onReady(near, POLLOUT, () => heard.push('near'));
    server.onReady(listener, POLLIN, () => heard.push('listener'));
    await Promise.resolve();
    expect(heard).toEqual(['near']);
    client.connect(client.socket(INET), SERVER_ADDRESS, 8080);
    settle();
    await Promise.resolve();
    expect(heard).toEqual(['near', 'listener']);
  });

  test('is forgotten with its descriptor', async () => {
    const { client, server, near, far, settle } = all;
    let called = false;
    server.onReady(far, POLLIN, () => {
      called = true;
    });
    server.close(far);
    client.send(near, bytes('x'));
    settle();
    await Promise.resolve();
    expect(called).toBe(false);
  });
});

test('ioctl counts what waits to be received, to be acknowledged and to be sent', () => {
  const { client, server, near, far, listener, settle } = all;
  client.send(near, new Uint8Array(20_000));
  expect(client.ioctl(near, SIOCOUTQ)).toBe(20_000);
  expect(client.ioctl(near, SIOCOUTQNSD)).toBe(20_000 - 10 * 1448);
  settle(1000);
  expect(client.ioctl(near, SIOCOUTQ)).toBe(0);
  expect(server.ioctl(far, SIOCINQ)).toBe(20_000);
  expect(server.ioctl(listener, SIOCINQ)).toBe(-EINVAL);
  expect(server.ioctl(far, 1)).toBe(-ENOTTY);
});
