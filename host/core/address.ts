/**
 * Addresses as text and as the 16 bytes the core keeps: IPv4 is IPv4-mapped (RFC 4291 §2.5.5.2), the zone of a link-local
 * address, which is the number of an interface (`fe80::1%2`, RFC 4007 §11), stands in its fourth byte.
 * Not for: names (`../dns/`).
 */
import ipaddr from 'ipaddr.js';
import { ADDRESS_SIZE } from '../../assembly/abi/constants.js';

/** 16 bytes. */
export type Address = Uint8Array;

export interface AddressWithPrefix {
  address: Address;
  /** In bits of the family's own address: of 32 or 128. */
  prefixLength: number;
}

/** `::`: any address, or none given. */
export const ANY_ADDRESS: Address = new Uint8Array(ADDRESS_SIZE);
/** `0.0.0.0`: any IPv4 address. */
export const ANY_IPV4: Address = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0);

/**
 * Parses an IPv4 or IPv6 literal; IPv6 may stand in brackets.
 * @returns `undefined` when the text is no address
 */
export function parseAddress(text: string): Address | undefined {
  const bare = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text;
  const [address = '', zone, ...rest] = bare.split('%');
  if (rest.length > 0 || !ipaddr.isValid(address)) return undefined;
  const bytes = mapped(ipaddr.parse(address));
  if (zone === undefined) return bytes;
  if (!isLinkScoped(bytes) || !/^[1-9]\d{0,2}$/.test(zone) || Number(zone) > 255) return undefined;
  bytes[ZONE_AT] = Number(zone);
  return bytes;
}

/** An address of one link that does not say of which, on that of an interface; any other as it is. */
export function onLink(address: Address, interfaceNumber: number): Address {
  if (!isLinkScoped(address) || address[ZONE_AT] !== 0) return address;
  const zoned = address.slice();
  zoned[ZONE_AT] = interfaceNumber;
  return zoned;
}

/** Whether an address is one of another link than that of an interface, where 0 stands for any. */
export function isElsewhere(address: Address, interfaceNumber: number): boolean {
  const zone = isLinkScoped(address) ? (address[ZONE_AT] as number) : 0;
  return zone !== 0 && interfaceNumber !== 0 && zone !== interfaceNumber;
}

/** Whether an address is `::` or `0.0.0.0`. */
export function isAny(address: Address): boolean {
  return same(address, ANY_ADDRESS) || same(address, ANY_IPV4);
}

/** Whether 16 bytes are an IPv4 address. */
export function isIPv4(bytes: Uint8Array, offset = 0): boolean {
  for (let index = 0; index < 10; index++) if (bytes[offset + index] !== 0) return false;
  return bytes[offset + 10] === 0xff && bytes[offset + 11] === 0xff;
}

/**
 * Parses `10.9.0.2/24`; without a prefix length the address stands alone.
 * @throws TypeError when the text is no address
 */
export function parseAddressWithPrefix(text: string): AddressWithPrefix {
  const [address = '', prefix, ...rest] = text.split('/');
  const valid = ipaddr.IPv4.isValidFourPartDecimal(address) || ipaddr.IPv6.isValid(address);
  if (!valid || address.includes('%') || rest.length > 0) throw noAddress(text);
  const parsed = ipaddr.parse(address);
  const bits = parsed.kind() === 'ipv4' ? 32 : 128;
  const length = prefix === undefined ? bits : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN;
  if (!(length <= bits)) throw noAddress(text);
  return { address: mapped(parsed), prefixLength: length };
}

/** The text of the 16 bytes at `offset`: dotted for IPv4-mapped ones, else as RFC 5952 says, with its zone. */
export function formatAddress(bytes: Uint8Array, offset = 0): string {
  if (isIPv4(bytes, offset)) {
    return `${bytes[offset + 12]}.${bytes[offset + 13]}.${bytes[offset + 14]}.${bytes[offset + 15]}`;
  }
  const plain = bytes.slice(offset, offset + ADDRESS_SIZE);
  const zone = isLinkScoped(plain) ? (plain[ZONE_AT] as number) : 0;
  if (zone !== 0) plain[ZONE_AT] = 0;
  const text = ipaddr.fromByteArray([...plain]).toString();
  return zone === 0 ? text : `${text}%${zone}`;
}

/** Whether two addresses share their first `bits`, of 128. */
export function samePrefix(one: Uint8Array, other: Uint8Array, bits: number): boolean {
  return one.every(
    (byte, index) =>
      ((byte ^ (other[index] as number)) & (0xff00 >> Math.min(Math.max(bits - index * 8, 0), 8)) & 0xff) === 0,
  );
}

/** How somebody who speaks IPv6 calls an address, as text: IPv4 is `::ffff:192.0.2.1` (RFC 3493 §3.7). */
export function asIPv6(text: string): string {
  return text.includes(':') ? text : `::ffff:${text}`;
}

/** The family of an address as text. */
export function addressFamily(text: string): 'IPv4' | 'IPv6' {
  return text.includes(':') ? 'IPv6' : 'IPv4';
}

function mapped(parsed: ipaddr.IPv4 | ipaddr.IPv6): Address {
  const wide = parsed.kind() === 'ipv4' ? (parsed as ipaddr.IPv4).toIPv4MappedAddress() : parsed;
  return Uint8Array.from(wide.toByteArray());
}

/** fe80::/10, and multicast within a link (RFC 4007 §4): what means something only together with an interface. */
function isLinkScoped(bytes: Uint8Array): boolean {
  const [first = 0, second = 0] = bytes;
  const local = first === 0xfe && (second & 0xc0) === 0x80;
  return local || (first === 0xff && ((second & 0x0f) === 1 || (second & 0x0f) === 2));
}

function same(one: Uint8Array, other: Uint8Array): boolean {
  return one.every((byte, index) => byte === other[index]);
}

function noAddress(text: string): TypeError {
  return new TypeError(`"${text}" is no address; expected something like 10.9.0.2/24 or fd00::2/64`);
}

/** Where the core keeps the interface of an address that means something on its link only. */
const ZONE_AT = 3;
