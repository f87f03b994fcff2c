// Time for the link: link-local addresses begin, addresses are probed for, routers are asked, neighbours that do not answer
// go. What becomes owed goes out with `output`. Not for: sending.

import { NEIGHBOR_DELAY, NEIGHBOR_PROBE } from '../abi/limits';
import { routesOver } from '../ip/route';
import { wakeAt } from '../memory/deadlines';
import { state } from '../memory/state';
import { LIST_OTHERS, LIST_OURS, LIST_PROBED, listFirst, listNext, Neighbor } from './cache/neighbor';
import { neighborAsk } from './cache/reach';
import { neighborLeave } from './cache/table';
import { packetsFail } from './cache/unreachable';
import { addressesProbe } from './probe';
import { autoconfigure } from './router/autoconfigure';
import { routersSolicit } from './router/solicit';

/** Does what has come due, and says when there is more. */
export function linkExpire(): void {
  autoconfigure();
  addressesProbe();
  routersSolicit();
  expire(LIST_OURS);
  expire(LIST_OTHERS);
  expire(LIST_PROBED);
}

function expire(list: u32): void {
  let entry = listFirst(list);
  while (entry != null) {
    const next = listNext(entry);
    if (entry.nextAt <= state.now) goOn(entry);
    else wakeAt(entry.nextAt);
    entry = next;
  }
}

/** RFC 4861 §7.3.3, §7.2.2. */
function goOn(entry: Neighbor): void {
  if (entry.state == NEIGHBOR_DELAY) {
    entry.state = NEIGHBOR_PROBE;
    entry.attempts = 0;
  }
  if (entry.attempts < MAX_SOLICIT) {
    neighborAsk(entry);
    return;
  }
  packetsFail(entry);
  routesOver(entry.interface, entry.high, entry.low, false);
  neighborLeave(entry);
}

/** MAX_MULTICAST_SOLICIT and MAX_UNICAST_SOLICIT of RFC 4861 §10. */
const MAX_SOLICIT: u8 = 3;
