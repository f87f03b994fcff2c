/**
 * Addresses as text and as the 16 bytes the core keeps (IPv4 is IPv4-mapped, RFC 4291 §2.5.5.2).
 * Not for: names; there is no DNS here.
 */
import ipaddr from 'ipaddr.js';
import { ADDRESS_SIZE } from '../../assembly/abi/constants.js';

/** 16 bytes. All zero is "any" or "not given". */
export type Address = Uint8Array;

export interface AddressWithPrefix {
  address: Address;
  /** In bits of the family's own address: of 32 or 128. */
  prefixLength: number;
}

export const ANY_ADDRESS: Address = new Uint8Array(ADDRESS_SIZE);

/**
 * Parses an IPv4 or IPv6 literal; IPv6 may stand in brackets.
 * @returns `undefined` when the text is no address. `0.0.0.0` and `::` give `ANY_ADDRESS`.
 */
export function parseAddress(text: string): Address | undefined {
  const bare = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text;
  if (bare.includes('%') || !ipaddr.isValid(bare)) return undefined;
  const parsed = ipaddr.parse(bare);
  if (parsed.toByteArray().every((byte) => byte === 0)) return ANY_ADDRESS;
  return mapped(parsed);
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

/** The text of the 16 bytes at `offset`: dotted for IPv4-mapped ones, else as RFC 5952 says. */
export function formatAddress(bytes: Uint8Array, offset = 0): string {
  if (isMapped(bytes, offset)) {
    return `${bytes[offset + 12]}.${bytes[offset + 13]}.${bytes[offset + 14]}.${bytes[offset + 15]}`;
  }
  return ipaddr.fromByteArray([...bytes.subarray(offset, offset + ADDRESS_SIZE)]).toString();
}

/** The family of an address as text. */
export function addressFamily(text: string): 'IPv4' | 'IPv6' {
  return text.includes(':') ? 'IPv6' : 'IPv4';
}

function mapped(parsed: ipaddr.IPv4 | ipaddr.IPv6): Address {
  const wide = parsed.kind() === 'ipv4' ? (parsed as ipaddr.IPv4).toIPv4MappedAddress() : parsed;
  return Uint8Array.from(wide.toByteArray());
}

function isMapped(bytes: Uint8Array, offset: number): boolean {
  for (let index = 0; index < 10; index++) if (bytes[offset + index] !== 0) return false;
  return bytes[offset + 10] === 0xff && bytes[offset + 11] === 0xff;
}

function noAddress(text: string): TypeError {
  return new TypeError(`"${text}" is no address; expected something like 10.9.0.2/24`);
}
