/**
 * Writes one packet after the other into memory, as a seed wants them. Most are nearly right, since what is all wrong is
 * dropped at the first check: few sources, few identifications, offsets that touch and overlap, checksums that fit.
 * Not for: what a stack does about them.
 */

export class PacketMaker {
  #state: number;
  /** The last packets of the core, to be quoted in errors about them. */
  readonly #quotes: Uint8Array[] = [];
  /** Fragments to come. */
  readonly #plan: Uint8Array[] = [];

  constructor(seed: number) {
    this.#state = (seed * 0x9e3779b1 + 0x85ebca6b) >>> 0;
  }

  /** A number below `limit`. */
  below(limit: number): number {
    // mulberry32
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  }

  /** The core has sent this. */
  heard(bytes: Uint8Array, at: number, length: number): void {
    if (this.#quotes.length >= QUOTES && this.below(16) !== 0) return;
    const place = this.#quotes.length < QUOTES ? this.#quotes.length : this.below(QUOTES);
    this.#quotes[place] = bytes.slice(at, at + Math.min(length, 200));
  }

  /** @returns bytes of the packet, with what the link has padded */
  write(bytes: Uint8Array, at: number): number {
    if (this.below(3) === 0) return this.#planned(bytes, at);
    const six = this.below(2) === 1;
    const length = six ? this.#write6(bytes, at) : this.#write4(bytes, at);
    if (this.below(3) !== 0) return length;
    spoil(this, bytes, at, length);
    if (!six && this.below(4) !== 0) sum(bytes, at, at, 10, at + Math.min(20, length));
    return this.below(8) === 0 ? this.below(length + 1) : length + (this.below(8) === 0 ? this.below(20) : 0);
  }

  /** The next one of fragments that make a packet, in a wrong order, most of them. */
  #planned(bytes: Uint8Array, at: number): number {
    if (this.#plan.length === 0) this.#cut();
    const next = this.#plan[this.below(4) === 0 ? this.below(this.#plan.length) : 0] as Uint8Array;
    if (this.below(30) !== 0) this.#plan.splice(this.#plan.indexOf(next), 1);
    bytes.set(next, at);
    if (this.below(40) === 0) spoil(this, bytes, at, next.length);
    return next.length;
  }

  /** Plans the fragments of a new packet. */
  #cut(): void {
    const six = this.below(2) === 1;
    const whole = new Uint8Array(4096);
    const header = six ? 48 : 20;
    const ends = six ? 8 : 12;
    whole[0] = six ? 0x60 : 0x45;
    whole[six ? 7 : 8] = 64;
    whole.set(this.#pick(six ? SOURCES6 : SOURCES4), ends);
    whole.set((six ? TARGETS6 : TARGETS4)[0] as Uint8Array, six ? 24 : 16);
    // Headers that show only when the packet is whole.
    const inner = six && this.below(4) === 0 ? this.#extension(whole, header, 60) : 0;
    const [protocol, size] = this.#payload(whole, header + inner, ends, six ? 32 : 8, six);
    if (inner > 0) whole[header] = protocol;
    const length = inner + size;
    const piece = Math.max(64, 8 * Math.ceil(length / 8 / (1 + this.below(9))));
    const identification = this.below(0x10000);
    for (let from = 0; from < length; from += piece) {
      const bytes = Math.min(piece, length - from);
      const more = from + bytes < length;
      const part = new Uint8Array(header + bytes);
      part.set(whole.subarray(0, header));
      part.set(whole.subarray(header + from, header + from + bytes), header);
      if (six) {
        part.set([44], 6);
        put16(part, 4, 8 + bytes);
        part[40] = inner > 0 ? 60 : protocol;
        put16(part, 42, from | (more ? 1 : 0));
        put16(part, 46, identification);
      } else {
        put16(part, 2, part.length);
        put16(part, 4, identification);
        put16(part, 6, (from >> 3) | (more ? 0x2000 : 0));
        part[9] = protocol;
        sum(part, 0, 0, 10, 20);
      }
      this.#plan.push(part);
    }
  }

  #write4(bytes: Uint8Array, at: number): number {
    const options = this.below(10) === 0 ? 4 * this.below(11) : 0;
    const header = 20 + options;
    bytes[at] = 0x40 | (header >> 2);
    bytes[at + 1] = this.below(256);
    put16(bytes, at + 4, this.below(IDENTIFICATIONS));
    put16(bytes, at + 6, this.below(8) === 0 ? 0x4000 : 0);
    bytes[at + 8] = this.below(10) === 0 ? this.below(3) : 64;
    bytes.set(this.#pick(SOURCES4), at + 12);
    bytes.set(this.#pick(TARGETS4), at + 16);
    for (let index = 0; index < options; index++) bytes[at + 20 + index] = this.#pick(OPTIONS4);
    const payload = at + header;
    let [protocol, length] = this.#payload(bytes, payload, at + 12, 8, false);
    if (this.below(2) === 0) {
      const [from, size, more] = this.#fragment(length);
      bytes.copyWithin(payload, payload + from, payload + from + size);
      length = size;
      put16(bytes, at + 6, (from >> 3) | (more ? 0x2000 : 0));
    }
    if (this.below(100) === 0) protocol = this.below(256);
    bytes[at + 9] = protocol;
    put16(bytes, at + 2, header + length);
    sum(bytes, at, at, 10, payload);
    return header + length;
  }

  #write6(bytes: Uint8Array, at: number): number {
    bytes.fill(0, at, at + 8);
    bytes[at] = 0x60;
    bytes[at + 1] = this.below(256);
    bytes[at + 7] = this.below(10) === 0 ? this.below(3) : 64;
    bytes.set(this.#pick(SOURCES6), at + 8);
    bytes.set(this.#pick(TARGETS6), at + 24);
    let end = at + 40;
    let names = at + 6;
    for (let headers = this.below(3) === 0 ? this.below(10) : 0; headers > 0; headers--) {
      const kind = this.#pick(EXTENSIONS);
      bytes[names] = kind;
      names = end;
      end += this.#extension(bytes, end, kind);
    }
    const fragment = this.below(2) === 0 ? end : 0;
    if (fragment !== 0) {
      bytes[names] = 44;
      names = end;
      end += 8;
    }
    // Some headers belong to what is cut.
    const payload = end;
    for (let headers = this.below(5) === 0 ? this.below(3) : 0; headers > 0; headers--) {
      bytes[names] = 60;
      names = end;
      end += this.#extension(bytes, end, 60);
    }
    const [protocol, size] = this.#payload(bytes, end, at + 8, 32, true);
    bytes[names] = this.below(100) === 0 ? this.below(256) : protocol;
    let length = end + size - payload;
    if (fragment !== 0) {
      const [from, cut, more] = this.#fragment(length);
      bytes.copyWithin(payload, payload + from, payload + from + cut);
      length = cut;
      bytes[fragment + 1] = 0;
      put16(bytes, fragment + 2, from | (more ? 1 : 0));
      put16(bytes, fragment + 4, 0);
      put16(bytes, fragment + 6, this.below(IDENTIFICATIONS));
    }
    put16(bytes, at + 4, payload + length - at - 40);
    return payload + length - at;
  }

  /** An extension header; the byte that names the next one is written later. */
  #extension(bytes: Uint8Array, at: number, kind: number): number {
    const size = kind === 44 ? 8 : 8 * (1 + this.below(3));
    bytes.fill(0, at, at + size);
    bytes[at + 1] = kind === 44 ? 0 : size / 8 - 1;
    if (kind === 44) put16(bytes, at + 2, this.below(3) === 0 ? this.below(0x10000) : 0);
    else if (kind === 43) bytes.set([this.below(5), this.below(2)], at + 2);
    else if (this.below(3) === 0) bytes.set([this.#pick(OPTIONS6), this.below(size)], at + 2);
    else bytes.set([1, size - 4], at + 2);
    return size;
  }

  /** Which bytes of a payload a fragment has: those of a cut into equal pieces, or others. */
  #fragment(length: number): [from: number, size: number, more: boolean] {
    const piece = 8 * (1 + this.below(4)) * (this.below(2) === 0 ? 1 : 8);
    const from = this.below(8) === 0 ? 8 * this.below(8192) : piece * this.below(Math.ceil(length / piece));
    const size = Math.max(0, Math.min(piece, length - from));
    const odd = this.below(30) === 0;
    return [from, odd ? this.below(64) : size, odd ? this.below(2) === 0 : from + size < length];
  }

  /** @returns the protocol and the length of what was written at `at`; `ends` and `size`: where the addresses lie */
  #payload(bytes: Uint8Array, at: number, ends: number, size: number, six: boolean): [number, number] {
    const icmp = six ? 58 : 1;
    const kind = this.below(8);
    // Of few lengths, so that pieces of several packets fit each other.
    const length = 8 + 8 * this.#pick(LENGTHS) + (this.below(4) === 0 ? this.below(8) : 0);
    for (let index = 0; index < length; index++) bytes[at + index] = index;
    if (kind < 3) {
      bytes.set([six ? 128 + this.below(2) : 8 * this.below(2), 0], at);
      return [icmp, this.#seal(bytes, at, length, 2, ends, size, six ? 58 : 0)];
    }
    if (kind < 5) return [icmp, this.#error(bytes, at, ends, size, six)];
    if (kind === 5) {
      put16(bytes, at, 1024 + this.below(8));
      put16(bytes, at + 2, 80);
      bytes[at + 12] = 0x50;
      bytes[at + 13] = this.#pick(FLAGS);
      return [6, this.#seal(bytes, at, Math.max(length, 20), 16, ends, size, 6)];
    }
    if (kind === 6) {
      put16(bytes, at, this.below(1024));
      put16(bytes, at + 2, this.below(1024));
      put16(bytes, at + 4, length);
      return [17, this.#seal(bytes, at, length, 6, ends, size, 17)];
    }
    bytes[at] = this.below(256);
    return [this.#pick(PROTOCOLS), length];
  }

  #error(bytes: Uint8Array, at: number, ends: number, size: number, six: boolean): number {
    const types = six ? ERRORS6 : ERRORS4;
    bytes.set([this.#pick(types), this.below(6), 0, 0, 0, 0], at);
    put16(bytes, at + 6, this.#pick(MTUS));
    const quote = this.#quotes[this.below(QUOTES)];
    let length = 8;
    if (quote !== undefined && this.below(8) !== 0) {
      length += this.below(4) === 0 ? this.below(quote.length) : quote.length;
      bytes.set(quote.subarray(0, length - 8), at + 8);
      if (this.below(3) === 0) bytes[at + 8 + this.below(length)] = this.below(256);
    } else for (let index = this.below(80); index > 0; index--) bytes[at + length++] = this.below(256);
    return this.#seal(bytes, at, length, 2, ends, size, six ? 58 : 0);
  }

  /** Writes the checksum that is right, mostly; `protocol` is that of the pseudo-header, 0: there is none. */
  #seal(
    bytes: Uint8Array,
    at: number,
    length: number,
    field: number,
    ends: number,
    size: number,
    protocol: number,
  ): number {
    if (this.below(20) !== 0) sealPayload(bytes, at, length, field, ends, size, protocol);
    return length;
  }

  #pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }
}

/** Changes one to three bytes. */
export function spoil(maker: PacketMaker, bytes: Uint8Array, at: number, length: number): void {
  for (let times = 1 + maker.below(3); times > 0; times--) {
    // Headers are worth more than what they carry.
    const place = maker.below(2) === 0 ? maker.below(Math.min(length, 60)) : maker.below(length);
    const byte = bytes[at + place] as number;
    bytes[at + place] =
      maker.below(2) === 0 ? byte ^ (1 << maker.below(8)) : (BYTES[maker.below(BYTES.length)] as number);
  }
}

/** Writes the checksum of a payload at `field`; `ends` and `size`: where the addresses lie, `protocol`: of the pseudo-header, 0: none. */
export function sealPayload(
  bytes: Uint8Array,
  at: number,
  length: number,
  field: number,
  ends: number,
  size: number,
  protocol: number,
): void {
  let start = 0;
  if (protocol !== 0) {
    start = protocol + length;
    for (let index = 0; index < size; index += 2) start += get16(bytes, ends + index);
  }
  sum(bytes, at, at, field, at + length, start);
}

/** Writes the checksum of what lies from `from` to `end` at `at + field`. */
function sum(bytes: Uint8Array, at: number, from: number, field: number, end: number, start = 0): void {
  put16(bytes, at + field, 0);
  let total = start;
  for (let place = from; place + 1 < end; place += 2) total += get16(bytes, place);
  if ((end - from) & 1) total += (bytes[end - 1] as number) << 8;
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
  put16(bytes, at + field, ~total & 0xffff);
}

export function get16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

export function put16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >> 8;
  bytes[at + 1] = value;
}

function six(...text: readonly [prefix: readonly number[], last: number][]): Uint8Array[] {
  return text.map(([prefix, last]) => {
    const bytes = new Uint8Array(16);
    bytes.set(prefix);
    bytes[15] = last;
    return bytes;
  });
}

function four(...addresses: readonly (readonly number[])[]): Uint8Array[] {
  return addresses.map((address) => Uint8Array.from(address));
}

const QUOTES = 32;
const IDENTIFICATIONS = 6;
const LENGTHS = [0, 1, 2, 3, 4, 8, 8, 8, 16, 32, 64, 100, 150];
const MTUS = [0, 68, 576, 1279, 1280, 1300, 1400, 1499, 1500, 9000, 65_535];
const FLAGS = [2, 2, 2, 16, 4, 1, 18, 0x3f, 0, 0x29];
const PROTOCOLS = [0, 2, 43, 44, 50, 51, 59, 60, 135, 139, 253];
const EXTENSIONS = [0, 60, 60, 43, 44, 44, 51, 135];
const OPTIONS4 = [0, 1, 7, 68, 130, 131, 137, 148, 3, 4, 11, 255];
const OPTIONS6 = [0, 1, 5, 0x1e, 0x3e, 0x5e, 0x9e, 0xde, 0xc2, 0xc9];
const ERRORS4 = [3, 3, 3, 4, 5, 11, 12];
const ERRORS6 = [1, 2, 2, 3, 4, 100, 127, 134, 136, 137];
const BYTES = [0, 1, 2, 4, 7, 8, 0x40, 0x45, 0x4f, 0x60, 0x7f, 0x80, 0xfe, 0xff];
const SOURCES4 = four(
  [10, 9, 0, 1],
  [10, 9, 0, 1],
  [10, 9, 0, 1],
  [10, 9, 0, 7],
  [10, 8, 0, 9],
  [10, 7, 0, 9],
  [0, 0, 0, 0],
  [224, 0, 0, 1],
  [10, 9, 0, 2],
  [10, 9, 0, 255],
  [127, 0, 0, 1],
  [255, 255, 255, 255],
);
const TARGETS4 = four(
  [10, 9, 0, 2],
  [10, 9, 0, 2],
  [10, 9, 0, 2],
  [10, 9, 0, 2],
  [10, 8, 0, 2],
  [10, 8, 0, 9],
  [10, 7, 0, 9],
  [10, 7, 0, 10],
  [10, 9, 0, 255],
  [224, 0, 0, 1],
  [255, 255, 255, 255],
  [192, 0, 2, 1],
);
const SOURCES6 = six(
  [[0xfd], 1],
  [[0xfd], 1],
  [[0xfd], 1],
  [[0xfd], 7],
  [[0xfd, 0, 0, 0, 0, 0, 0, 8], 9],
  [[0xfd, 0, 0, 0, 0, 0, 0, 7], 9],
  [[0xfe, 0x80], 1],
  [[], 0],
  [[], 1],
  [[0xff, 2], 1],
  [[0xfd], 2],
);
const TARGETS6 = six(
  [[0xfd], 2],
  [[0xfd], 2],
  [[0xfd], 2],
  [[0xfd], 2],
  [[0xfd, 0, 0, 0, 0, 0, 0, 8], 2],
  [[0xfd, 0, 0, 0, 0, 0, 0, 8], 9],
  [[0xfd, 0, 0, 0, 0, 0, 0, 7], 9],
  [[0xfd, 0, 0, 0, 0, 0, 0, 7], 10],
  [[0xff, 2], 1],
  [[0xff, 0x0e], 1],
  [[0xfe, 0x80], 2],
  [[0x20, 1], 1],
  [[], 1],
);
