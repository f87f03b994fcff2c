/**
 * Programs that are typed for Bun compile with Vitrine, and its declarations hold under settings that are not ours. Nothing
 * runs here. Not for: what the sockets do (`../socket/`).
 */

import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type ts from 'typescript';
import { beforeAll, describe, expect, test } from 'vitest';
import { compile, ENTRIES, emitDeclarations, type Files, type Finding, ROOT, readConfig } from './compiler.js';

const MINUTES = 120_000;
const FOLDER = join(ROOT, 'test/types');
const { options, fileNames } = readConfig(join(FOLDER, 'tsconfig.json'));
const TABLES = fileNames.filter((path) => path.includes('/assignable/'));
const PROGRAMS = fileNames.filter((path) => path.includes('/programs/'));
let declarations: Files;

beforeAll(() => {
  declarations = emitDeclarations();
}, MINUTES);

describe.each([true, false])('exactOptionalPropertyTypes %s', (exactOptionalPropertyTypes) => {
  const settings = { ...options, exactOptionalPropertyTypes };

  test(
    'every member that Bun declares is here, and fits',
    () => {
      expect(compile(TABLES, settings, declarations)).toEqual([]);
    },
    MINUTES,
  );

  describe('programs for Bun', () => {
    let onBun: Finding[];
    let onVitrine: Finding[];

    beforeAll(() => {
      onBun = compile(PROGRAMS, settings, new Map());
      onVitrine = compileOnVitrine(settings);
    }, MINUTES);

    test.each(PROGRAMS.map((path) => basename(path)))('%s compiles with either', (name) => {
      const here = ({ file }: Finding) => file === '' || basename(file) === name;
      expect(onBun.filter(here)).toEqual([]);
      expect(onVitrine.filter(here)).toEqual([]);
    });
  });
});

test(
  'a member that is missing, and one that does not fit, are found',
  () => {
    const findings = compile(
      TABLES,
      options,
      edited([/\bsetNoDelay\(/, 'setDelay('], [/(getTLSVersion\(\)): string/, '$1: number']),
    );
    const lines = findings.map(({ line }) => line);
    expect(lines).toContain("setNoDelay: 'same',");
    expect(lines).toContain("getTLSVersion: 'same',");
  },
  MINUTES,
);

test(
  'a program is compiled with Vitrine, not with Bun',
  () => {
    const findings = compileOnVitrine(options, edited([/\blisten, /, '']));
    expect(findings.map(({ message }) => message)).toContainEqual(expect.stringContaining("'listen' does not exist"));
  },
  MINUTES,
);

describe('the declarations hold where libraries are checked', () => {
  const strict = { ...readConfig(join(ROOT, 'tsconfig.json')).options, types: ['node'], skipLibCheck: false };

  test.each<[string, ts.CompilerOptions]>([
    ['Node alone', { ...strict, lib: ['lib.es2023.d.ts'] }],
    ['Node beside a page', { ...strict, lib: ['lib.es2023.d.ts', 'lib.dom.d.ts'] }],
    ['Bun', { ...strict, types: ['bun-types'], lib: ['lib.esnext.d.ts'] }],
    [
      'Bun, optional properties not exact',
      { ...strict, types: ['bun-types'], lib: ['lib.esnext.d.ts'], exactOptionalPropertyTypes: false },
    ],
  ])(
    '%s',
    (_, settings) => {
      expect(compile(ENTRIES, settings, declarations)).toEqual([]);
    },
    MINUTES,
  );
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
