/** What the checks share: parsing a source file, walking it, and saying where something was found. */
import ts from 'typescript';

/**
 * Parses without resolving types, so it takes AssemblyScript as well as TypeScript and JavaScript.
 *
 * @param {import('../files.mjs').SourceFile} file
 * @returns {ts.SourceFile}
 */
export function parse({ path, text }) {
  const kind = /\.[cm]?js$/.test(path) ? ts.ScriptKind.JS : ts.ScriptKind.TS;
  return ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true, kind);
}

/**
 * Calls `visit` with the node and everything below it, parents first.
 *
 * @param {ts.Node} node
 * @param {(node: ts.Node) => void} visit
 */
export function walk(node, visit) {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}

/**
 * @param {ts.Node} node
 * @param {string} message
 * @returns {Finding}
 */
export function findingAt(node, message) {
  const source = node.getSourceFile();
  return { path: source.fileName, line: lineOf(source, node.getStart(source)), message };
}

/**
 * @param {ts.SourceFile} source
 * @param {number} position
 * @returns {number} counted from 1
 */
export function lineOf(source, position) {
  return source.getLineAndCharacterOfPosition(position).line + 1;
}

/**
 * @typedef {object} Finding something that breaks a rule
 * @property {string} path from the project's root
 * @property {number} [line] counted from 1; absent when the whole file is meant
 * @property {string} message
 */
