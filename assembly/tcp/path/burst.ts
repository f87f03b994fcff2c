// How much one packet may hold: a segment, or many that the device cuts apart (TSO). Not for: how large a segment is.

import { OFFLOAD_TSO4, OFFLOAD_TSO6 } from '../../abi/constants';
import { PACKET_LIMIT } from '../../abi/limits';
import { isMapped } from '../../ip/address';
import { headerSize } from '../../ip/header6';
import { interfaceAt } from '../../ip/interface';
import { sendsUrgent } from '../block/urgent';
import { paceBurst } from '../congestion/pacing';
import { LONGEST_HEADER } from '../header';
import { OWES_CWR, Tcb } from '../tcb';

/** Segments that one packet may hold: one, or as many as fit when the device cuts them (TSO). */
export function largestBurst(tcb: Tcb, full: u32): u32 {
  // A device that cuts does not count the urgent pointer down, and may copy CWR, which belongs on the first segment alone.
  const alone = sendsUrgent(tcb) || tcb.has(OWES_CWR);
  const needed: u32 = isMapped(tcb.remoteHigh, tcb.remoteLow) ? OFFLOAD_TSO4 : OFFLOAD_TSO6;
  if (!(interfaceAt(tcb.interface).offloads & needed) || alone) return full;
  const room: u32 = PACKET_LIMIT - headerSize(tcb.remoteHigh, tcb.remoteLow) - LONGEST_HEADER;
  return paceBurst(tcb, max(full, room - (room % full)), full);
}
