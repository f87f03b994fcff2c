/**
 * One connection between two cores, across a bottleneck in each direction: the sender never runs dry, the receiver reads at
 * once, and what has arrived is counted. Everything happens in one call, without turns of the event loop, so that seconds
 * of virtual time at 100 Mbit/s take milliseconds.
 * Not for: the host's stacks and sockets (`../network.ts`), and what the bytes are (`../conversation.ts`).
 */
import {
  CONGESTION_CUBIC,
  CONGESTION_RENO,
  COUNTER_SEGMENTS_RETRANSMITTED,
  SETTING_CONGESTION,
  SETTING_RECEIVE_BUFFER,
  SETTING_SEND_BUFFER,
  SETTING_STATISTICS,
  TRANSMIT_DESCRIPTOR,
  TRANSMIT_LIMIT,
} from '../../../assembly/abi/constants.js';
import { readTcpInfo } from '../../../host/bsd/read-info.js';
import { Path, type PathConditions } from '../../../host/device/path.js';
import type { Congestion } from '../../../host/stack/settings.js';
import { Driver } from '../../kit/driver.js';

export interface TransferOptions {
  seed: number;
  congestion: Congestion;
  /** From the sender to the receiver, and back. What is not given does not happen. */
  data: Partial<PathConditions>;
  acks: Partial<PathConditions>;
  /** Bytes to send; without end when absent. */
  bytes?: number;
}

/** Bytes of a full packet, and what it carries when timestamps are in use. */
export const PACKET = 1500;
export const PAYLOAD = 1448;

/**
 * One direction of a link of `rate` bits a second in a path of `rtt` milliseconds, whose buffer holds what is under way in a
 * round trip: its bandwidth-delay product. What finds the buffer full is dropped.
 */
export function bottleneck(rtt: number, rate: number): { delay: number; rate: number; queue: number } {
  const product = (rate * rtt) / 1000 / (8 * PACKET);
  // `queue` counts what is under way, too, which takes half a round trip.
  return { delay: rtt / 2, rate, queue: Math.max(Math.ceil(1.5 * product), SMALLEST_QUEUE) };
}

export class Transfer {
  /** Bytes that the receiver's program has read. */
  delivered = 0;
  /** Asked for each segment with data, by the place of its first byte; true loses it. `again`: it was sent before. */
  lose: (first: number, again: boolean) => boolean = () => false;
  /** Bytes that were sent at least once. */
  #reached = 0;
  #sent = 0;
  #accepted = 0;
  #open = false;
  #iss = 0;

  static async create(options: TransferOptions): Promise<Transfer> {
    const settings = {
      [SETTING_CONGESTION]: options.congestion === 'reno' ? CONGESTION_RENO : CONGESTION_CUBIC,
      [SETTING_SEND_BUFFER]: BUFFER,
      [SETTING_RECEIVE_BUFFER]: BUFFER,
      [SETTING_STATISTICS]: 1,
    };
    const { seed } = options;
    const sender = await Driver.create({ seed, address: SENDER, settings });
    const receiver = await Driver.create({ seed: seed + 0x1000_0000, address: RECEIVER, settings });
    receiver.putAddresses('0.0.0.0');
    receiver.calls.tcpListen(PORT, 1);
    sender.putAddresses(RECEIVER);
    return new Transfer(options, sender, receiver, sender.calls.tcpConnect(PORT, 0), sender.now);
  }

  readonly #data: Path;
  readonly #acks: Path;

  private constructor(
    private readonly options: TransferOptions,
    private readonly sender: Driver,
    private readonly receiver: Driver,
    private readonly handle: number,
    private readonly start: number,
  ) {
    this.#data = new Path({ ...CALM, ...options.data }, options.seed, 1);
    this.#acks = new Path({ ...CALM, ...options.acks }, options.seed, 2);
  }

  /** Milliseconds since the SYN. */
  get time(): number {
    return this.sender.now - this.start;
  }

  get retransmitted(): number {
    return this.sender.calls.counter(COUNTER_SEGMENTS_RETRANSMITTED);
  }

  /** Expirations of the retransmission timer. */
  get timeouts(): number {
    return readTcpInfo(this.sender.core, { role: 'connection', handle: this.handle }).tcpi_total_rto;
  }

  /** What the link has done with the data. */
  get counts() {
    return this.#data.counts;
  }

  /** Lets virtual time pass until `milliseconds` after the SYN, or until `done`. */
  run(milliseconds: number, done: () => boolean = () => false): void {
    const end = this.start + milliseconds;
    const { sender, receiver } = this;
    for (;;) {
      this.#write();
      this.#read();
      depart(sender, (bytes) => {
        if (!this.#lost(bytes)) this.#data.put(bytes, sender.now);
      });
      depart(receiver, (bytes) => this.#acks.put(bytes, receiver.now));
      if (done()) return;
      const { now } = sender;
      const next = Math.min(
        sender.deadline,
        receiver.deadline,
        this.#data.nextArrival(now),
        this.#acks.nextArrival(now),
      );
      if (next > end) {
        sender.now = receiver.now = end;
        return;
      }
      sender.now = receiver.now = Math.max(next, now);
      if (sender.deadline <= next) sender.calls.timersExpire(next);
      if (receiver.deadline <= next) receiver.calls.timersExpire(next);
      arrive(this.#acks, sender);
      arrive(this.#data, receiver);
    }
  }

  /** Keeps the send buffer full. */
  #write(): void {
    const { sender, handle, options } = this;
    for (const { events } of sender.happened()) {
      if (events.includes('closed')) throw new Error('the connection broke');
      if (events.includes('open')) this.#open = true;
    }
    const { bytes = Number.POSITIVE_INFINITY } = options;
    while (this.#open && this.#sent < bytes) {
      const room = sender.calls.tcpSendReserve(handle, Math.min(bytes - this.#sent, BUFFER));
      if (room <= 0) return;
      sender.calls.tcpSendCommit(handle, room);
      this.#sent += room;
    }
  }

  #lost(bytes: Uint8Array): boolean {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const sequence = view.getUint32(24);
    if ((view.getUint8(33) & SYN) !== 0) this.#iss = sequence;
    const length = bytes.length - 20 - 4 * (view.getUint8(32) >> 4);
    if (length === 0) return false;
    const first = (sequence - this.#iss - 1) >>> 0;
    const again = first < this.#reached;
    this.#reached = Math.max(this.#reached, first + length);
    return this.lose(first, again);
  }

  #read(): void {
    const { receiver } = this;
    for (const { handle } of receiver.happened()) this.#accepted = handle;
    if (this.#accepted === 0) return;
    for (;;) {
      const taken = receiver.calls.tcpReceive(this.#accepted, CHUNK);
      if (taken <= 0) return;
      this.delivered += taken;
    }
  }
}

/** Lets a core put out what it owes; `put` gets each packet as a view that is gone with the call. */
function depart({ calls, core, now }: Driver, put: (bytes: Uint8Array) => void): void {
  for (;;) {
    calls.output(now);
    const { bytes, words } = core;
    const queue = calls.transmitQueue(1) >> 2;
    const head = words[queue] as number;
    const count = words[queue + 1] as number;
    if (count === 0) return;
    for (let index = 0; index < count; index++) {
      const descriptor = queue + 2 + ((head + index) % TRANSMIT_LIMIT) * (TRANSMIT_DESCRIPTOR >> 2);
      const at = words[descriptor] as number;
      put(bytes.subarray(at, at + (words[descriptor + 1] as number)));
    }
    calls.transmitDone(1, count);
  }
}

/** Hands over what has come to the end of a path, as one batch. */
function arrive(path: Path, driver: Driver): void {
  const batch: Uint8Array[] = [];
  while (batch.length < BATCH) {
    const packet = path.take(driver.now);
    if (packet === undefined) break;
    batch.push(packet);
  }
  if (batch.length > 0) driver.input(batch);
}

const SENDER = '10.9.0.1';
const RECEIVER = '10.9.0.2';
const PORT = 80;
const SYN = 2;
const BUFFER = 1 << 24;
const CHUNK = 65_536;
const BATCH = 64;
/** Packets. */
const SMALLEST_QUEUE = 20;
const CALM: PathConditions = {
  loss: 0,
  delay: 0,
  jitter: 0,
  reorder: 0,
  duplicate: 0,
  corrupt: 0,
  mark: 0,
  rate: Number.POSITIVE_INFINITY,
  queue: Number.POSITIVE_INFINITY,
};
