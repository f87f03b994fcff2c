/**
 * The record layer of the core (`assembly/tls/`) as the handshake sees it, over a TCP connection, or over a stream of bytes
 * that is pushed in and pulled out. Not for: what records mean (`connection.ts`).
 */
import {
  CIPHER_AES_128_GCM,
  CIPHER_AES_256_GCM,
  CIPHER_CHACHA20_POLY1305,
  ERROR_NO_BUFFERS,
  TLS_ALERT_BASE,
  TLS_FAULT_CHANGE_CIPHER_SPEC,
  TLS_FAULT_EARLY_DATA,
  TLS_FAULT_EMPTY,
  TLS_FAULT_ENCRYPTED_LENGTH,
  TLS_FAULT_LENGTH,
  TLS_FAULT_MAC,
  TLS_FAULT_NO_TYPE,
  TLS_FAULT_OUTER_TYPE,
  TLS_FAULT_RECORD_TYPE,
  TLS_FAULT_SEQUENCE,
  TLS_FAULT_TOO_MANY_EMPTY,
  TLS_FAULT_VERSION,
  TLS_OPEN_LIMIT,
  TLS_OPTION_FRAGMENT,
  TLS_OPTION_PASS,
  TLS_OPTION_READ_VERSION,
  TLS_OPTION_RECORD_VERSION,
  TLS_OPTION_SEAL_LIMIT,
  TLS_OPTION_SKIP,
  TLS_OPTION_WRITE_VERSION,
  TLS_READ,
  TLS_WRITE,
} from '../../assembly/abi/constants.js';
import type { Core } from '../core/core.js';
import { alertName, TlsError } from './alert.js';
import {
  type AeadName,
  APPLICATION_DATA,
  type ContentType,
  type Opened,
  type RecordLayer,
  type TlsVersion,
  type TrafficKeys,
} from './records.js';

/** What records need of whoever runs the core. */
export interface RecordsPort {
  readonly core: Core;
  /** Something was asked of a connection: let the stack run soon. */
  wake(): void;
}

export class CoreRecords implements RecordLayer {
  readonly #port: RecordsPort;
  readonly #handle: number;
  /** No record has been opened yet: what comes may be no TLS at all. */
  #first = true;

  /**
   * @param connection the core's handle of the TCP connection whose bytes are records from now on; 0: `push` and `pull`
   * @throws TlsError when the core has no room for it (`ENOBUFS`), or no such connection
   */
  constructor(port: RecordsPort, connection = 0) {
    this.#port = port;
    this.#handle = port.core.calls.tlsNew(connection);
    if (this.#handle < 0) throw noRoom('The core has no room for one more TLS connection');
  }

  /** The core's handle, for its own calls. */
  get handle(): number {
    return this.#handle;
  }

  open(): Opened | undefined {
    const { core } = this.#port;
    const type = core.calls.tlsOpen(this.#handle, TLS_OPEN_LIMIT);
    if (type <= TLS_ALERT_BASE) throw this.#fault(TLS_ALERT_BASE - type);
    // A connection that is gone has nothing to open; whoever holds it hears of that by itself.
    if (type <= 0) return undefined;
    this.#first = false;
    const bytes = core.takePieces();
    this.#port.wake();
    return { type: type as ContentType, bytes };
  }

  send(type: ContentType, bytes: Uint8Array): number {
    const { core } = this.#port;
    const { tlsSealReserve, tlsSealCommit } = core.calls;
    let sent = 0;
    while (sent < bytes.length) {
      const room = tlsSealReserve(this.#handle, type, bytes.length - sent);
      if (room <= 0) return this.#refused(room, sent, type);
      core.bytes.set(bytes.subarray(sent, sent + room), core.result(0));
      tlsSealCommit(this.#handle, type, room);
      sent += room;
    }
    this.#port.wake();
    return sent;
  }

  readKeys(version: TlsVersion, keys: TrafficKeys): void {
    this.#option(TLS_OPTION_READ_VERSION, version);
    this.#keys(TLS_READ, keys);
  }

  writeKeys(version: TlsVersion, keys: TrafficKeys): void {
    this.#option(TLS_OPTION_WRITE_VERSION, version);
    this.#keys(TLS_WRITE, keys);
  }

  setRecordVersion(version: number): void {
    this.#option(TLS_OPTION_RECORD_VERSION, version);
  }

  passChangeCipherSpec(pass: boolean): void {
    this.#option(TLS_OPTION_PASS, pass ? 1 : 0);
  }

  skipEarlyData(limit: number): void {
    this.#option(TLS_OPTION_SKIP, limit);
  }

  setMaxSendFragment(size: number): void {
    this.#option(TLS_OPTION_FRAGMENT, size);
  }

  /** Lets the write keys in place seal fewer records than their cipher allows. */
  limitSeals(records: number): void {
    this.#option(TLS_OPTION_SEAL_LIMIT, records);
  }

  get sealsLeft(): number {
    return Math.max(0, this.#port.core.calls.tlsSealsLeft(this.#handle));
  }

  get backlog(): number {
    return Math.max(0, this.#port.core.calls.tlsBacklog(this.#handle));
  }

  free(): void {
    const { core } = this.#port;
    if (core.fault === undefined) core.calls.tlsFree(this.#handle);
  }

  /**
   * Ciphertext that came, when there is no TCP connection of the core below.
   * @returns the bytes taken: all of 64 KiB when everything that came before has been opened
   */
  push(bytes: Uint8Array): number {
    const { core } = this.#port;
    let taken = 0;
    while (taken < bytes.length) {
      const room = core.calls.tlsReserve(this.#handle, bytes.length - taken);
      if (room < 0) throw noRoom('The core has no memory for what came');
      if (room === 0) break;
      core.bytes.set(bytes.subarray(taken, taken + room), core.result(0));
      core.calls.tlsCommit(this.#handle, room);
      taken += room;
    }
    return taken;
  }

  /** Ciphertext that is to go out, at most 64 KiB, in a buffer of its own; `undefined`: there is none. */
  pull(): Uint8Array<ArrayBuffer> | undefined {
    const { core } = this.#port;
    return core.calls.tlsTake(this.#handle, TLS_OPEN_LIMIT) > 0 ? core.takePieces() : undefined;
  }

  #keys(direction: number, { aead, key, iv }: TrafficKeys): void {
    const { core } = this.#port;
    const area = core.calls.resultArea();
    core.bytes.set(key, area);
    core.bytes.set(iv, area + IV_OFFSET);
    const answer = core.calls.tlsKeys(this.#handle, direction, CIPHERS[aead]);
    if (answer === ERROR_NO_BUFFERS) throw noRoom('The core has no memory for keys');
    if (answer < 0) throw new Error(`keys refused: ${answer}`);
  }

  #option(option: number, value: number): void {
    const answer = this.#port.core.calls.tlsOption(this.#handle, option, value);
    if (answer < 0) throw new RangeError(`record layer: option ${option} can't be ${value}`);
  }

  #refused(answer: number, sent: number, type: ContentType): number {
    if (sent > 0) this.#port.wake();
    if (answer === 0) return sent;
    if (answer <= TLS_ALERT_BASE) {
      throw new TlsError('internal_error', 'TOO_MANY_RECORDS', 'The keys have sealed as many records as they may');
    }
    if (answer === ERROR_NO_BUFFERS) {
      if (type === APPLICATION_DATA) return sent;
      throw noRoom('The peer does not take what the handshake sends');
    }
    return -1;
  }

  /** The error for a record that the core has refused. */
  #fault(alert: number): TlsError {
    const { core } = this.#port;
    const fault = core.result(0);
    const name = alertName(alert);
    if (fault === TLS_FAULT_VERSION && this.#first) return notTls(headerText(core));
    const [reason, message] = FAULTS[fault] ?? ['INTERNAL_ERROR', 'a record was refused'];
    return new TlsError(name, reason, `${message} (${name})`);
  }
}

/** The first bytes are no record: by what they look like. */
function notTls(header: string): TlsError {
  const [reason, what] = header.startsWith('CONNE')
    ? ['HTTPS_PROXY_REQUEST', 'a request to an HTTP proxy']
    : HTTP.test(header)
      ? ['HTTP_REQUEST', 'an HTTP request']
      : ['WRONG_VERSION_NUMBER', 'no TLS record'];
  return new TlsError('protocol_version', reason, `The peer does not speak TLS: ${what} came (protocol_version)`);
}

/** The header of the refused record as Latin-1. */
function headerText(core: Core): string {
  const [low, high] = [core.result(1), core.result(2)];
  const bytes = [low, low >>> 8, low >>> 16, low >>> 24, high];
  return String.fromCharCode(...bytes.map((byte) => byte & 0xff));
}

function noRoom(message: string): TlsError {
  return new TlsError('internal_error', 'NO_BUFFERS', message, { code: 'ENOBUFS' });
}

const HTTP = /^(GET |POST |HEAD |PUT |DELE|OPTI|PATC|HTTP)/;
const CIPHERS: Readonly<Record<AeadName, number>> = {
  'aes-128-gcm': CIPHER_AES_128_GCM,
  'aes-256-gcm': CIPHER_AES_256_GCM,
  'chacha20-poly1305': CIPHER_CHACHA20_POLY1305,
};
/** Where `tlsKeys` expects the static nonce. */
const IV_OFFSET = 32;
/** Reason, in BoringSSL's words where it has one, and message by TLS_FAULT_*. */
const FAULTS: Readonly<Record<number, readonly [reason: string, message: string]>> = {
  [TLS_FAULT_VERSION]: ['WRONG_VERSION_NUMBER', 'A record has a wrong version number'],
  [TLS_FAULT_RECORD_TYPE]: ['UNEXPECTED_RECORD', 'A record of a type came that is not expected here'],
  [TLS_FAULT_OUTER_TYPE]: ['INVALID_OUTER_RECORD_TYPE', 'A record came without protection'],
  [TLS_FAULT_ENCRYPTED_LENGTH]: ['ENCRYPTED_LENGTH_TOO_LONG', 'A record is too long'],
  [TLS_FAULT_LENGTH]: ['DATA_LENGTH_TOO_LONG', 'A record has too much content'],
  [TLS_FAULT_MAC]: ['DECRYPTION_FAILED_OR_BAD_RECORD_MAC', 'A record is not authentic'],
  [TLS_FAULT_NO_TYPE]: ['DECRYPTION_FAILED_OR_BAD_RECORD_MAC', 'A record has no content type'],
  [TLS_FAULT_EMPTY]: ['UNEXPECTED_RECORD', 'A record of a handshake or alert is empty'],
  [TLS_FAULT_TOO_MANY_EMPTY]: ['TOO_MANY_EMPTY_FRAGMENTS', 'Too many records in a row without content'],
  [TLS_FAULT_EARLY_DATA]: ['TOO_MUCH_SKIPPED_EARLY_DATA', 'Too much early data that was refused'],
  [TLS_FAULT_CHANGE_CIPHER_SPEC]: ['BAD_CHANGE_CIPHER_SPEC', 'A change_cipher_spec record says something unknown'],
  [TLS_FAULT_SEQUENCE]: ['TOO_MANY_RECORDS', 'The keys have opened as many records as they may'],
};
