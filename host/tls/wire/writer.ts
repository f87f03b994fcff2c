/**
 * Writes the presentation language of RFC 8446 §3 into a buffer that grows. Not for: DER.
 */

/** Each method answers the writer, so that a structure reads as one chain. */
export class Writer {
  #bytes = new Uint8Array(256);
  #length = 0;

  u8(value: number): this {
    return this.#uint(value, 1);
  }

  u16(value: number): this {
    return this.#uint(value, 2);
  }

  u24(value: number): this {
    return this.#uint(value, 3);
  }

  u32(value: number): this {
    return this.#uint(value, 4);
  }

  u48(value: number): this {
    return this.#uint(value, 6);
  }

  bytes(value: Uint8Array): this {
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
    return this;
  }

  /** A vector behind a length of one byte: bytes, or what `fill` writes. */
  vector8(content: Uint8Array | ((writer: this) => void)): this {
    return this.#vector(content, 1);
  }

  vector16(content: Uint8Array | ((writer: this) => void)): this {
    return this.#vector(content, 2);
  }

  vector24(content: Uint8Array | ((writer: this) => void)): this {
    return this.#vector(content, 3);
  }

  /** A copy of what was written. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  /** As `finish`, for content that is secret: what lies here is overwritten. */
  finishSecret(): Uint8Array<ArrayBuffer> {
    const bytes = this.finish();
    this.#bytes.fill(0);
    this.#length = 0;
    return bytes;
  }

  #uint(value: number, size: number): this {
    this.#reserve(size);
    this.#put(value, size, this.#length);
    this.#length += size;
    return this;
  }

  #vector(content: Uint8Array | ((writer: this) => void), size: number): this {
    const start = this.#length;
    this.#uint(0, size);
    if (typeof content === 'function') content(this);
    else this.bytes(content);
    const length = this.#length - start - size;
    if (length >= 256 ** size) throw new RangeError(`a vector of ${length} bytes behind a length of ${size} bytes`);
    this.#put(length, size, start);
    return this;
  }

  #put(value: number, size: number, at: number): void {
    let left = value;
    for (let i = size - 1; i >= 0; i--) {
      this.#bytes[at + i] = left % 256;
      left = Math.floor(left / 256);
    }
  }

  #reserve(length: number): void {
    if (this.#length + length <= this.#bytes.length) return;
    const old = this.#bytes;
    this.#bytes = new Uint8Array(Math.max(2 * old.length, this.#length + length));
    this.#bytes.set(old.subarray(0, this.#length));
    old.fill(0);
  }
}

/** What `write` puts into a new writer. */
export function encode(write: (writer: Writer) => void): Uint8Array<ArrayBuffer> {
  const writer = new Writer();
  write(writer);
  return writer.finish();
}
