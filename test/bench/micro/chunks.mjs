/** Ways to give a handler bytes of linear memory that it may keep. */
import { Chunks } from '../../../dist/host/core/chunks.js';

/** @returns {import('../types.js').Work[]} */
export function works() {
  const memory = new Uint8Array(1 << 20);
  const chunks = new Chunks();
  const ways = {
    'Buffer.from': (bytes) => Buffer.from(memory.subarray(64, 64 + bytes)),
    'Buffer.allocUnsafeSlow': (bytes) => Buffer.allocUnsafeSlow(bytes).set(memory.subarray(64, 64 + bytes)),
    'cut off a slab': (bytes) => chunks.copy(memory.subarray(64, 64 + bytes)),
  };
  return [64, 1440, 65000].flatMap((bytes) =>
    Object.entries(ways).map(([way, take]) => ({
      label: `a chunk of ${bytes} bytes, ${way}`,
      bytes,
      work: (turns) => {
        for (let turn = 0; turn < turns; turn++) take(bytes);
      },
    })),
  );
}
