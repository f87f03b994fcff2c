/**
 * One direction of bad weather: packets go in, and come out late, twice, damaged, in another order, or not at all.
 * Knows the time only as an argument. Not for: where packets come from and go to (`weather.ts`).
 */
import { SeededRandom } from './random.js';

export interface PathConditions {
  readonly loss: number;
  readonly delay: number;
  readonly jitter: number;
  readonly reorder: number;
  readonly duplicate: number;
  readonly corrupt: number;
  readonly mark: number;
  /** Bits a second; `Infinity` when there is no limit. */
  readonly rate: number;
  readonly queue: number;
}

export interface WeatherCounts {
  /** Packets that came to this path. */
  packets: number;
  lost: number;
  /** Lost because the queue was full. */
  overflowed: number;
  reordered: number;
  duplicated: number;
  corrupted: number;
  /** Told, by a mark, that there is congestion. */
  marked: number;
}

export class Path {
  readonly counts: WeatherCounts = {
    packets: 0,
    lost: 0,
    overflowed: 0,
    reordered: 0,
    duplicated: 0,
    corrupted: 0,
    marked: 0,
  };
  readonly #random: SeededRandom;
  /** A sequence of its own: the other one is the same from release to release. */
  readonly #marks: SeededRandom;
  /** In the order of arrival. */
  readonly #waiting: Packet[] = [];
  readonly #held = new Set<Packet>();
  /** When the link has sent what it was given. */
  #linkFree = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly conditions: PathConditions,
    seed: number,
    stream: number,
    /** Bytes of a frame's header before each packet. */
    private readonly header = 0,
  ) {
    this.#random = new SeededRandom(seed, stream);
    this.#marks = new SeededRandom(seed, stream + MARKS);
  }

  /** Decides a packet's fate. Keeps a copy of the bytes if it has to. */
  put(bytes: Uint8Array, now: number): void {
    const { conditions, counts } = this;
    const chances = this.#draw();
    counts.packets++;
    if (chances.loss < conditions.loss) {
      counts.lost++;
      return;
    }
    const copies = chances.duplicate < conditions.duplicate ? 2 : 1;
    if (this.#waiting.length + copies > conditions.queue) {
      counts.overflowed++;
      return;
    }
    const kept = bytes.slice();
    if (chances.mark < conditions.mark && markCongestion(kept.subarray(this.header))) counts.marked++;
    if (chances.corrupt < conditions.corrupt && kept.length > 0) {
      flipBit(kept, Math.floor(chances.bit * kept.length * 8));
      counts.corrupted++;
    }
    const sent = this.#transmit(kept.length, now);
    if (copies === 2) {
      counts.duplicated++;
      this.#insert({ bytes: kept, due: this.#arrival(sent, chances.secondJitter), toPass: 0 });
    }
    const packet = { bytes: kept, due: this.#arrival(sent, chances.jitter), toPass: 0 };
    if (chances.reorder < conditions.reorder) this.#hold(packet, 1 + Math.floor(chances.passes * MOST_PASSES));
    else this.#overtake(packet);
  }

  /** @returns the next packet that has arrived, without taking it */
  peek(now: number): Uint8Array | undefined {
    const first = this.#waiting[0];
    return first !== undefined && first.due <= now ? first.bytes : undefined;
  }

  /** Takes out the next packet that has arrived. */
  take(now: number): Uint8Array | undefined {
    const bytes = this.peek(now);
    if (bytes === undefined) return undefined;
    this.#held.delete(this.#waiting.shift() as Packet);
    return bytes;
  }

  /** When the first packet arrives that has not arrived at `now`; `Infinity` when there is none. */
  nextArrival(now: number): number {
    return this.#waiting[this.#position(now)]?.due ?? Number.POSITIVE_INFINITY;
  }

  clear(): void {
    this.#waiting.length = 0;
    this.#held.clear();
  }

  /** Draws as many numbers for each packet whatever the conditions, so that changing one leaves the others' luck alone. */
  #draw() {
    const random = this.#random;
    return {
      loss: random.fraction(),
      duplicate: random.fraction(),
      corrupt: random.fraction(),
      bit: random.fraction(),
      reorder: random.fraction(),
      passes: random.fraction(),
      jitter: random.fraction(),
      secondJitter: random.fraction(),
      mark: this.#marks.fraction(),
    };
  }

  /** @returns when the link has sent the packet */
  #transmit(length: number, now: number): number {
    this.#linkFree = Math.max(this.#linkFree, now) + (length * 8 * 1000) / this.conditions.rate;
    return this.#linkFree;
  }

  #arrival(sent: number, jitter: number): number {
    const { conditions } = this;
    return sent + Math.max(0, conditions.delay + conditions.jitter * (2 * jitter - 1));
  }

  #hold(packet: Packet, toPass: number): void {
    packet.toPass = toPass;
    packet.due += LONGEST_HOLD;
    this.counts.reordered++;
    this.#held.add(packet);
    this.#insert(packet);
  }

  /** A packet goes its way, past those held back. One that has been passed often enough arrives right behind. */
  #overtake(packet: Packet): void {
    this.#insert(packet);
    for (const held of this.#held) {
      held.toPass--;
      if (held.toPass > 0) continue;
      this.#held.delete(held);
      this.#waiting.splice(this.#waiting.indexOf(held), 1);
      held.due = packet.due;
      this.#insert(held);
    }
  }

  #insert(packet: Packet): void {
    this.#waiting.splice(this.#position(packet.due), 0, packet);
  }

  /** @returns the index of the first packet that arrives after `moment` */
  #position(moment: number): number {
    let low = 0;
    let high = this.#waiting.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#waiting[middle] as Packet).due <= moment) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

interface Packet {
  readonly bytes: Uint8Array;
  due: number;
  /** How many later packets have to pass before this one goes on; 0 when it is not held back. */
  toPass: number;
}

function flipBit(bytes: Uint8Array, bit: number): void {
  bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
}

/** Makes CE of ECT(0) or ECT(1) in the header of IPv4 or IPv6 (RFC 3168 §5). False: it may not be. */
function markCongestion(packet: Uint8Array): boolean {
  if (packet.length < 20) return false;
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
  const version = view.getUint8(0) >> 4;
  const shift = version === 4 ? 0 : 4;
  const field = (view.getUint8(1) >> shift) & CE;
  if ((version !== 4 && version !== 6) || field === 0 || field === CE) return false;
  view.setUint8(1, view.getUint8(1) | (CE << shift));
  if (version === 4) mendChecksum(view, CE - field);
  return true;
}

/** The sum has grown by `difference`, so its complement has shrunk by it (RFC 1624). */
function mendChecksum(view: DataView, difference: number): void {
  const checksum = view.getUint16(10) - difference;
  view.setUint16(10, checksum > 0 ? checksum : checksum + 0xffff);
}

const CE = 3;
/** Beside the streams of both ways. */
const MARKS = 2;
const MOST_PASSES = 3;
/** In milliseconds, for a packet that no later one passes. */
const LONGEST_HOLD = 10;
