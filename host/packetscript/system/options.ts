/**
 * `getsockopt` and `setsockopt` of scripts: values into what the BSD layer takes, and comparing what it gives.
 * Not for: what an option does.
 */
import { SO_ERROR, SO_RCVBUF, SOL_SOCKET, SOL_TCP } from '../../bsd/constants.js';
import type { OptionValue } from '../../bsd/contract.js';
import { ECONNRESET, EPIPE } from '../../bsd/errno.js';
import type { Call, Expression } from '../language/ast.js';
import { ScriptError } from '../language/errors.js';
import type { Attempt, CallContext } from './calls.js';
import { TCP_KEEPINIT } from './names.js';
import { field, number, pointed, text } from './values.js';

/** `setsockopt(fd, level, name, [value], length)` */
export function setsockopt(call: Call, context: CallContext): Attempt {
  const [fd, level, name, value] = wanted(call);
  const script = number(fd);
  const option = number(name);
  const descriptor = context.descriptors.get(script);
  return () => {
    if (value.kind === 'any') return { result: 0 };
    if (option === TCP_KEEPINIT && descriptor !== undefined) {
      descriptor.extra.set(option, number(pointed(value)));
      return { result: 0 };
    }
    return { result: context.bsd.setsockopt(context.descriptors.live(script), number(level), option, toOption(value)) };
  };
}

/** `getsockopt(fd, level, name, [expected], [length])` */
export function getsockopt(call: Call, context: CallContext): Attempt {
  const [fd, level, name, expected] = wanted(call);
  return () => {
    const got: { value?: OptionValue } = {};
    const result = read(context, number(fd), number(level), number(name), got);
    const wrong = result < 0 || expected.kind === 'any' ? undefined : differs(expected, got.value);
    return { result, ...(wrong === undefined ? {} : { wrong }) };
  };
}

function read(context: CallContext, script: number, level: number, name: number, got: { value?: OptionValue }): number {
  const descriptor = context.descriptors.get(script);
  if (level === SOL_TCP && name === TCP_KEEPINIT) {
    const seconds = Number(context.variables.get('net.inet.tcp.keepinit') ?? 75_000) / 1000;
    got.value = descriptor?.extra.get(name) ?? seconds;
    return 0;
  }
  const live = context.descriptors.live(script);
  const result = context.bsd.getsockopt(live, level, name, got);
  // A reset behind the peer's FIN: EPIPE says Linux (tcp_reset), ECONNRESET FreeBSD (tcp_do_segment).
  if (context.profile === 'freebsd' && level === SOL_SOCKET && name === SO_ERROR && got.value === EPIPE) {
    got.value = ECONNRESET;
  }
  // FreeBSD rounds the buffer up to whole segments once it knows their size (tcp_mss).
  if (result === 0 && context.profile === 'freebsd' && level === SOL_SOCKET && name === SO_RCVBUF) {
    const mss = context.bsd.tcpInfo(live)?.tcpi_snd_mss ?? 0;
    const connected = context.bsd.getpeername(live, {}) === 0;
    if (connected && mss > 0) got.value = Math.ceil(Number(got.value) / mss) * mss;
  }
  return result;
}

function toOption(value: Expression): OptionValue {
  const string = text(value);
  if (string !== undefined) return string;
  if (value.kind === 'struct') {
    const onoff = field(value, 'onoff');
    const linger = field(value, 'linger');
    if (onoff === undefined || linger === undefined) throw new ScriptError(value, 'expected {onoff=…, linger=…}');
    return { onoff: number(onoff), linger: number(linger) };
  }
  const inner = pointed(value);
  return text(inner) ?? number(inner);
}

function differs(expected: Expression, got: OptionValue | undefined): string | undefined {
  const option = toOption(expected);
  if (typeof option === 'object' || typeof got === 'object') {
    return JSON.stringify(option) === JSON.stringify(got)
      ? undefined
      : `expected ${JSON.stringify(option)}, got ${JSON.stringify(got)}`;
  }
  const same = typeof option === 'number' ? option >>> 0 === Number(got) >>> 0 : option === got;
  return same ? undefined : `expected [${option}], got [${got}]`;
}

function wanted(call: Call): [Expression, Expression, Expression, Expression] {
  const [fd, level, name, value] = call.arguments;
  if (fd === undefined || level === undefined || name === undefined || value === undefined) {
    throw new ScriptError(call, `${call.name} has too few arguments`);
  }
  return [fd, level, name, value];
}
