// Packets whose neighbour does not answer: what was to be passed on is answered with an ICMP error by `output` (RFC 1812
// §5.2.7.1, RFC 4443 §3.1), and what is our own is told to whoever sent it, as if such an error had come.
// Not for: when to give up (link/expire.ts).

import { mappedLow, withZone } from '../../ip/address';
import { source } from '../../ip/header4';
import { source6 } from '../../ip/header6';
import { ICMP_HEADER } from '../../ip/icmp/message';
import { errorArrives } from '../../ip/icmp/received';
import { incoming } from '../../ip/incoming';
import { store16 } from '../../memory/bytes';
import { link, OWES_ERRORS, owe } from '../state';
import { Neighbor } from './neighbor';
import { blockLength, blockOfOthers, blockPacket, queueGive, queueTake } from './queue';

/** Takes all packets off the queue of an entry. */
export function packetsFail(entry: Neighbor): void {
  for (let block = queueTake(entry); block != 0; block = queueTake(entry)) {
    if (blockOfOthers(block)) failed(block);
    else {
      tell(block, entry.interface);
      queueGive(block);
    }
  }
}

/** The first packet of others that could not be passed on: its block, which is the caller's to give back; 0: none. */
export function failedTake(): usize {
  const block = <usize>link.failedHead;
  if (block != 0) link.failedHead = load<u32>(block);
  return block;
}

/** An ICMP error, as a router would send it (RFC 792, RFC 4443 §3.1), is made of the block's header: it lies before the packet. */
function tell(block: usize, number: u32): void {
  const packet = blockPacket(block);
  const message = packet - ICMP_HEADER;
  const four = load<u8>(packet) >> 4 == 4;
  const length = blockLength(block);
  store<u64>(message, 0);
  store16(message, four ? HOST_UNREACHABLE4 : ADDRESS_UNREACHABLE6);
  incoming.interface = number;
  incoming.family = four ? 4 : 6;
  incoming.flags = 0;
  incoming.toHigh = four ? 0 : withZone(load<u64>(source6(packet)), number);
  incoming.toLow = four ? mappedLow(source(packet)) : load<u64>(source6(packet) + 8);
  incoming.fromHigh = incoming.toHigh;
  incoming.fromLow = incoming.toLow;
  incoming.payload = message;
  incoming.size = ICMP_HEADER + length;
  errorArrives();
}

function failed(block: usize): void {
  store<u32>(block, 0);
  if (link.failedHead == 0) link.failedHead = <u32>block;
  else store<u32>(<usize>link.failedTail, <u32>block);
  link.failedTail = <u32>block;
  owe(OWES_ERRORS);
}

/** Type and code. */
const HOST_UNREACHABLE4: u32 = 0x0301;
const ADDRESS_UNREACHABLE6: u32 = 0x0103;
