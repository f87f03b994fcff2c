// Datagrams of one size that follow one another to the same place: as long as the first waits on the transmit queue, the
// others join its packet, and the device cuts it (UDP segmentation offload: virtio 1.2 §5.1.6.2, Linux's UDP_SEGMENT). All
// but the last are of the same size, so an empty one can't be among them.
//
//   IP header | UDP header | data | data | … | rest
//
// Not for: groups and loopback, whose packets others take as they are; such packets on input (input.ts).

import { OFFLOAD_USO } from '../abi/constants';
import { PACKET_LIMIT } from '../abi/limits';
import { interfaceAt } from '../ip/interface';
import { transmitGrows, transmitLast } from '../ip/transmit';
import { UDP_DRAFT } from '../memory/map';
import { Draft, draft } from './draft';
import { UDP_HEADER } from './header';

/** The packet that was sent last, as a draft, which others may join. */
@unmanaged
class Together extends Draft {
  size: u32; // bytes of each datagram but the last; 0: there is no such packet
  count: u32; // of datagrams
  place: u32; // on the transmit queue (`transmitLast`)
}

/** Puts the draft, of `size` bytes of data, into the packet of those before it; false: it is the first of its own. */
export function join(header: u32, size: u32): bool {
  if (size == 0 || size > together.size || together.count == MOST) return false;
  if (transmitLast(draft.interface) != together.place || !sameHeaders()) return false;
  const length = together.length + size;
  if (header + length > PACKET_LIMIT || !transmitGrows(draft.interface, together.packet, header + length)) return false;
  draft.packet = together.packet;
  draft.before = together.length - UDP_HEADER;
  draft.length = length;
  return true;
}

/** Bytes of each datagram in the draft's packet but the last; 0: it is alone. */
export function sizeOfEach(): u32 {
  return draft.before == 0 ? 0 : together.size;
}

/** The draft is on the queue, and others may join it. */
export function joined(): void {
  if (draft.before == 0) {
    if (draft.many || !(interfaceAt(draft.interface).offloads & OFFLOAD_USO)) return;
    memory.copy(TOGETHER, UDP_DRAFT, offsetof<Draft>());
    together.size = draft.length - UDP_HEADER;
    together.count = 1;
    together.place = transmitLast(draft.interface);
    return;
  }
  // Behind a smaller one comes none.
  together.count = draft.length - together.length < together.size ? MOST : together.count + 1;
  together.length = draft.length;
}

/** Whether the packet's headers say of it what the draft's would: only then can one stand for both. */
function sameHeaders(): bool {
  if (draft.toLow != together.toLow || draft.toHigh != together.toHigh || draft.port != together.port) return false;
  if (draft.fromLow != together.fromLow || draft.fromHigh != together.fromHigh) return false;
  if (draft.localPort != together.localPort || draft.interface != together.interface) return false;
  return draft.service == together.service && draft.lifetime == together.lifetime;
}

/** Linux's bound of old (UDP_MAX_SEGMENTS), which receivers count on that take such packets whole (UDP_GRO). */
const MOST: u32 = 64;
const TOGETHER: usize = UDP_DRAFT + 0x80;
const together: Together = changetype<Together>(TOGETHER);
