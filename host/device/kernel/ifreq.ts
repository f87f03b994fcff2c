/**
 * struct ifreq and struct in6_ifreq, what Linux's ioctls about interfaces take: netdevice(7), ipv6(7).
 */

/** struct ifreq: a name of 16 bytes, then a union that begins with the value in question. */
export function interfaceRequest(name: string): Uint8Array<ArrayBuffer> {
  const request = new Uint8Array(IFREQ_SIZE);
  new TextEncoder().encodeInto(name, request.subarray(0, IFNAMSIZ - 1));
  return request;
}

export function nameIn(request: Uint8Array): string {
  return new TextDecoder().decode(request.subarray(0, request.indexOf(0)));
}

/** Makes the value a struct sockaddr_in with port 0. */
export function putAddress(request: Uint8Array<ArrayBuffer>, address: Uint8Array): void {
  request.fill(0, IFREQ_VALUE);
  new DataView(request.buffer).setUint16(IFREQ_VALUE, AF_INET, true);
  request.set(address, IFREQ_VALUE + 4);
}

export function netmask(length: number): Uint8Array {
  return Uint8Array.from({ length: 4 }, (_, index) => 0xff00 >> Math.min(Math.max(length - index * 8, 0), 8));
}

/** struct in6_ifreq: an address, its prefix length, the number of the interface. */
export function interfaceRequest6(address: Uint8Array, prefixLength: number, index: number): Uint8Array<ArrayBuffer> {
  const request = new Uint8Array(IN6_IFREQ_SIZE);
  request.set(address);
  const view = new DataView(request.buffer);
  view.setUint32(16, prefixLength, true);
  view.setInt32(20, index, true);
  return request;
}

export const AF_INET = 2;
export const AF_INET6 = 10;
export const IFNAMSIZ = 16;
/** Where the union begins. */
export const IFREQ_VALUE = 16;

const IFREQ_SIZE = 40;
const IN6_IFREQ_SIZE = 24;
