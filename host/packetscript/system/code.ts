/**
 * What stands in `%{ }%`: assertions, prints and assignments, in the notation of Python that scripts use, over the fields
 * of `tcp_info` and names that the script makes. It is read and worked out here; nothing of it is ever executed.
 * Not for: anything else of Python; it is refused by name.
 */

import { CodeError, CodeReader } from './code-reader.js';
import { evaluate, type Scope, show, truth, type Value } from './formula.js';

export interface CodeResult {
  /** What `print` said. */
  printed: string[];
  /** Why an assertion failed; undefined when all held. */
  failed: string | undefined;
}

/**
 * @param scope names and their values; assignments change it
 * @throws CodeError for what is not in this language
 */
export function runCode(source: string, scope: Scope): CodeResult {
  const result: CodeResult = { printed: [], failed: undefined };
  for (const statement of statements(source)) {
    runStatement(statement, scope, result);
    if (result.failed !== undefined) break;
  }
  return result;
}

function runStatement(source: string, scope: Scope, result: CodeResult): void {
  const reader = new CodeReader(source);
  if (reader.takeName('pass')) reader.expectEnd();
  else if (reader.takeName('assert')) runAssert(reader, source, scope, result);
  else if (reader.takeName('print')) result.printed.push(printed(reader, scope));
  else assign(source, scope);
}

function printed(reader: CodeReader, scope: Scope): string {
  const values = reader.atEnd() ? [] : parseTuple(reader, scope);
  reader.expectEnd();
  return values.map(show).join(' ');
}

function assign(source: string, scope: Scope): void {
  const assignment = /^([A-Za-z_]\w*)\s*(\+|-|\*|\/|%|&|\||)=(?!=)/.exec(source);
  if (assignment === null) throw new CodeError(`expected 'assert', 'print' or an assignment, found '${source}'`);
  const [head, name, operator] = assignment as unknown as [string, string, string];
  const value = operator === '' ? source.slice(head.length) : `(${name}) ${operator} (${source.slice(head.length)})`;
  scope.set(name, evaluateAll(value, scope));
}

function runAssert(reader: CodeReader, source: string, scope: Scope, result: CodeResult): void {
  const holds = truth(evaluate(reader, scope));
  const message = reader.take(',') ? show(evaluate(reader, scope)) : undefined;
  reader.expectEnd();
  if (!holds) result.failed = message === undefined ? source : `${source}: ${message}`;
}

function evaluateAll(source: string, scope: Scope): Value {
  const reader = new CodeReader(source);
  const value = evaluate(reader, scope);
  reader.expectEnd();
  return value;
}

function parseTuple(reader: CodeReader, scope: Scope): Value[] {
  const value = evaluate(reader, scope);
  if (Array.isArray(value) && reader.atEnd()) return value;
  const values = [value];
  while (reader.take(',')) values.push(evaluate(reader, scope));
  return values;
}

/** Cut at line ends and semicolons outside strings; comments and line continuations are gone. */
function statements(source: string): string[] {
  const found: string[] = [];
  let statement = '';
  const joined = source.replace(/\\[ \t]*(?:\r?\n|$)/g, ' ');
  for (const [piece] of joined.matchAll(/'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|#[^\n]*|[\n;]|[^'"#\n;]+|./gs)) {
    if (piece === '\n' || piece === ';') {
      found.push(statement);
      statement = '';
    } else if (!piece.startsWith('#')) statement += piece;
  }
  found.push(statement);
  return found.map((one) => one.trim()).filter((one) => one !== '');
}
