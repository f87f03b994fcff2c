/**
 * Linear memory without a core, for whoever stands between a core and a device and has packets of its own to hand on.
 */
export function scratchMemory(bytes: number): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE) });
}

const PAGE = 65536;
