import { expect, test } from 'vitest';
import { checkAllocation } from '../../../scripts/check/allocation.mjs';

test.each([
  ['new', 'export function f(): Tcb { return new Tcb(); }'],
  ['heap.alloc', 'export function f(): usize { return heap.alloc(16); }'],
  ['the runtime', 'export function f(): usize { return __new(16, 0); }'],
  ['an array literal', 'export function f(): i32 { return [1, 2][0]; }'],
  ['an object literal', 'export function f(): A { return { a: 1 }; }'],
  ['a template with values', 'export function f(a: i32): string { return `$' + '{a}`; }'],
  ['a module variable', 'let count: u32 = 0;'],
  ['an exported module variable', 'export var count: u32 = 0;'],
  ['a static field', '@unmanaged class A { static count: u32 = 0; }'],
])('%s is found: %s', (_, text) => {
  expect(check(text)).toHaveLength(1);
});

test.each([
  ['constants', 'export const FLAG: u32 = 1 << 3;'],
  ['static data', 'export const TABLE: usize = memory.data<u8>([1, 2, 3]);'],
  ['a static field that never changes', '@unmanaged class A { static readonly SIZE: u32 = 8; }'],
  ['local variables', 'export function f(): u32 { let sum: u32 = 0; var more: u32 = 1; return sum + more; }'],
  ['a pointer taken for a record', 'export function f(p: usize): Tcb { return changetype<Tcb>(p); }'],
  ['a function of the pool', 'export function f(): usize { return poolTake(changetype<Pool>(8), 1); }'],
])('%s pass: %s', (_, text) => {
  expect(check(text)).toEqual([]);
});

test('the finding says where', () => {
  expect(checkAllocation([{ path: 'assembly/tcp/tcb.ts', text: '\nlet a = 0;' }])).toMatchObject([
    { path: 'assembly/tcp/tcb.ts', line: 2 },
  ]);
});

function check(text: string): string[] {
  return checkAllocation([{ path: 'assembly/a.ts', text }]).map(({ message }) => message);
}
