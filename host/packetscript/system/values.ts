/**
 * What the expressions of a call come to: numbers, names in their place, structures by their fields.
 * Not for: `%{ }%` (`code.ts`).
 */
import type { Expression } from '../language/ast.js';
import { type Place, ScriptError, UnsupportedError } from '../language/errors.js';
import { numberOf } from './names.js';

/** @returns the number that an argument stands for; undefined for `...` */
export function optionalNumber(expression: Expression | undefined): number | undefined {
  return expression === undefined || expression.kind === 'any' ? undefined : number(expression);
}

/** @throws ScriptError when it is none, UnsupportedError for a name that nobody knows */
export function number(expression: Expression): number {
  switch (expression.kind) {
    case 'integer':
      return expression.value;
    case 'word':
      return named(expression.name, expression);
    case 'or':
      return (number(expression.left) | number(expression.right)) >>> 0;
    case 'apply':
      return applied(expression);
    case 'list':
      if (expression.items.length === 1) return number(expression.items[0] as Expression);
  }
  throw new ScriptError(expression, 'expected a number here');
}

/** `[65536]`: what stands behind a pointer. */
export function pointed(expression: Expression): Expression {
  if (expression.kind !== 'list') return expression;
  const [first] = expression.items;
  if (first === undefined || expression.items.length !== 1)
    throw new ScriptError(expression, 'expected one value in [ ]');
  return first;
}

export function listItems(expression: Expression): readonly Expression[] {
  if (expression.kind === 'list') return expression.items;
  throw new ScriptError(expression, 'expected a list: [ … ]');
}

/** The value of a structure's field, undefined when it has none of that name. */
export function field(expression: Expression, name: string): Expression | undefined {
  if (expression.kind !== 'struct') throw new ScriptError(expression, `expected a structure with ${name}: { … }`);
  return expression.fields.find((candidate) => candidate.name === name)?.value;
}

/** `{sa_family = AF_INET, sin_port = htons(8080), sin_addr = inet_addr("192.0.2.1")}` */
export interface SocketAddressValue {
  family: number;
  address: string | undefined;
  port: number | undefined;
}

/** @returns undefined for `...` */
export function socketAddress(expression: Expression | undefined): SocketAddressValue | undefined {
  if (expression === undefined || expression.kind === 'any') return undefined;
  if (expression.kind === 'word') return { family: number(expression), address: undefined, port: undefined };
  const family = field(expression, 'sa_family');
  if (family === undefined) throw new ScriptError(expression, 'expected sa_family in the address');
  const port = field(expression, 'sin_port') ?? field(expression, 'sin6_port');
  const address = field(expression, 'sin_addr') ?? field(expression, 'sin6_addr');
  return { family: number(family), address: addressText(address), port: port && number(port) };
}

/** A string argument, undefined when it is none. */
export function text(expression: Expression): string | undefined {
  if (expression.kind === 'string') return expression.value;
  return undefined;
}

function addressText(expression: Expression | undefined): string | undefined {
  if (expression === undefined) return undefined;
  if (expression.kind === 'string') return expression.value;
  const [argument] = expression.kind === 'apply' ? expression.arguments : [];
  if (argument?.kind === 'string') return argument.value;
  throw new ScriptError(expression, 'expected an address as inet_addr("192.0.2.1")');
}

function applied(expression: Extract<Expression, { kind: 'apply' }>): number {
  const [argument] = expression.arguments;
  const transparent = ['htons', 'htonl', 'ntohs', 'ntohl'].includes(expression.name);
  if (transparent && argument !== undefined) return number(argument);
  throw new UnsupportedError(`${expression.name}(…) in a call`, expression);
}

function named(name: string, at: Place): number {
  const value = numberOf(name);
  if (value === undefined) throw new UnsupportedError(`the name ${name}`, at);
  return value;
}
