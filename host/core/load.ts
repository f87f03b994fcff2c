/**
 * Brings the core to life: compiles the `.wasm` once for each source and instantiates it under `@wasmer/wasi`.
 * The only place where `WebAssembly` is compiled or instantiated. Not for: what the exports mean (`core.ts`).
 */
import { init, WASI } from '@wasmer/wasi';
import type { CoreExports } from './exports.js';
import { type CoreFault, coreFault } from './fault.js';

/** Where the core comes from: the built file by default, or bytes, a URL or a compiled module (for bundlers). */
export type CoreSource = Module | Bytes | URL;

/** `WebAssembly.Module`, where the program's settings have its type. */
type Module = typeof globalThis extends { WebAssembly: { Module: { prototype: infer Compiled } } } ? Compiled : object;
type Bytes = ArrayBuffer | ArrayBufferView<ArrayBuffer>;

/** A compiled core, from which instances are made without waiting. */
export interface CompiledCore {
  /**
   * A fresh instance, not yet initialized.
   * @param seed replaces the system's randomness: the same seed gives the same secrets
   */
  instantiate(seed?: number): CoreInstance;
}

export interface CoreInstance {
  readonly exports: CoreExports;
  /** Explains what a call into the core threw. */
  explain(thrown: unknown): CoreFault;
}

/**
 * Compiles the core, once for each source.
 * @throws Error when the source can't be read or is not WebAssembly
 */
export function compileCore(source: CoreSource = builtCore()): Promise<CompiledCore> {
  const key = source instanceof URL ? source.href : source;
  let compiled = compilations.get(key);
  if (compiled === undefined) {
    compiled = compile(source);
    compilations.set(key, compiled);
    compiled.catch(() => compilations.delete(key));
  }
  return compiled;
}

async function compile(source: CoreSource): Promise<CompiledCore> {
  const [module] = await Promise.all([toModule(source), init()]);
  const origin = source instanceof URL ? source : undefined;
  return { instantiate: (seed) => instantiate(module, origin, seed) };
}

async function toModule(source: CoreSource): Promise<Module> {
  if (source instanceof WebAssembly.Module) return source;
  return WebAssembly.compile(source instanceof URL ? await read(source) : source);
}

async function read(url: URL): Promise<Bytes> {
  if (url.protocol === 'file:') {
    const { readFile } = await import('node:fs/promises');
    return new Uint8Array(await readFile(url));
  }
  const response = await fetch(url);
  if (!response.ok) throw new Error(`cannot load the core from ${url.href}: HTTP ${response.status}`);
  return response.arrayBuffer();
}

function instantiate(module: Module, origin: URL | undefined, seed: number | undefined): CoreInstance {
  const wasi = new WASI({});
  const imports = wasi.getImports(module) as Record<string, Record<string, WebAssembly.ImportValue>>;
  const system = imports.wasi_snapshot_preview1;
  if (seed !== undefined && system !== undefined) {
    const random = generator(seed);
    system.random_get = (address: number, length: number) => {
      const bytes = new Uint8Array(exports.memory.buffer, address, length);
      for (let index = 0; index < length; index++) bytes[index] = random();
      return 0;
    };
  }
  const instance = new WebAssembly.Instance(module, imports);
  const exports = instance.exports as unknown as CoreExports;
  wasi.instantiate(instance, {});
  return { exports, explain: (thrown) => coreFault(thrown, wasi.getStderrString(), origin) };
}

/** SplitMix32: every seed, 0 included, gives a full-period sequence. For simulations only, never for secrets. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 24) & 0xff;
  };
}

/** This file runs from `host/core` under a TypeScript loader and from `dist/host/core` when built. */
function builtCore(): URL {
  return new URL(import.meta.url.endsWith('.ts') ? '../../dist/core.wasm' : '../../core.wasm', import.meta.url);
}

const compilations = new Map<unknown, Promise<CompiledCore>>();
