// A datagram between `udpSendReserve` and `udpSendCommit`. Not for: how it is made (send.ts).

import { Ends } from '../memory/ends';
import { UDP_DRAFT } from '../memory/map';

@unmanaged
export class Draft extends Ends {
  port: u32; // where to
  localPort: u32;
  interface: u32;
  service: u32;
  lifetime: u32;
  mtu: u32;
  many: u32; // 1: for a group or a whole network
  packet: usize; // where the packet will lie; 0: the datagram is in scratch memory
  udp: usize; // its UDP header
  before: u32; // bytes of datagrams that are in the packet already (together.ts)
  length: u32; // of header and data, theirs too
}

export const draft: Draft = changetype<Draft>(UDP_DRAFT);
