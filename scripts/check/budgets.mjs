/**
 * A file has at most 400 lines, a function 60 (120 with a reason directly above it: `// long: why`), a folder 16
 * source files.
 */
import { posix } from 'node:path';
import ts from 'typescript';
import { findingAt, lineOf, parse, walk } from './syntax.mjs';

export const FILE_LINES = 400;
export const FUNCTION_LINES = 60;
export const EXCUSED_FUNCTION_LINES = 120;
export const FOLDER_FILES = 16;

/**
 * @param {readonly import('../files.mjs').SourceFile[]} files
 * @returns {import('./syntax.mjs').Finding[]}
 */
export function checkBudgets(files) {
  return [...crowdedFolders(files), ...files.flatMap(longFile), ...files.flatMap(longFunctions)];
}

/**
 * @param {readonly import('../files.mjs').SourceFile[]} files
 * @returns {import('./syntax.mjs').Finding[]}
 */
function crowdedFolders(files) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const { path } of files) {
    const folder = posix.dirname(path);
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  return [...counts]
    .filter(([, count]) => count > FOLDER_FILES)
    .map(([path, count]) => ({ path, message: `${count} source files; a folder has at most ${FOLDER_FILES}` }));
}

/**
 * @param {import('../files.mjs').SourceFile} file
 * @returns {import('./syntax.mjs').Finding[]}
 */
function longFile({ path, text }) {
  const lines = text.replace(/\n$/, '').split('\n').length;
  return lines > FILE_LINES ? [{ path, message: `${lines} lines; a file has at most ${FILE_LINES}` }] : [];
}

/**
 * @param {import('../files.mjs').SourceFile} file
 * @returns {import('./syntax.mjs').Finding[]}
 */
function longFunctions(file) {
  const source = parse(file);
  /** @type {import('./syntax.mjs').Finding[]} */
  const findings = [];
  walk(source, (node) => {
    if (!ts.isFunctionLike(node) || !('body' in node) || node.body === undefined) return;
    const lines = lineOf(source, node.end) - lineOf(source, node.getStart(source)) + 1;
    const limit = isExcused(node, source) ? EXCUSED_FUNCTION_LINES : FUNCTION_LINES;
    if (lines <= limit) return;
    const advice = limit === FUNCTION_LINES ? `, or ${EXCUSED_FUNCTION_LINES} below a comment '// long: reason'` : '';
    findings.push(findingAt(node, `${nameOf(node)} has ${lines} lines; a function has at most ${limit}${advice}`));
  });
  return findings;
}

/**
 * @param {ts.Node} node
 * @param {ts.SourceFile} source
 * @returns {boolean} whether the line above the function, or above the statement that begins with it, gives a reason
 */
function isExcused(node, source) {
  const line = source.getLineAndCharacterOfPosition(node.getStart(source)).line;
  const above = source.text.split('\n')[line - 1] ?? '';
  return /^\s*\/\/ long: \S/.test(above);
}

/** @param {ts.SignatureDeclaration} node */
function nameOf(node) {
  if (ts.isConstructorDeclaration(node)) return 'the constructor';
  const named = node.name ?? (ts.isVariableDeclaration(node.parent) ? node.parent.name : undefined);
  return named === undefined ? 'this function' : `'${named.getText()}'`;
}
