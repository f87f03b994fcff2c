// From whom and to whom a packet goes. The four words lie in this order wherever both ends of something are remembered (a
// connection, a reply, a datagram, the packet under examination), so that whatever sums or writes a packet takes one address
// for them. IPv4 addresses are mapped. Not for: ports.

import { ENDS_BASE } from './map';

@unmanaged
export class Ends {
  fromHigh: u64;
  fromLow: u64;
  toHigh: u64;
  toLow: u64;
}

/** Those of `from` become those of `to`, too. */
export function endsCopy(to: Ends, from: Ends): void {
  memory.copy(changetype<usize>(to), changetype<usize>(from), offsetof<Ends>());
}

/** Those of a packet of our own that nothing else remembers: good until the next one. */
export function endsOf(fromHigh: u64, fromLow: u64, toHigh: u64, toLow: u64): Ends {
  const ends = changetype<Ends>(ENDS_BASE);
  ends.fromHigh = fromHigh;
  ends.fromLow = fromLow;
  ends.toHigh = toHigh;
  ends.toLow = toLow;
  return ends;
}
