// Interfaces: where packets come from and go to. Number 0 is loopback, inside the stack; the others are devices.
// Not for: their addresses (ip/addresses.ts), the packets themselves (ip/transmit.ts).

import { ERROR_INVALID, ERROR_NO_BUFFERS, LINK_ETHERNET, LINK_IP, OFFLOAD_CHECKSUM } from '../abi/constants';
import { INTERFACE_LIMIT, PACKET_LIMIT } from '../abi/limits';
import { INTERFACES_BASE, RESULT_BASE } from '../memory/map';
import { state } from '../memory/state';
import { transmitInitialize } from './transmit';

@unmanaged
export class Interface {
  mtu: u32; // bytes of the largest IP packet
  offloads: u32; // OFFLOAD_*
  link: u32; // LINK_*
  duplicateTransmits: u32; // DupAddrDetectTransmits (RFC 4862 §5.1)
  hardware: u64; // its Ethernet address, the first byte lowest
}

export function interfaceAt(number: u32): Interface {
  return changetype<Interface>(INTERFACES_BASE + <usize>(number * INTERFACE_SIZE));
}

/**
 * Adds an interface; `link`: LINK_*, of an Ethernet interface its address is at result[0..1]. Answers its number, or
 * ERROR_NO_BUFFERS when there are INTERFACE_LIMIT or memory has run out.
 */
export function interfaceAdd(mtu: u32, offloads: u32, link: u32): i32 {
  if (mtu < MINIMUM_MTU || mtu > PACKET_LIMIT || link > <u32>LINK_ETHERNET) return ERROR_INVALID;
  const hardware = load<u64>(RESULT_BASE) & HARDWARE;
  if (link == LINK_ETHERNET && (hardware == 0 || (hardware & GROUP) != 0)) return ERROR_INVALID;
  const number = state.interfaceCount;
  if (number == INTERFACE_LIMIT || !transmitInitialize(number)) return ERROR_NO_BUFFERS;
  const entry = interfaceAt(number);
  entry.mtu = mtu;
  entry.offloads = offloads;
  entry.link = link;
  entry.hardware = link == LINK_ETHERNET ? hardware : 0;
  entry.duplicateTransmits = link == LINK_ETHERNET ? 1 : 0;
  state.interfaceCount = number + 1;
  return <i32>number;
}

/** Loopback takes the largest packets, and checksums would only guard against memory itself. */
export function interfacesInitialize(): void {
  interfaceAdd(PACKET_LIMIT, OFFLOAD_CHECKSUM, LINK_IP);
}

const INTERFACE_SIZE: u32 = 128;
/** RFC 791 §3.2: every host can receive 576 bytes, every link carries 68. */
const MINIMUM_MTU: u32 = 68;
/** Six bytes. */
const HARDWARE: u64 = 0xffffffffffff;
/** The bit of a group's address (IEEE 802). */
const GROUP: u64 = 1;
