/** Numbers of protocols and extension headers (IANA, protocol numbers), and how they are called in print. */

export const PROTOCOL_HOP_BY_HOP = 0;
export const PROTOCOL_ICMP = 1;
export const PROTOCOL_IGMP = 2;
export const PROTOCOL_TCP = 6;
export const PROTOCOL_UDP = 17;
export const PROTOCOL_ROUTING = 43;
export const PROTOCOL_FRAGMENT = 44;
export const PROTOCOL_AUTHENTICATION = 51;
export const PROTOCOL_ICMP6 = 58;
export const PROTOCOL_DESTINATION_OPTIONS = 60;

/** `udp`, or `protocol 99`. */
export function protocolName(protocol: number): string {
  return NAMES.get(protocol) ?? `protocol ${protocol}`;
}

const NAMES = new Map([
  [PROTOCOL_HOP_BY_HOP, 'hop-by-hop options'],
  [PROTOCOL_ICMP, 'icmp'],
  [PROTOCOL_IGMP, 'igmp'],
  [PROTOCOL_TCP, 'tcp'],
  [PROTOCOL_UDP, 'udp'],
  [PROTOCOL_ROUTING, 'routing header'],
  [PROTOCOL_FRAGMENT, 'fragment header'],
  [PROTOCOL_AUTHENTICATION, 'authentication header'],
  [PROTOCOL_ICMP6, 'icmp6'],
  [PROTOCOL_DESTINATION_OPTIONS, 'destination options'],
]);
