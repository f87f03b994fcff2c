/** The tokens of one statement of `%{ }%`. */

/** It is not in the small language of `%{ }%`. */
export class CodeError extends Error {
  override readonly name = 'CodeError';
}

export type CodeToken = { kind: 'number'; value: number } | { kind: 'string' | 'name' | 'symbol'; text: string };

export class CodeReader {
  readonly #tokens: CodeToken[];
  #index = 0;

  constructor(readonly source: string) {
    this.#tokens = tokenize(source);
  }

  peek(): CodeToken | undefined {
    return this.#tokens[this.#index];
  }

  next(): CodeToken | undefined {
    return this.#tokens[this.#index++];
  }

  atEnd(): boolean {
    return this.#index >= this.#tokens.length;
  }

  /** Takes the symbol or word when it is next. */
  take(text: string): boolean {
    const token = this.peek();
    const found = token !== undefined && token.kind !== 'number' && token.kind !== 'string' && token.text === text;
    if (found) this.#index++;
    return found;
  }

  takeName(name: string): boolean {
    return this.peek()?.kind === 'name' && this.take(name);
  }

  expect(text: string): void {
    if (!this.take(text)) throw new CodeError(`expected '${text}' in '${this.source}'`);
  }

  expectEnd(): void {
    if (!this.atEnd()) throw new CodeError(`'${this.source}' goes on where it should end`);
  }
}

function tokenize(source: string): CodeToken[] {
  const tokens: CodeToken[] = [];
  let at = 0;
  while (at < source.length) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(source);
    if (match === null) throw new CodeError(`can't read '${source.slice(at)}' in %{ }%`);
    at += match[0].length;
    const [, number, string, name, symbol] = match;
    if (number !== undefined) tokens.push({ kind: 'number', value: Number(number) });
    else if (string !== undefined) tokens.push({ kind: 'string', text: unquoted(string) });
    else if (name !== undefined) tokens.push({ kind: 'name', text: name });
    else if (symbol !== undefined) tokens.push({ kind: 'symbol', text: symbol });
  }
  return tokens;
}

function unquoted(string: string): string {
  return string.slice(1, -1).replace(/\\(.)/g, (_, letter: string) => (letter === 'n' ? '\n' : letter));
}

const TOKEN =
  /\s*(?:(0[xX][\dA-Fa-f]+|\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+)|('(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")|([A-Za-z_]\w*)|(<=|>=|==|!=|<<|>>|\/\/|\*\*|[-+*/%<>=&|^~(),[\]])|$)/y;
