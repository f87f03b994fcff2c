/** The ciphers, instrumented: what they do comes with all branches and addresses on the way. */
import { readFileSync } from 'node:fs';
import { instrument } from './instrument.js';

/** Calls of the crypto build, by the names of assembly/crypto/testing.ts. */
export type Calls = Record<string, (...values: number[]) => number>;

/** What a call did, in order: pairs of a place in the code and a number that it reported. */
export type Trace = readonly number[];

export interface Traced {
  calls: Calls;
  memory(): Uint8Array;
  /** The trace of what `act` calls. */
  trace(act: () => void): Trace;
  /** Where two traces part, in words; `undefined` when they are the same. */
  difference(one: Trace, other: Trace): string | undefined;
}

export function tracedCiphers(): Traced {
  const { binary, instructions } = instrument(readFileSync(BINARY));
  let events: number[] = [];
  const report = (place: number, value: number) => {
    events.push(place, value);
    return value;
  };
  const imports = {
    trace: { operand: (number: number, value: number) => report(number, value) },
    env: {
      log_execution: (place: number) => report(EXECUTION + place, 0),
      load_ptr: (place: number, _size: number, offset: number, address: number) => addressed(place, offset, address),
      store_ptr: (place: number, _size: number, offset: number, address: number) => addressed(place, offset, address),
      ...Object.fromEntries(VALUES.map((name) => [name, (_: number, value: unknown) => value])),
    },
    wasi_snapshot_preview1: { fd_write: () => 0, proc_exit: () => 0 },
  };
  const addressed = (place: number, offset: number, address: number) => {
    events.push(ACCESS + place, address + offset);
    return address;
  };
  const exports = new WebAssembly.Instance(new WebAssembly.Module(binary), imports).exports;
  return {
    calls: exports as Calls,
    memory: () => new Uint8Array((exports.memory as WebAssembly.Memory).buffer),
    trace(act) {
      events = [];
      act();
      const trace = events;
      events = [];
      return trace;
    },
    difference(one, other) {
      if (one.length !== other.length) return `${one.length / 2} events and ${other.length / 2}`;
      const index = one.findIndex((value, at) => value !== other[at]);
      if (index < 0) return undefined;
      const place = one[index & ~1] as number;
      return `event ${index >> 1}, ${nameOf(place, instructions)}: ${one[index | 1]} and ${other[index | 1]}`;
    },
  };
}

function nameOf(place: number, instructions: readonly string[]): string {
  if (place >= ACCESS) return `load or store ${place - ACCESS}`;
  if (place >= EXECUTION) return `function or loop ${place - EXECUTION}`;
  return instructions[place] ?? 'an unknown instruction';
}

const BINARY = new URL('../../../dist/crypto.test.wasm', import.meta.url);
/** Values are the secrets themselves: `instrument-memory` passes them by, and they are let go. */
const VALUES = [
  ...['load', 'store'].flatMap((way) => ['i32', 'i64', 'f32', 'f64'].map((type) => `${way}_val_${type}`)),
  ...['memory_grow_pre', 'memory_grow_post'],
];
const EXECUTION = 1_000_000;
const ACCESS = 2_000_000;
