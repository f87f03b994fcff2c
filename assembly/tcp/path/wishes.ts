// What the user asks of the packets and buffers of a connection, or of all connections of a listener: sixteen bytes that
// both carry.
// Not for: what is known about the path (tcp/path/size.ts).

import {
  ERROR_INVALID,
  MTU_DISCOVER_PROBE,
  MTU_DISCOVER_WANT,
  OPTION_DIFFSERV,
  OPTION_MSS,
  OPTION_MTU_DISCOVER,
  OPTION_RECEIVE_BUFFER,
  OPTION_SEND_BUFFER,
  OPTION_TIME_TO_LIVE,
} from '../../abi/constants';
import { LARGEST_BUFFER, SMALLEST_BUFFER } from '../../memory/settings';
import { state } from '../../memory/state';

@unmanaged
export class Wishes {
  diffserv: u8; // as it stands in the IP header, above the two bits of ECN
  timeToLive: u8;
  discover: u8; // MTU_DISCOVER_*
  maximumSegment: u16; // 0: no bound
  sendSize: u32; // of buffers, bytes; 0: tuned
  receiveSize: u32;
}

/** Nothing special. */
export function wishesInitialize(wishes: Wishes): void {
  memory.fill(changetype<usize>(wishes), 0, offsetof<Wishes>());
  wishes.timeToLive = <u8>state.timeToLive;
  wishes.discover = <u8>MTU_DISCOVER_WANT;
}

/**
 * Sets OPTION_DIFFSERV, whose lowest two bits are ECN's and are left out, _TIME_TO_LIVE, _MSS, _MTU_DISCOVER, _SEND_BUFFER
 * or _RECEIVE_BUFFER; sizes of buffers are brought within bounds.
 */
export function wish(wishes: Wishes, option: u32, value: u32): i32 {
  if (option == OPTION_DIFFSERV && value <= <u32>u8.MAX_VALUE) wishes.diffserv = <u8>(value & ~3);
  else if (option == OPTION_TIME_TO_LIVE && value - 1 < <u32>u8.MAX_VALUE) wishes.timeToLive = <u8>value;
  else if (option == OPTION_MSS && (value == 0 || value - LEAST_SEGMENT <= LARGEST_SEGMENT - LEAST_SEGMENT))
    wishes.maximumSegment = <u16>value;
  else if (option == OPTION_MTU_DISCOVER && value <= <u32>MTU_DISCOVER_PROBE) wishes.discover = <u8>value;
  else if (option == OPTION_SEND_BUFFER) wishes.sendSize = bounded(value);
  else if (option == OPTION_RECEIVE_BUFFER) wishes.receiveSize = bounded(value);
  else return ERROR_INVALID;
  return 0;
}

export function isWish(option: u32): bool {
  return (
    option == OPTION_DIFFSERV ||
    option == OPTION_TIME_TO_LIVE ||
    option == OPTION_MSS ||
    option == OPTION_MTU_DISCOVER ||
    option == OPTION_SEND_BUFFER ||
    option == OPTION_RECEIVE_BUFFER
  );
}

function bounded(size: u32): u32 {
  return size == 0 ? 0 : max(min(size, LARGEST_BUFFER), SMALLEST_BUFFER);
}

/** Linux's bounds of TCP_MAXSEG. */
const LEAST_SEGMENT: u32 = 88;
const LARGEST_SEGMENT: u32 = 32_767;
