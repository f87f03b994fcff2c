/**
 * What a stack knows of its place in the network: addresses of its interfaces, routes, neighbours. Seen and changed while it runs.
 * Not for: devices (`interfaces.ts`), how Ethernet interfaces configure themselves (`link.ts`).
 */
import {
  ADDRESS_AUTOMATIC,
  ADDRESS_DEPRECATED,
  ADDRESS_DUPLICATE,
  ADDRESS_TEMPORARY,
  ADDRESS_TENTATIVE,
  ERROR_ADDRESS_IN_USE,
  ERROR_MESSAGE_SIZE,
  ERROR_NO_BUFFERS,
  ROUTE_AUTOMATIC,
  ROUTE_CONNECTED,
} from '../../assembly/abi/constants.js';
import {
  type Address,
  type AddressWithPrefix,
  ANY_ADDRESS,
  ANY_IPV4,
  formatAddress,
  isIPv4,
  parseAddress,
  parseAddressWithPrefix,
  samePrefix,
} from '../core/address.js';
import type { Core } from '../core/core.js';
import { type NeighborInfo, readNeighbors } from './link.js';

/** An address of this stack. */
export interface AddressInfo {
  /** A link-local one with the number of its interface, as `fe80::1%1`. */
  address: string;
  /** Bits of its network's prefix, of 32 or 128. */
  prefixLength: number;
  /** Number of its interface, from 1 on in the order of the options. */
  interface: number;
  /** Nobody knows yet that it is nobody else's; it can't be used (RFC 4862 §5.4). */
  tentative: boolean;
  /** Somebody else has it; it stays tentative. */
  duplicate: boolean;
  /** Not for new connections (RFC 4862 §5.5.4). */
  deprecated: boolean;
  /** Made by the stack itself, from what a router advertises. */
  automatic: boolean;
  temporary: boolean;
  /** Seconds, `Infinity` for ever. */
  preferredLifetime: number;
  validLifetime: number;
}

export interface RouteOptions {
  /** The network, as `10.0.0.0/8`; `0.0.0.0/0` and `::/0` are everything else. */
  to: string;
  /** The router. Without it the network is on the link of `interface`. */
  via?: string;
  /** Number of the interface. Default: the one whose network the router is on. */
  interface?: number;
  /** The smaller one wins between routes to the same network. Default 0. */
  metric?: number;
}

export interface RouteInfo extends Required<Pick<RouteOptions, 'to' | 'interface' | 'metric'>> {
  via: string | undefined;
  /** The network of an address of ours. */
  connected: boolean;
  /** A router said so. */
  automatic: boolean;
}

export class Network {
  constructor(
    private readonly core: Core,
    /** Lets the stack run soon. */
    private readonly changed: () => void,
  ) {}

  addresses(): AddressInfo[] {
    const { core } = this;
    const all: AddressInfo[] = [];
    for (let index = 0; core.calls.addressShow(index) === 1; index++) {
      const flags = core.result(6);
      const has = (flag: number) => (flags & flag) !== 0;
      const address = core.takeAddress();
      all.push({
        address,
        prefixLength: ownBits(core.result(5), !address.includes(':')),
        interface: core.result(4),
        tentative: has(ADDRESS_TENTATIVE),
        duplicate: has(ADDRESS_DUPLICATE),
        deprecated: has(ADDRESS_DEPRECATED),
        automatic: has(ADDRESS_AUTOMATIC),
        temporary: has(ADDRESS_TEMPORARY),
        preferredLifetime: seconds(core.result(7)),
        validLifetime: seconds(core.result(8)),
      });
    }
    return all;
  }

  /**
   * Gives an interface an address, as `10.9.0.2/24` or `fd00::2/64`.
   * @throws TypeError for what is no address, RangeError for one that can't be had
   */
  addAddress(text: string, number = 1): void {
    const { address, prefixLength } = parseAddressWithPrefix(text);
    this.core.putAddress(address);
    const answer = this.core.calls.addressAdd(number, coreBits(prefixLength, address), 0);
    if (answer < 0) throw new RangeError(`interface ${number} can't have the address ${text}: ${reason(answer)}`);
    this.changed();
  }

  /**
   * Takes an address away; connections that use it live on, but nothing reaches them any more.
   * @throws TypeError for what is no address, RangeError for one that the interface does not have
   */
  removeAddress(text: string, number = 1): void {
    this.core.putAddress(literal(text));
    if (this.core.calls.addressRemove(number) < 0) throw new RangeError(`interface ${number} has no address ${text}`);
    this.changed();
  }

  /** Hosts on Ethernet links that packets were sent to, or that asked for us. */
  neighbors(): NeighborInfo[] {
    return readNeighbors(this.core);
  }

  routes(): RouteInfo[] {
    const { core } = this;
    const all: RouteInfo[] = [];
    for (let index = 0; core.calls.routeShow(index) === 1; index++) {
      const flags = core.result(11);
      const network = core.bytes.slice(core.calls.resultArea(), core.calls.resultArea() + 16);
      const gateway = core.bytes.slice(core.calls.resultArea() + 16, core.calls.resultArea() + 32);
      const bits = core.result(9);
      all.push({
        to: `${formatAddress(masked(network, bits))}/${ownBits(bits, isIPv4(network))}`,
        via: gateway.some((byte) => byte !== 0) ? formatAddress(gateway) : undefined,
        interface: core.result(8),
        metric: core.result(10),
        connected: (flags & ROUTE_CONNECTED) !== 0,
        automatic: (flags & ROUTE_AUTOMATIC) !== 0,
      });
    }
    return all;
  }

  /** The address that packets to this one leave with; `undefined` when there is no route, or no address of that kind. */
  sourceFor(destination: Address): Address | undefined {
    const { core } = this;
    core.putAddress(destination);
    if (core.calls.sourceShow() !== 1) return undefined;
    return core.bytes.slice(core.calls.resultArea(), core.calls.resultArea() + destination.length);
  }

  /** @throws TypeError for what is no address, RangeError for a route that can't be */
  addRoute(options: RouteOptions): void {
    const route = this.#parse(options);
    const answer = this.core.calls.routeAdd(route.number, route.bits, options.metric ?? 0);
    if (answer < 0) throw new RangeError(`no route to ${options.to}${over(options)}: ${reason(answer)}`);
    this.changed();
  }

  /** @throws TypeError for what is no address, RangeError for a route that does not exist */
  removeRoute(options: Omit<RouteOptions, 'metric'>): void {
    const route = this.#parse(options);
    if (this.core.calls.routeRemove(route.number, route.bits) < 0) {
      throw new RangeError(`there is no route to ${options.to}${over(options)} by interface ${route.number}`);
    }
    this.changed();
  }

  /** Everything that no other route is for goes out by an interface, to be found there without a router: the last resort. */
  addDefaults(number: number): void {
    for (const [network, bits] of [
      [ANY_IPV4, 96],
      [ANY_ADDRESS, 0],
    ] as const) {
      this.core.putAddress(network, 0);
      this.core.putAddress(ANY_ADDRESS, 1);
      this.core.calls.routeAdd(number, bits, LAST_RESORT);
    }
  }

  /** Puts network and gateway where the core expects them. */
  #parse(options: Omit<RouteOptions, 'metric'>): { number: number; bits: number } {
    const { address, prefixLength } = parseAddressWithPrefix(options.to);
    const gateway = options.via === undefined ? ANY_ADDRESS : literal(options.via);
    const number = options.interface ?? this.#interfaceOf(options, gateway);
    this.core.putAddress(address, 0);
    this.core.putAddress(gateway, 1);
    return { number, bits: coreBits(prefixLength, address) };
  }

  #interfaceOf(options: Omit<RouteOptions, 'metric'>, gateway: Address): number {
    if (options.via === undefined) {
      throw new TypeError(`the route to ${options.to} needs "via", the router, or "interface", whose link it is on`);
    }
    const found = this.addresses().find(({ address, prefixLength }) => {
      const own = literal(address);
      return isIPv4(own) === isIPv4(gateway) && samePrefix(own, gateway, coreBits(prefixLength, own));
    });
    if (found !== undefined) return found.interface;
    throw new RangeError(`the router ${options.via} is on no network of this stack; say which "interface" leads to it`);
  }
}

function literal(text: string): Address {
  const address = parseAddress(text);
  if (address === undefined) throw new TypeError(`"${text}" is no address`);
  return address;
}

function masked(address: Uint8Array, bits: number): Uint8Array {
  return address.map((byte, index) => byte & (0xff00 >> Math.min(Math.max(bits - index * 8, 0), 8)));
}

/** The core counts prefixes in 128 bits. */
function coreBits(prefixLength: AddressWithPrefix['prefixLength'], address: Address): number {
  return isIPv4(address) ? prefixLength + 96 : prefixLength;
}

function ownBits(bits: number, four: boolean): number {
  return four ? bits - 96 : bits;
}

function seconds(value: number): number {
  return value === 2 ** 32 - 1 ? Number.POSITIVE_INFINITY : value;
}

function over({ via }: Pick<RouteOptions, 'via'>): string {
  return via === undefined ? '' : ` over ${via}`;
}

function reason(answer: number): string {
  if (answer === ERROR_ADDRESS_IN_USE) return 'it is there already';
  if (answer === ERROR_MESSAGE_SIZE) return `IPv6 needs an MTU of at least ${LEAST_MTU6} bytes`;
  return answer === ERROR_NO_BUFFERS ? 'there are too many' : 'it means nothing there';
}

/** RFC 8200 §5. */
export const LEAST_MTU6 = 1280;
/** The largest metric: any default route that somebody asked for is better. */
const LAST_RESORT = 2 ** 32 - 1;
