/** Many connections at once, and readers that do not read: neither loses a byte nor takes memory without bounds. */
import { describe, expect, test } from 'vitest';
import { namespaceMissing } from '../kit/namespace.js';
import { result } from '../kit/result.js';

const missing = namespaceMissing();
const SCRIPT = new URL('./load-script.ts', import.meta.url);
const MIB = 1024 * 1024;
const ENOUGH_FILES = ['ulimit -n 4096'];

describe.skipIf(missing).each(['offload', 'plain'])(
  `a TUN device, %s${missing === undefined ? '' : ` (${missing})`}`,
  (mode) => {
    test.each(['a crowd from the kernel', 'a crowd from Vitrine'])(
      '%s: 1000 connections at once, each with its own bytes',
      async (name) => {
        expect(await result(SCRIPT, [name, mode], { before: ENOUGH_FILES })).toEqual({
          echoes: 1000,
          atOnce: 1000,
          seen: 1000,
          left: { sockets: 0, bufferBytes: 0 },
        });
      },
    );

    test('a stalled reader on Vitrine holds the kernel back, and loses nothing', async () => {
      const { taken, bufferBytes, whole } = (await result(SCRIPT, ['a stalled reader on Vitrine', mode])) as Stall;
      expect(taken).toBeLessThan(32 * MIB);
      expect(bufferBytes).toBeLessThan(16 * MIB);
      expect(whole).toBe(true);
    });

    test('a stalled reader on the kernel makes writes short, then drain comes, and nothing is lost', async () => {
      const stall = (await result(SCRIPT, ['a stalled reader on the kernel', mode])) as Stall & { drained: boolean };
      expect(stall.taken).toBeLessThan(32 * MIB);
      expect(stall.bufferBytes).toBeLessThan(16 * MIB);
      expect(stall.drained).toBe(true);
      expect(stall.whole).toBe(true);
    });
  },
);

interface Stall {
  taken: number;
  bufferBytes: number;
  whole: boolean;
}
