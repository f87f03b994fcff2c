/**
 * Two record layers of one core, or one of them and records that are built and opened here, by `node:crypto` and from the
 * text of RFC 8446 §5, RFC 5246 §6, RFC 5288 and RFC 7905. Not for: the handshake.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { Core } from '../../../host/core/core.js';
import { compileCore } from '../../../host/core/load.js';
import { CoreRecords } from '../../../host/tls/core-records.js';
import type { AeadName, ContentType, Opened, TlsVersion, TrafficKeys } from '../../../host/tls/records.js';
import { TEST_CORE } from '../../kit/driver.js';

export async function freshCore(seed = 1): Promise<Core> {
  return Core.initialized((await compileCore(TEST_CORE)).instantiate(seed));
}

/** A record layer with rings of its own. */
export function ownRecords(core: Core): CoreRecords {
  return new CoreRecords({ core, wake: () => {} });
}

/** A record layer that reads, or writes, with `form`. */
export async function reader(form: Form, core?: Core): Promise<CoreRecords> {
  const records = ownRecords(core ?? (await freshCore()));
  records.readKeys(form.version, form.keys);
  return records;
}

export async function writer(form: Form, core?: Core): Promise<CoreRecords> {
  const records = ownRecords(core ?? (await freshCore()));
  records.writeKeys(form.version, form.keys);
  return records;
}

/** Moves all ciphertext, in pieces of `size` bytes at most. */
export function carry(from: CoreRecords, to: CoreRecords, size = Number.POSITIVE_INFINITY): void {
  for (let bytes = from.pull(); bytes !== undefined; bytes = from.pull()) {
    for (let at = 0; at < bytes.length; at += size) feed(to, bytes.subarray(at, at + size));
  }
}

export function feed(records: CoreRecords, bytes: Uint8Array): void {
  if (records.push(bytes) !== bytes.length) throw new Error('the record layer is full');
}

/** Everything that can be opened now. */
export function openAll(records: CoreRecords): Opened[] {
  const all: Opened[] = [];
  for (let opened = records.open(); opened !== undefined; opened = records.open()) all.push(opened);
  return all;
}

/** All that was pulled, in one. */
export function pullAll(records: CoreRecords): Buffer {
  const all: Uint8Array[] = [];
  for (let bytes = records.pull(); bytes !== undefined; bytes = records.pull()) all.push(bytes);
  return Buffer.concat(all);
}

/** Version and keys of one direction. */
export interface Form {
  name: string;
  version: TlsVersion;
  keys: TrafficKeys;
}

/** Every form that records have. */
export const FORMS: readonly Form[] = [0x0304, 0x0303].flatMap((version) =>
  (['chacha20-poly1305', 'aes-128-gcm', 'aes-256-gcm'] as const).map((aead) => form(version as TlsVersion, aead)),
);

export function form(version: TlsVersion, aead: AeadName): Form {
  const salted = version === 0x0303 && aead !== 'chacha20-poly1305';
  const keys = { aead, key: bytes(aead === 'aes-128-gcm' ? 16 : 32, 3), iv: bytes(salted ? 4 : 12, 7) };
  return { name: `TLS 1.${version - 0x0301} with ${aead}`, version, keys };
}

/** Bytes that differ by place and by `seed`. */
export function bytes(length: number, seed = 0): Buffer {
  const result = Buffer.alloc(length);
  for (let index = 0; index < length; index++) result[index] = index * 37 + (index >> 8) * 11 + seed * 101;
  return result;
}

/** A record without protection. */
export function plainRecord(type: number, content: Uint8Array, version = 0x0303): Buffer {
  return Buffer.concat([header(type, version, content.length), content]);
}

/** What a record may have that is not as it should be. */
export interface Odd {
  padding?: number;
  outerType?: number;
  version?: number;
  /** Of TLS 1.2 with AES-GCM; the sequence number when absent. */
  nonce?: Buffer;
}

/** A protected record, built without the core. */
export function protectedRecord(
  form: Form,
  sequence: number,
  type: number,
  content: Uint8Array,
  odd: Odd = {},
): Buffer {
  const { keys, version } = form;
  const number = Buffer.alloc(8);
  number.writeBigUInt64BE(BigInt(sequence));
  const explicit = isSalted(form) ? (odd.nonce ?? number) : Buffer.alloc(0);
  const nonce = isSalted(form) ? Buffer.concat([keys.iv, explicit]) : xored(keys.iv, number);
  const inner =
    version === 0x0304 ? Buffer.concat([content, Buffer.from([type]), Buffer.alloc(odd.padding ?? 0)]) : content;
  const outer = odd.outerType ?? (version === 0x0304 ? 23 : type);
  const head = header(outer, odd.version ?? 0x0303, explicit.length + inner.length + 16);
  const data = version === 0x0304 ? head : Buffer.concat([number, header(outer, odd.version ?? 0x0303, inner.length)]);
  const cipher = createCipheriv(keys.aead as 'aes-128-gcm', keys.key, nonce, { authTagLength: 16 });
  cipher.setAAD(data, { plaintextLength: inner.length });
  return Buffer.concat([head, explicit, cipher.update(inner), cipher.final(), cipher.getAuthTag()]);
}

/** Opens a record without the core. @returns its type and content, padding taken off, and what stands behind it */
export function openRecord(
  form: Form,
  sequence: number,
  bytes: Buffer,
): { type: number; content: Buffer; rest: Buffer } {
  const { keys, version } = form;
  const length = bytes.readUInt16BE(3);
  const [head, body, rest] = [bytes.subarray(0, 5), bytes.subarray(5, 5 + length), bytes.subarray(5 + length)];
  const number = Buffer.alloc(8);
  number.writeBigUInt64BE(BigInt(sequence));
  const salted = isSalted(form);
  const nonce = salted ? Buffer.concat([keys.iv, body.subarray(0, 8)]) : xored(keys.iv, number);
  const sealed = body.subarray(salted ? 8 : 0, -16);
  const data = version === 0x0304 ? head : Buffer.concat([number, header(head[0] as number, 0x0303, sealed.length)]);
  const decipher = createDecipheriv(keys.aead as 'aes-128-gcm', keys.key, nonce, { authTagLength: 16 });
  decipher.setAAD(data, { plaintextLength: sealed.length });
  decipher.setAuthTag(body.subarray(-16));
  const inner = Buffer.concat([decipher.update(sealed), decipher.final()]);
  if (version === 0x0303) return { type: head[0] as number, content: inner, rest };
  let end = inner.length;
  while (end > 0 && inner[end - 1] === 0) end--;
  return { type: inner[end - 1] as number, content: inner.subarray(0, end - 1), rest };
}

/** AES-GCM of TLS 1.2: a salt, and eight bytes of nonce in each record (RFC 5288 §3). */
function isSalted({ version, keys }: Form): boolean {
  return version === 0x0303 && keys.aead !== 'chacha20-poly1305';
}

function header(type: number, version: number, length: number): Buffer {
  return Buffer.from([type, version >> 8, version & 255, length >> 8, length & 255]);
}

/** RFC 8446 §5.3: the number, padded on the left, over the static nonce. */
function xored(iv: Uint8Array, number: Buffer): Buffer {
  const nonce = Buffer.from(iv);
  for (let index = 0; index < 8; index++) nonce[4 + index] = (nonce[4 + index] as number) ^ (number[index] as number);
  return nonce;
}

export type { ContentType };
