/** `setsockopt` and `getsockopt`: what each option takes, answers and does (socket(7), ip(7), tcp(7)). */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  IP_FREEBIND,
  IP_MTU,
  IP_MTU_DISCOVER,
  IP_PMTUDISC_DO,
  IP_TOS,
  IP_TTL,
  SO_ACCEPTCONN,
  SO_KEEPALIVE,
  SO_LINGER,
  SO_MARK,
  SO_PRIORITY,
  SO_RCVBUF,
  SO_REUSEPORT,
  SO_SNDBUF,
  SO_TYPE,
  SOCK_STREAM,
  SOL_IP,
  SOL_SOCKET,
  SOL_TCP,
  TCP_CONGESTION,
  TCP_CORK,
  TCP_DEFER_ACCEPT,
  TCP_INFO,
  TCP_INQ,
  TCP_KEEPCNT,
  TCP_KEEPIDLE,
  TCP_KEEPINTVL,
  TCP_LINGER2,
  TCP_MAXSEG,
  TCP_NODELAY,
  TCP_NOTSENT_LOWAT,
  TCP_QUICKACK,
  TCP_SYNCNT,
  TCP_ULP,
  TCP_USER_TIMEOUT,
} from '../../host/bsd/constants.js';
import { EINVAL, ENOENT, ENOPROTOOPT, ENOTCONN, ETIMEDOUT } from '../../host/bsd/errno.js';
import { INET, optionOf, type Pair, pair, read } from '../kit/bsd.js';
import { neighbor, WIDER } from '../kit/family.js';
import { SERVER_ADDRESS } from '../kit/stacks.js';

let all: Pair;
beforeEach(async () => {
  all = await pair();
});
afterEach(() => all.close());

/** Level, name, what it is at first, values and what becomes of them. */
const NUMBERS: readonly [string, number, number, number, Record<string, number>][] = [
  ['SO_KEEPALIVE', SOL_SOCKET, SO_KEEPALIVE, 0, { 1: 1, 7: 1, 0: 0 }],
  ['SO_REUSEPORT', SOL_SOCKET, SO_REUSEPORT, 0, { 1: 1 }],
  ['SO_PRIORITY', SOL_SOCKET, SO_PRIORITY, 0, { 6: 6 }],
  ['SO_MARK', SOL_SOCKET, SO_MARK, 0, { 4711: 4711 }],
  ['IP_TOS', SOL_IP, IP_TOS, 0, { 16: 16, 255: 252 }],
  ['IP_TTL', SOL_IP, IP_TTL, 64, { 1: 1, 255: 255 }],
  ['IP_MTU_DISCOVER', SOL_IP, IP_MTU_DISCOVER, 1, { [IP_PMTUDISC_DO]: IP_PMTUDISC_DO }],
  ['IP_FREEBIND', SOL_IP, IP_FREEBIND, 0, { 1: 1 }],
  ['TCP_NODELAY', SOL_TCP, TCP_NODELAY, 0, { 1: 1, 0: 0 }],
  ['TCP_CORK', SOL_TCP, TCP_CORK, 0, { 1: 1, 0: 0 }],
  ['TCP_KEEPIDLE', SOL_TCP, TCP_KEEPIDLE, 7200, { 1: 1, 32767: 32767 }],
  ['TCP_KEEPINTVL', SOL_TCP, TCP_KEEPINTVL, 75, { 10: 10 }],
  ['TCP_KEEPCNT', SOL_TCP, TCP_KEEPCNT, 9, { 127: 127 }],
  ['TCP_SYNCNT', SOL_TCP, TCP_SYNCNT, 7, { 3: 3 }],
  ['TCP_LINGER2', SOL_TCP, TCP_LINGER2, 60, { 5: 5, '-7': -1 }],
  ['TCP_DEFER_ACCEPT', SOL_TCP, TCP_DEFER_ACCEPT, 0, { 5: 5 }],
  ['TCP_QUICKACK', SOL_TCP, TCP_QUICKACK, 1, { 0: 0, 1: 1 }],
  ['TCP_USER_TIMEOUT', SOL_TCP, TCP_USER_TIMEOUT, 0, { 5000: 5000 }],
  ['TCP_NOTSENT_LOWAT', SOL_TCP, TCP_NOTSENT_LOWAT, 0, { 16384: 16384 }],
  ['TCP_INQ', SOL_TCP, TCP_INQ, 0, { 1: 1 }],
];

test.each(NUMBERS)('%s is %4$s at first and keeps what is set', (_, level, name, first, values) => {
  const { client, near } = all;
  expect(optionOf(client, near, level, name)).toBe(first);
  for (const [value, kept] of Object.entries(values)) {
    expect(client.setsockopt(near, level, name, Number(value))).toBe(0);
    expect(optionOf(client, near, level, name)).toBe(kept);
  }
});

const REFUSED: readonly [string, number, number, number][] = [
  ['IP_TTL', SOL_IP, IP_TTL, 0],
  ['IP_TTL', SOL_IP, IP_TTL, 256],
  ['IP_MTU_DISCOVER', SOL_IP, IP_MTU_DISCOVER, 9],
  ['TCP_MAXSEG', SOL_TCP, TCP_MAXSEG, 87],
  ['TCP_MAXSEG', SOL_TCP, TCP_MAXSEG, 40000],
  ['TCP_KEEPIDLE', SOL_TCP, TCP_KEEPIDLE, 0],
  ['TCP_KEEPINTVL', SOL_TCP, TCP_KEEPINTVL, 32768],
  ['TCP_KEEPCNT', SOL_TCP, TCP_KEEPCNT, 128],
  ['TCP_SYNCNT', SOL_TCP, TCP_SYNCNT, 0],
  ['TCP_USER_TIMEOUT', SOL_TCP, TCP_USER_TIMEOUT, -1],
  ['TCP_INQ', SOL_TCP, TCP_INQ, 2],
  ['TCP_NODELAY', SOL_TCP, TCP_NODELAY, Number.NaN],
];

test.each(REFUSED)('%s can not be %3$s', (_, level, name, value) => {
  const before = optionOf(all.client, all.near, level, name);
  expect(all.client.setsockopt(all.near, level, name, value)).toBe(-EINVAL);
  expect(optionOf(all.client, all.near, level, name)).toBe(before);
});

test('what there is not is ENOPROTOOPT, and so is setting what only tells', () => {
  const { client, near } = all;
  expect(client.setsockopt(near, SOL_TCP, TCP_ULP, 'tls')).toBe(-ENOPROTOOPT);
  expect(client.setsockopt(near, SOL_SOCKET, 9999, 1)).toBe(-ENOPROTOOPT);
  expect(client.setsockopt(near, 77, 1, 1)).toBe(-ENOPROTOOPT);
  expect(client.setsockopt(near, SOL_SOCKET, SO_TYPE, 1)).toBe(-ENOPROTOOPT);
  expect(optionOf(client, near, SOL_SOCKET, 9999)).toBe(-ENOPROTOOPT);
  expect(optionOf(client, near, SOL_SOCKET, SO_TYPE)).toBe(SOCK_STREAM);
});

describe('TCP_CONGESTION', () => {
  test('is a name', () => {
    const { client, near } = all;
    const first = optionOf(client, near, SOL_TCP, TCP_CONGESTION);
    const other = first === 'reno' ? 'cubic' : 'reno';
    expect(client.setsockopt(near, SOL_TCP, TCP_CONGESTION, other)).toBe(0);
    expect(optionOf(client, near, SOL_TCP, TCP_CONGESTION)).toBe(other);
    expect(client.setsockopt(near, SOL_TCP, TCP_CONGESTION, 'vegas')).toBe(-ENOENT);
  });
});

describe('SO_SNDBUF and SO_RCVBUF', () => {
  test('are doubled, and brought up to a least size, in the numbers of Linux', () => {
    const { client, near } = all;
    client.setsockopt(near, SOL_SOCKET, SO_SNDBUF, 10_000);
    client.setsockopt(near, SOL_SOCKET, SO_RCVBUF, 1);
    expect(optionOf(client, near, SOL_SOCKET, SO_SNDBUF)).toBe(20_000);
    expect(optionOf(client, near, SOL_SOCKET, SO_RCVBUF)).toBe(2304);
  });

  test('are what they are in the numbers of FreeBSD', () => {
    const { client } = all;
    client.profile = 'freebsd';
    const fd = client.socket(INET);
    client.setsockopt(fd, SOL_SOCKET, SO_SNDBUF, 10_000);
    expect(optionOf(client, fd, SOL_SOCKET, SO_SNDBUF)).toBe(10_000);
  });

  test('are the sizes of the moment while nobody has set them', () => {
    const { client, near } = all;
    expect(optionOf(client, near, SOL_SOCKET, SO_RCVBUF)).toBe(client.tcpInfo(near)?.tcpi_rcv_wnd);
    expect(optionOf(client, client.socket(INET), SOL_SOCKET, SO_SNDBUF)).toBeGreaterThan(0);
  });

  test('set before connecting, bound the window from the SYN on', () => {
    const { client, server, listener, settle } = all;
    const fd = client.socket(INET);
    client.setsockopt(fd, SOL_SOCKET, SO_RCVBUF, 20_000);
    client.connect(fd, SERVER_ADDRESS, 8080);
    settle();
    const far = server.accept(listener);
    expect(server.tcpInfo(far)).toMatchObject({ tcpi_snd_wscale: 0 });
    expect(server.tcpInfo(far)?.tcpi_snd_wnd).toBeLessThanOrEqual(20_000);
  });
});

describe('an option of a listener', () => {
  test('is that of the connections it accepts', () => {
    const { client, server, listener, settle } = all;
    server.setsockopt(listener, SOL_TCP, TCP_NODELAY, 1);
    server.setsockopt(listener, SOL_SOCKET, SO_LINGER, { onoff: 1, linger: 3 });
    server.setsockopt(listener, SOL_TCP, TCP_MAXSEG, 1000);
    const fd = client.socket(INET);
    client.connect(fd, SERVER_ADDRESS, 8080);
    settle();
    const accepted = server.accept(listener);
    expect(optionOf(server, accepted, SOL_TCP, TCP_NODELAY)).toBe(1);
    expect(optionOf(server, accepted, SOL_SOCKET, SO_LINGER)).toEqual({ onoff: 1, linger: 3 });
    expect(optionOf(server, accepted, SOL_SOCKET, SO_ACCEPTCONN)).toBe(0);
    // Announced on the SYN-ACK: the peer's segments are no longer than that, options included.
    expect(optionOf(client, fd, SOL_TCP, TCP_MAXSEG)).toBe(988);
  });
});

test('TCP_MAXSEG is the segment size of the connection; before it, what was set or 536', () => {
  const { client, near } = all;
  expect(optionOf(client, near, SOL_TCP, TCP_MAXSEG)).toBe(1448);
  const fd = client.socket(INET);
  expect(optionOf(client, fd, SOL_TCP, TCP_MAXSEG)).toBe(536);
  client.setsockopt(fd, SOL_TCP, TCP_MAXSEG, 1000);
  expect(optionOf(client, fd, SOL_TCP, TCP_MAXSEG)).toBe(1000);
});

test('IP_MTU is the path’s, and needs a connection', () => {
  expect(optionOf(all.client, all.near, SOL_IP, IP_MTU)).toBe(1500 + WIDER);
  expect(optionOf(all.client, all.client.socket(INET), SOL_IP, IP_MTU)).toBe(-ENOTCONN);
});

test('TCP_SYNCNT bounds the attempts to connect', () => {
  const { client, settle } = all;
  const fd = client.socket(INET);
  client.setsockopt(fd, SOL_TCP, TCP_SYNCNT, 1);
  client.connect(fd, neighbor(77), 80);
  settle(2999);
  expect(read(client, fd)).toBe(-11);
  settle(2);
  expect(read(client, fd)).toBe(-ETIMEDOUT);
});

test('TCP_INFO is the same as tcpInfo', () => {
  expect(optionOf(all.client, all.near, SOL_TCP, TCP_INFO)).toEqual(all.client.tcpInfo(all.near));
});
