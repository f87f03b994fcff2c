/**
 * What options of DHCPv4 mean for a client: RFC 2132, routes of RFC 3442, the search list of RFC 3397. An option that is not
 * of the form its RFC gives counts as not there.
 * Not for: bytes of messages (`message.ts`).
 */
import { type DhcpMessage, dotted } from './message.js';

export interface LeaseRoute {
  /** As `10.0.0.0/8`. */
  to: string;
  /** `undefined`: on the link. */
  via: string | undefined;
}

/** What a server gives a client. */
export interface Lease {
  address: string;
  prefixLength: number;
  server: string;
  /** Seconds from the moment it was asked for; `Infinity` for ever. */
  duration: number;
  /** T1 and T2 of RFC 2131 §4.4.5. */
  renewal: number;
  rebinding: number;
  routes: readonly LeaseRoute[];
  nameServers: readonly string[];
  searchDomains: readonly string[];
  mtu: number | undefined;
}

/** DISCOVER, OFFER …: the value of option 53. */
export function typeOf(message: DhcpMessage): number | undefined {
  const value = message.options.get(OPTION.MESSAGE_TYPE);
  return value?.length === 1 ? value[0] : undefined;
}

/** The server that sent a message. */
export function serverOf(message: DhcpMessage): string | undefined {
  return addresses(message, OPTION.SERVER)[0];
}

/** @returns `undefined` for an offer or acknowledgement that is none */
export function leaseOf(message: DhcpMessage): Lease | undefined {
  const server = serverOf(message);
  const first = Number(message.yourAddress.split('.')[0]);
  const duration = time(message, OPTION.LEASE_TIME);
  if (server === undefined || duration === undefined || first === 0 || first === 127 || first >= 224) return undefined;
  const renewal = time(message, OPTION.RENEWAL_TIME) ?? duration / 2;
  const rebinding = time(message, OPTION.REBINDING_TIME) ?? duration * 0.875;
  const sane = renewal > 0 && renewal < rebinding && rebinding < duration;
  return {
    address: message.yourAddress,
    prefixLength: prefixOf(message, first),
    server,
    duration,
    renewal: sane ? renewal : duration / 2,
    rebinding: sane ? rebinding : duration * 0.875,
    routes: routesOf(message),
    nameServers: addresses(message, OPTION.NAME_SERVERS),
    searchDomains: domainsOf(message),
    mtu: mtuOf(message),
  };
}

/** RFC 3442: classless routes take the place of routers (§"DHCP Client Behavior"). */
function routesOf(message: DhcpMessage): LeaseRoute[] {
  const classless = classlessOf(message.options.get(OPTION.CLASSLESS_ROUTES));
  if (classless !== undefined) return classless;
  return addresses(message, OPTION.ROUTERS)
    .slice(0, 1)
    .map((via) => ({ to: '0.0.0.0/0', via }));
}

function classlessOf(value: Uint8Array | undefined): LeaseRoute[] | undefined {
  if (value === undefined || value.length < 5) return undefined;
  const routes: LeaseRoute[] = [];
  for (let at = 0; at < value.length; ) {
    const width = value[at] as number;
    const significant = Math.ceil(width / 8);
    const end = at + 1 + significant + 4;
    if (width > 32 || end > value.length) return undefined;
    const network = new Uint8Array(4);
    network.set(value.subarray(at + 1, at + 1 + significant));
    const via = dotted(value, end - 4);
    routes.push({ to: `${dotted(network)}/${width}`, via: via === '0.0.0.0' ? undefined : via });
    at = end;
  }
  return routes.slice(0, ROUTE_LIMIT);
}

/** RFC 3397, else the domain name of RFC 2132 §3.17. */
function domainsOf(message: DhcpMessage): string[] {
  const list = message.options.get(OPTION.SEARCH_LIST);
  const names = list === undefined ? [] : readNames(list);
  if (names.length > 0) return names;
  const domain = String.fromCharCode(...(message.options.get(OPTION.DOMAIN_NAME) ?? []))
    .replace(/\0+$/, '')
    .replace(/\.$/, '');
  return isName(domain) ? [domain] : [];
}

/** Names of DNS, one behind the other, which may point back into the option; none when one is broken. */
function readNames(bytes: Uint8Array): string[] {
  const names: string[] = [];
  for (let at = 0; at < bytes.length && names.length < DOMAIN_LIMIT; ) {
    const read = readName(bytes, at);
    if (read === undefined) return [];
    if (isName(read.name)) names.push(read.name);
    at = read.end;
  }
  return names;
}

function readName(bytes: Uint8Array, start: number): { name: string; end: number } | undefined {
  const labels: string[] = [];
  let end: number | undefined;
  let lowest = start;
  for (let at = start; ; ) {
    const length = bytes[at];
    if (length === undefined || labels.length > 127) return undefined;
    if (length === 0) return { name: labels.join('.'), end: end ?? at + 1 };
    if (length >= 0xc0) {
      // Only ever further back, so that it comes to an end.
      const target = ((length & 0x3f) << 8) | (bytes[at + 1] ?? 0);
      if (bytes[at + 1] === undefined || target >= lowest) return undefined;
      end ??= at + 2;
      lowest = target;
      at = target;
      continue;
    }
    if (length > 63 || at + 1 + length > bytes.length) return undefined;
    labels.push(String.fromCharCode(...bytes.subarray(at + 1, at + 1 + length)));
    at += 1 + length;
  }
}

function isName(text: string): boolean {
  return text.length > 0 && text.length <= 253 && /^[\w-]+(\.[\w-]+)*$/.test(text);
}

/** Bits of the subnet mask; without one, of the class that the address had once (RFC 950). */
function prefixOf(message: DhcpMessage, first: number): number {
  const value = message.options.get(OPTION.SUBNET_MASK);
  const mask = value?.length === 4 ? new DataView(Uint8Array.from(value).buffer).getUint32(0) : 0;
  const bits = mask === 0 ? 0 : 32 - Math.log2((~mask >>> 0) + 1);
  if (Number.isInteger(bits) && bits > 0) return bits;
  return first < 128 ? 8 : first < 192 ? 16 : 24;
}

function mtuOf(message: DhcpMessage): number | undefined {
  const value = message.options.get(OPTION.MTU);
  if (value?.length !== 2) return undefined;
  const mtu = ((value[0] as number) << 8) | (value[1] as number);
  return mtu < 576 ? undefined : mtu;
}

function time(message: DhcpMessage, code: number): number | undefined {
  const value = message.options.get(code);
  if (value?.length !== 4) return undefined;
  const seconds = new DataView(Uint8Array.from(value).buffer).getUint32(0);
  return seconds === 0xffffffff ? Number.POSITIVE_INFINITY : seconds;
}

function addresses(message: DhcpMessage, code: number): string[] {
  const value = message.options.get(code) ?? new Uint8Array(0);
  const all = Array.from({ length: Math.min(value.length >> 2, SERVER_LIMIT) }, (_, index) => dotted(value, index * 4));
  return all.filter((address) => address !== '0.0.0.0');
}

/** Codes of RFC 2132 and its heirs. */
export const OPTION = {
  SUBNET_MASK: 1,
  ROUTERS: 3,
  NAME_SERVERS: 6,
  DOMAIN_NAME: 15,
  MTU: 26,
  BROADCAST_ADDRESS: 28,
  REQUESTED_ADDRESS: 50,
  LEASE_TIME: 51,
  MESSAGE_TYPE: 53,
  SERVER: 54,
  PARAMETERS: 55,
  MESSAGE_SIZE: 57,
  RENEWAL_TIME: 58,
  REBINDING_TIME: 59,
  CLIENT_IDENTIFIER: 61,
  SEARCH_LIST: 119,
  CLASSLESS_ROUTES: 121,
} as const;

/** Message types of RFC 2132 §9.6. */
export const DISCOVER = 1;
export const OFFER = 2;
export const REQUEST = 3;
export const DECLINE = 4;
export const ACKNOWLEDGE = 5;
export const REFUSE = 6;
export const RELEASE = 7;

const ROUTE_LIMIT = 32;
const SERVER_LIMIT = 8;
const DOMAIN_LIMIT = 8;
