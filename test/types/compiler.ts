/**
 * `tsc` for programs that use Vitrine, by the declarations that the build left in `dist/`.
 * Not for: what the programs prove (`types.test.ts`).
 */
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/** Texts by absolute path, which stand before those on the disk. */
export type Files = ReadonlyMap<string, string>;

/** What `tsc` has to say, and the line of the program that it says it of. */
export interface Finding {
  readonly file: string;
  readonly line: string;
  readonly message: string;
}

export const ROOT = fileURLToPath(new URL('../../', import.meta.url)).replace(/\/$/, '');
/** The declarations of everything that the package exports. */
export const ENTRIES = entries();

/** The declarations that the build made of `host/`, with an edit. */
export function editDeclarations(...edits: readonly [from: RegExp, to: string][]): Files {
  const paths = ts.sys.readDirectory(join(ROOT, 'dist/host'), ['.d.ts']);
  const edit = (text: string) => edits.reduce((before, [from, to]) => before.replace(from, to), text);
  return new Map(paths.map((path) => [path, edit(readFileSync(path, 'utf8'))]));
}

/** The options and the programs of a tsconfig.json. */
export function readConfig(path: string): ts.ParsedCommandLine {
  const host = {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic({ messageText }: ts.Diagnostic) {
      throw new Error(ts.flattenDiagnosticMessageText(messageText, '\n'));
    },
  };
  const config = ts.getParsedCommandLineOfConfigFile(path, {}, host);
  if (config === undefined) throw new Error(`${path}: not readable`);
  return config;
}

/** @returns what is wrong in files of this project; what it depends on is somebody else's */
export function compile(roots: readonly string[], options: ts.CompilerOptions, files: Files = new Map()): Finding[] {
  const host = overlay(ts.createCompilerHost(options), files);
  const program = ts.createProgram({ rootNames: roots, options, host });
  const ours = program.getSourceFiles().filter(({ fileName }) => !fileName.includes('/node_modules/'));
  const found = ours.flatMap((file) => [
    ...program.getSyntacticDiagnostics(file),
    ...program.getSemanticDiagnostics(file),
  ]);
  return [...program.getOptionsDiagnostics(), ...program.getGlobalDiagnostics(), ...found].map(toFinding);
}

function entries(): string[] {
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    exports: Record<string, string | { types: string }>;
  };
  return Object.values(manifest.exports).flatMap((entry) => (typeof entry === 'string' ? [] : join(ROOT, entry.types)));
}

function overlay(host: ts.CompilerHost, files: Files): ts.CompilerHost {
  return {
    ...host,
    fileExists: (path) => files.has(path) || host.fileExists(path),
    readFile: (path) => files.get(path) ?? host.readFile(path),
    getSourceFile(path, version) {
      const text = files.get(path);
      if (text !== undefined) return ts.createSourceFile(path, text, version);
      if (!path.includes('/node_modules/')) return host.getSourceFile(path, version);
      const key = `${path} ${JSON.stringify(version)}`;
      const file = parsed.get(key) ?? host.getSourceFile(path, version);
      if (file !== undefined) parsed.set(key, file);
      return file;
    },
  };
}

function toFinding({ file, start, messageText }: ts.Diagnostic): Finding {
  const message = ts.flattenDiagnosticMessageText(messageText, '\n');
  if (file === undefined || start === undefined) return { file: '', line: '', message };
  const { line } = file.getLineAndCharacterOfPosition(start);
  return { file: relative(ROOT, file.fileName), line: file.text.split('\n')[line]?.trim() ?? '', message };
}

/** The declarations of packages, which every program has in common. */
const parsed = new Map<string, ts.SourceFile>();
