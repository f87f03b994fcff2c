// Big-endian loads and stores: network byte order (RFC 791 appendix B) on a little-endian machine.

export function load16(address: usize): u32 {
  return <u32>bswap<u16>(load<u16>(address));
}

export function load32(address: usize): u32 {
  return bswap<u32>(load<u32>(address));
}

export function store16(address: usize, value: u32): void {
  store<u16>(address, bswap<u16>(<u16>value));
}

export function store32(address: usize, value: u32): void {
  store<u32>(address, bswap<u32>(value));
}
