/**
 * Cuts a script into tokens, the longest one at each place. Comments of C and C++ are white space; `#ifdef NAME` …
 * `#endif` keeps or drops lines, by the names that are defined.
 * Not for: which token may follow which (`script.ts` and its neighbours).
 */
import { type Place, ScriptError } from './errors.js';

export type TokenKind =
  | 'word'
  | 'integer'
  | 'hex'
  | 'float'
  | 'string'
  | 'backquoted'
  | 'code'
  | 'option'
  | 'ipv4'
  | 'ipv6'
  | 'ellipsis'
  | 'symbol'
  | 'end';

export interface Token extends Place {
  kind: TokenKind;
  /** As it stands in the script, but without quotes, backquotes, `%{ }%` and the `--` of options. */
  text: string;
  /** Where it begins and ends in the script. */
  start: number;
  end: number;
}

/** @throws ScriptError at a comment, string or condition without an end */
export function tokenize(source: string, defined: ReadonlySet<string>): Token[] {
  const lines = new Lines(source);
  const conditions = new Conditions(source, defined, lines);
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    at = conditions.skip(skipBlank(source, at, lines));
    const token = tokenAt(source, at, lines);
    if (token === undefined) continue;
    tokens.push(token);
    if (token.kind === 'end') return tokens;
    at = token.end;
  }
}

/** Where an offset lies, in lines and columns. */
export class Lines {
  readonly #starts: number[] = [0];

  constructor(readonly source: string) {
    for (let at = source.indexOf('\n'); at !== -1; at = source.indexOf('\n', at + 1)) this.#starts.push(at + 1);
  }

  place(offset: number): Place {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#starts[middle] as number) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (this.#starts[low] as number) + 1 };
  }

  /** The text of a line, without its end. */
  line(number: number): string {
    const start = this.#starts[number - 1] ?? this.source.length;
    const end = this.#starts[number] ?? this.source.length + 1;
    return this.source.slice(start, end - 1).replace(/\r$/, '');
  }
}

/** `#ifdef` and `#endif`; they do not nest. */
class Conditions {
  #opened: number | undefined;

  constructor(
    readonly source: string,
    readonly defined: ReadonlySet<string>,
    readonly lines: Lines,
  ) {}

  /** @returns where to go on: behind the directive at `at`, and behind what it drops */
  skip(at: number): number {
    const { source, lines } = this;
    if (at >= source.length) {
      if (this.#opened !== undefined) throw new ScriptError(lines.place(this.#opened), '#ifdef without #endif');
      return at;
    }
    if (source[at] !== '#') return at;
    if (source.startsWith('#ifdef', at)) return this.#ifdef(at);
    if (source.startsWith('#endif', at)) {
      if (this.#opened === undefined) throw new ScriptError(lines.place(at), '#endif without #ifdef');
      this.#opened = undefined;
      return this.skip(skipBlank(source, at + 6, lines));
    }
    throw new ScriptError(lines.place(at), "expected '#ifdef' or '#endif' behind '#'; comments begin with //");
  }

  #ifdef(at: number): number {
    const { source, lines } = this;
    const place = lines.place(at);
    if (this.#opened !== undefined) {
      throw new ScriptError(place, `#ifdef inside the #ifdef of line ${lines.place(this.#opened).line}`);
    }
    const name = /^#ifdef[ \t]+([A-Za-z]\w*)/.exec(source.slice(at, at + 256));
    if (name === null) throw new ScriptError(place, 'expected a name behind #ifdef');
    this.#opened = at;
    const behind = at + name[0].length;
    if (this.defined.has(name[1] as string)) return this.skip(skipBlank(source, behind, lines));
    const end = source.indexOf('#endif', behind);
    if (end === -1) throw new ScriptError(place, '#ifdef without #endif');
    return this.skip(end);
  }
}

/** Behind white space and comments. */
function skipBlank(source: string, from: number, lines: Lines): number {
  let at = from;
  for (;;) {
    BLANK.lastIndex = at;
    at += BLANK.exec(source)?.[0].length ?? 0;
    if (!source.startsWith('/*', at)) return at;
    const end = source.indexOf('*/', at + 2);
    if (end === -1) throw new ScriptError(lines.place(at), "comment without '*/'");
    at = end + 2;
  }
}

function tokenAt(source: string, start: number, lines: Lines): Token | undefined {
  const place = lines.place(start);
  if (start >= source.length) return { ...place, kind: 'end', text: 'the end of the script', start, end: start };
  const quote = QUOTES.find(([open]) => source.startsWith(open, start));
  if (quote !== undefined) return quoted(source, start, quote, place);
  let kind: TokenKind = 'symbol';
  let text = source[start] as string;
  for (const [candidate, pattern] of PATTERNS) {
    pattern.lastIndex = start;
    const match = pattern.exec(source)?.[0];
    if (match !== undefined && (kind === 'symbol' || match.length > text.length)) {
      kind = candidate;
      text = match;
    }
  }
  const end = start + text.length;
  return { ...place, kind, text: kind === 'option' ? text.slice(2) : text, start, end };
}

function quoted(source: string, start: number, quote: Quote, place: Place): Token {
  const [open, close, kind] = quote;
  let at = start + open.length;
  while (at < source.length && !source.startsWith(close, at)) at += source[at] === '\\' && kind !== 'code' ? 2 : 1;
  if (at >= source.length) throw new ScriptError(place, `${open} without ${close}`);
  return { ...place, kind, text: source.slice(start + open.length, at), start, end: at + close.length };
}

type Quote = readonly [open: string, close: string, kind: TokenKind];

const QUOTES: readonly Quote[] = [
  ['"', '"', 'string'],
  ['`', '`', 'backquoted'],
  ['%{', '}%', 'code'],
];

const BLANK = /(?:\s|\/\/[^\n]*)*/y;

/** The longest match wins, the first one among equals. */
const PATTERNS: readonly (readonly [TokenKind, RegExp])[] = [
  ['option', /--[A-Za-z0-9_]+/y],
  ['ellipsis', /\.\.\./y],
  ['float', /-?\d*\.\d+/y],
  ['integer', /-?\d+/y],
  ['hex', /0x[\dA-Fa-f]+/y],
  ['word', /\w+/y],
  ['ipv4', /\d+\.\d+\.\d+\.\d+/y],
  [
    'ipv6',
    /(?:[\dA-Fa-f]{1,4}:){7}[\dA-Fa-f]{1,4}|(?=[\dA-Fa-f:.]*::)[\dA-Fa-f:]*::[\dA-Fa-f:]*(?:\d+\.\d+\.\d+\.\d+)?/y,
  ],
];
