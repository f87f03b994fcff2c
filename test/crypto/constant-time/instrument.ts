/**
 * Makes of a module one that reports each branch it takes and each address it touches.
 *
 * Binaryen's `log-execution` reports functions and loops, `instrument-memory` the addresses of loads and stores, v128 ones
 * included. What they pass over is reported by calls put into the module's text: conditions of branches and choices,
 * addresses of vector loads that splat or extend and of single lanes, addresses and lengths of bulk copies and fills, and
 * operands of divisions, whose time processors vary.
 */
import binaryen from 'binaryen';
import { type Expression, parseText, printText } from './text.js';

/** The binary, with imports `env.*` of Binaryen's passes and `trace.operand(instruction, value)`. */
export function instrument(binary: Uint8Array): { binary: Uint8Array<ArrayBuffer>; instructions: readonly string[] } {
  const instructions: string[] = [];
  const [head, ...items] = parseText(readText(binary));
  const traced = [head as string, IMPORT, ...items.map((item) => tracing(item, instructions))];
  const module = binaryen.parseText(printText(traced));
  try {
    module.setFeatures(FEATURES);
    module.runPasses(['instrument-memory', 'log-execution']);
    if (!module.validate()) throw new Error('the instrumented module is not valid');
    return { binary: new Uint8Array(module.emitBinary()), instructions };
  } finally {
    module.dispose();
  }
}

function readText(binary: Uint8Array): string {
  const module = binaryen.readBinary(binary);
  try {
    return module.emitText();
  } finally {
    module.dispose();
  }
}

/** The same expression, whose telling operands go through `trace.operand`; the name of each instruction is listed. */
function tracing(expression: Expression, instructions: string[]): Expression {
  if (typeof expression === 'string') return expression;
  const [head, ...rest] = expression;
  const parts = rest.map((part) => tracing(part, instructions));
  if (typeof head !== 'string') return [tracing(head as Expression, instructions), ...parts];
  for (const index of tellingOperands(head, parts)) {
    const number = instructions.push(head) - 1;
    parts[index] = ['call', '$trace', ['i32.const', String(number)], parts[index] as Expression];
  }
  return [head, ...parts];
}

/** Which parts of an instruction tell its branch or address, where Binaryen's passes do not report them. */
function tellingOperands(name: string, parts: readonly Expression[]): number[] {
  const operands = parts.flatMap((part, index) => (isOperand(part) ? [index] : []));
  if (name === 'if') return operands.slice(0, 1);
  if (/^(br_if|br_table|select|call_indirect)$/.test(name)) return operands.slice(-1);
  if (name === 'memory.fill') return [operands[0] as number, operands[2] as number];
  if (name === 'memory.copy' || /^i32\.(div|rem)_[su]$/.test(name)) return operands;
  if (SIMD_ACCESS.test(name)) return operands.slice(0, 1);
  if (/\b(load|store)|^memory\.|_(div|rem)_/.test(name) && !REPORTED.test(name))
    throw new Error(`${name} is not traced`);
  return [];
}

function isOperand(part: Expression): boolean {
  return typeof part !== 'string' && !/^(then|else|result|param|type)$/.test(String(part[0]));
}

const IMPORT: Expression = [
  'import',
  '"trace"',
  '"operand"',
  ['func', '$trace', ['param', 'i32', 'i32'], ['result', 'i32']],
];

const SIMD_ACCESS = /^v128\.(load\d+(_splat|_zero|_lane|x\d_[su])|store\d+_lane)$/;
/** By `instrument-memory`. */
const REPORTED = /^(i32|i64|f32|f64|v128)\.(load|store)(\d+)?(_[su])?$/;

const { MutableGlobals, SignExt, NontrappingFPToInt, SIMD128, BulkMemory, BulkMemoryOpt } = binaryen.Features;
const FEATURES = MutableGlobals | SignExt | NontrappingFPToInt | SIMD128 | BulkMemory | BulkMemoryOpt;
