/**
 * Reads tokens one after the other, and says what it expected when another one comes.
 * Not for: the grammar.
 */
import { type Place, ScriptError } from './errors.js';
import type { Token, TokenKind } from './tokens.js';

export class Reader {
  #index = 0;

  constructor(
    readonly source: string,
    private readonly tokens: readonly Token[],
    /** `--define=NAME=value`, and those that came with the run: a word of that name stands for its value. */
    readonly defines: Map<string, string>,
    /** Of IP: whose ICMP messages are meant. */
    readonly version: 4 | 6 = 4,
  ) {}

  /** The token that comes next, or the one `ahead` of it; definitions are in their place. */
  peek(ahead = 0): Token {
    const token = this.tokens[Math.min(this.#index + ahead, this.tokens.length - 1)] as Token;
    if (token.kind !== 'word') return token;
    const value = this.defines.get(token.text);
    return value === undefined ? token : { ...token, ...definition(value) };
  }

  next(): Token {
    const token = this.peek();
    if (this.#index < this.tokens.length - 1) this.#index++;
    return token;
  }

  /** The token read last. */
  get last(): Token {
    return this.tokens[Math.max(0, this.#index - 1)] as Token;
  }

  is(kind: TokenKind, text?: string): boolean {
    const token = this.peek();
    return token.kind === kind && (text === undefined || token.text === text);
  }

  symbol(text: string): boolean {
    return this.is('symbol', text);
  }

  word(text: string): boolean {
    return this.is('word', text);
  }

  /** Takes the next token when it is this one. */
  take(kind: TokenKind, text?: string): Token | undefined {
    return this.is(kind, text) ? this.next() : undefined;
  }

  /** Takes the next token, which has to be this one. */
  expect(kind: TokenKind, text?: string, what?: string): Token {
    return this.take(kind, text) ?? this.fail(what ?? (text === undefined ? `a ${kind}` : `'${text}'`));
  }

  expectSymbol(text: string, what?: string): Token {
    return this.expect('symbol', text, what);
  }

  /** A decimal number within bounds. */
  integer(what: string, least: number, most: number): number {
    const token = this.expect('integer', undefined, `a number: ${what}`);
    const value = Number(token.text);
    if (value < least || value > most) this.refuse(token, `${what} is ${token.text}, not from ${least} to ${most}`);
    return value;
  }

  /** A decimal or hexadecimal number within bounds. */
  number(what: string, least: number, most: number): number {
    const token = this.take('hex') ?? this.expect('integer', undefined, `a number: ${what}`);
    const value = Number(token.text);
    if (value < least || value > most) this.refuse(token, `${what} is ${token.text}, not from ${least} to ${most}`);
    return value;
  }

  fail(expected: string): never {
    const token = this.peek();
    const found = token.kind === 'end' ? token.text : `'${token.text.split('\n')[0]}'`;
    return this.refuse(token, `expected ${expected}, found ${found}`);
  }

  refuse(at: Place, message: string): never {
    throw new ScriptError({ line: at.line, column: at.column }, message);
  }
}

/** What a definition's value is as a token. */
function definition(value: string): Pick<Token, 'kind' | 'text'> {
  const quote = value[0];
  if ((quote === '"' || quote === '`') && value.length > 1) {
    return { kind: quote === '"' ? 'string' : 'backquoted', text: value.slice(1, -1) };
  }
  if (/^-?\d+$/.test(value)) return { kind: 'integer', text: value };
  if (/^0x[\dA-Fa-f]+$/.test(value)) return { kind: 'hex', text: value };
  return { kind: 'word', text: value };
}
