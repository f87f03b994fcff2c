/** A ring where there can be none: whoever wants one goes on without, and nothing is left behind. */
import { describe, expect, it } from 'vitest';
import type { Linux } from '../../host/device/kernel/linux.js';
import { Ring } from '../../host/device/kernel/ring.js';

describe('there is no ring', () => {
  it('where the kernel forbids it', () => {
    const { linux, calls } = without({ ringSetup: () => -1 });
    expect(Ring.open(linux, 3, true)).toBeUndefined();
    expect(calls).toEqual([]);
  });

  it('where the kernel is too old for one mapping of both queues', () => {
    const { linux, calls } = without({ ringSetup: () => 9 });
    expect(Ring.open(linux, 3, true)).toBeUndefined();
    expect(calls).toEqual(['let go 9', 'close 9']);
  });

  it('where its queues can not be mapped, or not be shown', () => {
    const { linux, calls } = without({
      ringSetup: featured,
      map: (_ring: number, offset: number) => {
        if (offset > 0) throw new RangeError('no mapping');
        return { address: 4096, buffer: new ArrayBuffer(8192) };
      },
    });
    expect(Ring.open(linux, 3, true)).toBeUndefined();
    expect(calls).toEqual(['unmap 4096', 'let go 9', 'close 9']);
  });

  it('where a device can not be read without waiting', () => {
    const { linux, calls } = without({
      ringSetup: featured,
      map: (_ring: number, offset: number, length: number) => {
        if (offset > 0) return { address: 8192, buffer: new ArrayBuffer(length) };
        const buffer = new ArrayBuffer(8192);
        new Int32Array(buffer)[ANSWER_TAIL] = 1;
        new Int32Array(buffer).set([0, NOT_SUPPORTED], ANSWERS);
        new Int32Array(buffer)[ANSWERS + 2] = NOT_SUPPORTED;
        return { address: 4096, buffer };
      },
      ringEnter: () => 1,
    });
    expect(Ring.open(linux, 3, true)).toBeUndefined();
    expect(calls).toEqual(['hold 3', 'unmap 4096', 'unmap 8192', 'let go 9', 'close 9']);
  });
});

/** A kernel of which only these calls are asked; what is given back is noted. */
function without(calls: Record<string, unknown>) {
  const noted: string[] = [];
  const giving = {
    ringFiles: (ring: number, [held]: Int32Array) => {
      noted.push(held === undefined ? `let go ${ring}` : `hold ${held}`);
      return 0;
    },
    unmap: ({ address }: { address: number }) => noted.push(`unmap ${address}`),
    close: (descriptor: number) => noted.push(`close ${descriptor}`),
  };
  return { linux: { ...giving, ...calls } as unknown as Linux, calls: noted };
}

/** `struct io_uring_params` of a kernel that can do it, with the queues at places of our choice. */
function featured(_entries: number, parameters: Uint32Array): number {
  parameters[1] = 128;
  parameters[5] = 1;
  parameters[21] = ANSWER_TAIL * 4;
  parameters[25] = ANSWERS * 4;
  parameters[10] = 64 * 4;
  parameters[11] = 65 * 4;
  parameters[16] = 66 * 4;
  return 9;
}

const ANSWER_TAIL = 200;
const ANSWERS = 256;
const NOT_SUPPORTED = -95;
