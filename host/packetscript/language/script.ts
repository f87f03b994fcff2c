/**
 * A whole script: options, a command to begin with, events, a command to end with.
 * Not for: what is inside a packet (`packet.ts`) or a call (`expression.ts`).
 */
import type { Action, Command, Event, Option, Script, Time } from './ast.js';
import { ScriptError } from './errors.js';
import { parseCall } from './expression.js';
import { parsePacket } from './packet.js';
import { Reader } from './reader.js';
import { tokenize } from './tokens.js';

/**
 * Reads a script.
 * @param defined what `#ifdef` finds
 * @param defines words that stand for something else; `--define` in the script adds to them
 * @param version of IP: whose ICMP messages are meant
 * @throws ScriptError with the place and what was expected there
 */
export function parseScript(
  source: string,
  defined: ReadonlySet<string> = new Set(),
  defines: ReadonlyMap<string, string> = new Map(),
  version: 4 | 6 = 4,
): Script {
  const reader = new Reader(source, tokenize(source, defined), new Map(defines), version);
  const options = parseOptions(reader);
  const prologue = reader.is('backquoted') ? parseCommand(reader) : undefined;
  const events: Event[] = [];
  while (isTime(reader)) events.push(parseEvent(reader));
  const epilogue = reader.is('backquoted') ? parseCommand(reader) : undefined;
  if (reader.is('option')) reader.fail('an event: options come first');
  if (!reader.is('end')) reader.fail("an event, which begins with a time as '0', '+0.1' or '*'");
  if (events.length === 0) throw new ScriptError({ line: 1, column: 1 }, 'expected an event: the script has none');
  return { options, prologue, events, epilogue };
}

/** The options of a script alone: they may say how the rest is to be read. @throws ScriptError */
export function parseLeadingOptions(source: string): Option[] {
  return parseOptions(new Reader(source, tokenize(source, new Set()), new Map()));
}

/** Reads `--name=value` lines that stand for themselves: those of a directory. @throws ScriptError */
export function parseOptionLines(source: string): Option[] {
  const reader = new Reader(source, tokenize(source, new Set()), new Map());
  const options = parseOptions(reader);
  if (!reader.is('end')) reader.fail('an option as --name=value');
  return options;
}

function parseOptions(reader: Reader): Option[] {
  const options: Option[] = [];
  while (reader.is('option')) {
    const { text: name, line, column } = reader.next();
    const value = reader.take('symbol', '=') === undefined ? undefined : parseOptionValue(reader, name);
    options.push({ name, value, line, column });
    if (name === 'define' && value !== undefined) define(reader, value);
  }
  return options;
}

/** Everything that stands together: `75000`, `ipv4`, `192.168.0.1`, `CC="reno"`. */
function parseOptionValue(reader: Reader, name: string): string {
  const first = reader.next();
  if (first.kind === 'end' || first.line !== reader.last.line) reader.fail(`the value of --${name}`);
  if (first.kind === 'string') return first.text;
  let { end } = first;
  while (!reader.is('end') && reader.peek().start === end) end = reader.next().end;
  return reader.source.slice(first.start, end);
}

function define(reader: Reader, text: string): void {
  const sign = text.indexOf('=');
  if (sign > 0) reader.defines.set(text.slice(0, sign), text.slice(sign + 1));
}

function isTime(reader: Reader): boolean {
  return reader.symbol('+') || reader.symbol('*') || reader.is('integer') || reader.is('float');
}

function parseEvent(reader: Reader): Event {
  const { line, column, start } = reader.peek();
  const time = parseTime(reader);
  const behind = reader.peek();
  const action = parseAction(reader, time);
  const outbound = action.kind === 'packet' && action.direction === 'out';
  if (!outbound && (time.kind === 'any' || time.kind === 'range')) {
    const what = time.kind === 'any' ? "'*'" : 'a range of times';
    reader.refuse(behind, `${what} is for outbound packets only: anything else happens when the script says`);
  }
  const text = reader.source.slice(start, reader.last.end).replace(/\s+/g, ' ');
  return { line, column, time, action, text };
}

function parseTime(reader: Reader): Time {
  const { line, column } = reader.peek();
  if (reader.take('symbol', '*') !== undefined) return { kind: 'any' };
  const relative = reader.take('symbol', '+') !== undefined;
  const at = parseSeconds(reader);
  if (reader.take('symbol', '~') === undefined) return { kind: relative ? 'relative' : 'absolute', at };
  if (relative) reader.expectSymbol('+', "'+' of the end of the range, as in '+0.1~+0.2'");
  const to = parseSeconds(reader);
  if (to < at) reader.refuse({ line, column }, 'the range of times ends before it begins');
  return { kind: 'range', relative, from: at, to };
}

/** @returns whole microseconds */
function parseSeconds(reader: Reader): number {
  const token = reader.take('float') ?? reader.expect('integer', undefined, 'a time in seconds');
  const seconds = Number(token.text);
  if (seconds < 0) reader.refuse(token, `a time can't be negative: ${token.text}`);
  return Math.round(seconds * 1e6);
}

function parseAction(reader: Reader, time: Time): Action {
  if (reader.symbol('<') || reader.symbol('>')) return parsePacket(reader);
  if (reader.is('backquoted')) return parseCommand(reader);
  if (reader.is('code')) {
    const { text, line, column } = reader.next();
    return { kind: 'code', text: text.trim(), line, column };
  }
  if (reader.is('ellipsis')) {
    const dots = reader.next();
    const until = parseSeconds(reader);
    if ((time.kind === 'absolute' || time.kind === 'relative') && until < time.at) {
      reader.refuse(dots, 'the call ends before it begins');
    }
    return parseCall(reader, until);
  }
  if (reader.is('word')) return parseCall(reader, undefined);
  return reader.fail("a packet ('<' or '>'), a system call, a `command` or %{ code }%");
}

function parseCommand(reader: Reader): Command {
  const { text, line, column } = reader.next();
  return { kind: 'command', text, line, column };
}
