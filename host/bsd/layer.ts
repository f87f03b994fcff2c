/**
 * Descriptors: the table of sockets that programs name by number, and the calls that concern more than one of them.
 * Not for: what a call does to its socket (`endpoint.ts`), what the calls promise (`contract.ts`).
 */
import { type Address, isIPv4 } from '../core/address.js';
import type { Core } from '../core/core.js';
import { addressFor, addressText, anywhere, isIPv6Only, overlap } from './address.js';
import {
  AF_INET,
  AF_INET6,
  IPPROTO_TCP,
  MSG_ERRQUEUE,
  MSG_FASTOPEN,
  MSG_PEEK,
  MSG_ZEROCOPY,
  POLLERR,
  POLLHUP,
  POLLNVAL,
  SIOCINQ,
  SIOCOUTQ,
  SIOCOUTQNSD,
  SO_REUSEADDR,
  SO_REUSEPORT,
  SO_ZEROCOPY,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
  SOL_TCP,
  TCP_INQ,
} from './constants.js';
import type { Bsd, OptionValue, PollFd, ReceivedMessage, SocketAddress } from './contract.js';
import { Endpoint, type Ground, type LocalEnd } from './endpoint.js';
import {
  EADDRINUSE,
  EAFNOSUPPORT,
  EAGAIN,
  EBADF,
  EDESTADDRREQ,
  EINVAL,
  ENETUNREACH,
  ENOTCONN,
  ENOTTY,
  EOPNOTSUPP,
  EPROTONOSUPPORT,
  ESOCKTNOSUPPORT,
} from './errno.js';
import { opensFast, readOption, setOption } from './information.js';
import { Settings } from './options.js';
import { readTcpInfo } from './read-info.js';
import type { TcpInfo } from './tcp-info.js';

export class Layer implements Bsd {
  profile: 'linux' | 'freebsd' = 'linux';
  arrived: () => void = () => {};
  readonly #endpoints = new Map<number, Endpoint>();
  readonly #waiters = new Map<number, Waiter>();
  readonly #core: Core;

  constructor(private readonly ground: Ground) {
    this.#core = ground.port.core;
  }

  get descriptors(): readonly number[] {
    return [...this.#endpoints.keys()].sort((a, b) => a - b);
  }

  socket(domain = AF_INET, type = SOCK_STREAM, protocol = 0): number {
    if (domain !== AF_INET && domain !== AF_INET6) return -EAFNOSUPPORT;
    if ((type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) !== SOCK_STREAM) return -ESOCKTNOSUPPORT;
    if (protocol !== 0 && protocol !== IPPROTO_TCP) return -EPROTONOSUPPORT;
    return this.#enter(new Endpoint(this.ground, new Settings(this.#core, this.profile, domain)));
  }

  bind(fd: number, address: string, port: number): number {
    const endpoint = this.#endpoints.get(fd);
    if (endpoint === undefined) return -EBADF;
    const { settings } = endpoint;
    const parsed = addressFor(settings, address);
    if (typeof parsed === 'number') return parsed;
    const ipv6Only = isIPv6Only(settings);
    if (!isPort(port) || endpoint.local !== undefined || endpoint.role !== 'fresh') return -EINVAL;
    if (ipv6Only && isIPv4(parsed)) return -EINVAL;
    const free = this.#probe({ address: parsed, port, ipv6Only });
    if (free < 0) return free;
    const local = { address: parsed, port: free, ipv6Only };
    if (this.#collides(endpoint, local)) return -EADDRINUSE;
    endpoint.local = local;
    return 0;
  }

  listen(fd: number, backlog: number): number {
    return this.#on(fd, (endpoint) => endpoint.listen(endpoint.local ?? anywhere(endpoint.settings), backlog));
  }

  accept(fd: number, peer?: SocketAddress): number {
    return this.#on(fd, (listener) => {
      const handle = listener.accept();
      if (handle < 0) return handle;
      const endpoint = new Endpoint(this.ground, listener.settings.inherited());
      endpoint.local = listener.local;
      endpoint.adopt(handle);
      const accepted = this.#enter(endpoint);
      if (peer !== undefined) Object.assign(peer, peerOf(endpoint));
      return accepted;
    });
  }

  connect(fd: number, address: string, port: number): number {
    return this.#on(fd, (endpoint) => {
      const remote = remoteFor(endpoint, address, port);
      return typeof remote === 'number' ? remote : endpoint.connect(remote, port);
    });
  }

  send(fd: number, bytes: Uint8Array, flags = 0): number {
    return this.#on(fd, (endpoint) => {
      return (flags & MSG_FASTOPEN) !== 0 ? -EDESTADDRREQ : accepted(endpoint, endpoint.send(bytes, flags), flags);
    });
  }

  sendto(fd: number, bytes: Uint8Array, flags: number, address: string, port: number): number {
    if ((flags & MSG_FASTOPEN) === 0) return this.send(fd, bytes, flags);
    if (!opensFast(this.#core)) return -EOPNOTSUPP;
    return this.#on(fd, (endpoint) => {
      const remote = remoteFor(endpoint, address, port);
      if (typeof remote === 'number') return remote;
      return accepted(endpoint, endpoint.sendOpening(bytes, flags, remote, port), flags);
    });
  }

  recv(fd: number, buffer: Uint8Array, flags = 0, message?: ReceivedMessage): number {
    return this.#on(fd, (endpoint) => {
      if ((flags & MSG_ERRQUEUE) !== 0) return takeCompleted(endpoint, flags, message);
      const taken = endpoint.recv(buffer, flags);
      if (message !== undefined && taken >= 0 && endpoint.settings.get(SOL_TCP, TCP_INQ) !== 0) {
        // Linux counts the end that waits behind the bytes as one more.
        const { unread, peerDone } = endpoint.look();
        message.inq = unread === 0 && peerDone && taken > 0 ? 1 : unread;
      }
      return taken;
    });
  }

  shutdown(fd: number, how: number): number {
    return this.#on(fd, (endpoint) => endpoint.shutdown(how));
  }

  close(fd: number): number {
    return this.#on(fd, (endpoint) => {
      this.#stopWaiting(fd);
      this.#endpoints.delete(fd);
      endpoint.close();
      return 0;
    });
  }

  setsockopt(fd: number, level: number, name: number, value: OptionValue): number {
    return this.#on(fd, (endpoint) => {
      const done = setOption(endpoint, this.#core, level, name, value);
      this.ground.port.transmit();
      return done;
    });
  }

  getsockopt(fd: number, level: number, name: number, option: { value?: OptionValue }): number {
    return this.#on(fd, (endpoint) => readOption({ endpoint, core: this.#core }, level, name, option));
  }

  poll(fds: readonly PollFd[]): number {
    let count = 0;
    for (const entry of fds) {
      entry.revents = this.#revents(entry.fd, entry.events);
      if (entry.revents !== 0) count++;
    }
    return count;
  }

  onReady(fd: number, events: number, callback: (revents: number) => void): number {
    if (!this.#endpoints.has(fd)) return -EBADF;
    this.#stopWaiting(fd);
    this.#waiters.set(fd, { events, callback });
    this.ground.port.keepAlive.hold();
    this.look();
    return 0;
  }

  getsockname(fd: number, address: SocketAddress): number {
    return this.#on(fd, (endpoint) => {
      const ends = endpoint.ends();
      const { address: bound, port } = endpoint.local ?? anywhere(endpoint.settings);
      address.address = addressText(endpoint.settings, ends?.localAddress ?? bound);
      address.port = ends?.localPort ?? port;
      return 0;
    });
  }

  getpeername(fd: number, address: SocketAddress): number {
    return this.#on(fd, (endpoint) => {
      if (!endpoint.isConnected) return -ENOTCONN;
      Object.assign(address, peerOf(endpoint));
      return 0;
    });
  }

  ioctl(fd: number, request: number): number {
    return this.#on(fd, (endpoint) => {
      if (endpoint.role === 'listener') return -EINVAL;
      const { unread, unacknowledged, unsent } = endpoint.look();
      if (request === SIOCINQ) return unread;
      if (request === SIOCOUTQ) return unacknowledged;
      return request === SIOCOUTQNSD ? unsent : -ENOTTY;
    });
  }

  tcpInfo(fd: number): TcpInfo | undefined {
    const endpoint = this.#endpoints.get(fd);
    this.ground.port.tick();
    return endpoint === undefined ? undefined : readTcpInfo(this.#core, endpoint);
  }

  // For the stack.

  /** Something may have happened: tells those who wait for it. */
  look(): void {
    for (const [fd, { events, callback }] of this.#waiters) {
      const revents = this.#revents(fd, events);
      if (revents === 0) continue;
      this.#stopWaiting(fd);
      queueMicrotask(() => callback(revents));
    }
  }

  /** What a snapshot has to know: it has no descriptors, so what they hold in the core ends when it is restored. */
  held(): HeldBySockets {
    const held: HeldBySockets = { listeners: [], connections: [] };
    for (const { role, handle } of this.#endpoints.values()) {
      if (role === 'listener') held.listeners.push(handle);
      else if (role === 'connection') held.connections.push(handle);
    }
    return held;
  }

  /** The stack is closing: every connection is reset. */
  abandon(): void {
    for (const endpoint of this.#endpoints.values()) endpoint.abandon();
    this.forget();
  }

  /** Nothing is left of the stack: every descriptor is void, and nobody waits any more. */
  forget(): void {
    for (const fd of this.#waiters.keys()) this.#stopWaiting(fd);
    this.#endpoints.clear();
  }

  #on(fd: number, call: (endpoint: Endpoint) => number): number {
    const endpoint = this.#endpoints.get(fd);
    if (endpoint === undefined) return -EBADF;
    this.ground.port.tick();
    return call(endpoint);
  }

  #enter(endpoint: Endpoint): number {
    let fd = FIRST;
    while (this.#endpoints.has(fd)) fd++;
    this.#endpoints.set(fd, endpoint);
    return fd;
  }

  #revents(fd: number, events: number): number {
    const endpoint = this.#endpoints.get(fd);
    if (endpoint === undefined) return POLLNVAL;
    const notices = completed(endpoint) === undefined ? 0 : POLLERR;
    return (endpoint.readiness() & (events | POLLERR | POLLHUP)) | notices;
  }

  #stopWaiting(fd: number): void {
    if (this.#waiters.delete(fd)) this.ground.port.keepAlive.release();
  }

  /** Whether another socket that is no listener has this local end and does not share it. */
  #collides(one: Endpoint, end: LocalEnd): boolean {
    for (const other of this.#endpoints.values()) {
      const { local } = other;
      if (local === undefined || local.port !== end.port || !overlap(local, end)) continue;
      if (!both(one, other, SO_REUSEADDR) && !both(one, other, SO_REUSEPORT)) return true;
    }
    return false;
  }

  /** Whether one may listen there: asked by doing so for a moment. @returns the port, or a negative error number */
  #probe(place: LocalEnd): number {
    const listening = this.ground.listen(place, 1);
    if (typeof listening === 'number') return listening;
    this.ground.unlisten(listening.handle);
    return listening.port;
  }
}

/** Handles. */
export interface HeldBySockets {
  listeners: number[];
  connections: number[];
}

interface Waiter {
  events: number;
  callback: (revents: number) => void;
}

function both(one: Endpoint, other: Endpoint, option: number): boolean {
  return one.settings.get(SOL_SOCKET, option) !== 0 && other.settings.get(SOL_SOCKET, option) !== 0;
}

/** Whom `connect` means. @returns a negative error number when it can be nobody */
function remoteFor({ settings }: Endpoint, text: string, port: number): Address | number {
  const address = addressFor(settings, text);
  if (typeof address === 'number' || !isPort(port)) return typeof address === 'number' ? address : -EINVAL;
  return isIPv6Only(settings) && isIPv4(address) ? -ENETUNREACH : address;
}

/** Whom a connection is with, whether it lives or not. */
function peerOf(endpoint: Endpoint): SocketAddress {
  const ends = endpoint.ends();
  return ends === undefined
    ? {}
    : { address: addressText(endpoint.settings, ends.remoteAddress), port: ends.remotePort };
}

/** Notes which bytes a call of MSG_ZEROCOPY has handed over. @returns `taken` */
function accepted(endpoint: Endpoint, taken: number, flags: number): number {
  const asked = (flags & MSG_ZEROCOPY) !== 0 && endpoint.settings.get(SOL_SOCKET, SO_ZEROCOPY) !== 0;
  if (taken > 0) endpoint.completions.accepted(taken, asked);
  return taken;
}

/** What the error queue holds. */
function completed(endpoint: Endpoint) {
  return endpoint.completions.look(endpoint.look().unacknowledged);
}

/** Reads the error queue. @returns 0, -EAGAIN when it is empty */
function takeCompleted(endpoint: Endpoint, flags: number, message: ReceivedMessage = {}): number {
  const done = completed(endpoint);
  if (done === undefined) return -EAGAIN;
  message.completed = done;
  if ((flags & MSG_PEEK) === 0) endpoint.completions.told();
  return 0;
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 0 && port <= 65535;
}

const FIRST = 3;
