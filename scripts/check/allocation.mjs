/**
 * All state of the core lies in linear memory that it manages itself: assembly/ makes no objects and has no module
 * variables, because both would live in the runtime's heap or in WebAssembly globals, outside every snapshot.
 *
 * Not for: globals that the compiler makes by itself; `wasm.mjs` finds those in the binary.
 */
import ts from 'typescript';
import { findingAt, parse, walk } from './syntax.mjs';

/**
 * @param {readonly import('../files.mjs').SourceFile[]} files of assembly/
 * @returns {import('./syntax.mjs').Finding[]}
 */
export function checkAllocation(files) {
  return files.flatMap((file) => {
    /** @type {import('./syntax.mjs').Finding[]} */
    const findings = [];
    walk(parse(file), (node) => {
      const fault = faultOf(node);
      if (fault !== undefined) findings.push(findingAt(node, fault));
    });
    return findings;
  });
}

/**
 * @param {ts.Node} node
 * @returns {string | undefined} what is wrong with it
 */
function faultOf(node) {
  if (ts.isNewExpression(node)) return `'new' allocates on the runtime's heap; take a record from a pool`;
  if (ts.isArrayLiteralExpression(node) && !isStaticData(node)) return 'an array literal allocates; use memory.data';
  if (ts.isObjectLiteralExpression(node)) return 'an object literal allocates';
  if (ts.isTemplateExpression(node)) return 'a template with values allocates a string';
  if (ts.isCallExpression(node) && ALLOCATORS.test(node.expression.getText())) {
    return `'${node.expression.getText()}' is the runtime's heap; take a record from a pool`;
  }
  if (
    ts.isVariableStatement(node) &&
    ts.isSourceFile(node.parent) &&
    !(node.declarationList.flags & ts.NodeFlags.Const)
  ) {
    return 'a module variable is a WebAssembly global; keep the value in linear memory';
  }
  if (ts.isPropertyDeclaration(node) && hasModifier(node, ts.SyntaxKind.StaticKeyword)) {
    if (!hasModifier(node, ts.SyntaxKind.ReadonlyKeyword))
      return 'a static field that can change is a WebAssembly global';
  }
  return undefined;
}

/**
 * @param {ts.Node} node
 * @returns {boolean} whether this is the list of `memory.data<T>([…])`, which the compiler lays out at build time
 */
function isStaticData(node) {
  return ts.isCallExpression(node.parent) && node.parent.expression.getText() === 'memory.data';
}

/**
 * @param {ts.PropertyDeclaration} node
 * @param {ts.SyntaxKind} kind
 */
function hasModifier(node, kind) {
  return node.modifiers?.some((modifier) => modifier.kind === kind) ?? false;
}

const ALLOCATORS = /^(heap\.\w+|__alloc|__realloc|__new|__renew)$/;
