/**
 * BSD sockets on a `Stack`: the calls of POSIX's and Linux's manual, each of which returns at once. Every call answers 0 or
 * a count when it succeeds, and the negative of an error number (`errno.ts`) when it does not; none throws for what the
 * network or the program did. A call that would block answers `-EAGAIN` or `-EINPROGRESS`.
 *
 * A call is a system call: what it makes the stack owe leaves for the device before it returns. Nothing is delivered by
 * callback: bytes wait in the core until `recv`, connections until `accept`, and `poll` is level-triggered.
 *
 * Not for: the everyday socket (`../socket/`), names, blocking.
 */
import type { TcpInfo } from './tcp-info.js';

/** `stack.bsd`. */
export interface Bsd {
  /**
   * Of sockets to come: whose numbers `SO_SNDBUF` and `SO_RCVBUF` follow: Linux doubles what is set (socket(7)), FreeBSD does not;
   * and whether a send may exceed the buffer by what goes out together, as on Linux.
   * `'linux'` to begin with.
   */
  profile: 'linux' | 'freebsd';

  /**
   * @param domain `AF_INET`, or `AF_INET6`, which speaks IPv4 too unless IPV6_V6ONLY is set: IPv4 addresses are then written
   *   `::ffff:192.0.2.1`, and may be given as `192.0.2.1`
   * @param type `SOCK_STREAM`; SOCK_NONBLOCK and SOCK_CLOEXEC make no difference
   * @returns a descriptor, 3 or more, the lowest one free; -EAFNOSUPPORT, -EPROTONOSUPPORT, -ESOCKTNOSUPPORT
   */
  socket(domain?: number, type?: number, protocol?: number): number;

  /**
   * Chooses the local end; port 0 chooses a free one (see `getsockname`), address '0.0.0.0' any of IPv4, '::' any.
   * @returns 0; -EINVAL (bound already, or no address), -EADDRINUSE, -EADDRNOTAVAIL, -EAFNOSUPPORT (IPv6 on AF_INET)
   */
  bind(fd: number, address: string, port: number): number;

  /**
   * Makes it a listener. A second call changes the backlog.
   * @returns 0; -EINVAL (connected), -EADDRINUSE, -ENOBUFS
   */
  listen(fd: number, backlog: number): number;

  /**
   * Takes the oldest connection that waits.
   * @param peer is filled in
   * @returns its descriptor; -EAGAIN when none waits, -EINVAL when it is no listener
   */
  accept(fd: number, peer?: SocketAddress): number;

  /**
   * Starts a connection. Once it is open or has failed, `poll` reports POLLOUT, and the next `connect` answers 0 or the
   * error, as `SO_ERROR` does. With TCP_FASTOPEN_CONNECT and a cookie it answers 0, and the first `send` carries the SYN; an empty
   * `send` lets it go without data.
   * @returns -EINPROGRESS; -EALREADY, -EISCONN; -ENETUNREACH, -EADDRNOTAVAIL, -EINVAL, -ENOBUFS, -EAFNOSUPPORT
   */
  connect(fd: number, address: string, port: number): number;

  /**
   * Queues bytes.
   * @param flags MSG_MORE holds back a segment that is not full; MSG_FASTOPEN needs `address` and `port`, and opens the
   *   connection with the bytes on the SYN where a cookie is known; MSG_OOB marks all up to the last of them as urgent
   *   (RFC 9293 §3.8.5). MSG_EOR ends a segment behind the last of them. With SO_ZEROCOPY, MSG_ZEROCOPY puts a notice on
   *   the error queue once the bytes are acknowledged, though they are copied. MSG_NOSIGNAL, MSG_DONTWAIT and
   *   MSG_DONTROUTE make no difference
   * @returns how many it took, fewer than given when the buffer is full; -EAGAIN when it is full or the connection is not
   *   open yet, -EPIPE after `shutdown` or when it is not connected, or the error that ended the connection, once;
   *   -EINPROGRESS for MSG_FASTOPEN without a cookie: the bytes are not taken, unless MSG_WAITALL asks for what a call that
   *   blocks would do: they wait for the handshake
   */
  send(fd: number, bytes: Uint8Array, flags?: number): number;
  sendto(fd: number, bytes: Uint8Array, flags: number, address: string, port: number): number;

  /**
   * Takes bytes that wait, as many as fit into `buffer`.
   * @param flags MSG_PEEK leaves them where they are; MSG_TRUNC drops them: `buffer` is not written, only its length counts;
   *   MSG_DONTWAIT and MSG_WAITALL make no difference; MSG_OOB is -EINVAL: urgent data is delivered in line
   * @param message with TCP_INQ: `inq` is filled in with the bytes that are left, 1 when only the end is
   * @returns how many; 0 at the end of the peer's half or after SHUT_RD; -EAGAIN when nothing waits, -ENOTCONN, or the error
   *   that ended the connection, once
   */
  recv(fd: number, buffer: Uint8Array, flags?: number, message?: ReceivedMessage): number;

  /**
   * Ends one half or both. SHUT_WR sends FIN behind the last byte. After SHUT_RD `recv` answers 0 once nothing is left.
   * @returns 0; -ENOTCONN, -EINVAL
   */
  shutdown(fd: number, how: number): number;

  /**
   * Gives the descriptor back. What was sent is still delivered; but unread bytes, or SO_LINGER of 0 seconds, make it a
   * RST at once. Of a listener: those who wait to be accepted are reset. A longer SO_LINGER does not wait.
   * @returns 0; -EBADF
   */
  close(fd: number): number;

  /**
   * @param value a number for most options; `{ onoff, linger }` for SO_LINGER, a name for TCP_CONGESTION
   * @returns 0; -ENOPROTOOPT for an option there is not, -EINVAL, -EDOM for a value it can't have, -ENOENT for a congestion
   *   controller there is not
   */
  setsockopt(fd: number, level: number, name: number, value: OptionValue): number;

  /**
   * @param option its `value` is filled in; TCP_INFO gives a `TcpInfo`
   * @returns 0; -ENOPROTOOPT
   */
  getsockopt(fd: number, level: number, name: number, option: { value?: OptionValue }): number;

  /**
   * What each descriptor is ready for now, in `revents`: what was asked for in `events`, and POLLERR, POLLHUP, POLLNVAL.
   * @returns how many have something
   */
  poll(fds: readonly PollFd[]): number;

  /**
   * Calls `callback` once, by a microtask, when `poll` would report any of `events` (POLLERR and POLLHUP always), with what
   * it would report; at once if it does by now. Keeps the process alive until then, or until `close`. One for each
   * descriptor: another takes its place.
   * @returns 0; -EBADF
   */
  onReady(fd: number, events: number, callback: (revents: number) => void): number;

  /** @returns 0 with `address` filled in; -EBADF */
  getsockname(fd: number, address: SocketAddress): number;

  /** @returns 0 with `address` filled in; -ENOTCONN */
  getpeername(fd: number, address: SocketAddress): number;

  /**
   * @param request SIOCINQ: bytes that wait to be received; SIOCOUTQ: bytes not acknowledged; SIOCOUTQNSD: bytes not sent
   * @returns the number; -EINVAL for a listener ; -ENOTTY for another request
   */
  ioctl(fd: number, request: number): number;

  /** @returns what Linux's TCP_INFO would say; undefined for a descriptor that names nothing */
  tcpInfo(fd: number): TcpInfo | undefined;

  /**
   * Called when packets may have come in, before what they make the stack owe goes out: what is sent here carries the ACKs. For
   * callers that let a program wait inside a call. Nothing to begin with.
   */
  arrived: () => void;

  /** Every descriptor in use, in order. */
  readonly descriptors: readonly number[];
}

/** `struct sockaddr_in` and `sockaddr_in6`: filled in by the call it is given to. */
export interface SocketAddress {
  address?: string;
  port?: number;
}

/** What comes beside the bytes. */
export interface ReceivedMessage {
  inq?: number;
  /** With MSG_ERRQUEUE: the calls of MSG_ZEROCOPY that are done, numbered from 0, both inclusive. */
  completed?: { first: number; last: number };
}

/** `struct pollfd` */
export interface PollFd {
  fd: number;
  events: number;
  revents?: number;
}

/** `struct linger`, in seconds. */
export interface Linger {
  onoff: number;
  linger: number;
}

export type OptionValue = number | string | Linger | TcpInfo;
