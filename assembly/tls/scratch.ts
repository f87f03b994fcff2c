// The scratch memory of the record layer: what one record needs while it is opened or sealed. Nothing in it outlives a call,
// but the plaintext between `tlsSealReserve` and `tlsSealCommit`.

import { TLS_SCRATCH } from '../memory/map';

/** The nonce of the record, 12 bytes. */
export const NONCE: usize = TLS_SCRATCH;
/** What is authenticated beside its content, 13 bytes. */
export const ADDITIONAL: usize = TLS_SCRATCH + 16;
/** A record that storage would cut in two, 5 + 2^14 + 2048 bytes at most. */
export const RECORD: usize = TLS_SCRATCH + 64;
