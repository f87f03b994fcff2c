/**
 * The calls that move bytes: read, write and their kin. What is written, and what is read, is the pattern of the stream
 * (`../packet/pattern.ts`), so a byte at the wrong place shows.
 * Not for: the rest of the calls (`calls.ts`).
 */
import {
  AF_INET,
  AF_UNSPEC,
  MSG_ERRQUEUE,
  MSG_FASTOPEN,
  MSG_OOB,
  MSG_PEEK,
  MSG_TRUNC,
  MSG_WAITALL,
  SO_EE_CODE_ZEROCOPY_COPIED,
  SO_EE_ORIGIN_ZEROCOPY,
  SOL_TCP,
  TCP_INQ,
  TCP_SYN_SENT,
} from '../../bsd/constants.js';
import type { ReceivedMessage } from '../../bsd/contract.js';
import { EAGAIN, EFAULT, EINPROGRESS, EOPNOTSUPP } from '../../bsd/errno.js';
import type { Call, Expression } from '../language/ast.js';
import { ScriptError, UnsupportedError } from '../language/errors.js';
import { misplaced, pattern } from '../packet/pattern.js';
import type { Attempt, CallContext, Outcome } from './calls.js';
import type { Descriptor } from './descriptors.js';
import { field, listItems, number, optionalNumber, pointed, socketAddress } from './values.js';

/** `write(fd, ..., count)`, `send(fd, ..., count, flags)`, `sendto(fd, ..., count, flags, address, length)`. */
export function send(call: Call, context: CallContext): Attempt {
  const [fd, buffer, count, flags, address] = call.arguments;
  if (isNull(buffer)) return () => ({ result: -EFAULT });
  return writing(call, context, fd, number(given(call, count)), optionalNumber(flags) ?? 0, address);
}

/** `writev(fd, [{..., 10}, {..., 20}], 2)` */
export function writev(call: Call, context: CallContext): Attempt {
  const [fd, vector] = call.arguments;
  return writing(call, context, fd, vectorLength(given(call, vector)), 0, undefined);
}

/** `sendmsg(fd, {msg_name(...)=..., msg_iov(1)=[{..., 10}], msg_flags=0}, flags)` */
export function sendmsg(call: Call, context: CallContext): Attempt {
  const [fd, message, flags] = call.arguments;
  const vector = field(given(call, message), 'msg_iov');
  const control = field(given(call, message), 'msg_control');
  if (control !== undefined && listItems(control).length > 0)
    throw new UnsupportedError('sendmsg with msg_control', call);
  return writing(call, context, fd, vectorLength(given(call, vector)), optionalNumber(flags) ?? 0, undefined);
}

/** `sendfile(out, in, [0], count)`: the file has what the stream wants. */
export function sendfile(call: Call, context: CallContext): Attempt {
  const [fd, , , count] = call.arguments;
  return writing(call, context, fd, number(given(call, count)), 0, undefined);
}

/** `read(fd, ..., count)`, `recv(fd, ..., count, flags)`, `recvfrom`. */
export function recv(call: Call, context: CallContext): Attempt {
  const [fd, buffer, count, flags] = call.arguments;
  if (isNull(buffer)) return () => ({ result: -EFAULT });
  return reading(context, given(call, fd), number(given(call, count)), optionalNumber(flags) ?? 0, () => undefined);
}

/** `readv(fd, [{..., 10}], 1)` */
export function readv(call: Call, context: CallContext): Attempt {
  const [fd, vector] = call.arguments;
  return reading(context, given(call, fd), vectorLength(given(call, vector)), 0, () => undefined);
}

/** `recvmsg(fd, {…, msg_flags=0, msg_control=[{cmsg_level=SOL_TCP, cmsg_type=TCP_CM_INQ, cmsg_data=9000}]}, flags)` */
export function recvmsg(call: Call, context: CallContext): Attempt {
  const [fd, message, flags] = call.arguments;
  const struct = given(call, message);
  const length = vectorLength(given(call, field(struct, 'msg_iov')));
  const control = field(struct, 'msg_control');
  const wanted = (optionalNumber(flags) ?? 0) >>> 0;
  if ((wanted & MSG_ERRQUEUE) !== 0) return readingErrors(context, given(call, fd), wanted, control);
  const check = (received: ReceivedMessage) => checkControl(control, received);
  return reading(context, given(call, fd), length, wanted, check);
}

function writing(
  call: Call,
  context: CallContext,
  fd: Expression | undefined,
  count: number,
  flags: number,
  to: Expression | undefined,
): Attempt {
  const script = number(given(call, fd));
  const descriptor = context.descriptors.get(script);
  const live = context.descriptors.live(script);
  const { bsd } = context;
  const start = descriptor?.written ?? 1;
  let taken = 0;
  let begun = false;
  const blocks = context.blocks(descriptor, flags);
  const whole = blocks ? MSG_WAITALL : 0;
  // A SYN may carry the bytes (RFC 7413): a call that blocks returns when the peer has answered.
  const opening = () => blocks && taken > 0 && bsd.tcpInfo(live)?.tcpi_state === TCP_SYN_SENT;
  return () => {
    if (opening()) return undefined;
    const bytes = pattern(start + taken, Math.min(count, BUFFER_LIMIT) - taken);
    const opens = (flags & MSG_FASTOPEN) !== 0 && !begun;
    const named = opens ? connectionOf(context, script, to) : undefined;
    if (named?.family === AF_UNSPEC) return { result: -EOPNOTSUPP };
    const result =
      named === undefined
        ? bsd.send(live, bytes, (flags & ~MSG_FASTOPEN) | whole)
        : bsd.sendto(live, bytes, flags | whole, named.address, named.port);
    begun ||= result > 0 || result === -EINPROGRESS;
    if (result > 0) taken += result;
    if (result > 0 && descriptor !== undefined) descriptor.written = start + taken;
    const more = result === -EAGAIN || result === -EINPROGRESS || (result > 0 && taken < count);
    if ((more && blocks) || opening()) return undefined;
    return { result: taken > 0 && result >= 0 ? taken : result };
  };
}

function connectionOf(context: CallContext, script: number, to: Expression | undefined) {
  const named = socketAddress(to);
  const address = named?.address ?? context.addresses.remote;
  const port = named?.port ?? context.addresses.connectPort;
  context.endpoints.connecting(script, port);
  return { family: named?.family ?? AF_INET, address, port };
}

function reading(
  context: CallContext,
  fd: Expression,
  count: number,
  flags: number,
  check: (message: ReceivedMessage) => string | undefined,
): Attempt {
  const script = number(fd);
  const descriptor = context.descriptors.get(script);
  const live = context.descriptors.live(script);
  return () => {
    const buffer = new Uint8Array(Math.min(count, BUFFER_LIMIT));
    const message: ReceivedMessage = {};
    const result = context.bsd.recv(live, buffer, flags, message);
    if (result === -EAGAIN && context.blocks(descriptor, flags)) return undefined;
    const wrong =
      result > 0 ? (checkBytes(descriptor, buffer.subarray(0, result), flags) ?? check(message)) : undefined;
    return { result, ...(wrong === undefined ? {} : { wrong }) } satisfies Outcome;
  };
}

/** The error queue holds what MSG_ZEROCOPY is told. It never blocks. */
function readingErrors(context: CallContext, fd: Expression, flags: number, control: Expression | undefined): Attempt {
  const live = context.descriptors.live(number(fd));
  return () => {
    const message: ReceivedMessage = {};
    const result = context.bsd.recv(live, new Uint8Array(0), flags, message);
    const wrong = result < 0 ? undefined : checkNotice(control, message);
    return { result, ...(wrong === undefined ? {} : { wrong }) } satisfies Outcome;
  };
}

function checkNotice(control: Expression | undefined, { completed }: ReceivedMessage): string | undefined {
  const got = {
    ee_errno: 0,
    ee_origin: SO_EE_ORIGIN_ZEROCOPY,
    ee_type: 0,
    ee_code: SO_EE_CODE_ZEROCOPY_COPIED,
    ee_info: completed?.first,
    ee_data: completed?.last,
  };
  for (const item of control === undefined ? [] : listItems(control)) {
    const notice = given(item, field(item, 'cmsg_data'));
    for (const [name, value] of Object.entries(got)) {
      const expected = number(given(notice, field(notice, name)));
      if (expected !== value) return `the notice on the error queue: ${name}: expected ${expected}, got ${value}`;
    }
  }
  return undefined;
}

function checkBytes(descriptor: Descriptor | undefined, bytes: Uint8Array, flags: number): string | undefined {
  if (descriptor === undefined || (flags & MSG_OOB) !== 0) return undefined;
  const at = descriptor.read;
  if ((flags & MSG_PEEK) === 0) descriptor.read += bytes.length;
  const wrong = (flags & MSG_TRUNC) === 0 ? misplaced(bytes, at) : -1;
  return wrong === -1 ? undefined : `read another byte than was sent at ${at + wrong} of the stream`;
}

function checkControl(control: Expression | undefined, message: ReceivedMessage): string | undefined {
  const items = control === undefined ? [] : listItems(control);
  for (const item of items) {
    const level = number(given(item, field(item, 'cmsg_level')));
    const type = number(given(item, field(item, 'cmsg_type')));
    if (level !== SOL_TCP || type !== TCP_INQ) throw new UnsupportedError('msg_control other than TCP_CM_INQ', item);
    const expected = number(given(item, field(item, 'cmsg_data')));
    if (message.inq !== expected) return `TCP_CM_INQ: expected ${expected}, got ${message.inq ?? 'none'}`;
  }
  return items.length === 0 && message.inq !== undefined ? `TCP_CM_INQ: expected none, got ${message.inq}` : undefined;
}

function vectorLength(vector: Expression): number {
  return listItems(vector).reduce((sum, part) => sum + number(listItems(part)[1] ?? pointed(part)), 0);
}

function isNull(buffer: Expression | undefined): boolean {
  return buffer?.kind === 'word' && buffer.name === 'NULL';
}

function given(at: { line: number; column: number }, expression: Expression | undefined): Expression {
  if (expression === undefined) throw new ScriptError(at, 'this call has too few arguments');
  return expression;
}

/** A script may ask for more than there is: a buffer is never larger than this. */
const BUFFER_LIMIT = 64 << 20;
