/**
 * The system calls of scripts on the BSD layer. A call that blocks is attempted again and again, whenever something has
 * happened, until it has an answer.
 * Not for: moving bytes (`transfer.ts`), socket options (`options.ts`), comparing answers (`../call-check.ts`).
 */
import {
  AF_UNSPEC,
  MSG_DONTWAIT,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_TCP,
  TCP_KEEPCNT,
  TCP_KEEPIDLE,
  TCP_KEEPINTVL,
} from '../../bsd/constants.js';
import type { Bsd, PollFd, SocketAddress } from '../../bsd/contract.js';
import { EAGAIN, EALREADY, EBADF, EINPROGRESS, EINVAL } from '../../bsd/errno.js';
import type { Call, Expression } from '../language/ast.js';
import { ScriptError, UnsupportedError } from '../language/errors.js';
import type { Addresses, Endpoints } from '../packet/endpoints.js';
import type { ProfileName } from '../profiles.js';
import type { Descriptor, Descriptors } from './descriptors.js';
import { Epoll } from './epoll.js';
import { EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD, F_GETFL, F_SETFL, O_NONBLOCK, O_RDWR } from './names.js';
import { getsockopt, setsockopt } from './options.js';
import { readv, recv, recvmsg, send, sendfile, sendmsg, writev } from './transfer.js';
import { field, listItems, number, optionalNumber, pointed, socketAddress } from './values.js';

/** What a call answered: a number as the script writes it, or the negative of an error number. */
export interface Outcome {
  result: number;
  /** What else is not as the script says: a value that the call filled in. */
  wrong?: string;
}

/** @returns undefined while the call blocks */
export type Attempt = () => Outcome | undefined;

export interface CallContext {
  readonly bsd: Bsd;
  readonly descriptors: Descriptors;
  readonly endpoints: Endpoints;
  readonly addresses: Addresses;
  /** Of sockets that the script does not give one. */
  readonly domain: number;
  readonly profile: ProfileName;
  /** Kernel variables that only show in socket options. */
  readonly variables: ReadonlyMap<string, string>;
  /** Milliseconds on the stack's clock. */
  now(): number;
  /** Whether a call with `flags` on a descriptor waits for its answer. */
  blocks(descriptor: Descriptor | undefined, flags?: number): boolean;
}

/** @throws UnsupportedError for a call that there is not, ScriptError for arguments that make no sense */
export function prepare(call: Call, context: CallContext): Attempt {
  const make = Object.hasOwn(CALLS, call.name) ? CALLS[call.name] : undefined;
  if (make === undefined) throw new UnsupportedError(`the system call ${call.name}`, call);
  return make(call, context);
}

type Make = (call: Call, context: CallContext) => Attempt;

function argument(call: Call, index: number): Expression {
  const expression = call.arguments[index];
  if (expression === undefined) throw new ScriptError(call, `${call.name} has too few arguments`);
  return expression;
}

/** The descriptor that the script expects a call to make. */
function expectedFd(call: Call): number {
  return call.result.kind === 'integer' ? call.result.value : -1;
}

function socket(call: Call, { bsd, descriptors, endpoints, variables, domain: usual }: CallContext): Attempt {
  const domain = optionalNumber(argument(call, 0)) ?? usual;
  const type = optionalNumber(argument(call, 1)) ?? SOCK_STREAM;
  const protocol = optionalNumber(argument(call, 2)) ?? 0;
  return () => {
    const live = bsd.socket(domain, type, protocol);
    const script = expectedFd(call);
    if (live < 0 || script < 0) return { result: live };
    descriptors.add(script, live).blocking = (type & SOCK_NONBLOCK) === 0;
    endpoints.opened(script);
    for (const [name, option, unit] of KEEP_ALIVE) {
      const value = variables.get(name);
      if (value !== undefined) bsd.setsockopt(live, SOL_TCP, option, Number(value) / unit);
    }
    return { result: script };
  };
}

function bind(call: Call, { bsd, descriptors, endpoints, addresses }: CallContext): Attempt {
  const script = number(argument(call, 0));
  const named = socketAddress(call.arguments[1]);
  const port = named?.port ?? addresses.bindPort;
  return () => {
    const result = bsd.bind(descriptors.live(script), named?.address ?? addresses.local, port);
    if (result === 0) endpoints.bound(script, port);
    return { result };
  };
}

function listen(call: Call, { bsd, descriptors, endpoints }: CallContext): Attempt {
  const script = number(argument(call, 0));
  const backlog = number(argument(call, 1));
  return () => {
    const result = bsd.listen(descriptors.live(script), backlog);
    if (result === 0) endpoints.listening(script);
    return { result };
  };
}

function accept(call: Call, context: CallContext): Attempt {
  const { bsd, descriptors, endpoints } = context;
  const listener = number(argument(call, 0));
  return () => {
    const peer: SocketAddress = {};
    const live = bsd.accept(descriptors.live(listener), peer);
    const script = expectedFd(call);
    if (live === -EAGAIN && context.blocks(descriptors.get(listener))) return undefined;
    if (live < 0 || script < 0) return { result: live };
    const descriptor = descriptors.add(script, live);
    // FreeBSD hands O_NONBLOCK down, Linux does not (accept(2) of each).
    if (context.profile === 'freebsd') descriptor.blocking = descriptors.get(listener)?.blocking ?? true;
    endpoints.accepted(script, peer.port ?? 0);
    return { result: script };
  };
}

function connect(call: Call, context: CallContext): Attempt {
  const { bsd, descriptors, endpoints, addresses } = context;
  const script = number(argument(call, 0));
  const named = socketAddress(call.arguments[1]);
  const port = named?.port ?? addresses.connectPort;
  if (named?.family === AF_UNSPEC) throw new UnsupportedError('connect to AF_UNSPEC', call);
  const descriptor = descriptors.get(script);
  return () => {
    endpoints.connecting(script, port);
    const result = bsd.connect(descriptors.live(script), named?.address ?? addresses.remote, port);
    const waits = result === -EINPROGRESS || result === -EALREADY;
    return waits && context.blocks(descriptor) ? undefined : { result };
  };
}

function shutdown(call: Call, { bsd, descriptors }: CallContext): Attempt {
  const script = number(argument(call, 0));
  const how = number(argument(call, 1));
  return () => ({ result: bsd.shutdown(descriptors.live(script), how) });
}

function close(call: Call, { descriptors, endpoints }: CallContext): Attempt {
  const script = number(argument(call, 0));
  return () => {
    const result = descriptors.close(script);
    endpoints.closed(script);
    return { result };
  };
}

function fcntl(call: Call, { descriptors }: CallContext): Attempt {
  const descriptor = descriptors.get(number(argument(call, 0)));
  const command = number(argument(call, 1));
  return () => {
    if (descriptor === undefined) return { result: -EBADF };
    if (command === F_GETFL) return { result: O_RDWR | (descriptor.blocking ? 0 : O_NONBLOCK) };
    if (command !== F_SETFL) return { result: -EINVAL };
    descriptor.blocking = (number(argument(call, 2)) & O_NONBLOCK) === 0;
    return { result: 0 };
  };
}

function ioctl(call: Call, { bsd, descriptors }: CallContext): Attempt {
  const script = number(argument(call, 0));
  const request = number(argument(call, 1));
  const expected = optionalNumber(call.arguments[2] && pointed(call.arguments[2]));
  return () => {
    const value = bsd.ioctl(descriptors.live(script), request);
    if (value < 0) return { result: value };
    return value === expected || expected === undefined
      ? { result: 0 }
      : { result: 0, wrong: `expected [${expected}], got [${value}]` };
  };
}

/** `poll([{fd=3, events=POLLIN, revents=POLLIN}], 1, timeout)` */
function poll(call: Call, context: CallContext): Attempt {
  const entries = listItems(argument(call, 0));
  const timeout = number(argument(call, 2));
  const end = context.now() + (timeout < 0 ? Number.POSITIVE_INFINITY : timeout);
  return () => {
    const fds = entries.map((entry): PollFd => {
      const fd = context.descriptors.live(number(field(entry, 'fd') ?? entry));
      return { fd, events: number(field(entry, 'events') ?? entry) };
    });
    const result = context.bsd.poll(fds);
    if (result === 0 && context.now() < end) return undefined;
    const wrong = entries.findIndex(
      (entry, index) => (optionalNumber(field(entry, 'revents')) ?? 0) !== (fds[index]?.revents ?? 0),
    );
    if (wrong === -1) return { result };
    const expected = optionalNumber(field(entries[wrong] as Expression, 'revents')) ?? 0;
    return { result, wrong: `revents: expected ${hex(expected)}, got ${hex(fds[wrong]?.revents ?? 0)}` };
  };
}

function epollCreate(call: Call, { bsd, descriptors }: CallContext): Attempt {
  return () => {
    const script = expectedFd(call);
    if (script < 0) return { result: -EINVAL };
    descriptors.add(script, -1).epoll = new Epoll(bsd);
    return { result: script };
  };
}

/** `epoll_ctl(5, EPOLL_CTL_ADD, 4, {events=EPOLLIN, fd=4})` */
function epollCtl(call: Call, { descriptors }: CallContext): Attempt {
  const epoll = descriptors.get(number(argument(call, 0)))?.epoll;
  const operation = number(argument(call, 1));
  const live = descriptors.live(number(argument(call, 2)));
  const event = call.arguments[3];
  return () => {
    if (epoll === undefined) return { result: -EINVAL };
    if (operation === EPOLL_CTL_DEL) return { result: epoll.delete(live) ? 0 : -EINVAL };
    const known = epoll.has(live);
    if (event === undefined || (operation === EPOLL_CTL_ADD ? known : operation !== EPOLL_CTL_MOD || !known)) {
      return { result: -EINVAL };
    }
    epoll.set(live, number(field(event, 'events') ?? event), userData(event));
    return { result: 0 };
  };
}

/** `epoll_wait(5, {events=EPOLLIN, fd=4}, 1, timeout)` */
function epollWait(call: Call, context: CallContext): Attempt {
  const epoll = context.descriptors.get(number(argument(call, 0)))?.epoll;
  const expected = argument(call, 1);
  const timeout = number(argument(call, 3));
  const most = number(argument(call, 2));
  const end = context.now() + (timeout < 0 ? Number.POSITIVE_INFINITY : timeout);
  return () => {
    if (epoll === undefined) return { result: -EINVAL };
    const ready = epoll.wait(most);
    if (ready.length === 0 && context.now() < end) return undefined;
    const [first] = ready;
    if (first === undefined || expected.kind === 'any') return { result: ready.length };
    const events = number(field(expected, 'events') ?? expected) >>> 0;
    const data = userData(expected);
    if (events === first.events >>> 0 && data === first.data) return { result: ready.length };
    return {
      result: ready.length,
      wrong: `events: expected ${hex(events)} of ${data}, got ${hex(first.events)} of ${first.data}`,
    };
  };
}

function userData(event: Expression): number {
  const data = field(event, 'fd') ?? field(event, 'ptr') ?? field(event, 'u32') ?? field(event, 'u64');
  return (data === undefined ? undefined : optionalNumber(data)) ?? 0;
}

function hex(value: number): string {
  return `0x${(value >>> 0).toString(16)}`;
}

/** `open("/dev/zero", …)`: a file for `sendfile`. */
function open(call: Call, { descriptors }: CallContext): Attempt {
  return () => {
    const script = expectedFd(call);
    if (script >= 0) descriptors.add(script, -1);
    return { result: script };
  };
}

export function blocks(descriptor: Descriptor | undefined, flags = 0): boolean {
  return (descriptor?.blocking ?? false) && (flags & MSG_DONTWAIT) === 0;
}

const CALLS: Readonly<Record<string, Make>> = {
  socket,
  bind,
  listen,
  accept,
  connect,
  shutdown,
  close,
  fcntl,
  ioctl,
  poll,
  open,
  epoll_create: epollCreate,
  epoll_ctl: epollCtl,
  epoll_wait: epollWait,
  read: recv,
  recv,
  recvfrom: recv,
  readv,
  recvmsg,
  write: send,
  send,
  sendto: send,
  writev,
  sendmsg,
  sendfile,
  getsockopt,
  setsockopt,
  cap_set: () => () => ({ result: 0 }),
};

/** FreeBSD's variables count milliseconds, the options seconds. */
const KEEP_ALIVE = [
  ['net.inet.tcp.keepidle', TCP_KEEPIDLE, 1000],
  ['net.inet.tcp.keepintvl', TCP_KEEPINTVL, 1000],
  ['net.inet.tcp.keepcnt', TCP_KEEPCNT, 1],
] as const;
