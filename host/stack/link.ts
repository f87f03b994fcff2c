/**
 * Ethernet interfaces: how they configure themselves, who their neighbours are, and what routers there say about names.
 * Not for: addresses and routes (`network.ts`), DHCP (`../dhcp/`).
 */
import {
  INTERFACE_AUTOCONFIGURE,
  INTERFACE_DUPLICATE_TRANSMITS,
  INTERFACE_LIMIT,
  INTERFACE_LINK_LOCAL,
  NEIGHBOR_DELAY,
  NEIGHBOR_INCOMPLETE,
  NEIGHBOR_PROBE,
  NEIGHBOR_REACHABLE,
  NEIGHBOR_STALE,
} from '../../assembly/abi/constants.js';
import type { Core } from '../core/core.js';
import { formatHardwareAddress } from '../core/hardware-address.js';
import type { LinkOptions } from './settings.js';

/** The states of RFC 4861 §7.3.2, which serve ARP as well. */
export type NeighborState = 'incomplete' | 'reachable' | 'stale' | 'delay' | 'probe';

/** A host on the link, and what is known of it. */
export interface NeighborInfo {
  address: string;
  /** `undefined` while it is being asked for. */
  hardwareAddress: string | undefined;
  interface: number;
  state: NeighborState;
  /** It said that it is a router. */
  router: boolean;
}

/** @throws RangeError for what an interface can't be told */
export function applyLinkOptions(core: Core, number: number, ipv6: LinkOptions['ipv6'] = {}): void {
  const { autoconfigure = false, duplicateDetection = 1 } = ipv6 === false ? { duplicateDetection: 1 } : ipv6;
  const { interfaceOption } = core.calls;
  if (interfaceOption(number, INTERFACE_DUPLICATE_TRANSMITS, duplicateDetection) < 0) {
    throw new RangeError(`ipv6.duplicateDetection can't be ${duplicateDetection}`);
  }
  interfaceOption(number, INTERFACE_LINK_LOCAL, ipv6 === false ? 0 : 1);
  interfaceOption(number, INTERFACE_AUTOCONFIGURE, autoconfigure ? 1 : 0);
}

export function readNeighbors(core: Core): NeighborInfo[] {
  const all: NeighborInfo[] = [];
  for (let next = core.calls.neighborShow(0); next !== 0; next = core.calls.neighborShow(next)) {
    const state = STATES[core.result(7)] as NeighborState;
    all.push({
      address: core.takeAddress(),
      hardwareAddress:
        state === 'incomplete' ? undefined : formatHardwareAddress(core.bytes, core.calls.resultArea() + HARDWARE),
      interface: core.result(4),
      state,
      router: core.result(8) === 1,
    });
  }
  return all;
}

/** Name servers that routers advertise (RFC 8106), those of the first interface first. */
export function readRouterServers(core: Core): string[] {
  const all: string[] = [];
  for (let number = 1; number < INTERFACE_LIMIT; number++) {
    for (let index = 0; core.calls.routerServer(number, index) === 1; index++) all.push(core.takeAddress());
  }
  return all;
}

/** Domains to search, as routers advertise them. */
export function readRouterDomains(core: Core): string[] {
  const all: string[] = [];
  for (let number = 1; number < INTERFACE_LIMIT; number++) {
    for (let index = 0; ; index++) {
      const length = core.calls.routerDomain(number, index);
      if (length <= 0) break;
      all.push(domainName(core.bytes.subarray(core.result(0), core.result(0) + length)));
    }
  }
  return all;
}

/** RFC 1035 §3.1, without compression. */
function domainName(bytes: Uint8Array): string {
  const labels: string[] = [];
  for (let at = 0; at < bytes.length && bytes[at] !== 0; ) {
    const length = bytes[at] as number;
    labels.push(String.fromCharCode(...bytes.subarray(at + 1, at + 1 + length)));
    at += length + 1;
  }
  return labels.join('.');
}

/** Bytes into the result area. */
const HARDWARE = 20;
const STATES: Readonly<Record<number, NeighborState>> = {
  [NEIGHBOR_INCOMPLETE]: 'incomplete',
  [NEIGHBOR_REACHABLE]: 'reachable',
  [NEIGHBOR_STALE]: 'stale',
  [NEIGHBOR_DELAY]: 'delay',
  [NEIGHBOR_PROBE]: 'probe',
};
