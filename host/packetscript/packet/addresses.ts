/** The addresses of a script, as text and as they stand in headers. */
import ipaddr from 'ipaddr.js';

/** @param address text that is an address. @returns 4 bytes or 16 */
export function addressBytes(address: string): number[] {
  return ipaddr.parse(address).toByteArray();
}

/** As a packet's decoder writes it: dotted, or by RFC 5952. @returns undefined for what is no address */
export function canonical(text: string): string | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return text;
  return ipaddr.IPv6.isValid(text) && !text.includes('%') ? ipaddr.IPv6.parse(text).toString() : undefined;
}
