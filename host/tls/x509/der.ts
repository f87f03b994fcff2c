/**
 * A strict reader of DER (ITU-T X.690 §8, §10, §11): one way to write each value, everything within bounds, nothing left
 * over. Not for: what structures mean (`certificate.ts`, `../keys/`); writing (`der-writer.ts`).
 */
import { decodeString, latin1 } from './strings.js';
import { contextConstructed, TAG } from './tags.js';

export { decodeString, latin1 } from './strings.js';
export { contextConstructed, contextTag, TAG } from './tags.js';

/** What is wrong with the encoding, and at which byte of the outermost value. */
export class DerError extends Error {
  override readonly name = 'DerError';

  constructor(
    readonly what: string,
    readonly offset: number,
  ) {
    super(`${what} (byte ${offset})`);
  }
}

/** A string of bits (X.690 §8.6): the last `unused` bits of the last byte are zero and do not count. */
export interface BitString {
  readonly bytes: Uint8Array;
  readonly unused: number;
}

/** One element, not yet looked into. */
export interface Element {
  /** The identifier octet. */
  readonly tag: number;
  readonly content: Uint8Array;
  /** With identifier and length. */
  readonly raw: Uint8Array;
  /** A reader of the content. */
  reader(): DerReader;
}

/**
 * Reads elements one behind another. Every method that reads moves on, or throws DerError and must not be used further.
 * What is handed out are views of the bytes that were given, not copies.
 */
export class DerReader {
  #at = 0;

  /**
   * @param bytes read to their end
   * @param base where they begin in the outermost value, for errors
   * @param depth how many constructed elements lie around them
   */
  constructor(
    readonly bytes: Uint8Array,
    readonly base = 0,
    private readonly depth = 0,
  ) {
    if (depth > MAX_DEPTH) throw new DerError('too deeply nested', base);
  }

  get done(): boolean {
    return this.#at === this.bytes.length;
  }

  /** The identifier octet of the next element; `undefined` at the end. */
  get nextTag(): number | undefined {
    return this.bytes[this.#at];
  }

  /** Where the next element begins in the outermost value. */
  get offset(): number {
    return this.base + this.#at;
  }

  /** @throws DerError when anything is left */
  end(): void {
    if (!this.done) throw this.error('bytes behind the end of a value');
  }

  error(what: string): DerError {
    return new DerError(what, this.offset);
  }

  /** The next element, whatever it is. */
  element(): Element {
    const { bytes, base, depth } = this;
    const start = this.#at;
    const tag = this.#octet();
    // X.690 §8.1.2.4: numbers from 31 on do not occur in what is read here.
    if ((tag & 0x1f) === 0x1f) throw new DerError('a tag of several bytes', base + start);
    const length = this.#length();
    if (length > bytes.length - this.#at) throw new DerError('a length beyond the end', base + start);
    const begin = this.#at;
    this.#at += length;
    const content = bytes.subarray(begin, this.#at);
    return {
      tag,
      content,
      raw: bytes.subarray(start, this.#at),
      reader: () => new DerReader(content, base + begin, depth + 1),
    };
  }

  /** The next element, which has to have this tag. */
  read(tag: number): Element {
    if (this.nextTag !== tag) {
      const found = this.nextTag === undefined ? 'the end' : `tag ${hex(this.nextTag)}`;
      throw this.error(`${found} where tag ${hex(tag)} has to be`);
    }
    return this.element();
  }

  /** The next element if it has this tag. */
  optional(tag: number): Element | undefined {
    return this.nextTag === tag ? this.element() : undefined;
  }

  sequence(): DerReader {
    return this.read(TAG.sequence).reader();
  }

  set(): DerReader {
    return this.read(TAG.set).reader();
  }

  /** The inside of `[number]` around other elements. */
  explicit(number: number): DerReader {
    return this.read(contextConstructed(number)).reader();
  }

  optionalExplicit(number: number): DerReader | undefined {
    return this.optional(contextConstructed(number))?.reader();
  }

  /** X.690 §11.1: true is 0xff. */
  boolean(tag: number = TAG.boolean): boolean {
    const at = this.offset;
    const { content } = this.read(tag);
    if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff)) throw new DerError('a bad BOOLEAN', at);
    return content[0] === 0xff;
  }

  /** A number of any size and sign as it stands: two's complement, big-endian, minimal (X.690 §8.3.2). */
  integer(tag: number = TAG.integer): Uint8Array {
    const at = this.offset;
    const { content } = this.read(tag);
    const [first, second] = content;
    if (first === undefined) throw new DerError('an empty INTEGER', at);
    if (second !== undefined && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80))) {
      throw new DerError('an INTEGER that is not minimal', at);
    }
    return content;
  }

  /** The magnitude of a number ≥ 0, big-endian without leading zeros; 0 is one zero byte. */
  unsigned(tag: number = TAG.integer): Uint8Array {
    const at = this.offset;
    const bytes = this.integer(tag);
    if ((bytes[0] ?? 0) >= 0x80) throw new DerError('a negative INTEGER', at);
    return bytes.length > 1 && bytes[0] === 0 ? bytes.subarray(1) : bytes;
  }

  /** A number 0 … 2³¹ − 1. */
  smallInteger(tag: number = TAG.integer): number {
    const at = this.offset;
    const bytes = this.unsigned(tag);
    if (bytes.length > 4 || (bytes.length === 4 && (bytes[0] ?? 0) >= 0x80)) {
      throw new DerError('an INTEGER too large here', at);
    }
    return bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  }

  null(): void {
    const at = this.offset;
    if (this.read(TAG.null).content.length !== 0) throw new DerError('a NULL with content', at);
  }

  /** An object identifier as dotted text: `2.5.29.17`. */
  oid(tag: number = TAG.oid): string {
    const at = this.offset;
    return oidText(this.read(tag).content, at);
  }

  octetString(tag: number = TAG.octetString): Uint8Array {
    return this.read(tag).content;
  }

  /** X.690 §11.2.1: unused bits are zero. */
  bitString(tag: number = TAG.bitString): BitString {
    const at = this.offset;
    const { content } = this.read(tag);
    const unused = content[0];
    const last = content[content.length - 1];
    if (unused === undefined || last === undefined || unused > 7 || (content.length === 1 && unused !== 0)) {
      throw new DerError('a bad BIT STRING', at);
    }
    if (content.length > 1 && (last & ((1 << unused) - 1)) !== 0) {
      throw new DerError('a BIT STRING whose unused bits are set', at);
    }
    return { bytes: content.subarray(1), unused };
  }

  /** A BIT STRING of whole bytes: keys and signatures. */
  bitStringBytes(): Uint8Array {
    const at = this.offset;
    const { bytes, unused } = this.bitString();
    if (unused !== 0) throw new DerError('a BIT STRING that does not end with a byte', at);
    return bytes;
  }

  /**
   * A BIT STRING of named bits. X.690 §11.2.2 wants trailing zeros left out; roots that everybody trusts have them.
   * @returns bit 0 as the lowest
   */
  namedBits(tag: number = TAG.bitString): number {
    const at = this.offset;
    const { bytes } = this.bitString(tag);
    if (bytes.length > 3) throw new DerError('more named bits than are known', at);
    return bytes.reduce((bits, byte, index) => bits | (reverse(byte) << (8 * index)), 0);
  }

  /**
   * UTCTime or GeneralizedTime in the forms of RFC 5280 §4.1.2.5: with seconds, in UTC, without fractions.
   * @returns milliseconds since 1970
   */
  time(): number {
    const at = this.offset;
    const { tag, content } = this.element();
    const text = latin1(content);
    const generalized = tag === TAG.generalizedTime;
    if (!generalized && tag !== TAG.utcTime) throw new DerError(`tag ${hex(tag)} where a time has to be`, at);
    if (!(generalized ? /^\d{14}Z$/ : /^\d{12}Z$/).test(text)) throw new DerError('a time of another form', at);
    const two = Number(text.slice(0, 2));
    const year = generalized ? Number(text.slice(0, 4)) : two < 50 ? 2000 + two : 1900 + two;
    const [month = 0, day = 0, hour = 0, minute = 0, second = 0] = (
      text.slice(generalized ? 4 : 2).match(/\d\d/g) ?? []
    ).map(Number);
    // Date.UTC takes years below 100 for those of the twentieth century, and carries what is too large.
    const date = new Date(0);
    date.setUTCFullYear(year, month - 1, day);
    if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day || hour > 23 || minute > 59 || second > 59) {
      throw new DerError('a time that does not exist', at);
    }
    return date.setUTCHours(hour, minute, second);
  }

  /** A string of one of ASN.1's character string types, which are checked as far as names need it. */
  string(): string {
    const at = this.offset;
    const element = this.element();
    const text = decodeString(element.tag, element.content);
    if (text === undefined) throw new DerError(`a bad string with tag ${hex(element.tag)}`, at);
    return text;
  }

  #octet(): number {
    const byte = this.bytes[this.#at];
    if (byte === undefined) throw this.error('the end inside an element');
    this.#at += 1;
    return byte;
  }

  /** X.690 §10.1: definite, in the fewest bytes. */
  #length(): number {
    const at = this.offset;
    const first = this.#octet();
    if (first < 0x80) return first;
    const count = first & 0x7f;
    if (count === 0) throw new DerError('an indefinite length', at);
    if (count > 4) throw new DerError('a length beyond the end', at);
    let length = 0;
    for (let index = 0; index < count; index += 1) length = length * 256 + this.#octet();
    if (length < 0x80 || length < 2 ** (8 * (count - 1))) throw new DerError('a length that is not minimal', at);
    return length;
  }
}

export function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  for (let index = 0; index < left.length; index += 1) if (left[index] !== right[index]) return false;
  return true;
}

function oidText(content: Uint8Array, at: number): string {
  if (content.length === 0 || (content[content.length - 1] ?? 0) >= 0x80) throw new DerError('a bad OID', at);
  const arcs: number[] = [];
  let arc = 0;
  let fresh = true;
  for (const byte of content) {
    // X.690 §8.19.2: the fewest bytes; larger numbers than these have never been assigned, but for UUIDs under 2.25.
    if (fresh && byte === 0x80) throw new DerError('an OID that is not minimal', at);
    if (arc >= 2 ** 45) throw new DerError('an OID with too large a number', at);
    arc = arc * 128 + (byte & 0x7f);
    fresh = byte < 0x80;
    if (!fresh) continue;
    if (arcs.length === 0) {
      const first = Math.min(Math.floor(arc / 40), 2);
      arcs.push(first, arc - 40 * first);
    } else {
      arcs.push(arc);
    }
    arc = 0;
  }
  return arcs.join('.');
}

function reverse(byte: number): number {
  let bits = 0;
  for (let index = 0; index < 8; index += 1) bits |= ((byte >> index) & 1) << (7 - index);
  return bits;
}

function hex(byte: number): string {
  return `0x${byte.toString(16).padStart(2, '0')}`;
}

const MAX_DEPTH = 32;
