/** A failed core says where. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { coreFault } from '../../host/core/fault.js';

let folder: string | undefined;
afterEach(() => {
  if (folder !== undefined) rmSync(folder, { recursive: true });
  folder = undefined;
});

describe('a fault', () => {
  test('names the assertion and its place', () => {
    const fault = coreFault(new Error('exit 134'), 'queue overrun at assembly/tcp/x.ts:12:3', undefined);
    expect(fault.message).toBe('core fault at assembly/tcp/x.ts:12:3: queue overrun');
    expect(fault.code).toBe('ERR_CORE_FAULT');
    expect(fault.cause).toBeInstanceOf(Error);
  });

  test('of a hardware trap names the offset when there is no source map', () => {
    const thrown = trap();
    const fault = coreFault(thrown, '', new URL('file:///nowhere/core.wasm'));
    expect(fault.message).toBe(`core fault at offset 0x${TRAP_OFFSET.toString(16)}: unreachable`);
  });

  test('of a hardware trap names the source line that the map gives', () => {
    folder = mkdtempSync(join(tmpdir(), 'vitrine-fault-'));
    // One mapping: generated column TRAP_OFFSET to line 7, column 5 of the source, all counted from 0.
    const map = { version: 3, sources: ['assembly/tcp/x.ts'], names: [], mappings: `${vlq(TRAP_OFFSET)}AOK` };
    writeFileSync(join(folder, 'core.wasm.map'), JSON.stringify(map));
    const fault = coreFault(trap(), '', pathToFileURL(join(folder, 'core.wasm')));
    expect(fault.message).toBe('core fault at assembly/tcp/x.ts:8:6: unreachable');
  });

  test('of anything else is reported as it is', () => {
    expect(coreFault('odd', '', undefined).message).toBe('core fault at an unknown place: odd');
  });
});

function trap(): unknown {
  const module = new WebAssembly.Module(TRAPPING);
  const { boom } = new WebAssembly.Instance(module).exports as { boom: () => void };
  try {
    boom();
  } catch (thrown) {
    return thrown;
  }
  throw new Error('did not trap');
}

/** Base64 VLQ, as source maps use it, of a small positive number. */
function vlq(value: number): string {
  const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  let rest = value << 1;
  let text = '';
  do {
    const digit = rest & 31;
    rest >>>= 5;
    text += digits[rest > 0 ? digit | 32 : digit];
  } while (rest > 0);
  return text;
}

/** `(module (func (export "boom") unreachable))` */
const TRAPPING = Uint8Array.from([
  0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x04, 0x01, 0x60, 0x00, 0x00, 0x03, 0x02, 0x01, 0x00, 0x07,
  0x08, 0x01, 0x04, 0x62, 0x6f, 0x6f, 0x6d, 0x00, 0x00, 0x0a, 0x05, 0x01, 0x03, 0x00, 0x00, 0x0b,
]);
const TRAP_OFFSET = TRAPPING.indexOf(0x0a, 26) + 5;
