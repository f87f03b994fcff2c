/**
 * The record layer as the handshake sees it (RFC 8446 §5, RFC 5246 §6): whole records in and out, keys put in place.
 * `core-records.ts` is the one implementation, over the core. Not for: what the bytes mean.
 */

/** Content types, RFC 8446 §5.1. */
export const CHANGE_CIPHER_SPEC = 20;
export const ALERT_RECORD = 21;
export const HANDSHAKE_RECORD = 22;
export const APPLICATION_DATA = 23;

export type ContentType = 20 | 21 | 22 | 23;

export type AeadName = 'aes-128-gcm' | 'aes-256-gcm' | 'chacha20-poly1305';

export interface TrafficKeys {
  readonly aead: AeadName;
  /** 16 or 32 bytes. */
  readonly key: Uint8Array;
  /** 12 bytes; in TLS 1.2 with AES-GCM the 4 of the salt (RFC 5288 §3). */
  readonly iv: Uint8Array;
}

/**
 * Records of one content type: one record, or, of application data, all that were there, up to 64 KiB. `bytes` is empty for
 * an empty record of application data that came alone: where there may be data it means nothing.
 */
export interface Opened {
  readonly type: ContentType;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface RecordLayer {
  /**
   * Opens the next record. Nothing behind a record that is not application data is opened before the next call, so keys
   * may change in between.
   * @returns `undefined` while a whole record has not come
   * @throws TlsError for a record that breaks a rule
   */
  open(): Opened | undefined;
  /**
   * Seals `bytes` as records and queues them. Application data is taken as far as there is room; everything else whole.
   * @returns the bytes taken; −1 when the stream below takes no more for ever
   * @throws TlsError internal_error when the keys have sealed as many records as they may, or when the peer takes nothing and
   * what is queued has reached its bound
   */
  send(type: ContentType, bytes: Uint8Array): number;
  /** From the next record on, in TLS 1.2's or 1.3's form. Sequence numbers start at 0. The keys are copied; wipe yours. */
  readKeys(version: TlsVersion, keys: TrafficKeys): void;
  writeKeys(version: TlsVersion, keys: TrafficKeys): void;
  /** What the version field of records says that are sent before keys are in place: 0x0301 in a first ClientHello, else 0x0303. */
  setRecordVersion(version: number): void;
  /** Whether a plain change_cipher_spec of one 0x01 byte is passed over in silence: TLS 1.3's handshake (RFC 8446 §5). */
  passChangeCipherSpec(pass: boolean): void;
  /** Passes over records that can't be opened, so many bytes of them at most: early data that was refused (RFC 8446 §4.2.10). */
  skipEarlyData(limit: number): void;
  /** 512 … 16384 bytes of plaintext in a record that is sent. */
  setMaxSendFragment(size: number): void;
  /** Records may still be sealed with the keys in place (RFC 8446 §5.5) before they have to change: when this gets low, update. */
  readonly sealsLeft: number;
  /** Whether anything that was sent is not yet on its way: then a further answer to a KeyUpdate can wait. */
  readonly backlog: number;
  /** Wipes all keys; nothing may be called any more. */
  free(): void;
}

export type TlsVersion = 0x0303 | 0x0304;
