/**
 * One socket: what a descriptor names, from `socket` to `close`. Which errors a call answers, and in which order they are
 * looked for, is Linux's way (net/ipv4/af_inet.c and tcp.c describe it; tcp(7) and POSIX say the rest).
 * Not for: descriptors (`layer.ts`), options (`options.ts`).
 */
import {
  LISTENER_BACKLOG,
  LISTENER_QUEUE,
  OPTION_BURSTS,
  OPTION_MORE,
  STATE_CLOSE_WAIT,
  STATE_CLOSED,
  STATE_ESTABLISHED,
  STATE_FIN_WAIT_2,
  STATE_LISTEN,
  STATE_SYN_RECEIVED,
  STATE_SYN_SENT,
} from '../../assembly/abi/constants.js';
import { type Address, ANY_ADDRESS } from '../core/address.js';
import type { Endpoints } from '../core/core.js';
import type { Connections } from '../stack/connections.js';
import { Completions } from './completions.js';
import {
  MSG_EOR,
  MSG_MORE,
  MSG_OOB,
  MSG_PEEK,
  MSG_TRUNC,
  POLLERR,
  POLLIN,
  POLLOUT,
  POLLPRI,
  POLLRDNORM,
  POLLWRNORM,
  SHUT_RD,
  SHUT_RDWR,
  SHUT_WR,
  SOL_TCP,
  TCP_FASTOPEN_CONNECT,
  TCP_FASTOPEN_NO_COOKIE,
  TCP_LINGER2,
  TCP_NOTSENT_LOWAT,
} from './constants.js';
import {
  EADDRINUSE,
  EADDRNOTAVAIL,
  EAGAIN,
  EALREADY,
  ECONNABORTED,
  EINPROGRESS,
  EINVAL,
  EISCONN,
  ENOTCONN,
  EPIPE,
} from './errno.js';
import { isOpening, LISTENING, type Look, lookAt, NOTHING, pollMask } from './look.js';
import type { Settings } from './options.js';
import { readEnding } from './read-info.js';
import { WaitingSyn } from './waiting-syn.js';

/** What sockets need of the stack. */
export type Ground = Pick<Connections<unknown>, 'port' | 'open' | 'listen' | 'unlisten' | 'watch' | 'unwatch'>;

export interface LocalEnd {
  address: Address;
  port: number;
  /** On `::`: IPv6 alone. */
  ipv6Only: boolean;
}

export class Endpoint {
  /** Chosen by `bind`, or for it by `listen`. */
  local: LocalEnd | undefined;
  /** In the core: of the listener or of the connection; 0: neither. */
  handle = 0;
  role: 'fresh' | 'listener' | 'connection' = 'fresh';
  /** `connect` has begun, and nobody has been told how it ended. */
  #connecting = false;
  readonly completions = new Completions();
  readonly #syn: WaitingSyn;
  /** The pending error, positive; 0: none. */
  #error = 0;
  /** What ended the connection has become the pending error. */
  #ended = false;
  #readShut = false;
  #writeShut = false;
  /** Bytes that `send` has taken, ever, and how many before the burst that it took last began. */
  #written = 0;
  #burstAt = 0;

  constructor(
    private readonly ground: Ground,
    readonly settings: Settings,
  ) {
    this.#syn = new WaitingSyn(ground);
  }

  // Opening.

  listen(local: LocalEnd, backlog: number): number {
    if (this.role === 'connection') return -EINVAL;
    const { calls } = this.ground.port.core;
    // Linux lets one more wait than was asked for.
    const bound = Math.min(Math.max(backlog, 0), SOMAXCONN) + 1;
    if (this.role === 'listener') return calls.tcpListenerOption(this.handle, LISTENER_BACKLOG, bound);
    const listening = this.ground.listen(local, bound);
    if (typeof listening === 'number') return listening;
    this.handle = listening.handle;
    this.local = { ...local, port: listening.port };
    this.role = 'listener';
    calls.tcpListenerOption(this.handle, LISTENER_QUEUE, 1);
    this.settings.applyToListener(this.handle);
    return 0;
  }

  /** @returns the handle of the next connection; -EAGAIN, -EINVAL */
  accept(): number {
    if (this.role !== 'listener') return -EINVAL;
    const handle = this.ground.port.core.calls.tcpAccept(this.handle);
    return handle === 0 ? -EAGAIN : handle;
  }

  /** Becomes the connection `handle`. */
  adopt(handle: number): void {
    this.role = 'connection';
    this.handle = handle;
    this.ground.watch(handle);
    if (this.settings.profile === 'linux') this.ground.port.core.calls.tcpSetOption(handle, OPTION_BURSTS, 1);
    this.settings.apply(handle);
  }

  connect(remote: Address, port: number): number {
    if (this.role === 'listener') return -EISCONN;
    if (this.role === 'connection') return this.#connecting && !this.#syn.waits ? this.#connectAgain() : -EISCONN;
    return this.#open(remote, port, this.settings.get(SOL_TCP, TCP_FASTOPEN_CONNECT) !== 0);
  }

  /** Connects with the bytes on the SYN, if that may be (MSG_FASTOPEN). */
  sendOpening(bytes: Uint8Array, flags: number, remote: Address, port: number): number {
    if (this.role === 'listener') return -EISCONN;
    if (this.role === 'connection' && !this.#syn.waits) {
      return this.#connecting && isOpening(this.look().state) ? -EALREADY : this.send(bytes, flags);
    }
    const opened = this.role === 'connection' ? 0 : this.#open(remote, port, true);
    if (opened === -EINPROGRESS) return this.#syn.queue(this.handle, bytes, flags);
    return opened < 0 ? opened : this.send(bytes, flags);
  }

  /** @returns 0 when the SYN waits for data, else -EINPROGRESS or why not */
  #open(remote: Address, port: number, fast: boolean): number {
    const { address, port: localPort } = this.local ?? { address: ANY_ADDRESS, port: 0 };
    const handle = this.ground.open(remote, port, address, localPort);
    if (handle < 0) return handle === -EADDRINUSE ? -EADDRNOTAVAIL : handle;
    this.#connecting = true;
    this.#ended = false;
    this.adopt(handle);
    if (fast) this.#syn.ask(handle, this.settings.get(SOL_TCP, TCP_FASTOPEN_NO_COOKIE) !== 0);
    this.ground.port.transmit();
    return this.#syn.waits ? 0 : -EINPROGRESS;
  }

  /** How an attempt of before has ended. */
  #connectAgain(): number {
    const { state } = this.look();
    if (isOpening(state)) return -EALREADY;
    this.#connecting = false;
    if (state !== STATE_CLOSED || this.#error === 0)
      return state === STATE_CLOSED ? this.#disconnect(-ECONNABORTED) : 0;
    return this.#disconnect(-this.takeError());
  }

  /** May try again. */
  #disconnect(answer: number): number {
    this.#release();
    this.role = 'fresh';
    this.#readShut = false;
    this.#writeShut = false;
    this.#connecting = false;
    this.#syn.forget();
    return answer;
  }

  // Bytes.

  send(bytes: Uint8Array, flags: number): number {
    const { state } = this.look();
    if (this.#syn.waits && state === STATE_SYN_SENT) return this.#syn.send(this.handle, bytes, flags);
    if (state !== STATE_ESTABLISHED && state !== STATE_CLOSE_WAIT && !this.#opensEarly(state)) {
      if (this.#error !== 0) return -this.takeError();
      return isOpening(state) ? -EAGAIN : -EPIPE;
    }
    if (this.#error !== 0) return -this.takeError();
    if (this.#writeShut) return -EPIPE;
    const { core } = this.ground.port;
    if ((flags & MSG_MORE) !== 0) core.calls.tcpSetOption(this.handle, OPTION_MORE, 1);
    const taken = this.#put(bytes);
    if (taken > 0 && taken === bytes.length && (flags & MSG_EOR) !== 0) core.calls.tcpRecordEnd(this.handle);
    if (taken > 0 && (flags & MSG_OOB) !== 0) core.calls.tcpUrgent(this.handle);
    if (taken > 0) this.ground.port.transmit();
    return taken === 0 && bytes.length > 0 ? -EAGAIN : taken;
  }

  /**
   * As many as the buffer takes. On Linux it is asked before each burst's worth that begins to wait, and so is
   * TCP_NOTSENT_LOWAT: less than a burst more may wait than either says.
   */
  #put(bytes: Uint8Array): number {
    const { core } = this.ground.port;
    const bound = this.settings.get(SOL_TCP, TCP_NOTSENT_LOWAT) || Number.POSITIVE_INFINITY;
    if (this.settings.profile === 'freebsd') return core.send(this.handle, bytes);
    let taken = 0;
    while (taken < bytes.length) {
      const { unsent, burst } = this.look();
      const waiting = this.#waiting(unsent);
      if (waiting % burst === 0 && unsent >= bound) break;
      const part = core.send(this.handle, bytes.subarray(taken, taken + burst - (waiting % burst)));
      if (part <= 0) break;
      if (waiting % burst === 0) this.#burstAt = this.#written;
      this.#written += part;
      taken += part;
      if (taken < bytes.length) this.ground.port.transmit();
    }
    return taken;
  }

  /** Bytes of the last burst that was begun and that nothing has been sent of. */
  #waiting(unsent: number): number {
    this.#burstAt = Math.max(this.#burstAt, this.#written - unsent);
    return this.#written - this.#burstAt;
  }

  /** Fills `buffer`; see `Bsd.recv`. */
  recv(buffer: Uint8Array, flags: number): number {
    if (this.role === 'listener') return -ENOTCONN;
    if ((flags & MSG_OOB) !== 0) return -EINVAL;
    const { state, unread, peerDone } = this.look();
    if (unread > 0) return this.#take(buffer, flags);
    if (peerDone) return 0;
    if (this.#error !== 0) return -this.takeError();
    if (this.#readShut) return 0;
    if (state === STATE_CLOSED) return this.role === 'connection' ? 0 : -ENOTCONN;
    return -EAGAIN;
  }

  #take(buffer: Uint8Array, flags: number): number {
    const { core } = this.ground.port;
    if ((flags & MSG_PEEK) !== 0) return core.receiveInto(this.handle, buffer, true);
    const taken =
      (flags & MSG_TRUNC) !== 0
        ? core.calls.tcpReceive(this.handle, buffer.length)
        : core.receiveInto(this.handle, buffer, false);
    this.ground.port.transmit();
    return taken;
  }

  // Ending.

  shutdown(how: number): number {
    if (how !== SHUT_RD && how !== SHUT_WR && how !== SHUT_RDWR) return -EINVAL;
    if (this.role === 'listener') {
      if (how !== SHUT_WR) this.#unlisten();
      return 0;
    }
    const { state } = this.look();
    if (state === STATE_SYN_SENT) return this.#disconnect(0);
    if (how !== SHUT_WR) this.#readShut = true;
    if (how !== SHUT_RD) this.#writeShut = true;
    if (state === STATE_CLOSED) return -ENOTCONN;
    if (how !== SHUT_RD) {
      this.ground.port.core.calls.tcpShutdown(this.handle);
      this.ground.port.transmit();
    }
    return 0;
  }

  close(): void {
    if (this.role === 'listener') this.#unlisten();
    const { state, unread } = this.look();
    const { onoff, linger } = this.settings.linger;
    const hurried = onoff !== 0 && linger === 0;
    const { calls } = this.ground.port.core;
    // RFC 9293 §3.6.1 SHLD-3: the peer learns that its bytes were lost.
    const impatient = state === STATE_FIN_WAIT_2 && this.settings.get(SOL_TCP, TCP_LINGER2) < 0;
    const unopened = state === STATE_SYN_SENT;
    if (state !== STATE_CLOSED && (unread > 0 || hurried || impatient || unopened)) calls.tcpAbort(this.handle);
    this.#release();
  }

  /** The stack is closing. */
  abandon(): void {
    if (this.role === 'connection') this.ground.port.core.calls.tcpAbort(this.handle);
    this.close();
  }

  #unlisten(): void {
    this.ground.unlisten(this.handle);
    this.ground.port.transmit();
    this.handle = 0;
    this.role = 'fresh';
  }

  #release(): void {
    if (this.handle === 0) return;
    this.ground.unwatch(this.handle);
    this.ground.port.core.calls.tcpRelease(this.handle);
    this.ground.port.transmit();
    this.handle = 0;
  }

  // Looking.

  /** What the connection is like; a socket that has none is closed. An error that ended it becomes the pending one. */
  look(): Look {
    if (this.role !== 'connection') return this.role === 'listener' ? LISTENING : NOTHING;
    const { core } = this.ground.port;
    const look = lookAt(core, this.handle);
    if (look.state === STATE_CLOSED && !this.#ended) {
      this.#ended = true;
      this.#error = readEnding(core, this.handle, look.peerDone);
    }
    return look;
  }

  /** The pending error, positive, which is not pending any more; 0: none. */
  takeError(): number {
    const error = this.#error;
    this.#error = 0;
    return error;
  }

  /** SO_ERROR */
  takePendingError(): number {
    this.look();
    return this.takeError();
  }

  /** What `poll` reports, whatever was asked for. */
  readiness(): number {
    if (this.role === 'listener') {
      return this.ground.port.core.calls.tcpAcceptable(this.handle) > 0 ? POLLIN | POLLRDNORM : 0;
    }
    const look = this.look();
    const over = this.role === 'connection' && look.state === STATE_CLOSED;
    const readShut = this.#readShut || look.peerDone || over;
    const writeShut = this.#writeShut || over;
    const usable = !isOpening(look.state) || this.#opensEarly(look.state);
    let mask = pollMask(look, { readShut, writeShut, usable }, this.settings);
    if (this.#syn.waits && look.state === STATE_SYN_SENT) mask |= POLLOUT | POLLWRNORM;
    const urgent = this.role === 'connection' && this.ground.port.core.calls.tcpUrgentLeft(this.handle) > 0;
    if (usable && urgent) mask |= POLLPRI;
    return this.#error === 0 ? mask : mask | POLLERR;
  }

  /** Accepted before its handshake was complete: the peer has opened fast. */
  #opensEarly(state: number): boolean {
    return state === STATE_SYN_RECEIVED && !this.#connecting;
  }

  /** The handshake is over and the end is not reached. */
  get isConnected(): boolean {
    const { state } = this.look();
    return state !== STATE_CLOSED && state !== STATE_LISTEN && state !== STATE_SYN_SENT;
  }

  /** Both ends; undefined when there is no connection. */
  ends(): Endpoints | undefined {
    return this.role === 'connection' ? this.ground.port.core.endpoints(this.handle) : undefined;
  }
}

/** Linux's net.core.somaxconn. */
const SOMAXCONN = 4096;
