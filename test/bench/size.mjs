/** How large the code is: of Vitrine what a program loads, of the others the program that is measured. */
import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { FOLDER } from './running/instruments.mjs';

/** @returns {Promise<import('./types.js').Local>} */
export async function measure() {
  const core = packed([`${DIST}core.wasm`]);
  return {
    columns: ['KB', 'gzip, KB'],
    rows: [
      row('vitrine: core.wasm', core),
      row('vitrine: the host, its JavaScript', packed(scripts(`${DIST}host`))),
      ...OTHERS.flatMap(([label, path]) =>
        statSync(path, { throwIfNoEntry: false }) ? [row(label, packed([path]))] : [],
      ),
    ],
    bars: [{ title: 'core.wasm, gzip, KB', value: core.packed / 1000, digits: 1, atMost: { first: 80, goal: 56 } }],
  };
}

function row(label, { size, packed }) {
  return [label, (size / 1000).toFixed(0), (packed / 1000).toFixed(0)];
}

function packed(paths) {
  const bytes = Buffer.concat(paths.map((path) => readFileSync(realpathSync(path))));
  return { size: bytes.length, packed: gzipSync(bytes, { level: 9 }).length };
}

function scripts(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.js'))
    .map((name) => `${folder}/${name}`);
}

const DIST = fileURLToPath(new URL('../../dist/', import.meta.url));
const OTHERS = [
  ['raw: C', `${FOLDER}rawtun`],
  ['lwIP: the library', '/usr/lib/x86_64-linux-gnu/liblwip.so.0'],
  ['gVisor netstack: the program', `${FOLDER}gvisor`],
];
