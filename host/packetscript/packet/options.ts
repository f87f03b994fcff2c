/**
 * TCP options between a script's words and the bytes of the header (RFC 9293 §3.2, 7323, 2018, 7413, 9768, 2385). Order and
 * padding are kept: an end-of-list option is one byte among others, as scripts write it.
 */
import { byteAt, uint16At, uint32At } from '../../packet/bytes.js';
import type { OptionSpec } from '../language/ast.js';
import { optionLength } from '../language/tcp-options.js';

export function encodeOptions(options: readonly OptionSpec[]): Uint8Array {
  const bytes = new Uint8Array(options.reduce((sum, option) => sum + optionLength(option), 0));
  let at = 0;
  for (const option of options) {
    encode(option, new DataView(bytes.buffer, at));
    at += optionLength(option);
  }
  return bytes;
}

function encode(option: OptionSpec, view: DataView): void {
  view.setUint8(0, kindOf(option));
  if (option.kind === 'nop' || option.kind === 'eol') return;
  view.setUint8(1, optionLength(option));
  const put = (bytes: Uint8Array, offset: number) =>
    bytes.forEach((byte, index) => {
      view.setUint8(offset + index, byte);
    });
  if (option.kind === 'mss') view.setUint16(2, option.value);
  else if (option.kind === 'wscale') view.setUint8(2, option.value);
  else if (option.kind === 'md5') put(option.digest, 2);
  else if (option.kind === 'generic') put(option.bytes, 2);
  else if (option.kind === 'timestamps') {
    view.setUint32(2, option.value ?? 0);
    view.setUint32(6, option.echo);
  } else if (option.kind === 'sack') {
    option.blocks.forEach(({ left, right }, index) => {
      view.setUint32(2 + index * 8, left);
      view.setUint32(6 + index * 8, right);
    });
  } else if (option.kind === 'fastOpen') {
    if (option.experimental) view.setUint16(2, FAST_OPEN_MAGIC);
    put(option.cookie, option.experimental ? 4 : 2);
  } else if (option.kind === 'accEcn') {
    option.counters.forEach((counter, index) => {
      view.setUint8(2 + index * 3, counter >> 16);
      view.setUint16(3 + index * 3, counter & 0xffff);
    });
  }
}

/** What can't be told from the table, or has a length that leads nowhere, is `generic`. */
export function decodeOptions(bytes: Uint8Array): OptionSpec[] {
  const options: OptionSpec[] = [];
  for (let at = 0; at < bytes.length; ) {
    const kind = byteAt(bytes, at);
    if (kind === KIND.nop || kind === KIND.eol) {
      options.push({ kind: kind === KIND.nop ? 'nop' : 'eol' });
      at++;
      continue;
    }
    const length = at + 1 < bytes.length ? byteAt(bytes, at + 1) : 0;
    const whole = length >= 2 && at + length <= bytes.length;
    const data = bytes.slice(Math.min(at + 2, bytes.length), whole ? at + length : bytes.length);
    options.push(whole ? decode(kind, data) : { kind: 'generic', number: kind, bytes: data });
    at = whole ? at + length : bytes.length;
  }
  return options;
}

function decode(kind: number, data: Uint8Array): OptionSpec {
  const { length } = data;
  if (kind === KIND.mss && length === 2) return { kind: 'mss', value: uint16At(data, 0) };
  if (kind === KIND.wscale && length === 1) return { kind: 'wscale', value: byteAt(data, 0) };
  if (kind === KIND.sackOK && length === 0) return { kind: 'sackOK' };
  if (kind === KIND.sack && length > 0 && length % 8 === 0) {
    const blocks = Array.from({ length: length / 8 }, (_, index) => ({
      left: uint32At(data, index * 8),
      right: uint32At(data, index * 8 + 4),
    }));
    return { kind: 'sack', blocks };
  }
  if (kind === KIND.timestamps && length === 8) {
    return { kind: 'timestamps', value: uint32At(data, 0), echo: uint32At(data, 4), absolute: false };
  }
  if (kind === KIND.fastOpen) return { kind: 'fastOpen', experimental: false, cookie: data };
  if (kind === KIND.experimental && length >= 2 && uint16At(data, 0) === FAST_OPEN_MAGIC) {
    return { kind: 'fastOpen', experimental: true, cookie: data.slice(2) };
  }
  if (kind === KIND.md5) return { kind: 'md5', digest: data };
  if ((kind === KIND.e0b || kind === KIND.e1b) && length % 3 === 0) {
    const counters = Array.from(
      { length: length / 3 },
      (_, index) => (byteAt(data, index * 3) << 16) | uint16At(data, index * 3 + 1),
    );
    return { kind: 'accEcn', first: kind === KIND.e0b ? 'e0b' : 'e1b', counters };
  }
  return { kind: 'generic', number: kind, bytes: data };
}

function kindOf(option: OptionSpec): number {
  if (option.kind === 'generic') return option.number;
  if (option.kind === 'fastOpen') return option.experimental ? KIND.experimental : KIND.fastOpen;
  if (option.kind === 'accEcn') return KIND[option.first];
  return KIND[option.kind];
}

/** IANA's numbers; 254 with a magic number was Fast Open before it had its own (RFC 7413 appendix). */
const KIND = {
  eol: 0,
  nop: 1,
  mss: 2,
  wscale: 3,
  sackOK: 4,
  sack: 5,
  timestamps: 8,
  md5: 19,
  fastOpen: 34,
  e0b: 172,
  e1b: 174,
  experimental: 254,
};
const FAST_OPEN_MAGIC = 0xf989;
