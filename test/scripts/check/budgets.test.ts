import { expect, test } from 'vitest';
import { checkBudgets } from '../../../scripts/check/budgets.mjs';

test('a file of 400 lines passes, one of 401 does not', () => {
  expect(messages({ 'host/a.ts': lines(400) })).toEqual([]);
  expect(messages({ 'host/a.ts': lines(401) })).toEqual(['401 lines; a file has at most 400']);
});

test('a folder of 16 files passes, one of 17 does not, and subfolders count for themselves', () => {
  const files = (count: number, folder: string) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`${folder}/f${index}.ts`, '']));
  expect(messages({ ...files(16, 'assembly/tcp'), ...files(16, 'assembly/tcp/open') })).toEqual([]);
  expect(messages(files(17, 'assembly/tcp'))).toEqual(['17 source files; a folder has at most 16']);
});

test.each([
  ['a function', (body: string) => `function f(): void {\n${body}}\n`],
  ['an arrow function', (body: string) => `export const f = (): void => {\n${body}};\n`],
  ['a method', (body: string) => `class A {\n  f(): void {\n${body}}\n}\n`],
  ['a function below its documentation', (body: string) => `/**\n * Long.\n */\nfunction f(): void {\n${body}}\n`],
])('%s of 60 lines passes, one of 61 does not', (_, write) => {
  expect(messages({ 'host/a.ts': write(lines(58)) })).toEqual([]);
  expect(messages({ 'host/a.ts': write(lines(59)) })).toEqual([
    "'f' has 61 lines; a function has at most 60, or 120 below a comment '// long: reason'",
  ]);
});

test('the constructor and getters are functions', () => {
  expect(messages({ 'host/a.ts': `class A {\n  constructor() {\n${lines(59)}}\n}\n` })).toHaveLength(1);
  expect(messages({ 'host/a.ts': `class A {\n  get f() {\n${lines(59)}return 1; }\n}\n` })).toHaveLength(1);
});

test('a written reason allows 120 lines and no more', () => {
  const write = (body: string) => `// long: the eight checks read best in one piece\nfunction f(): void {\n${body}}\n`;
  expect(messages({ 'assembly/a.ts': write(lines(118)) })).toEqual([]);
  expect(messages({ 'assembly/a.ts': write(lines(119)) })).toEqual(["'f' has 121 lines; a function has at most 120"]);
});

test('a reason has to be written, and directly above', () => {
  const body = lines(59);
  expect(messages({ 'host/a.ts': `// long:\nfunction f(): void {\n${body}}\n` })).toHaveLength(1);
  expect(messages({ 'host/a.ts': `// long: it is\n\nfunction f(): void {\n${body}}\n` })).toHaveLength(1);
});

function messages(files: Record<string, string>): string[] {
  return checkBudgets(Object.entries(files).map(([path, text]) => ({ path, text }))).map(({ message }) => message);
}

function lines(count: number): string {
  return '  work();\n'.repeat(count);
}
