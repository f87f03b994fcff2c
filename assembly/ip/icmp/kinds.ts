// What can be wrong with a packet, in words of both families (RFC 792, RFC 1812 §4.3.3, RFC 4443 §3): what goes out about
// packets of others, and what comes in about ours. Not for: when an error may be sent (icmp/errors.ts).

import {
  ERROR_CONNECTION_REFUSED,
  ERROR_HOST_UNREACHABLE,
  ERROR_MESSAGE_SIZE,
  ERROR_PROTOCOL,
} from '../../abi/constants';
import { quote } from '../incoming';
import {
  DESTINATION_UNREACHABLE,
  DESTINATION_UNREACHABLE6,
  FRAGMENTATION_NEEDED,
  INFORMATIONAL6,
  PACKET_TOO_BIG6,
  PARAMETER_PROBLEM,
  PARAMETER_PROBLEM6,
  TIME_EXCEEDED,
  TIME_EXCEEDED6,
} from './message';

/** Type and code of an error of a kind, `type << 8 | code`. */
export function codeOf(kind: u32, family: u32): u32 {
  return load<u16>(CODES + <usize>((kind << 1) | (family == 6 ? 1 : 0)) * 2);
}

/** Whether a message is an error that ends up with the protocol of the packet it quotes. */
export function isError(type: u32, family: u32): bool {
  // Of IPv6 all, those that are not known too (RFC 4443 §2.4 (a)); source quench is dropped in silence (RFC 6633), and so
  // are redirects: the routes are the user's.
  if (family == 6) return type < INFORMATIONAL6;
  return type == DESTINATION_UNREACHABLE || type == TIME_EXCEEDED || type == PARAMETER_PROBLEM;
}

/**
 * Notes in `quote` what an error of a type and code says; `parameter` is the word before the quoted packet. False: nobody knows.
 */
export function quoteMeaning(type: u32, code: u32, parameter: u32, family: u32): bool {
  quote.type = type;
  quote.code = code;
  return family == 6 ? meaning6(type, code, parameter) : meaning4(type, code, parameter);
}

function meaning4(type: u32, code: u32, parameter: u32): bool {
  if (type == TIME_EXCEEDED)
    return mean(QUOTE_EXCEEDED, ERROR_HOST_UNREACHABLE, code == 0 ? ERROR_HOST_UNREACHABLE : 0);
  if (type == PARAMETER_PROBLEM) return mean(QUOTE_PARAMETER, ERROR_PROTOCOL, 0);
  if (code > LAST_CODE) return false;
  quote.mtu = parameter & 0xffff;
  if (code == FRAGMENTATION_NEEDED) return mean(QUOTE_TOO_BIG, ERROR_MESSAGE_SIZE, 0);
  return mean(
    QUOTE_UNREACHABLE,
    -(<i32>load<u8>(ERRORS + code)),
    REFUSALS & (1 << code) ? ERROR_CONNECTION_REFUSED : 0,
  );
}

function meaning6(type: u32, code: u32, parameter: u32): bool {
  if (type == TIME_EXCEEDED6)
    return mean(QUOTE_EXCEEDED, ERROR_HOST_UNREACHABLE, code == 0 ? ERROR_HOST_UNREACHABLE : 0);
  quote.mtu = parameter;
  if (type == PACKET_TOO_BIG6) return mean(QUOTE_TOO_BIG, ERROR_MESSAGE_SIZE, 0);
  if (type == DESTINATION_UNREACHABLE6) {
    if (code > LAST_CODE6) return false;
    const refused = REFUSALS6 & (1 << code);
    return mean(QUOTE_UNREACHABLE, -(<i32>load<u8>(ERRORS6 + code)), refused ? ERROR_CONNECTION_REFUSED : 0);
  }
  // Nobody there speaks the protocol.
  if (type == PARAMETER_PROBLEM6 && code == UNKNOWN_HEADER) {
    return mean(QUOTE_PARAMETER, ERROR_CONNECTION_REFUSED, ERROR_CONNECTION_REFUSED);
  }
  // One that is not known is told like this, too (RFC 4443 §2.4 (a)).
  return mean(QUOTE_PARAMETER, ERROR_PROTOCOL, 0);
}

function mean(kind: u32, error: i32, hard: i32): bool {
  quote.kind = kind;
  quote.error = error;
  quote.hard = hard;
  return true;
}

// Kinds of errors that are sent.
export const NO_ROUTE: u32 = 0;
/** RFC 4443 §3.1 code 2: the source means something on its own link only. */
export const BEYOND_SCOPE: u32 = 1;
export const ADDRESS_UNREACHABLE: u32 = 2;
export const PORT_UNREACHABLE: u32 = 3;
/** Nobody here speaks the protocol. To IPv6, an unrecognized Next Header: the parameter is where it stands. */
export const PROTOCOL_UNREACHABLE: u32 = 4;
/** The parameter is the MTU of the next hop. */
export const TOO_BIG: u32 = 5;
export const LIFETIME_EXCEEDED: u32 = 6;
export const REASSEMBLY_EXCEEDED: u32 = 7;
/** The parameter of this one and the next is the offset of what is wrong. */
export const PARAMETER: u32 = 8;
export const OPTION_UNKNOWN: u32 = 9;
/** A first fragment ends within its headers (RFC 7112 §5). */
export const CHAIN_INCOMPLETE: u32 = 10;

// Kinds of errors that arrive, `quote.kind`.
export const QUOTE_UNREACHABLE: u32 = 0;
/** `quote.mtu`: what the next hop takes, 0 from routers that do not say. */
export const QUOTE_TOO_BIG: u32 = 1;
export const QUOTE_EXCEEDED: u32 = 2;
export const QUOTE_PARAMETER: u32 = 3;

/** By kind: of ICMP, of ICMPv6. */
// biome-ignore format: a table
const CODES: usize = memory.data<u16>([
  0x0300, 0x0100, // NO_ROUTE
  0x030d, 0x0102, // BEYOND_SCOPE
  0x0301, 0x0103, // ADDRESS_UNREACHABLE
  0x0303, 0x0104, // PORT_UNREACHABLE
  0x0302, 0x0401, // PROTOCOL_UNREACHABLE
  0x0304, 0x0200, // TOO_BIG
  0x0b00, 0x0300, // LIFETIME_EXCEEDED
  0x0b01, 0x0301, // REASSEMBLY_EXCEEDED
  0x0c00, 0x0400, // PARAMETER
  0x0c00, 0x0402, // OPTION_UNKNOWN
  0x0c00, 0x0403, // CHAIN_INCOMPLETE
]);

const LAST_CODE: u32 = 15;
/** Linux's error numbers for the codes of destination unreachable (RFC 1122 §3.2.2.1, RFC 1812 §5.2.7.1). */
// biome-ignore format: a table
const ERRORS: usize = memory.data<u8>([
  101, 113, 92, 111, // net, host, protocol, port unreachable
  0, 95, 101, 112, // fragmentation needed, source route failed, net unknown, host unknown
  64, 101, 113, 101, // source host isolated, net prohibited, host prohibited, net unreachable for this service
  113, 113, 113, 113, // host unreachable for this service, prohibited, precedence violation, precedence cutoff
]);
/** Protocol and port unreachable, and the three ways of being prohibited. */
const REFUSALS: u32 = (1 << 2) | (1 << 3) | (1 << 9) | (1 << 10) | (1 << 13);

const LAST_CODE6: u32 = 6;
/** The same for ICMPv6 (RFC 4443 §3.1). */
// biome-ignore format: a table
const ERRORS6: usize = memory.data<u8>([
  101, 13, 113, 113, // no route, prohibited, beyond the scope of the source, address unreachable
  111, 13, 13, // port unreachable, source address failed policy, route rejected
]);
/** Prohibited, port unreachable, and the two that say why it is prohibited. */
const REFUSALS6: u32 = (1 << 1) | (1 << 4) | (1 << 5) | (1 << 6);
/** Code of PARAMETER_PROBLEM6. */
const UNKNOWN_HEADER: u32 = 1;
