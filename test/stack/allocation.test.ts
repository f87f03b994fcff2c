/**
 * What packets and events leave to the garbage collector: every object that V8 has made is counted (`allocation-script.ts`), so
 * there is no time in it. Not for: linear memory, and what stays (`../life/leaks.test.ts`).
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { program } from '../kit/typescript-bundle.mjs';
import type { AllocationReport } from './allocation-script.js';

describe('the way of a packet, sent, carried, received and answered in one process', () => {
  let report: AllocationReport;
  beforeAll(async () => {
    const loader = new URL('../kit/typescript-loader.mjs', import.meta.url).href;
    const script = await program(new URL('./allocation-script.ts', import.meta.url));
    const args = ['--sampling-heap-profiler-suppress-randomness', '--import', loader, script];
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: PATIENCE });
    report = JSON.parse(stdout);
  }, PATIENCE);

  test('makes no object for a segment: a few for some dozens of them', () => {
    within(60, 'segment');
  });

  test('makes for an event what waits for the next turn of the event loop, and the chunk', () => {
    within(1800, 'echo');
  });

  test('makes for a datagram what its handler gets, and what waits for microtasks', () => {
    within(600, 'datagram');
  });

  function within(bytes: number, way: string): void {
    const allocated = report[way];
    const where = allocated?.functions.map(([name, size]) => `${size.toFixed(1)} ${name}`).join('\n');
    expect(allocated?.bytes, where).toBeLessThan(bytes);
  }
});

/** In milliseconds. */
const PATIENCE = 120_000;
