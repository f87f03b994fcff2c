/**
 * Reads the presentation language of RFC 8446 §3 strictly: every length is checked, and nothing may be left over.
 * Not for: DER (`../x509/der.ts`); what the values mean (`../messages/`).
 */
import { TlsError } from '../alert.js';

/** A cursor over bytes that belong to one structure. Every method throws TlsError `decode_error` when bytes are missing. */
export class Reader {
  #at = 0;

  /**
   * @param what the structure's name, for errors: `ClientHello`
   * @param reason the token of those errors
   */
  constructor(
    private readonly bytes: Uint8Array,
    readonly what: string,
    readonly reason = 'DECODE_ERROR',
  ) {}

  /** Bytes not read yet. */
  get left(): number {
    return this.bytes.length - this.#at;
  }

  u8(): number {
    return this.#uint(1);
  }

  u16(): number {
    return this.#uint(2);
  }

  u24(): number {
    return this.#uint(3);
  }

  u32(): number {
    return this.#uint(4);
  }

  /** A moment in milliseconds, or another number below 2⁴⁸. */
  u48(): number {
    return this.#uint(6);
  }

  /** The next `length` bytes, as a view. */
  take(length: number): Uint8Array {
    if (length > this.left) throw this.malformed('is cut short');
    this.#at += length;
    return this.bytes.subarray(this.#at - length, this.#at);
  }

  /** All that is left, as a view. */
  rest(): Uint8Array {
    return this.take(this.left);
  }

  /** `opaque value<minimum..maximum>` behind a length of one byte. */
  vector8(minimum = 0, maximum = 0xff): Uint8Array {
    return this.#vector(this.u8(), minimum, maximum);
  }

  /** `opaque value<minimum..maximum>` behind a length of two bytes. */
  vector16(minimum = 0, maximum = 0xffff): Uint8Array {
    return this.#vector(this.u16(), minimum, maximum);
  }

  /** `opaque value<minimum..maximum>` behind a length of three bytes. */
  vector24(minimum = 0, maximum = 0xffffff): Uint8Array {
    return this.#vector(this.u24(), minimum, maximum);
  }

  /** A reader of one of the vectors above: `reader.within(reader.vector16())`. */
  within(bytes: Uint8Array): Reader {
    return new Reader(bytes, this.what, this.reason);
  }

  /** Reads elements until nothing is left. */
  all<T>(element: (reader: Reader) => T): T[] {
    const elements: T[] = [];
    while (this.left > 0) elements.push(element(this));
    return elements;
  }

  /** @throws TlsError `decode_error` when anything is left */
  end(): void {
    if (this.left > 0) throw this.malformed(`has ${this.left} bytes too many`);
  }

  malformed(how: string): TlsError {
    return new TlsError('decode_error', this.reason, `${this.what} ${how} (decode_error)`);
  }

  #uint(size: number): number {
    return this.take(size).reduce((value, byte) => value * 256 + byte, 0);
  }

  #vector(length: number, minimum: number, maximum: number): Uint8Array {
    if (length < minimum || length > maximum) throw this.malformed(`has a vector of ${length} bytes`);
    return this.take(length);
  }
}

/** Reads one structure to its end: what `read` leaves over is an error. */
export function decode<T>(bytes: Uint8Array, what: string, read: (reader: Reader) => T, reason?: string): T {
  const reader = new Reader(bytes, what, reason);
  const value = read(reader);
  reader.end();
  return value;
}
