// The ciphers by themselves, built to dist/crypto.test.wasm with the flags of the release: the test of constant time
// instruments every instruction of it. The leaks are its own test: it must see each of them. Not for: anything that ships.

import '../abi/fault'; // the compiler is told to look for `abort` there

export { aeadExpand, aeadKeySize, aeadOpen, aeadSeal } from './aead';

export function leakByBranch(at: usize, secret: u32): void {
  if (secret & 1) store<u32>(at, load<u32>(at) + 1);
}

export function leakByCount(at: usize, secret: u32): void {
  for (let count: u32 = 0; count < secret; count++) store<u32>(at, load<u32>(at) * 5);
}

export function leakByChoice(at: usize, secret: u32): u32 {
  return select<u32>(<u32>at, secret, secret > 1);
}

export function leakByIndex(at: usize, secret: u32): u32 {
  return load<u8>(at + secret);
}

export function leakByStore(at: usize, secret: u32): void {
  store<u8>(at + secret, 1);
}

export function leakByVector(at: usize, secret: u32): void {
  v128.store(at, v128.load(at + 16 * secret));
}

export function leakBySplat(at: usize, secret: u32): void {
  v128.store(at, v128.load32_splat(at + 4 * secret));
}

export function leakByLane(at: usize, secret: u32): void {
  v128.store8_lane(at + secret, i8x16.splat(1), 0);
}

export function leakByFill(at: usize, secret: u32): void {
  memory.fill(at, 0, secret);
}

export function leakByCopy(at: usize, secret: u32): void {
  memory.copy(at, at + secret, 16);
}

export function leakByDivision(at: usize, secret: u32): u32 {
  return <u32>at / secret;
}
