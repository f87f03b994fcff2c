/**
 * Only tcp/seq.ts compares sequence numbers. They live on a circle (RFC 9293 §3.4), so `<` on them is wrong once in
 * 4 GiB, and no type tells them from a count. Timestamps live on the same circle (RFC 7323 §5.2).
 *
 * Names decide: the lists are at the end of this file, and a local constant takes after what it is made from. The
 * difference of two sequence numbers is a length, which `<` may compare as long as it stays unsigned.
 */
import ts from 'typescript';
import { findingAt, parse, walk } from './syntax.mjs';

/**
 * @param {readonly import('../files.mjs').SourceFile[]} files of assembly/
 * @returns {import('./syntax.mjs').Finding[]}
 */
export function checkSequence(files) {
  return files
    .filter(({ path }) => path.startsWith('assembly/tcp/') && path !== 'assembly/tcp/seq.ts')
    .flatMap((file) => findComparisons(parse(file)));
}

/**
 * @param {ts.SourceFile} source
 * @returns {import('./syntax.mjs').Finding[]}
 */
function findComparisons(source) {
  /** @type {import('./syntax.mjs').Finding[]} */
  const findings = [];
  walk(source, (node) => {
    const culprit = comparedBy(node).find((operand) => ['sequence', 'signed'].includes(kindOf(operand)));
    if (culprit === undefined) return;
    const what = `'${culprit.getText()}' ${kindOf(culprit) === 'signed' ? 'is a signed distance' : 'is a sequence number'}`;
    findings.push(findingAt(node, `${what}; compare with the functions of assembly/tcp/seq.ts`));
  });
  return findings;
}

/**
 * @param {ts.Node} node
 * @returns {readonly ts.Expression[]} what it compares by size
 */
function comparedBy(node) {
  if (ts.isBinaryExpression(node) && COMPARISONS.has(node.operatorToken.kind)) return [node.left, node.right];
  if (ts.isCallExpression(node) && EXTREMES.test(node.expression.getText())) return node.arguments;
  return [];
}

/**
 * @param {ts.Expression} node
 * @returns {Kind}
 */
function kindOf(node) {
  if (ts.isParenthesizedExpression(node) || ts.isNonNullExpression(node)) return kindOf(node.expression);
  if (ts.isIdentifier(node)) return kindOfName(node);
  if (ts.isPropertyAccessExpression(node)) return isSequenceField(node) ? 'sequence' : 'other';
  if (ts.isAsExpression(node) || ts.isTypeAssertionExpression(node))
    return kindOfCast(node.type.getText(), node.expression);
  if (ts.isCallExpression(node)) return kindOfCall(node);
  if (ts.isConditionalExpression(node)) return strongest(kindOf(node.whenTrue), kindOf(node.whenFalse));
  if (ts.isBinaryExpression(node)) return kindOfBinary(node);
  return 'other';
}

/**
 * @param {ts.Identifier} node
 * @returns {Kind}
 */
function kindOfName(node) {
  if (isSequenceName(node.text)) return 'sequence';
  const made = initializerOf(node);
  return made === undefined ? 'other' : kindOf(made);
}

/**
 * @param {ts.CallExpression} node
 * @returns {Kind}
 */
function kindOfCall(node) {
  const [callee, first] = [node.expression.getText(), node.arguments[0]];
  if (first !== undefined && INTEGERS.test(callee)) return kindOfCast(callee, first);
  if (EXTREMES.test(callee)) return node.arguments.map(kindOf).reduce(strongest, 'other');
  return CIRCLE_FUNCTIONS.has(callee) ? 'sequence' : 'other';
}

/**
 * @param {string} type
 * @param {ts.Expression} inner
 * @returns {Kind}
 */
function kindOfCast(type, inner) {
  const kind = kindOf(inner);
  return SIGNED.test(type) && kind !== 'other' ? 'signed' : kind;
}

/**
 * @param {ts.BinaryExpression} node
 * @returns {Kind}
 */
function kindOfBinary(node) {
  const [left, right] = [kindOf(node.left), kindOf(node.right)];
  if (node.operatorToken.kind === ts.SyntaxKind.EqualsToken) return right;
  if (node.operatorToken.kind === ts.SyntaxKind.PlusToken) return strongest(left, right);
  if (node.operatorToken.kind !== ts.SyntaxKind.MinusToken) return 'other';
  return left === 'sequence' && right === 'sequence' ? 'distance' : strongest(left, right);
}

/**
 * @param {Kind} a
 * @param {Kind} b
 * @returns {Kind}
 */
function strongest(a, b) {
  return (
    /** @type {const} */ (['signed', 'sequence', 'distance', 'other']).find((kind) => kind === a || kind === b) ??
    'other'
  );
}

/**
 * @param {ts.Identifier} use
 * @returns {ts.Expression | undefined} what the local variable of that name starts as
 */
function initializerOf(use) {
  for (let scope = use.parent; scope !== undefined; scope = scope.parent) {
    if (!ts.isBlock(scope) && !ts.isForStatement(scope)) continue;
    const declared = declarationsIn(scope).find(({ name }) => ts.isIdentifier(name) && name.text === use.text);
    if (declared?.initializer !== undefined && declared.end < use.pos) return declared.initializer;
  }
  return undefined;
}

/**
 * @param {ts.Block | ts.ForStatement} scope
 * @returns {ts.VariableDeclaration[]}
 */
function declarationsIn(scope) {
  if (ts.isBlock(scope)) {
    return scope.statements.flatMap((node) =>
      ts.isVariableStatement(node) ? [...node.declarationList.declarations] : [],
    );
  }
  const { initializer } = scope;
  return initializer !== undefined && ts.isVariableDeclarationList(initializer) ? [...initializer.declarations] : [];
}

/** @param {ts.PropertyAccessExpression} node */
function isSequenceField(node) {
  return isSequenceName(node.name.text) || RANGE_FIELDS.test(node.getText());
}

/** @param {string} name */
function isSequenceName(name) {
  return SEQUENCE_NAMES.has(name) || LAST_WORDS.test(name);
}

/**
 * @typedef {'sequence' | 'distance' | 'signed' | 'other'} Kind
 * a point on the circle; how far two points are apart; one of the two as a signed number, whose sign is a comparison;
 * anything else
 */

const COMPARISONS = new Set([
  ts.SyntaxKind.LessThanToken,
  ts.SyntaxKind.LessThanEqualsToken,
  ts.SyntaxKind.GreaterThanToken,
  ts.SyntaxKind.GreaterThanEqualsToken,
]);
const EXTREMES = /^(Math\.)?(min|max)$/;
const INTEGERS = /^[iu](8|16|32|64|size)$/;
const SIGNED = /^i(8|16|32|64|size)$/;

/** The state variables of RFC 9293 §3.3.1, RFC 6582, RFC 6675 and RFC 7323, and our own of the same nature. */
const SEQUENCE_NAMES = new Set([
  'sndUp',
  'sndMax',
  'sndResume',
  'rcvUp',
  'rcvAdv',
  'rcvFin',
  'highRxt',
  'highData',
  'rescueRxt',
  'lastAckSent',
  'tsVal',
  'tsEcr',
  'tsRecent',
]);
/** `seq`, `segSeq`, `sndUna`, `rcvNxt`, `rttSeq`, `sndWl1`, `iss`, `recover` … but not `ACK`, `OWES_ACK`, `acks`. */
const LAST_WORDS =
  /(^(una|nxt|seq|ack|iss|irs|isn|wl1|wl2|recover)|[a-z0-9](Una|Nxt|Seq|Ack|Iss|Irs|Isn|Wl1|Wl2|Recover))$/;
/** The ends of a segment, of a range received out of order and of a SACK block. */
const RANGE_FIELDS = /(^|\.)(seg|segment|range|block)\.(start|end|left|right)$/i;
/** Functions that answer a sequence number or a timestamp. */
const CIRCLE_FUNCTIONS = new Set(['seqMax', 'seqMin', 'rangeStart', 'rangeEnd', 'timestampNow', 'dataEnd']);
