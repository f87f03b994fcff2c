// Sequence number arithmetic, modulo 2³² (RFC 9293 §3.4). The only file that compares sequence numbers: `<` on them is
// wrong once in 4 GiB. Timestamps are compared the same way (RFC 7323 §5.2).

export function seqLt(a: u32, b: u32): bool {
  return <i32>(a - b) < 0;
}

export function seqLe(a: u32, b: u32): bool {
  return <i32>(a - b) <= 0;
}

export function seqGt(a: u32, b: u32): bool {
  return <i32>(a - b) > 0;
}

export function seqGe(a: u32, b: u32): bool {
  return <i32>(a - b) >= 0;
}

export function seqMax(a: u32, b: u32): u32 {
  return seqGt(a, b) ? a : b;
}

export function seqMin(a: u32, b: u32): u32 {
  return seqLt(a, b) ? a : b;
}

/** low ≤ value ≤ high, on the circle. */
export function seqWithin(low: u32, value: u32, high: u32): bool {
  return value - low <= high - low;
}
