/**
 * The table of requirements (test/conformance/tcp/REQUIREMENTS.md) tells the truth about its proofs: every test that it
 * names exists under that very title, every requirement of RFC 9293 stands in it once, and whatever is not met says why.
 * Not for: whether a test proves what it is named for; that is read, not computed.
 *
 *   | id | what is required | met, or "not met: why", or "not applicable: why" | file › title, `<br>` between several |
 */
import ts from 'typescript';
import { parse, walk } from './syntax.mjs';

export const TABLE = 'test/conformance/tcp/REQUIREMENTS.md';

/** The labels of RFC 9293 appendix B, table 8, and how many there are of each. */
export const LABELS = /** @type {const} */ ({ MUST: 69, SHLD: 31, MAY: 18, REC: 1 });

/**
 * @param {import('../files.mjs').SourceFile} table
 * @param {readonly import('../files.mjs').SourceFile[]} tests every source file below test/
 * @param {readonly string[]} scripts the paths of the packet scripts
 * @returns {import('./syntax.mjs').Finding[]}
 */
export function checkRequirements({ path, text }, tests, scripts) {
  const rows = readRows(text);
  const titles = new Map(tests.map((test) => [test.path, titlesOf(test)]));
  const known = new Set(scripts);
  return [
    ...rows.flatMap((row) => faultsOf(row, titles, known).map((message) => ({ path, line: row.line, message }))),
    ...wrongNumber(rows).map((message) => ({ path, message })),
  ];
}

/**
 * @param {Row} row
 * @param {ReadonlyMap<string, ReadonlySet<string>>} titles by path
 * @param {ReadonlySet<string>} scripts
 * @returns {string[]}
 */
function faultsOf({ id, cells }, titles, scripts) {
  const [, required, status, proof, ...more] = cells;
  if (required === undefined || status === undefined || proof === undefined || more.length > 0) {
    return [`${id}: ${cells.length} cells instead of 4`];
  }
  const faults = STATUS.test(status) ? [] : [`${id}: '${status}' is not met, not met: why, or not applicable: why`];
  if (required === '') faults.push(`${id}: does not say what is required`);
  const proofs = proof === '' ? [] : proof.split('<br>').map((part) => part.trim());
  if (/^met/.test(status) && proofs.length === 0) faults.push(`${id}: met, but nothing proves it`);
  return [...faults, ...proofs.flatMap((named) => missing(named, titles, scripts).map((fault) => `${id}: ${fault}`))];
}

/**
 * @param {string} named 'tcp/send.test.ts › can be switched off', or 'conformance/tcp/nagle.pkt'
 * @param {ReadonlyMap<string, ReadonlySet<string>>} titles
 * @param {ReadonlySet<string>} scripts
 * @returns {string[]}
 */
function missing(named, titles, scripts) {
  const [file = '', ...rest] = named.split(' › ');
  const path = `test/${file}`;
  if (file.endsWith('.pkt')) return scripts.has(path) ? [] : [`there is no ${path}`];
  const inFile = titles.get(path);
  if (inFile === undefined) return [`there is no ${path}`];
  const title = rest.join(' › ');
  return inFile.has(title) ? [] : [`${path} has no test '${title}'`];
}

/**
 * @param {readonly Row[]} rows
 * @returns {string[]} for each requirement of RFC 9293 that stands there never, or twice
 */
function wrongNumber(rows) {
  return Object.entries(LABELS).flatMap(([label, count]) =>
    Array.from({ length: count }, (_, index) => `${label}-${index + 1}`).flatMap((id) => {
      const times = rows.filter((row) => row.id === id).length;
      return times === 1 ? [] : [`${id} stands in the table ${times} times`];
    }),
  );
}

/**
 * @param {string} text
 * @returns {Row[]} the rows of every table in it, without heads
 */
function readRows(text) {
  return text.split('\n').flatMap((line, index) => {
    if (!line.startsWith('| ') || /^\| (id|---)/.test(line)) return [];
    const cells = line
      .replace(/\|\s*$/, '')
      .slice(1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim().replaceAll('\\|', '|'));
    return [{ id: cells[0] ?? '', cells, line: index + 1 }];
  });
}

/**
 * @param {import('../files.mjs').SourceFile} file
 * @returns {Set<string>} the literal titles of its tests, parametrized ones as they are written; skipped ones are none
 */
function titlesOf(file) {
  /** @type {Set<string>} */
  const titles = new Set();
  if (!file.path.endsWith('.test.ts')) return titles;
  walk(parse(file), (node) => {
    if (!ts.isCallExpression(node) || !isTest(node.expression)) return;
    const [title] = node.arguments;
    if (title !== undefined && ts.isStringLiteralLike(title)) titles.add(title.text);
  });
  return titles;
}

/**
 * @param {ts.Expression} callee
 * @returns {boolean} `it`, `test`, one of the kit's that a family of addresses has, or `.each(…)` of one of them
 */
function isTest(callee) {
  if (ts.isIdentifier(callee)) return TESTS.has(callee.text);
  if (!ts.isCallExpression(callee) || !ts.isPropertyAccessExpression(callee.expression)) return false;
  return callee.expression.name.text === 'each' && isTest(callee.expression.expression);
}

/**
 * @typedef {object} Row
 * @property {string} id
 * @property {string[]} cells the id's among them
 * @property {number} line counted from 1
 */

const TESTS = new Set(['it', 'test', 'testIPv4', 'testIPv6']);
const STATUS = /^(met(: .+)?|not met: .+|not applicable: .+)$/;
