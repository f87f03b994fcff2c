// The only imports of the core, WASI preview 1; the packet path calls none of them. The compiler takes the name of this
// file as the name of the module they come from.

export declare function random_get(buffer: usize, length: usize): u32;
export declare function fd_write(descriptor: u32, vectors: usize, count: usize, written: usize): u32;
export declare function proc_exit(code: u32): void;
