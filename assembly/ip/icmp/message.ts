// ICMP messages (RFC 792, RFC 4443): offsets and types, no policy. The two families have the same form.
//
//   echo     type u8 | code u8 | checksum u16 | identifier u16 | sequence u16 | data
//   error    type u8 | code u8 | checksum u16 | depends on the type       u32 | the packet it is about, as much as fits

/** Bytes before the data. */
export const ICMP_HEADER: u32 = 8;

export const ECHO_REPLY: u32 = 0;
export const DESTINATION_UNREACHABLE: u32 = 3;
export const ECHO_REQUEST: u32 = 8;
export const TIME_EXCEEDED: u32 = 11;
export const PARAMETER_PROBLEM: u32 = 12;
/** RFC 792: of a host; a later one replaced by another. */
export const TIMESTAMP: u32 = 13;
export const ADDRESS_MASK_REPLY: u32 = 18;

/** Codes of DESTINATION_UNREACHABLE with a meaning of their own here. */
export const FRAGMENTATION_NEEDED: u32 = 4;

export const DESTINATION_UNREACHABLE6: u32 = 1;
export const PACKET_TOO_BIG6: u32 = 2;
export const TIME_EXCEEDED6: u32 = 3;
export const PARAMETER_PROBLEM6: u32 = 4;
/** Types from here on are no errors (RFC 4443 §2.1). */
export const INFORMATIONAL6: u32 = 128;
export const ECHO_REQUEST6: u32 = 128;
export const ECHO_REPLY6: u32 = 129;
export const REDIRECT6: u32 = 137;
