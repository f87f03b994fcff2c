// Fresh memory, taken from the end of linear memory and never given back: pools and slabs recycle what they took.

import { state } from './state';

/**
 * Takes `size` bytes, zero-filled and aligned to 64.
 * Answers 0 when the stack's memory limit or the machine's is reached.
 */
export function takeMemory(size: u32): usize {
  const start = state.dynamicEnd;
  const end = <u64>start + ((<u64>size + 63) & ~63);
  if (end > <u64>state.memoryLimit) return 0;
  const have = (<u64>memory.size()) << 16;
  if (end > have) {
    // In steps: after each the host refreshes its views, and its engine takes the whole memory for newly allocated, and
    // looks for garbage when that has come to some 64 MiB. So a small memory grows by little, of which little stays unused,
    // and a large one by much: by its square over 1 GiB, so that from each size to twice that size it looks as often.
    const missing = (end - have + 0xffff) >> 16;
    const step = max<u64>(missing, min(max<u64>((have * have) >> (30 + 16), GROWTH_PAGES), GROWTH_PAGES_MOST));
    if (memory.grow(<i32>step) < 0 && (step == missing || memory.grow(<i32>missing) < 0)) return 0;
  }
  state.dynamicEnd = <usize>end;
  return start;
}

const GROWTH_PAGES: u64 = 2;
const GROWTH_PAGES_MOST: u64 = 128;
