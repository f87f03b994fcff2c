/**
 * What the core's binary may be: small, self-contained, and with all its state in its exported memory.
 *
 * The JavaScript API says nothing about globals that are not exported, so the global section and the "name" section
 * are read here (WebAssembly Core Specification §5.5). Not for: validation; the engine does that.
 */
import { gzipSync } from 'node:zlib';

export const GZIP_LIMIT = 56_000;
export const IMPORTS = ['random_get', 'fd_write', 'proc_exit'].map((name) => `wasi_snapshot_preview1.${name}`);

/**
 * @param {string} path of the binary, for the findings
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @returns {import('./syntax.mjs').Finding[]}
 */
export function checkWasm(path, bytes) {
  const module = new WebAssembly.Module(bytes);
  return [...oversize(bytes), ...foreignImports(module), ...hiddenMemory(module), ...mutableGlobals(bytes)].map(
    (message) => ({ path, message }),
  );
}

/** @param {Uint8Array} bytes */
function oversize(bytes) {
  const size = gzipSync(bytes, { level: 9 }).length;
  return size > GZIP_LIMIT ? [`${size} bytes after gzip; the limit is ${GZIP_LIMIT}`] : [];
}

/** @param {WebAssembly.Module} module */
function foreignImports(module) {
  return WebAssembly.Module.imports(module)
    .map(({ module: from, name }) => `${from}.${name}`)
    .filter((name) => !IMPORTS.includes(name))
    .map((name) => `imports ${name}; allowed are ${IMPORTS.join(', ')}`);
}

/** @param {WebAssembly.Module} module */
function hiddenMemory(module) {
  const isExported = WebAssembly.Module.exports(module).some(
    ({ name, kind }) => name === 'memory' && kind === 'memory',
  );
  return isExported ? [] : ["exports no memory named 'memory'"];
}

/** @param {Uint8Array} bytes */
function mutableGlobals(bytes) {
  const sections = readSections(bytes);
  const names = globalNames(sections);
  return sections
    .filter(({ id }) => id === GLOBAL_SECTION)
    .flatMap(({ reader }) => readGlobals(reader))
    .map((isMutable, index) => ({ isMutable, name: names.get(index) ?? `number ${index}` }))
    .filter(({ isMutable, name }) => isMutable && !STACK_POINTER.test(name))
    .map(({ name }) => `has the mutable global ${name}${ADVICE[name] ?? ''}; all state lies in linear memory`);
}

/**
 * @param {Reader} reader at the start of a global section
 * @returns {boolean[]} whether each global is mutable
 */
function readGlobals(reader) {
  return reader.list(() => {
    reader.skip(1);
    const isMutable = reader.byte() === 1;
    reader.constantExpression();
    return isMutable;
  });
}

/**
 * @param {readonly Section[]} sections
 * @returns {Map<number, string>} by index among the module's own globals; empty in a binary without debug names
 */
function globalNames(sections) {
  /** @type {Map<number, string>} */
  const names = new Map();
  for (const { id, reader } of sections) {
    if (id !== CUSTOM_SECTION || reader.text() !== 'name') continue;
    while (!reader.atEnd) {
      const kind = reader.byte();
      const part = reader.slice(reader.integer());
      if (kind === GLOBAL_NAMES) part.list(() => names.set(part.integer(), part.text()));
    }
  }
  return names;
}

/**
 * @param {Uint8Array} bytes
 * @returns {Section[]}
 */
function readSections(bytes) {
  const reader = new Reader(bytes);
  reader.skip(HEADER_BYTES);
  /** @type {Section[]} */
  const sections = [];
  while (!reader.atEnd) sections.push({ id: reader.byte(), reader: reader.slice(reader.integer()) });
  return sections;
}

/** Reads the binary format's primitives one after the other. */
class Reader {
  #bytes;
  #at = 0;

  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    this.#bytes = bytes;
  }

  get atEnd() {
    return this.#at >= this.#bytes.length;
  }

  byte() {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new Error('the binary ends too early');
    return byte;
  }

  /** @param {number} length */
  skip(length) {
    this.#at += length;
  }

  /** An unsigned LEB128 number; of a signed one, only the extent is right. */
  integer() {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  }

  text() {
    return new TextDecoder().decode(this.#take(this.integer()));
  }

  /**
   * @param {number} length
   * @returns {Reader} of the next bytes, which this one passes over
   */
  slice(length) {
    return new Reader(this.#take(length));
  }

  /**
   * @template T
   * @param {() => T} readItem
   * @returns {T[]}
   */
  list(readItem) {
    return Array.from({ length: this.integer() }, readItem);
  }

  /** Passes over an initial value: instructions up to `end`; all but three kinds have one LEB128 number. */
  constantExpression() {
    for (let opcode = this.byte(); opcode !== END; opcode = this.byte()) {
      if (opcode === F32_CONST) this.skip(4);
      else if (opcode === F64_CONST) this.skip(8);
      else this.integer();
      if (opcode === SIMD_PREFIX) this.skip(16);
    }
  }

  /** @param {number} length */
  #take(length) {
    const part = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return part;
  }
}

/** @typedef {{ id: number, reader: Reader }} Section */

const STACK_POINTER = /(^|\/)__stack_pointer$/;
/** @type {Readonly<Record<string, string>>} */
const ADVICE = { '~argumentsLength': ' (an exported function has a default argument)' };

const HEADER_BYTES = 8;
const CUSTOM_SECTION = 0;
const GLOBAL_SECTION = 6;
const GLOBAL_NAMES = 7;

const END = 0x0b;
const SIMD_PREFIX = 0xfd;
const F32_CONST = 0x43;
const F64_CONST = 0x44;
