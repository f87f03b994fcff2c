// What a step of segment processing answers: a set of what the connection now owes the network. No step sends.

/** Processing of this segment ends here. */
export const STOP: u32 = 1 << 0;
/** An ACK, within the delay that RFC 9293 §3.8.6.3 allows. */
export const OWE_ACK: u32 = 1 << 1;
/** An ACK when the batch is over. */
export const OWE_ACK_NOW: u32 = 1 << 2;
/** An ACK for this very segment (RFC 5681 §4.2). */
export const OWE_DUPLICATE_ACK: u32 = 1 << 3;
/** The same, within the rate limit against forged segments (RFC 5961 §7). */
export const OWE_CHALLENGE_ACK: u32 = 1 << 4;
/** A RST that answers this segment and leaves the connection as it is. */
export const OWE_RESET: u32 = 1 << 5;
/** Whatever may be sent by now. */
export const OWE_OUTPUT: u32 = 1 << 6;
