/**
 * System calls and the values in them. Structures are read by their shape alone: which fields a call wants, the call
 * says (`../system/`).
 */
import type { Call, Expression, Field } from './ast.js';
import type { Place } from './errors.js';
import type { Reader } from './reader.js';

/** `name(arguments) = result ERRNO (note)`, behind the time. */
export function parseCall(reader: Reader, until: number | undefined): Call {
  const name = reader.expect('word', undefined, 'the name of a system call');
  reader.expectSymbol('(', `'(' behind ${name.text}`);
  const args = parseList(reader, ')');
  reader.expectSymbol('=', `'=' and the result of ${name.text}`);
  const result = parseExpression(reader, 'the result of the call');
  const error = reader.take('word')?.text;
  if (reader.symbol('(')) skipNote(reader);
  return { kind: 'call', line: name.line, column: name.column, name: name.text, arguments: args, until, result, error };
}

/** Values up to `close`, which is taken. */
function parseList(reader: Reader, close: string): Expression[] {
  const items: Expression[] = [];
  if (reader.take('symbol', close) !== undefined) return items;
  do items.push(parseExpression(reader, `a value or '${close}'`));
  while (reader.take('symbol', ',') !== undefined);
  reader.expectSymbol(close, `',' or '${close}'`);
  return items;
}

function parseExpression(reader: Reader, what: string): Expression {
  let left = parseSingle(reader, what);
  while (reader.symbol('|')) {
    const { line, column } = reader.next();
    left = { kind: 'or', line, column, left, right: parseSingle(reader, "a value behind '|'") };
  }
  return left;
}

function parseSingle(reader: Reader, what: string): Expression {
  const token = reader.peek();
  const place: Place = { line: token.line, column: token.column };
  switch (token.kind) {
    case 'ellipsis':
      reader.next();
      return { ...place, kind: 'any' };
    case 'integer':
    case 'hex':
      reader.next();
      return { ...place, kind: 'integer', value: Number(token.text) };
    case 'string':
      return { ...place, kind: 'string', value: parseString(reader) };
    case 'word':
      return parseWord(reader, place);
    case 'symbol':
      if (reader.take('symbol', '[') !== undefined) return { ...place, kind: 'list', items: parseList(reader, ']') };
      if (reader.take('symbol', '{') !== undefined) return parseBraces(reader, place);
  }
  return reader.fail(what);
}

/** `"GET " "/"` is one string; `"GET "...` begins one. */
function parseString(reader: Reader): string {
  let value = '';
  while (reader.is('string')) value += withoutEscapes(reader.next().text);
  reader.take('ellipsis');
  return value;
}

function parseWord(reader: Reader, place: Place): Expression {
  const { text } = reader.next();
  if (reader.take('symbol', '(') !== undefined) {
    return { ...place, kind: 'apply', name: text, arguments: parseList(reader, ')') };
  }
  return { ...place, kind: 'word', name: text };
}

/** `{name = value, …}`, or a list in braces: `{4, 5}`. */
function parseBraces(reader: Reader, place: Place): Expression {
  if (reader.take('symbol', '}') !== undefined) return { ...place, kind: 'list', items: [] };
  if (!isField(reader)) return { ...place, kind: 'list', items: parseList(reader, '}') };
  const fields: Field[] = [];
  do fields.push(parseField(reader));
  while (reader.take('symbol', ',') !== undefined);
  reader.expectSymbol('}', "',' or '}'");
  return { ...place, kind: 'struct', fields };
}

function isField(reader: Reader): boolean {
  if (!reader.is('word')) return false;
  const behind = reader.peek(1);
  return behind.kind === 'symbol' && (behind.text === '=' || behind.text === '(');
}

function parseField(reader: Reader): Field {
  const { text, line, column } = reader.expect('word', undefined, 'the name of a field');
  let argument: Expression | undefined;
  if (reader.take('symbol', '(') !== undefined) {
    argument = parseExpression(reader, 'a value');
    reader.expectSymbol(')');
  }
  reader.expectSymbol('=', `'=' behind ${text}`);
  return { line, column, name: text, argument, value: parseExpression(reader, `the value of ${text}`) };
}

/** `(Resource temporarily unavailable)`, `(flags O_RDWR|O_NONBLOCK)`: for the reader of the script alone. */
function skipNote(reader: Reader): void {
  const open = reader.next();
  while (!reader.symbol(')')) {
    if (reader.is('end')) reader.refuse(open, "the note that begins here has no ')'");
    reader.next();
  }
  reader.next();
}

function withoutEscapes(text: string): string {
  return text.replace(/\\(x[\dA-Fa-f]{2}|.)/gs, (_, code: string) => {
    if (code[0] === 'x' && code.length === 3) return String.fromCharCode(Number.parseInt(code.slice(1), 16));
    return ESCAPES[code] ?? code;
  });
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', 0: '\0' };
