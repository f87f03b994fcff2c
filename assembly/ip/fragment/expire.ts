// The end of waiting: what has not come in time does not come any more. Whoever sent the first fragment is told, since only
// that says what was lost (RFC 792, RFC 1122 §3.3.2, RFC 8200 §4.5). Not for: what comes in time (fragment/reassemble.ts).

import { COUNTER_REASSEMBLY_FAILED } from '../../abi/constants';
import { count } from '../../memory/counters';
import { wakeAt } from '../../memory/deadlines';
import { NEVER, state } from '../../memory/state';
import { REASSEMBLY_EXCEEDED } from '../icmp/kinds';
import { icmpReport } from '../icmp/report';
import { fragmentedFree, reassembly } from './packets';
import { FRAGMENTED_ABANDONED, FRAGMENTED_ANSWERABLE, FRAGMENTED_EXPIRED, Fragmented, Piece } from './records';

/** Marks the packets whose time is over. */
export function reassemblyExpire(): void {
  const all = reassembly();
  for (let at = all.oldest; at != 0; ) {
    const packet = changetype<Fragmented>(at);
    at = packet.newer;
    if (packet.deadline > state.now) {
      wakeAt(packet.deadline);
      continue;
    }
    if (!packet.has(FRAGMENTED_ABANDONED)) count(COUNTER_REASSEMBLY_FAILED);
    if (packet.has(FRAGMENTED_ANSWERABLE)) {
      packet.flags = FRAGMENTED_EXPIRED | FRAGMENTED_ABANDONED;
      packet.deadline = NEVER;
      all.expired++;
    } else fragmentedFree(packet);
  }
}

/** Tells the senders, and forgets the packets. */
export function reassemblySend(): void {
  const all = reassembly();
  for (let at = all.oldest; at != 0 && all.expired != 0; ) {
    const packet = changetype<Fragmented>(at);
    at = packet.newer;
    if (!packet.has(FRAGMENTED_EXPIRED)) continue;
    const first = changetype<Piece>(packet.first);
    icmpReport(REASSEMBLY_EXCEEDED, first.packet, first.header + first.size, packet);
    fragmentedFree(packet);
  }
}
