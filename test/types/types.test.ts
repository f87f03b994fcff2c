/**
 * Programs that are typed for Bun compile with Vitrine, and its declarations hold under settings that are not ours. Nothing
 * runs here. Not for: what the sockets do (`../socket/`).
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type ts from 'typescript';
import { describe, expect, test, vi } from 'vitest';
import { compile, ENTRIES, editDeclarations, type Files, type Finding, ROOT, readConfig } from './compiler.js';

vi.setConfig({ testTimeout: 120_000 });

const { options, fileNames } = readConfig(join(ROOT, 'test/types/tsconfig.json'));
const TABLES = fileNames.filter((path) => path.includes('/assignable/'));
const PROGRAMS = fileNames.filter((path) => path.includes('/programs/'));
const OWN = fileNames.filter((path) => path.includes('/own/'));

describe.each([true, false])('exactOptionalPropertyTypes %s', (exactOptionalPropertyTypes) => {
  const settings = { ...options, exactOptionalPropertyTypes };

  test('every member that Bun declares is here, and fits', () => {
    expect(compile(TABLES, settings)).toEqual([]);
  });

  test.each([
    ['Bun', () => compile(PROGRAMS, settings)],
    ['Vitrine', () => compileOnVitrine(settings)],
  ])('the programs compile with %s', (_, findings) => {
    expect(findings()).toEqual([]);
  });

  test('programs compile that use what Bun does not have', () => {
    expect(compile(OWN, { ...settings, types: ['node'] })).toEqual([]);
  });
});

test('a member that is missing, and one that does not fit, are found', () => {
  const broken = editDeclarations([/\bsetNoDelay\(/, 'setDelay('], [/(getTLSVersion\(\)): string/, '$1: number']);
  const lines = compile(TABLES, options, broken).map(({ line }) => line);
  expect(lines).toContain("setNoDelay: 'same',");
  expect(lines).toContain("getTLSVersion: 'same',");
});

test('a program is compiled with Vitrine, not with Bun', () => {
  const messages = compileOnVitrine(options, editDeclarations([/\blisten, /, ''])).map(({ message }) => message);
  expect(messages).toContainEqual(expect.stringContaining("'listen' does not exist"));
});

describe('the declarations hold where libraries are checked', () => {
  const checked = { ...readConfig(join(ROOT, 'tsconfig.json')).options, skipLibCheck: false };
  const node = { ...checked, types: ['node'], lib: ['lib.es2023.d.ts'] };
  const page = { ...checked, types: ['node'], lib: ['lib.es2023.d.ts', 'lib.dom.d.ts'] };
  const bun = { ...checked, types: ['bun-types'], lib: ['lib.esnext.d.ts'] };

  test.each<[string, ts.CompilerOptions]>([
    ['Node alone', node],
    ['Node and a page', page],
    ['Bun', bun],
  ])('%s', (_, settings) => {
    expect(compile(ENTRIES, settings)).toEqual([]);
  });

  test('one that needs a page is found', () => {
    const findings = compile(ENTRIES, node, editDeclarations([/\bModule \| Bytes\b/, 'WebAssembly.Module']));
    expect(findings.map(({ message }) => message)).toEqual(["Cannot find namespace 'WebAssembly'."]);
  });
});

/** With the import in front and nothing else; who names no type of Bun's has none. */
function compileOnVitrine(settings: ts.CompilerOptions, files: Files = new Map()): Finding[] {
  const texts = new Map(
    PROGRAMS.map((path) => [path, `import * as Bun from 'vitrine';\n${readFileSync(path, 'utf8')}`]),
  );
  const mixed = PROGRAMS.filter((path) => texts.get(path)?.includes("from 'bun'"));
  const pure = PROGRAMS.filter((path) => !mixed.includes(path));
  const all = new Map([...files, ...texts]);
  return [...compile(mixed, settings, all), ...compile(pure, { ...settings, types: ['node'] }, all)];
}
