/**
 * What TLS 1.2 derives from the shared secret of the key exchange: master secret, record keys, Finished, exporter.
 * Not for: the function underneath (`prf.ts`); when keys are put in place (`flight.ts`).
 */
import type { CryptoProvider, HashName } from '../crypto/provider.js';
import type { CipherSuite } from '../parameters.js';
import type { AeadName, TrafficKeys } from '../records.js';
import { concat } from '../wire/bytes.js';
import { prf } from './prf.js';

/** Both randoms of a handshake, 32 bytes each. */
export interface Randoms {
  readonly client: Uint8Array;
  readonly server: Uint8Array;
}

/** RFC 5246 §8.1: 48 bytes. Only with a peer that does not know the extended master secret. */
export function masterSecret(
  provider: CryptoProvider,
  hash: HashName,
  premaster: Uint8Array,
  randoms: Randoms,
): Uint8Array<ArrayBuffer> {
  const seed = concat(randoms.client, randoms.server);
  return prf(provider, hash, premaster, 'master secret', seed, MASTER_SECRET_LENGTH);
}

/**
 * RFC 7627 §4: 48 bytes, bound to the whole handshake up to ClientKeyExchange.
 * @param sessionHash the transcript's hash up to and including ClientKeyExchange
 */
export function extendedMasterSecret(
  provider: CryptoProvider,
  hash: HashName,
  premaster: Uint8Array,
  sessionHash: Uint8Array,
): Uint8Array<ArrayBuffer> {
  return prf(provider, hash, premaster, 'extended master secret', sessionHash, MASTER_SECRET_LENGTH);
}

/**
 * RFC 5246 §6.3, for AEAD ciphers: no MAC keys. AES-GCM takes 4 bytes of salt (RFC 5288 §3), ChaCha20-Poly1305 12 bytes
 * of IV (RFC 7905 §2).
 */
export function keyBlock(
  provider: CryptoProvider,
  suite: CipherSuite,
  master: Uint8Array,
  randoms: Randoms,
): { readonly client: TrafficKeys; readonly server: TrafficKeys } {
  const { aead } = suite;
  const [keyLength, ivLength] = LENGTHS[aead];
  const seed = concat(randoms.server, randoms.client);
  const block = prf(provider, suite.hash, master, 'key expansion', seed, 2 * (keyLength + ivLength));
  const ivs = 2 * keyLength;
  return {
    client: { aead, key: block.subarray(0, keyLength), iv: block.subarray(ivs, ivs + ivLength) },
    server: { aead, key: block.subarray(keyLength, ivs), iv: block.subarray(ivs + ivLength) },
  };
}

/**
 * RFC 5246 §7.4.9: the 12 bytes of verify_data.
 * @param sender whose Finished it is
 * @param transcriptHash of all handshake messages before that Finished
 */
export function finishedData(
  provider: CryptoProvider,
  hash: HashName,
  master: Uint8Array,
  sender: 'client' | 'server',
  transcriptHash: Uint8Array,
): Uint8Array<ArrayBuffer> {
  return prf(provider, hash, master, `${sender} finished`, transcriptHash, VERIFY_DATA_LENGTH);
}

/**
 * RFC 5705 §4. A context of no bytes is not the same as no context.
 * @throws RangeError for a label that the handshake itself uses, and for a context of more than 65,535 bytes
 */
export function exporter(
  provider: CryptoProvider,
  hash: HashName,
  master: Uint8Array,
  randoms: Randoms,
  length: number,
  label: string,
  context?: Uint8Array,
): Uint8Array<ArrayBuffer> {
  if (RESERVED_LABELS.has(label)) throw new RangeError(`the label '${label}' is the handshake's own`);
  let seed = concat(randoms.client, randoms.server);
  if (context !== undefined) {
    if (context.length > 0xffff) throw new RangeError('the context of an exporter has at most 65535 bytes');
    seed = concat(seed, Uint8Array.of(context.length >> 8, context.length & 0xff), context);
  }
  return prf(provider, hash, master, label, seed, length);
}

const MASTER_SECRET_LENGTH = 48;
const VERIFY_DATA_LENGTH = 12;
/** RFC 5705 §4, RFC 7627 §7: what an exporter would give for these is what has to stay secret. */
const RESERVED_LABELS: ReadonlySet<string> = new Set([
  'client finished',
  'server finished',
  'master secret',
  'extended master secret',
  'key expansion',
]);
/** Bytes of key and of the IV's fixed part. */
const LENGTHS: Readonly<Record<AeadName, readonly [number, number]>> = {
  'aes-128-gcm': [16, 4],
  'aes-256-gcm': [32, 4],
  'chacha20-poly1305': [32, 12],
};
