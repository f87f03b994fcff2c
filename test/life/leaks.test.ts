/** Ten thousand sockets, opened, used and closed in every way, leave nothing behind. Counted in `leak-script.ts`. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { program } from '../kit/typescript-bundle.mjs';
import type { LeakReport } from './leak-script.js';

describe('after ten thousand sockets', () => {
  let report: LeakReport;
  beforeAll(async () => {
    const loader = new URL('../kit/typescript-loader.mjs', import.meta.url).href;
    const script = await program(new URL('./leak-script.ts', import.meta.url));
    const args = ['--expose-gc', '--enable-source-maps', '--import', loader, script];
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: PATIENCE });
    report = JSON.parse(stdout);
    expect(report.sockets).toBeGreaterThan(10_000);
  }, PATIENCE);

  test('there are no more objects and closures of any class than before', () => {
    expect(report.objects).toEqual({});
  });

  test('the core holds no connection, listener, buffer or record layer', () => {
    expect(report.core).toEqual({});
  });

  test('linear memory has not grown by as much as a few bytes a socket', () => {
    expect(report.memory / report.sockets).toBeLessThan(16);
  });

  test('nothing keeps the process alive', () => {
    expect(report.resources).toEqual([]);
  });
});

/** In milliseconds. */
const PATIENCE = 120_000;
