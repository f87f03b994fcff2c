/** What the core does most often, by itself, in dist/core.test.wasm: the code and the flags of dist/core.wasm, with its internals. */
import { readFileSync } from 'node:fs';
import { cipherWorks } from '../tls/aead.mjs';

/** @returns {Promise<import('../types.js').Work[]>} */
export async function works() {
  const { exports: core } = await load();
  const [source, target, connection] = [65536, 65536, 4096].map((size) => core.takeMemory(size));
  const repeated = (work) => (turns) => {
    for (let turn = 0; turn < turns; turn++) work();
  };
  const sums = [40, 1460, 65000].flatMap((bytes) => [
    { label: `checksum of ${bytes} bytes`, bytes, work: repeated(() => core.sum(source, bytes)) },
    { label: `checksum and copy of ${bytes} bytes`, bytes, work: repeated(() => core.copySum(target, source, bytes)) },
  ]);
  return [
    ...sums,
    { label: 'SipHash of the ends of a connection', work: core.repeatSipHash },
    { label: 'ready list: on and off', work: (turns) => core.repeatReady(connection, turns) },
    { label: 'slab: a block of 2 KiB and back', work: (turns) => core.repeatSlab(2048, turns) },
    { label: 'a call from JavaScript', work: repeated(() => core.counter(0)) },
    ...(await cipherWorks()),
  ];
}

async function load() {
  const seed = (address, length) => {
    new Uint8Array(instance.exports.memory.buffer, address, length).fill(7);
    return 0;
  };
  const wasi = { random_get: seed, fd_write: () => 0, proc_exit: () => 0 };
  const { instance } = await WebAssembly.instantiate(readFileSync(BINARY), { wasi_snapshot_preview1: wasi });
  instance.exports.initialize();
  return instance;
}

const BINARY = new URL('../../../dist/core.test.wasm', import.meta.url);
