/**
 * The import graph of assembly/ and host/ has no cycle and obeys the layout of the house. Who may import whom is
 * declared here: a new edge between two folders is a decision, taken by adding it to a table.
 *
 * Type-only imports are erased by the compiler, so they make no cycle; the layout holds for them nevertheless.
 */
import { posix } from 'node:path';
import ts from 'typescript';
import { findingAt, parse, walk } from './syntax.mjs';

/** What each folder may import from, besides itself. '*' stands for every folder of the same tree. */
export const FOLDERS = /** @type {Record<string, readonly string[]>} */ ({
  'assembly/abi': ['assembly/memory'],
  'assembly/memory': ['assembly/abi'],
  'assembly/crypto': ['assembly/abi', 'assembly/memory'],
  'assembly/trace': ['assembly/abi', 'assembly/memory'],
  'assembly/ip': ['assembly/abi', 'assembly/memory', 'assembly/crypto', 'assembly/trace'],
  'assembly/link': ['assembly/abi', 'assembly/memory', 'assembly/crypto', 'assembly/trace', 'assembly/ip'],
  'assembly/tcp': ['assembly/abi', 'assembly/memory', 'assembly/crypto', 'assembly/trace', 'assembly/ip'],
  'assembly/udp': ['assembly/abi', 'assembly/memory', 'assembly/crypto', 'assembly/trace', 'assembly/ip'],
  'assembly/tls': ['assembly/abi', 'assembly/memory', 'assembly/crypto', 'assembly/tcp'],
  assembly: ['*'],

  'host/core': [],
  'host/packet': ['host/core'],
  'host/device': ['host/core', 'host/packet'],
  'host/stack': [
    'host/core',
    'host/dhcp',
    'host/device',
    'host/packet',
    'host/socket',
    'host/bsd',
    'host/tls',
    'host/dns',
    'host/udp',
  ],
  'host/bsd': ['host/core', 'host/stack'],
  'host/packetscript': ['host/core', 'host/device', 'host/packet', 'host/stack', 'host/bsd'],
  'host/udp': ['host/core', 'host/stack', 'host/socket'],
  'host/socket': ['host/core', 'host/packet', 'host/stack', 'host/tls', 'host/dns', 'host/udp'],
  'host/tls': ['host/core', 'host/packet'],
  'host/dhcp': ['host/core'],
  'host/dns': ['host/core', 'host/stack', 'host/socket'],
  'host/node': ['*'],
  'host/workers': ['host/core', 'host/device', 'host/socket', 'host/stack'],
  'host/web': ['host/socket', 'host/stack', 'host/tls'],
  'host/inspector': ['*'],
  'host/cli': ['*'],
  host: [
    'host/core',
    'host/device',
    'host/stack',
    'host/socket',
    'host/bsd',
    'host/tls',
    'host/udp',
    'host/dns',
    'host/node',
    'host/packet',
    'host/packetscript',
    'host/workers',
  ],
});

/** Single files that may import what their folder may not: where the input path climbs from IP to its protocols. */
export const FILES = /** @type {readonly [from: string, to: string][]} */ ([
  ['assembly/ip/input', 'assembly/tcp/input'],
  ['assembly/ip/input', 'assembly/udp/input'],
  ['assembly/ip/icmp/received', 'assembly/tcp/path/errors'],
  ['assembly/ip/icmp/input', 'assembly/link/header'],
  ['assembly/ip/icmp/input', 'assembly/link/ndp'],
  ['assembly/ip/output', 'assembly/link/send'],
  ['assembly/ip/icmp/received', 'assembly/udp/errors'],
  ['assembly/tcp/acknowledge', 'assembly/link/cache/reach'],
]);

/** The only file of assembly/ that the host may import, since both compilers read it. */
export const SHARED = 'assembly/abi/constants';

/** Files that must not reach others, however many imports lie between. */
export const BARRIERS = [
  {
    from: ['input', 'arrives', 'acknowledge', 'receive', 'close', 'handshake', 'path/errors'].map(
      (name) => `assembly/tcp/${name}`,
    ),
    to: ['assembly/ip/output', 'assembly/tcp/send', 'assembly/tcp/emit'],
    reason: 'the input path says what is owed and never sends',
  },
  {
    from: ['assembly/link/arp', 'assembly/link/ndp'],
    to: ['assembly/ip/output', 'assembly/link/send', 'assembly/link/messages'],
    reason: 'the input path says what is owed and never sends',
  },
];

/**
 * @param {readonly import('../files.mjs').SourceFile[]} files of assembly/ and host/
 * @returns {import('./syntax.mjs').Finding[]}
 */
export function checkLayout(files) {
  const sources = files.map(parse);
  const imports = findImports(sources);
  return [
    ...imports.flatMap(misplacedImport),
    ...BARRIERS.flatMap((barrier) => brokenBarriers(barrier, imports)),
    ...findCycles(imports),
    ...sources.flatMap(misplacedWebAssembly),
  ];
}

/**
 * Every file that the tables name exists, as long as its folder does: a table that kept the old name of a file would
 * guard nothing, and say nothing.
 *
 * @param {readonly import('../files.mjs').SourceFile[]} files of assembly/ and host/
 * @returns {import('./syntax.mjs').Finding[]}
 */
export function checkTables(files) {
  const paths = files.map(({ path }) => path);
  const [stems, folders] = [new Set(paths.map(stemOf)), new Set(paths.map(folderOf))];
  const named = new Set([...FILES.flat(), ...BARRIERS.flatMap(({ from, to }) => [...from, ...to])]);
  return [...named]
    .filter((file) => folders.has(folderOf(file)) && !stems.has(file))
    .map((path) => ({ path, message: 'named by the layout, but there is no such file' }));
}

/**
 * @param {Import} edge
 * @returns {import('./syntax.mjs').Finding[]}
 */
function misplacedImport({ node, from, to }) {
  const [fromFolder, toFolder] = [folderOf(from), folderOf(to)];
  const allowed = FOLDERS[fromFolder];
  if (allowed === undefined) return [findingAt(node, `${fromFolder}/ has no place in the layout`)];
  if (fromFolder === toFolder || allowed.includes(toFolder)) return [];
  if (treeOf(from) !== treeOf(to)) {
    return to === SHARED ? [] : [findingAt(node, `${from} imports ${to}; the host may import ${SHARED} only`)];
  }
  if (allowed.includes('*') || FILES.some(([file, other]) => file === from && other === to)) return [];
  return [findingAt(node, `${from} imports ${to}; ${fromFolder}/ may not import ${toFolder}/`)];
}

/**
 * @param {typeof BARRIERS[number]} barrier
 * @param {readonly Import[]} imports
 * @returns {import('./syntax.mjs').Finding[]}
 */
function brokenBarriers({ from, to, reason }, imports) {
  const graph = valueGraph(imports);
  return from.flatMap((start) => {
    const path = shortestPath(graph, start, (file) => to.includes(file));
    const first = path?.[0];
    if (path === undefined || first === undefined) return [];
    return [findingAt(first.node, `${[start, ...path.map((edge) => edge.to)].join(' → ')}: ${reason}`)];
  });
}

/**
 * @param {readonly Import[]} imports
 * @returns {import('./syntax.mjs').Finding[]} one for each cycle that has no file in common with one reported before
 */
function findCycles(imports) {
  const graph = valueGraph(imports);
  const reported = new Set();
  /** @type {import('./syntax.mjs').Finding[]} */
  const findings = [];
  for (const start of [...graph.keys()].sort()) {
    const path = reported.has(start) ? undefined : shortestPath(graph, start, (file) => file === start);
    const first = path?.[0];
    if (path === undefined || first === undefined) continue;
    for (const edge of path) reported.add(edge.to);
    findings.push(findingAt(first.node, `import cycle: ${[start, ...path.map((edge) => edge.to)].join(' → ')}`));
  }
  return findings;
}

/**
 * @param {ReturnType<typeof valueGraph>} graph
 * @param {string} start
 * @param {(file: string) => boolean} isGoal
 * @returns {Import[] | undefined} at least one edge long
 */
function shortestPath(graph, start, isGoal) {
  /** @type {Import[][]} */
  const paths = (graph.get(start) ?? []).map((edge) => [edge]);
  const seen = new Set();
  for (const path of paths) {
    const end = /** @type {Import} */ (path.at(-1)).to;
    if (isGoal(end)) return path;
    if (seen.has(end)) continue;
    seen.add(end);
    for (const edge of graph.get(end) ?? []) paths.push([...path, edge]);
  }
  return undefined;
}

/**
 * @param {readonly Import[]} imports
 * @returns {Map<string, Import[]>} the imports that are left at run time, by the file that has them
 */
function valueGraph(imports) {
  /** @type {Map<string, Import[]>} */
  const graph = new Map();
  for (const edge of imports) {
    if (edge.typeOnly) continue;
    const edges = graph.get(edge.from);
    if (edges === undefined) graph.set(edge.from, [edge]);
    else edges.push(edge);
  }
  return graph;
}

/**
 * @param {readonly ts.SourceFile[]} sources
 * @returns {Import[]} every import of one of these files by another
 */
function findImports(sources) {
  const known = new Set(sources.map((source) => stemOf(source.fileName)));
  /** @type {Import[]} */
  const imports = [];
  for (const source of sources) {
    const from = stemOf(source.fileName);
    walk(source, (node) => {
      const specifier = specifierOf(node);
      if (specifier === undefined || !specifier.startsWith('.')) return;
      const to = stemOf(posix.join(posix.dirname(source.fileName), specifier));
      if (known.has(to)) imports.push({ node, from, to, typeOnly: isTypeOnly(node) });
    });
  }
  return imports;
}

/**
 * @param {ts.Node} node
 * @returns {string | undefined} the module that it imports
 */
function specifierOf(node) {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return textOf(node.moduleSpecifier);
  if (ts.isImportTypeNode(node)) return ts.isLiteralTypeNode(node.argument) ? textOf(node.argument.literal) : undefined;
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
    return textOf(node.arguments[0]);
  return undefined;
}

/** @param {ts.Node | undefined} node */
function textOf(node) {
  return node !== undefined && ts.isStringLiteralLike(node) ? node.text : undefined;
}

/** @param {ts.Node} node */
function isTypeOnly(node) {
  if (ts.isImportDeclaration(node)) return node.importClause?.isTypeOnly ?? false;
  return ts.isImportTypeNode(node) || (ts.isExportDeclaration(node) && node.isTypeOnly);
}

/**
 * @param {ts.SourceFile} source
 * @returns {import('./syntax.mjs').Finding[]}
 */
function misplacedWebAssembly(source) {
  if (treeOf(source.fileName) !== 'host' || folderOf(source.fileName) === 'host/core') return [];
  /** @type {import('./syntax.mjs').Finding[]} */
  const findings = [];
  walk(source, (node) => {
    if (!ts.isIdentifier(node) || node.text !== 'WebAssembly' || ts.isQualifiedName(node.parent)) return;
    if (ts.findAncestor(node, ts.isInterfaceDeclaration) !== undefined) return;
    findings.push(findingAt(node, 'only host/core/ uses WebAssembly at run time'));
  });
  return findings;
}

/** @param {string} path */
function treeOf(path) {
  return path.split('/')[0];
}

/**
 * @param {string} path 'host/tls/alerts.ts'
 * @returns {string} 'host/tls', or 'host' for a file that lies at the top of its tree
 */
function folderOf(path) {
  return path.split('/').slice(0, -1).slice(0, 2).join('/');
}

/**
 * @param {string} path
 * @returns {string} without the ending, under which both `./x` and `./x.js` find `x.ts`
 */
function stemOf(path) {
  return path.replace(/(\.d)?\.[cm]?[jt]s$/, '');
}

/**
 * @typedef {object} Import
 * @property {ts.Node} node
 * @property {string} from a path without its ending
 * @property {string} to likewise
 * @property {boolean} typeOnly
 */
