/**
 * Programs that are typed for Bun compile with Vitrine, and its declarations hold under settings that are not ours. Nothing
 * runs here. Not for: what the sockets do (`../socket/`).
 */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type ts from 'typescript';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { compile, ENTRIES, emitDeclarations, type Files, type Finding, ROOT, readConfig } from './compiler.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const { options, fileNames } = readConfig(join(ROOT, 'test/types/tsconfig.json'));
const TABLES = fileNames.filter((path) => path.includes('/assignable/'));
const PROGRAMS = fileNames.filter((path) => path.includes('/programs/'));
let declarations: Files;

beforeAll(() => {
  declarations = emitDeclarations();
});

describe.each([true, false])('exactOptionalPropertyTypes %s', (exactOptionalPropertyTypes) => {
  const settings = { ...options, exactOptionalPropertyTypes };

  test('every member that Bun declares is here, and fits', () => {
    expect(compile(TABLES, settings, declarations)).toEqual([]);
  });

  describe('programs for Bun', () => {
    let onBun: Finding[];
    let onVitrine: Finding[];

    beforeAll(() => {
      onBun = compile(PROGRAMS, settings, new Map());
      onVitrine = compileOnVitrine(settings);
    });

    test.each(PROGRAMS.map((path) => basename(path)))('%s compiles with either', (name) => {
      const here = ({ file }: Finding) => file === '' || basename(file) === name;
      expect(onBun.filter(here)).toEqual([]);
      expect(onVitrine.filter(here)).toEqual([]);
    });
  });
});

test('a member that is missing, and one that does not fit, are found', () => {
  const broken = edited([/\bsetNoDelay\(/, 'setDelay('], [/(getTLSVersion\(\)): string/, '$1: number']);
  const lines = compile(TABLES, options, broken).map(({ line }) => line);
  expect(lines).toContain("setNoDelay: 'same',");
  expect(lines).toContain("getTLSVersion: 'same',");
});

test('a program is compiled with Vitrine, not with Bun', () => {
  const messages = compileOnVitrine(options, edited([/\blisten, /, ''])).map(({ message }) => message);
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
    ['Bun, optional properties not exact', { ...bun, exactOptionalPropertyTypes: false }],
  ])('%s', (_, settings) => {
    expect(compile(ENTRIES, settings, declarations)).toEqual([]);
  });

  test('one that needs a page is found', () => {
    const findings = compile(ENTRIES, node, edited([/\bModule \| Bytes\b/, 'WebAssembly.Module']));
    expect(findings.map(({ message }) => message)).toEqual(["Cannot find namespace 'WebAssembly'."]);
  });
});

/** With the import in front and nothing else; who names no type of Bun's has none. */
function compileOnVitrine(settings: ts.CompilerOptions, files: Files = declarations): Finding[] {
  const texts = new Map(
    PROGRAMS.map((path) => [path, `import * as Bun from 'vitrine';\n${readFileSync(path, 'utf8')}`]),
  );
  const mixed = PROGRAMS.filter((path) => texts.get(path)?.includes("from 'bun'"));
  const pure = PROGRAMS.filter((path) => !mixed.includes(path));
  const all = new Map([...files, ...texts]);
  return [...compile(mixed, settings, all), ...compile(pure, { ...settings, types: ['node'] }, all)];
}

function edited(...edits: readonly [RegExp, string][]): Files {
  return new Map(
    [...declarations].map(([path, text]) => [path, edits.reduce((so, [from, to]) => so.replace(from, to), text)]),
  );
}
