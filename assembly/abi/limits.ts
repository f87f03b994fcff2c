// The sizes of abi/constants.ts as the core's own types: a literal there is signed, and signed and unsigned numbers do
// not compare.

import * as abi from './constants';

export const BATCH_LIMIT: u32 = abi.BATCH_LIMIT;
export const PACKET_LIMIT: u32 = abi.PACKET_LIMIT;
export const HEADROOM: u32 = abi.HEADROOM;
export const VNET_HEADER: u32 = abi.VNET_HEADER;
export const RECEIVE_DESCRIPTOR: u32 = abi.RECEIVE_DESCRIPTOR;
export const TRANSMIT_DESCRIPTOR: u32 = abi.TRANSMIT_DESCRIPTOR;
export const TRANSMIT_LIMIT: u32 = abi.TRANSMIT_LIMIT;
export const INTERFACE_LIMIT: u32 = abi.INTERFACE_LIMIT;
export const ADDRESS_LIMIT: u32 = abi.ADDRESS_LIMIT;
export const ROUTE_LIMIT: u32 = abi.ROUTE_LIMIT;
export const UDP_SOCKET_LIMIT: u32 = abi.UDP_SOCKET_LIMIT;
export const MEMBERSHIP_LIMIT: u32 = abi.MEMBERSHIP_LIMIT;
export const GROUP_LIMIT: u32 = abi.GROUP_LIMIT;
export const SOURCE_LIMIT: u32 = abi.SOURCE_LIMIT;
export const LOOPBACK_INTERFACE: u32 = abi.LOOPBACK_INTERFACE;
export const RESULT_WORDS: u32 = abi.RESULT_WORDS;
export const TRACE_RECORD: u32 = abi.TRACE_RECORD;
export const TRACE_LIMIT: u32 = abi.TRACE_LIMIT;
export const COUNTER_LIMIT: u32 = abi.COUNTER_LIMIT;
export const TLS_PLAINTEXT_LIMIT: u32 = abi.TLS_PLAINTEXT_LIMIT;
export const NEIGHBOR_NONE: u8 = <u8>abi.NEIGHBOR_NONE;
export const NEIGHBOR_INCOMPLETE: u8 = <u8>abi.NEIGHBOR_INCOMPLETE;
export const NEIGHBOR_REACHABLE: u8 = <u8>abi.NEIGHBOR_REACHABLE;
export const NEIGHBOR_STALE: u8 = <u8>abi.NEIGHBOR_STALE;
export const NEIGHBOR_DELAY: u8 = <u8>abi.NEIGHBOR_DELAY;
export const NEIGHBOR_PROBE: u8 = <u8>abi.NEIGHBOR_PROBE;
