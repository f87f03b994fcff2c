// The record layer of one TLS connection (RFC 8446 §5, RFC 5246 §6): what it remembers, and its life. It works on the rings
// of a TCP connection, or on two of its own (tls/streams.ts).
//
//   Tls    | what is known of the records under way        |
//          | reading: keys, sequence number                | a Half each; expanded keys lie in slab blocks
//          | writing: likewise                             |
//          | incoming ring, outgoing ring: of its own      |
//
// Not for: what a record looks like (tls/framing.ts), opening and sealing (tls/open.ts, tls/seal.ts).

import {
  ERROR_INVALID,
  ERROR_NO_BUFFERS,
  ERROR_STALE_HANDLE,
  TLS_OPTION_FRAGMENT,
  TLS_OPTION_PASS,
  TLS_OPTION_READ_VERSION,
  TLS_OPTION_RECORD_VERSION,
  TLS_OPTION_SEAL_LIMIT,
  TLS_OPTION_SKIP,
  TLS_OPTION_WRITE_VERSION,
} from '../abi/constants';
import { TLS_PLAINTEXT_LIMIT } from '../abi/limits';
import { POOLS_BASE, TLS_DIRECTORY } from '../memory/map';
import { Pool, PoolItem, poolFind, poolGive, poolInitialize, poolTake } from '../memory/pool';
import { Ring, ringFree } from '../memory/ring';
import { buffersForRecords } from '../tcp/block/buffers';
import { held, windowMoved } from '../tcp/block/stream';
import { Half, halfWipe, isVersion, limitSeals } from './half';

@unmanaged
export class Tls extends PoolItem {
  connection: u32; // handle of the TCP connection whose rings are used; 0: there are rings of its own
  recordVersion: u16; // TLS_OPTION_RECORD_VERSION
  fragment: u16; // TLS_OPTION_FRAGMENT
  passes: u8; // TLS_OPTION_PASS
  skips: u8; // 1: records that can't be opened may be early data
  skipLeft: u32; // bytes of them that may still be passed over
  empties: u32; // records without content in a row
  // A record at the head of the incoming ring that is open, and not taken yet; type 0: there is none.
  openType: u8;
  openAt: u16; // where its content begins …
  openLength: u16; // … and how long it is
  openSize: u16; // of the whole record
  // Why nothing is opened any more.
  fault: u8; // TLS_FAULT_*; 0: all is well
  faultHeader: u64; // the first bytes of the record, lowest byte first
  // Room that was given to put plaintext into (tls/seal.ts); 0: none was.
  sealAddress: usize;
  sealSize: u32;
  sealType: u32;

  get reading(): Half {
    return changetype<Half>(changetype<usize>(this) + READING);
  }

  get writing(): Half {
    return changetype<Half>(changetype<usize>(this) + WRITING);
  }

  /** Ciphertext that came in, when the rings are its own. */
  get incoming(): Ring {
    return changetype<Ring>(changetype<usize>(this) + INCOMING);
  }

  /** Ciphertext that is to go out, when the rings are its own. */
  get outgoing(): Ring {
    return changetype<Ring>(changetype<usize>(this) + OUTGOING);
  }
}

export function tlsInitialize(): void {
  poolInitialize(tlsPool, TLS_DIRECTORY, TLS_SIZE);
}

/**
 * A record layer without keys. `connection`: handle of a TCP connection, from which and to which nothing but records goes
 * from now on; 0: it gets rings of its own. Answers its handle; ERROR_NO_BUFFERS at the limit.
 */
export function tlsNew(connection: u32): i32 {
  const tcb = held(connection);
  if (connection != 0 && tcb == null) return ERROR_STALE_HANDLE;
  const address = poolTake(tlsPool, TLS_LIMIT);
  if (address == 0) return ERROR_NO_BUFFERS;
  const tls = changetype<Tls>(address);
  tls.connection = connection;
  tls.recordVersion = 0x0303;
  tls.fragment = <u16>TLS_PLAINTEXT_LIMIT;
  if (tcb != null) {
    buffersForRecords(tcb);
    windowMoved(tcb);
  }
  return tls.handle;
}

/** Ends a record layer: keys are wiped, what lies in rings of its own is gone. The TCP connection goes on. */
export function tlsFree(handle: u32): i32 {
  const tls = tlsFind(handle);
  if (tls == null) return ERROR_STALE_HANDLE;
  halfWipe(tls.reading);
  halfWipe(tls.writing);
  ringFree(tls.incoming);
  ringFree(tls.outgoing);
  const address = changetype<usize>(tls);
  memory.fill(address + offsetof<PoolItem>(), 0, TLS_SIZE - offsetof<PoolItem>());
  poolGive(tlsPool, address);
  return 0;
}

/** Sets TLS_OPTION_*. */
export function tlsOption(handle: u32, option: u32, value: u32): i32 {
  const tls = tlsFind(handle);
  if (tls == null) return ERROR_STALE_HANDLE;
  if (option == TLS_OPTION_READ_VERSION && isVersion(value)) tls.reading.nextVersion = <u16>value;
  else if (option == TLS_OPTION_WRITE_VERSION && isVersion(value)) tls.writing.nextVersion = <u16>value;
  else if (option == TLS_OPTION_RECORD_VERSION && value - 0x0301 <= 2) tls.recordVersion = <u16>value;
  else if (option == TLS_OPTION_FRAGMENT && value - FRAGMENT_LEAST <= TLS_PLAINTEXT_LIMIT - FRAGMENT_LEAST)
    tls.fragment = <u16>value;
  else if (option == TLS_OPTION_PASS && value <= 1) tls.passes = <u8>value;
  else if (option == TLS_OPTION_SKIP) {
    tls.skips = 1;
    tls.skipLeft = value;
  } else if (option == TLS_OPTION_SEAL_LIMIT && tls.writing.cipher != 0) limitSeals(tls.writing, value);
  else return ERROR_INVALID;
  return 0;
}

/** The record layer that a handle names, or null. */
export function tlsFind(handle: u32): Tls | null {
  return changetype<Tls | null>(poolFind(tlsPool, handle));
}

const RING: usize = 16;
const READING: usize = (offsetof<Tls>() + 7) & ~7;
const WRITING: usize = READING + offsetof<Half>();
const INCOMING: usize = WRITING + offsetof<Half>();
const OUTGOING: usize = INCOMING + RING;
const TLS_SIZE: u32 = <u32>(OUTGOING + RING);
/** Record layers of a stack: their directory has room for no more. */
const TLS_LIMIT: u32 = 1 << 18;
/** What the smallest fragment of other implementations is (RFC 6066 §4, RFC 8449 §4). */
const FRAGMENT_LEAST: u32 = 512;

export const tlsPool: Pool = changetype<Pool>(POOLS_BASE + 256);
