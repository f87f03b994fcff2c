/**
 * Two cores on a wire whose whole state can be copied: memories, packets under way, the programs' counts. So a network can
 * be taken apart at any moment and put together again from copies.
 * Not for: the host's stacks; a stack's own snapshot does not hold what is on the wire.
 */
import { createHash } from 'node:crypto';
import { Driver } from '../kit/driver.js';
import { pattern } from '../kit/timeline.js';

export interface LinkState {
  memories: [Uint8Array, Uint8Array];
  now: number;
  wire: UnderWay[];
  counts: Counts;
}

interface UnderWay {
  due: number;
  to: number;
  bytes: Uint8Array;
}

/** What the two programs have done. */
interface Counts {
  handles: [number, number];
  packets: number;
  sent: [number, number];
  received: [number, number];
  ended: [boolean, boolean];
}

export class Link {
  #hash = createHash('sha256');

  private constructor(
    private readonly drivers: [Driver, Driver],
    private readonly total: number,
    private wire: UnderWay[],
    private readonly counts: Counts,
  ) {}

  /** A connection from the first core to the second, over IPv6 when the seed is odd; both will send `total` bytes. */
  static async create(seed: number, total: number): Promise<Link> {
    const [left, right, any] = seed % 2 === 1 ? ['fd00::1', 'fd00::2', '::'] : ['10.9.0.1', '10.9.0.2', '0.0.0.0'];
    const drivers: [Driver, Driver] = [
      await Driver.create({ seed, address: left }),
      await Driver.create({ seed: seed + 1, address: right }),
    ];
    drivers[1].putAddresses(any);
    drivers[1].calls.tcpListen(80, 8);
    drivers[0].putAddresses(right);
    const handle = drivers[0].calls.tcpConnect(80, 0);
    const counts: Counts = { handles: [handle, 0], packets: 0, sent: [0, 0], received: [0, 0], ended: [false, false] };
    return new Link(drivers, total, [], counts);
  }

  static async restored(state: LinkState, total: number): Promise<Link> {
    const { memories, now, wire, counts } = structuredClone(state);
    const drivers: [Driver, Driver] = [
      await Driver.restored(memories[0], now),
      await Driver.restored(memories[1], now),
    ];
    return new Link(drivers, total, wire, counts);
  }

  /** A copy of everything. */
  state(): LinkState {
    const [left, right] = this.drivers;
    const memories: [Uint8Array, Uint8Array] = [left.core.snapshot(), right.core.snapshot()];
    return structuredClone({ memories, now: left.now, wire: this.wire, counts: this.counts });
  }

  /** Runs until so many packets were sent since the connection began, or nothing is left to happen. */
  run(packets = Number.POSITIVE_INFINITY): void {
    while (this.counts.packets < packets && this.#step()) {}
  }

  get received(): [number, number] {
    return this.counts.received;
  }

  get connections(): number {
    return this.drivers[0].connections + this.drivers[1].connections;
  }

  /** Forgets what was sent so far. */
  restartRecord(): void {
    this.#hash = createHash('sha256');
  }

  /** Hash of every packet since the record was started, and its moment. */
  digest(): string {
    return this.#hash.digest('hex');
  }

  #step(): boolean {
    for (const side of [0, 1] as const) this.#program(side);
    for (const side of [0, 1] as const) this.#collect(side);
    const next = Math.min(this.drivers[0].deadline, this.drivers[1].deadline, ...this.wire.map(({ due }) => due));
    if (next === Number.POSITIVE_INFINITY) return false;
    for (const driver of this.drivers) {
      driver.now = Math.max(driver.now, next);
      driver.calls.timersExpire(driver.now);
    }
    for (const side of [0, 1] as const) {
      const arrived = this.wire.filter(({ to, due }) => to === side && due <= next).slice(0, 64);
      if (arrived.length === 0) continue;
      this.wire = this.wire.filter((packet) => !arrived.includes(packet));
      this.drivers[side].input(arrived.map(({ bytes }) => bytes));
    }
    return true;
  }

  /** Reads, writes, ends. */
  #program(side: 0 | 1): void {
    const { drivers, counts, total } = this;
    const driver = drivers[side];
    let closed = false;
    for (const { handle, events } of driver.happened()) {
      counts.handles[side] = handle;
      closed ||= events.includes('closed');
    }
    const handle = counts.handles[side];
    let chunk = driver.core.receive(handle);
    for (; chunk !== undefined; chunk = driver.core.receive(handle)) {
      const expected = pattern(counts.received[side], chunk.length);
      if (Buffer.compare(chunk, expected) !== 0) throw new Error('wrong bytes');
      counts.received[side] += chunk.length;
    }
    if (closed) driver.calls.tcpRelease(handle);
    if (counts.sent[side] < total) {
      const size = Math.min(5000, total - counts.sent[side]);
      counts.sent[side] += Math.max(driver.core.send(handle, pattern(counts.sent[side], size)), 0);
    }
    if (counts.sent[side] === total && !counts.ended[side]) {
      counts.ended[side] = true;
      driver.calls.tcpShutdown(handle);
    }
    driver.output();
  }

  /** Puts what was sent on the wire; each seventh packet is lost, each fifth comes late. */
  #collect(side: 0 | 1): void {
    for (const { at, bytes } of this.drivers[side].emitted.splice(0)) {
      this.#hash.update(`${side} ${at} `).update(bytes);
      const index = this.counts.packets++;
      if (index % 7 === 6) continue;
      this.wire.push({ due: at + (index % 5 === 0 ? 25 : 10), to: 1 - side, bytes });
    }
  }
}
