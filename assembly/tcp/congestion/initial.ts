// The initial window (RFC 6928 §2), which is also the restart window (RFC 5681 §4.1), in bytes.

import { state } from '../../memory/state';

export function initialWindow(mss: u32): u32 {
  if (state.initialWindow > 0) return state.initialWindow * mss;
  return min(10 * mss, max<u32>(2 * mss, 14600));
}
