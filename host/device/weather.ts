/**
 * Bad weather around any device: loss, delay, jitter, reordering, duplication, flipped bits, marks of congestion and a
 * narrow link, each way on its own, on the stack's clock. The same seed and the same packets at the same moments give the same weather,
 * to the bit. What each word means is at `WeatherConditions`; where a packet waits is `path.ts`.
 *
 * Announces no offloads: so checksums are real, a flipped bit can be found out, and packets fit the MTU.
 * Not for: queueing disciplines; the link has one queue and drops what does not fit.
 */
import { ETHERNET_HEADER, HEADROOM, PACKET_LIMIT } from '../../assembly/abi/constants.js';
import type { Timer } from '../core/clock.js';
import { scratchMemory } from '../core/scratch.js';
import { type Device, DeviceError, type DevicePort } from './device.js';
import { onlyKnown, quantity, unexpected, wholeNumber } from './options.js';
import { Path, type PathConditions, type WeatherCounts } from './path.js';

/** One direction's weather. Chances are from 0 to 1, times in milliseconds; what is not given does not happen. */
export interface WeatherConditions {
  /** Chance that a packet vanishes. */
  loss?: number | undefined;
  /** How long each packet is under way. */
  delay?: number | undefined;
  /** `delay` varies evenly by up to this much both ways, so packets may overtake each other. */
  jitter?: number | undefined;
  /** Chance that a packet is held back until one to three later ones have passed it, or 10 ms if none comes. */
  reorder?: number | undefined;
  /** Chance that a packet arrives twice. */
  duplicate?: number | undefined;
  /** Chance that one bit of a packet is flipped, any of them. */
  corrupt?: number | undefined;
  /**
   * Chance that a router marks a packet instead of dropping it: CE of RFC 3168, if the packet says that it may be marked.
   * Others pass as they are.
   */
  mark?: number | undefined;
  /** Bits a second that the link carries; packets wait for each other. Default: no limit. */
  rate?: number | undefined;
  /** Packets that may be waiting and under way; more are lost. Default 1024. */
  queue?: number | undefined;
}

/** The same conditions both ways, unless `in` (towards the stack) or `out` say otherwise. */
export interface WeatherOptions extends WeatherConditions {
  /** A whole number; picks the sequence of chances. Default 1. */
  seed?: number | undefined;
  in?: WeatherConditions | undefined;
  out?: WeatherConditions | undefined;
}

export interface Weather extends Device {
  /** What has happened so far, each way. */
  readonly counts: { readonly in: Readonly<WeatherCounts>; readonly out: Readonly<WeatherCounts> };
}

/**
 * Wraps `device`, which must not be attached yet.
 * @throws TypeError for a bad option, named as the caller wrote it (`out.loss`)
 */
export function weather(device: Device, options: WeatherOptions = {}): Weather {
  onlyKnown('weather', options, [...CONDITIONS, 'seed', 'in', 'out']);
  const seed = wholeNumber('seed', options.seed, 0, Number.MAX_SAFE_INTEGER, 1);
  const header = device.linkType === 'ethernet' ? ETHERNET_HEADER : 0;
  return new WeatherDevice(
    device,
    new Path(direction('in', options), seed, 1, header),
    new Path(direction('out', options), seed, 2, header),
  );
}

class WeatherDevice implements Weather {
  readonly linkType;
  readonly hardwareAddress;
  readonly addresses;
  readonly mtu: number;
  offloads = 0;
  #port: DevicePort | undefined;
  /** Rings when the earliest packet of either way has arrived. */
  #arrival: Timer | undefined;
  /** Between the core's memory and the device below: where a single packet lies while it is handed over. */
  readonly #scratch = scratchMemory(HEADROOM + PACKET_LIMIT);
  readonly #staged = new Uint8Array(this.#scratch.buffer, HEADROOM, PACKET_LIMIT);
  /** The device below may have more than was taken. */
  #flooded = false;
  #closed = false;

  constructor(
    private readonly below: Device,
    private readonly inward: Path,
    private readonly outward: Path,
  ) {
    this.mtu = below.mtu;
    this.linkType = below.linkType;
    this.hardwareAddress = below.hardwareAddress;
    this.addresses = below.addresses;
    below.offloads = 0;
  }

  get counts() {
    return { in: this.inward.counts, out: this.outward.counts };
  }

  attach(port: DevicePort): void {
    if (this.#port !== undefined) throw new Error('this weather is attached already');
    this.#port = port;
    this.#arrival = port.clock.timer(() => this.#wake(port));
    this.below.attach({
      interface: port.interface,
      clock: port.clock,
      memory: this.#scratch,
      onReadable: () => this.#wake(port),
      onWritable: () => this.#wake(port),
      onError: (error) => port.onError(error),
    });
  }

  read(address: number, capacity: number): number {
    const port = this.#attached();
    const now = port.clock.now();
    this.#collect(now);
    const packet = this.inward.take(now);
    this.#rearm(now);
    if (packet === undefined) return 0;
    const length = Math.min(packet.length, capacity);
    new Uint8Array(port.memory.buffer, address, length).set(packet.subarray(0, length));
    return length;
  }

  write(address: number, length: number): boolean {
    const port = this.#attached();
    if (this.#closed) return true;
    const now = port.clock.now();
    this.outward.put(new Uint8Array(port.memory.buffer, address, length), now);
    this.#deliver(now);
    this.#rearm(now);
    return true;
  }

  ref(): void {
    this.below.ref();
    this.#arrival?.ref();
  }

  unref(): void {
    this.below.unref();
    this.#arrival?.unref();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.inward.clear();
    this.outward.clear();
    this.#arrival?.arm(Number.POSITIVE_INFINITY);
    this.below.close();
  }

  #attached(): DevicePort {
    if (this.#port === undefined) throw new Error('this weather is not attached');
    return this.#port;
  }

  /**
   * Moves what has arrived, either way. The stack is told last: it may read and write at once. What it was told of and
   * has not read yet rings no second time.
   */
  #wake(port: DevicePort): void {
    if (this.#closed) return;
    const now = port.clock.now();
    try {
      this.#collect(now);
      this.#deliver(now);
    } catch (error) {
      if (!(error instanceof DeviceError)) throw error;
      port.onError(error);
      return;
    }
    this.#rearm(now);
    if (this.inward.peek(now) !== undefined) port.onReadable();
  }

  /** Takes what waits below out into the weather; goes on in a turn of its own when a flood does not end. */
  #collect(now: number): void {
    this.#flooded = false;
    for (let count = 0; count < COLLECT_LIMIT; count++) {
      const length = this.#closed ? 0 : this.below.read(HEADROOM, PACKET_LIMIT);
      if (length === 0) return;
      this.inward.put(this.#staged.subarray(0, length), now);
    }
    this.#flooded = true;
  }

  /** Hands what has passed through the weather to the device below, until that is full; it calls when it has room. */
  #deliver(now: number): void {
    for (;;) {
      const packet = this.outward.peek(now);
      if (packet === undefined) return;
      this.#staged.set(packet);
      if (!this.below.write(HEADROOM, packet.length)) return;
      this.outward.take(now);
    }
  }

  #rearm(now: number): void {
    if (this.#closed) return;
    const next = Math.min(this.inward.nextArrival(now), this.outward.nextArrival(now));
    this.#arrival?.arm(this.#flooded ? now : next);
  }
}

function direction(name: 'in' | 'out', options: WeatherOptions): PathConditions {
  const own = options[name] ?? {};
  onlyKnown(name, own, CONDITIONS);
  const label = (condition: string) => (condition in own ? `${name}.${condition}` : condition);
  const given: WeatherConditions = { ...options, ...own };
  const chance = (condition: Chance) => quantity(label(condition), given[condition], 1, 'a chance from 0 to 1');
  const time = (condition: 'delay' | 'jitter') =>
    quantity(label(condition), given[condition], LONGEST_TIME, 'milliseconds from 0 to a day');
  return {
    loss: chance('loss'),
    delay: time('delay'),
    jitter: time('jitter'),
    reorder: chance('reorder'),
    duplicate: chance('duplicate'),
    corrupt: chance('corrupt'),
    mark: chance('mark'),
    rate: bitRate(label('rate'), given.rate),
    queue: wholeNumber(label('queue'), given.queue, 1, 65536, 1024),
  };
}

function bitRate(name: string, value: unknown): number {
  if (value === undefined) return Number.POSITIVE_INFINITY;
  if (typeof value === 'number' && value > 0) return value;
  throw unexpected(name, 'bits a second, more than 0', value);
}

type Chance = 'loss' | 'reorder' | 'duplicate' | 'corrupt' | 'mark';

const CONDITIONS = ['loss', 'delay', 'jitter', 'reorder', 'duplicate', 'corrupt', 'mark', 'rate', 'queue'];
/** Packets taken from the device below at once. */
const COLLECT_LIMIT = 1024;
const LONGEST_TIME = 24 * 60 * 60 * 1000;
