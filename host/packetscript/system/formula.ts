/**
 * Expressions of `%{ }%`, worked out while they are read, with Python's precedence: `or`, `and`, `not`, comparisons (chained:
 * `1 <= x <= 2`), `|`, `^`, `&`, shifts, sums, products, signs.
 */
import { CodeError, type CodeReader, type CodeToken } from './code-reader.js';

export type Value = number | string | boolean | Value[];

/** Names and their values. */
export interface Scope {
  get(name: string): Value | undefined;
  set(name: string, value: Value): void;
}

export function evaluate(reader: CodeReader, scope: Scope): Value {
  let left = conjunction(reader, scope);
  while (reader.takeName('or')) {
    const right = conjunction(reader, scope);
    left = truth(left) ? left : right;
  }
  return left;
}

export function truth(value: Value): boolean {
  if (typeof value === 'string' || Array.isArray(value)) return value.length > 0;
  return Boolean(value);
}

export function show(value: Value): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (Array.isArray(value)) return `(${value.map(show).join(', ')})`;
  return String(value);
}

function conjunction(reader: CodeReader, scope: Scope): Value {
  let left = negation(reader, scope);
  while (reader.takeName('and')) {
    const right = negation(reader, scope);
    left = truth(left) ? right : left;
  }
  return left;
}

function negation(reader: CodeReader, scope: Scope): Value {
  return reader.takeName('not') ? !truth(negation(reader, scope)) : comparison(reader, scope);
}

function comparison(reader: CodeReader, scope: Scope): Value {
  let left = binary(reader, scope, 0);
  let holds: boolean | undefined;
  for (;;) {
    const operator = Object.keys(COMPARISONS).find((symbol) => reader.take(symbol));
    if (operator === undefined) return holds ?? left;
    const right = binary(reader, scope, 0);
    holds = (holds ?? true) && (COMPARISONS[operator] as Compare)(comparable(left), comparable(right));
    left = right;
  }
}

/** `level` is the row of OPERATORS, the loosest first. */
function binary(reader: CodeReader, scope: Scope, level: number): Value {
  const operators = OPERATORS[level];
  if (operators === undefined) return signed(reader, scope);
  let left = binary(reader, scope, level + 1);
  for (;;) {
    const operator = Object.keys(operators).find((symbol) => reader.take(symbol));
    if (operator === undefined) return left;
    const right = binary(reader, scope, level + 1);
    left = operate(operator, operators[operator] as Operate, left, right);
  }
}

function operate(symbol: string, work: Operate, left: Value, right: Value): Value {
  if (symbol === '%' && typeof left === 'string') return format(left, Array.isArray(right) ? right : [right]);
  if (symbol === '+' && typeof left === 'string' && typeof right === 'string') return left + right;
  return work(numeric(left, symbol), numeric(right, symbol));
}

function signed(reader: CodeReader, scope: Scope): Value {
  if (reader.take('-')) return -numeric(signed(reader, scope), '-');
  if (reader.take('+')) return numeric(signed(reader, scope), '+');
  if (reader.take('~')) return -numeric(signed(reader, scope), '~') - 1;
  const token = reader.next();
  if (token === undefined) throw new CodeError(`'${reader.source}' ends too early`);
  return single(token, reader, scope);
}

function single(token: CodeToken, reader: CodeReader, scope: Scope): Value {
  if (token.kind === 'number') return token.value;
  if (token.kind === 'string') return token.text;
  if (token.kind === 'symbol') {
    if (token.text !== '(') throw new CodeError(`expected a value, found '${token.text}' in '${reader.source}'`);
    return parenthesis(reader, scope);
  }
  if (token.text === 'True' || token.text === 'False') return token.text === 'True';
  const call = FUNCTIONS[token.text];
  if (call !== undefined && reader.take('(')) {
    const value = parenthesis(reader, scope);
    return call(Array.isArray(value) ? value : [value]);
  }
  const value = scope.get(token.text);
  if (value === undefined) throw new CodeError(`'${token.text}' has no value`);
  return value;
}

/** Behind `(`: one value, or several as a tuple. */
function parenthesis(reader: CodeReader, scope: Scope): Value {
  if (reader.take(')')) return [];
  const values = [evaluate(reader, scope)];
  let tuple = false;
  while (reader.take(',')) {
    tuple = true;
    if (!reader.take(')')) values.push(evaluate(reader, scope));
    else return values;
  }
  reader.expect(')');
  return tuple ? values : (values[0] as Value);
}

/** `'cwnd=%d' % cwnd` */
function format(template: string, values: readonly Value[]): string {
  let index = 0;
  return template.replace(/%(%|[-+ 0#]*\d*(?:\.\d+)?[a-zA-Z])/g, (_, code: string) => {
    if (code === '%') return '%';
    const value = values[index++];
    if (value === undefined) throw new CodeError(`'${template}' wants more values`);
    if (/[dui]$/.test(code)) return String(Math.trunc(numeric(value, '%')));
    if (/x$/i.test(code)) return Math.trunc(numeric(value, '%')).toString(16);
    return show(value);
  });
}

function numeric(value: Value, operator: string): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return Number(value);
  throw new CodeError(`'${operator}' wants numbers, not ${show(value)}`);
}

function comparable(value: Value): number | string {
  if (typeof value === 'boolean') return Number(value);
  if (Array.isArray(value)) return show(value);
  return value;
}

function whole(work: (left: bigint, right: bigint) => bigint): Operate {
  return (left, right) => Number(work(BigInt(Math.trunc(left)), BigInt(Math.trunc(right))));
}

function divided(left: number, right: number): number {
  if (right === 0) throw new CodeError('a division by zero');
  return left / right;
}

type Operate = (left: number, right: number) => number;
type Compare = (left: number | string, right: number | string) => boolean;

/** The longer symbols first. */
const COMPARISONS: Readonly<Record<string, Compare>> = {
  '<=': (left, right) => left <= right,
  '>=': (left, right) => left >= right,
  '==': (left, right) => left === right,
  '!=': (left, right) => left !== right,
  '<': (left, right) => left < right,
  '>': (left, right) => left > right,
};

const OPERATORS: readonly Readonly<Record<string, Operate>>[] = [
  { '|': whole((left, right) => left | right) },
  { '^': whole((left, right) => left ^ right) },
  { '&': whole((left, right) => left & right) },
  { '<<': whole((left, right) => left << right), '>>': whole((left, right) => left >> right) },
  { '+': (left, right) => left + right, '-': (left, right) => left - right },
  {
    '*': (left, right) => left * right,
    '//': (left, right) => Math.floor(divided(left, right)),
    '/': divided,
    '%': (left, right) => left - Math.floor(divided(left, right)) * right,
  },
];

const FUNCTIONS: Readonly<Record<string, (values: Value[]) => Value>> = {
  abs: ([value = 0]) => Math.abs(numeric(value, 'abs')),
  int: ([value = 0]) => Math.trunc(numeric(value, 'int')),
  float: ([value = 0]) => numeric(value, 'float'),
  round: ([value = 0]) => Math.round(numeric(value, 'round')),
  str: ([value = '']) => show(value),
  min: (values) => Math.min(...values.map((value) => numeric(value, 'min'))),
  max: (values) => Math.max(...values.map((value) => numeric(value, 'max'))),
};
