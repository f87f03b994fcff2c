import { randomBytes } from 'node:crypto';
import asc from 'assemblyscript/asc';
import { describe, expect, test } from 'vitest';
import { checkWasm } from '../../../scripts/check/wasm.mjs';

test('a module with only a memory passes', () => {
  expect(check(module({}))).toEqual([]);
});

test('the allowed WASI imports pass, any other import is found', () => {
  expect(check(module({ imports: ['wasi_snapshot_preview1.random_get', 'wasi_snapshot_preview1.proc_exit'] }))).toEqual(
    [],
  );
  expect(check(module({ imports: ['wasi_snapshot_preview1.clock_time_get'] }))[0]).toContain('clock_time_get');
  expect(check(module({ imports: ['env.fd_write'] }))[0]).toContain('imports env.fd_write');
});

test('a memory that is not exported is found', () => {
  expect(check(module({ exportsMemory: false }))).toEqual(["exports no memory named 'memory'"]);
});

test('a binary that is too large after gzip is found', () => {
  expect(check(module({ ballast: 55_000 }))).toEqual([]);
  expect(check(module({ ballast: 58_000 }))[0]).toContain('the limit is 56000');
});

describe('globals', () => {
  test('an immutable one passes, of any type', () => {
    const constants = [
      [0x7f, 0, 0x41, 0xff, 0x0b, 0x0b], // i32.const with a byte that looks like `end`
      [0x7e, 0, 0x42, 0x0b, 0x0b],
      [0x7d, 0, 0x43, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b],
      [0x7c, 0, 0x44, ...new Array<number>(8).fill(0x0b), 0x0b],
      [0x7b, 0, 0xfd, 0x0c, ...new Array<number>(16).fill(0x0b), 0x0b],
    ];
    expect(check(module({ globals: constants }))).toEqual([]);
  });

  test('a mutable one is found, by its index and behind others', () => {
    const globals = [[0x7b, 0, 0xfd, 0x0c, ...new Array<number>(16).fill(0), 0x0b], MUTABLE];
    expect(check(module({ globals }))).toEqual(['has the mutable global number 1; all state lies in linear memory']);
  });

  test('a mutable one is found by its name', () => {
    expect(check(module({ globals: [MUTABLE], name: 'assembly/tcp/tcb/count' }))[0]).toContain(
      'assembly/tcp/tcb/count',
    );
  });

  test('a stack pointer may be mutable', () => {
    expect(check(module({ globals: [MUTABLE], name: '~lib/memory/__stack_pointer' }))).toEqual([]);
  });

  test('the one that asc makes for a default argument of an exported function is found and explained', async () => {
    const source = 'export function f(a: i32, b: i32 = 5): i32 { return a + b; }';
    expect(check(await compile(source))[0]).toContain('~argumentsLength (an exported function has a default argument)');
    expect(check(await compile(source.replace(' = 5', '')))).toEqual([]);
  });

  test('the one that asc makes for a module variable is found', async () => {
    const source = 'let calls: i32 = 0; export function f(): i32 { return ++calls; }';
    expect(check(await compile(source))[0]).toContain('mutable global');
  });
});

function check(bytes: Uint8Array<ArrayBuffer>): string[] {
  return checkWasm('dist/core.wasm', bytes).map(({ message }) => message);
}

async function compile(source: string): Promise<Uint8Array<ArrayBuffer>> {
  const { error, binary } = await asc.compileString(source, { optimizeLevel: 3, runtime: 'stub', debug: true });
  if (error) throw error;
  return new Uint8Array(binary as Uint8Array);
}

interface Parts {
  imports?: string[];
  globals?: number[][];
  /** Of the first global, in the "name" section. */
  name?: string;
  exportsMemory?: boolean;
  /** Bytes that do not compress, in a section that engines ignore. */
  ballast?: number;
}

/** A binary module, section by section (WebAssembly Core Specification §5.5). */
function module({
  imports = [],
  globals = [],
  name,
  exportsMemory = true,
  ballast = 0,
}: Parts): Uint8Array<ArrayBuffer> {
  const imported = imports.map((path) => [...path.split('.').flatMap(text), 0, 0]);
  return new Uint8Array([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, list([[0x60, 0, 0]])),
    ...section(2, list(imported)),
    ...section(5, list([[0, 1]])),
    ...section(6, list(globals)),
    ...section(7, list(exportsMemory ? [[...text('memory'), 2, 0]] : [])),
    ...(name === undefined ? [] : section(0, [...text('name'), ...section(7, list([[0, ...text(name)]]))])),
    ...section(0, [...text('ballast'), ...randomBytes(ballast)]),
  ]);
}

function section(id: number, content: number[]): number[] {
  return [id, ...integer(content.length), ...content];
}

function list(items: number[][]): number[] {
  return [...integer(items.length), ...items.flat()];
}

function text(value: string): number[] {
  return [...integer(value.length), ...Buffer.from(value)];
}

function integer(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...integer(value >>> 7)];
}

const MUTABLE = [0x7f, 1, 0x41, 0, 0x0b];
