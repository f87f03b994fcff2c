/** Sockets of AF_INET6: IPv6, IPv4 by mapped addresses (RFC 3493 §3.7), and the options of SOL_IPV6 (RFC 3493 §5, RFC 3542 §6). */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  AF_INET,
  AF_INET6,
  IP_TOS,
  IPV6_MTU,
  IPV6_MTU_DISCOVER,
  IPV6_PMTUDISC_DO,
  IPV6_TCLASS,
  IPV6_UNICAST_HOPS,
  IPV6_V6ONLY,
  SO_DOMAIN,
  SOL_IP,
  SOL_IPV6,
  SOL_SOCKET,
} from '../../host/bsd/constants.js';
import type { Bsd, SocketAddress } from '../../host/bsd/contract.js';
import {
  EADDRINUSE,
  EAFNOSUPPORT,
  ECONNREFUSED,
  EINPROGRESS,
  EINVAL,
  ENETUNREACH,
  ENOPROTOOPT,
  ENOTCONN,
} from '../../host/bsd/errno.js';
import { optionOf, PORT, type Sockets, sockets } from '../kit/bsd.js';

let all: Sockets;
beforeEach(async () => {
  all = await sockets({
    client: { addresses: ['10.9.0.1/24', 'fd00::1/64'] },
    server: { addresses: ['10.9.0.2/24', 'fd00::2/64'] },
  });
});
afterEach(() => all.close());

describe('a listener', () => {
  test('on :: takes both families, and names IPv4 peers by mapped addresses', () => {
    const listener = bound('::');
    for (const [remote, peer, local] of [
      ['fd00::2', 'fd00::1', 'fd00::2'],
      ['10.9.0.2', '::ffff:10.9.0.1', '::ffff:10.9.0.2'],
    ] as const) {
      connected(all.client.socket(remote.includes(':') ? AF_INET6 : AF_INET), remote);
      const seen: SocketAddress = {};
      const fd = all.server.accept(listener, seen);
      expect([seen.address, nameOf(all.server, fd), peerOf(all.server, fd)]).toEqual([peer, local, peer]);
      expect(optionOf(all.server, fd, SOL_SOCKET, SO_DOMAIN)).toBe(AF_INET6);
    }
  });

  test('on :: with IPV6_V6ONLY leaves IPv4 to another socket', () => {
    const six = all.server.socket(AF_INET6);
    expect(all.server.setsockopt(six, SOL_IPV6, IPV6_V6ONLY, 1)).toBe(0);
    expect(all.server.bind(six, '::', PORT)).toBe(0);
    expect(all.server.listen(six, 8)).toBe(0);
    refused('10.9.0.2');
    const four = all.server.socket(AF_INET);
    expect(all.server.bind(four, '0.0.0.0', PORT)).toBe(0);
    expect(all.server.listen(four, 8)).toBe(0);
    connected(all.client.socket(AF_INET), '10.9.0.2');
    expect(all.server.accept(four)).toBeGreaterThan(0);
  });

  test('on :: leaves nothing to others, nor may it come later', () => {
    bound('::');
    expect(all.server.bind(all.server.socket(AF_INET), '0.0.0.0', PORT)).toBe(-EADDRINUSE);
    expect(all.server.bind(all.server.socket(AF_INET6), 'fd00::2', PORT)).toBe(-EADDRINUSE);
    const four = all.server.socket(AF_INET);
    expect(all.server.bind(four, '0.0.0.0', PORT + 1)).toBe(0);
    expect(all.server.bind(all.server.socket(AF_INET6), '::', PORT + 1)).toBe(-EADDRINUSE);
    expect(all.server.bind(all.server.socket(AF_INET6), 'fd00::2', PORT + 1)).toBe(0);
  });

  test('that was not bound listens on ::, and one of AF_INET on 0.0.0.0', () => {
    const [six, four] = [all.server.socket(AF_INET6), all.server.socket(AF_INET)];
    for (const fd of [six, four]) expect(all.server.listen(fd, 1)).toBe(0);
    expect([nameOf(all.server, six), nameOf(all.server, four)]).toEqual(['::', '0.0.0.0']);
  });
});

describe('a socket', () => {
  test('of AF_INET knows no IPv6', () => {
    const fd = all.client.socket(AF_INET);
    expect(all.client.connect(fd, 'fd00::2', PORT)).toBe(-EAFNOSUPPORT);
    expect(all.client.bind(fd, '::', 0)).toBe(-EAFNOSUPPORT);
    expect(all.client.setsockopt(fd, SOL_IPV6, IPV6_TCLASS, 1)).toBe(-ENOPROTOOPT);
    expect(optionOf(all.client, fd, SOL_IPV6, IPV6_MTU)).toBe(-ENOPROTOOPT);
  });

  test('of AF_INET6 reaches IPv4 by a mapped address, unless it speaks IPv6 alone', () => {
    bound('::');
    connected(all.client.socket(AF_INET6), '::ffff:10.9.0.2');
    const only = all.client.socket(AF_INET6);
    all.client.setsockopt(only, SOL_IPV6, IPV6_V6ONLY, 1);
    expect(all.client.connect(only, '::ffff:10.9.0.2', PORT)).toBe(-ENETUNREACH);
    expect(all.client.bind(only, '::ffff:10.9.0.1', PORT)).toBe(-EINVAL);
    connected(only, 'fd00::2');
  });

  test('may say what :: means until it is bound (ipv6(7))', () => {
    const fd = all.server.socket(AF_INET6);
    expect(optionOf(all.server, fd, SOL_IPV6, IPV6_V6ONLY)).toBe(0);
    expect(all.server.bind(fd, '::', PORT)).toBe(0);
    expect(all.server.setsockopt(fd, SOL_IPV6, IPV6_V6ONLY, 1)).toBe(-EINVAL);
  });
});

describe('the options of SOL_IPV6', () => {
  test('are those of SOL_IP under other names', () => {
    bound('::');
    const fd = all.client.socket(AF_INET6);
    expect(optionOf(all.client, fd, SOL_IPV6, IPV6_UNICAST_HOPS)).toBe(64);
    expect(all.client.setsockopt(fd, SOL_IPV6, IPV6_TCLASS, 0xb8)).toBe(0);
    expect(optionOf(all.client, fd, SOL_IP, IP_TOS)).toBe(0xb8);
    expect(all.client.setsockopt(fd, SOL_IPV6, IPV6_UNICAST_HOPS, 9)).toBe(0);
    expect(all.client.setsockopt(fd, SOL_IPV6, IPV6_UNICAST_HOPS, 256)).toBe(-EINVAL);
    expect(all.client.setsockopt(fd, SOL_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DO)).toBe(0);
    expect(optionOf(all.client, fd, SOL_IPV6, IPV6_MTU_DISCOVER)).toBe(IPV6_PMTUDISC_DO);
    expect(optionOf(all.client, fd, SOL_IPV6, IPV6_MTU)).toBe(-ENOTCONN);
    connected(fd, 'fd00::2');
    expect(optionOf(all.client, fd, SOL_IPV6, IPV6_MTU)).toBe(1500);
  });

  test('take -1 for what they were (RFC 3542 §6.5)', () => {
    const fd = all.client.socket(AF_INET6);
    all.client.setsockopt(fd, SOL_IPV6, IPV6_UNICAST_HOPS, 9);
    expect(all.client.setsockopt(fd, SOL_IPV6, IPV6_UNICAST_HOPS, -1)).toBe(0);
    expect(optionOf(all.client, fd, SOL_IPV6, IPV6_UNICAST_HOPS)).toBe(64);
  });
});

function bound(address: string): number {
  const fd = all.server.socket(AF_INET6);
  expect(all.server.bind(fd, address, PORT)).toBe(0);
  expect(all.server.listen(fd, 8)).toBe(0);
  return fd;
}

function connected(fd: number, remote: string): void {
  expect(all.client.connect(fd, remote, PORT)).toBe(-EINPROGRESS);
  all.settle();
  expect(all.client.connect(fd, remote, PORT)).toBe(0);
}

function refused(remote: string): void {
  const fd = all.client.socket(AF_INET6);
  expect(all.client.connect(fd, remote, PORT)).toBe(-EINPROGRESS);
  all.settle();
  expect(all.client.connect(fd, remote, PORT)).toBe(-ECONNREFUSED);
}

function nameOf(bsd: Bsd, fd: number): string | undefined {
  const name: SocketAddress = {};
  bsd.getsockname(fd, name);
  return name.address;
}

function peerOf(bsd: Bsd, fd: number): string | undefined {
  const name: SocketAddress = {};
  bsd.getpeername(fd, name);
  return name.address;
}
