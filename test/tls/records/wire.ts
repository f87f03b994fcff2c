/**
 * Records over a TCP connection between two cores, driven by hand. Not for: the host's stacks.
 */
import { expect } from 'vitest';
import { CoreRecords } from '../../../host/tls/core-records.js';
import { Driver, type DriverOptions } from '../../kit/driver.js';
import type { Form } from './kit.js';

export class End {
  readonly records: CoreRecords;

  constructor(
    readonly driver: Driver,
    readonly handle: number,
  ) {
    this.records = new CoreRecords({ core: driver.core, wake: () => {} }, handle);
  }

  option(option: number, value: number): void {
    expect(this.driver.calls.tcpSetOption(this.handle, option, value)).toBe(0);
  }

  /** Events since the last look. */
  happened(): string[] {
    return this.driver
      .happened()
      .filter(({ handle }) => handle === this.handle)
      .flatMap(({ events }) => events);
  }
}

export class Wire {
  /** What is on the way: packets of the client, of the server. */
  readonly #under: [Uint8Array[], Uint8Array[]] = [[], []];
  /** Nothing arrives any more. */
  cut = false;

  private constructor(
    readonly client: End,
    readonly server: End,
  ) {}

  /** An established connection with a record layer at both ends, which have each other's keys when there is a `form`. */
  static async create(form?: Form, options: DriverOptions = {}, ofServer: DriverOptions = options): Promise<Wire> {
    const a = await Driver.create({ seed: 1, ...options, address: '10.9.0.1' });
    const b = await Driver.create({ seed: 2, ...ofServer, address: '10.9.0.2' });
    b.putAddresses('0.0.0.0');
    const listener = b.calls.tcpListen(443, 8);
    a.putAddresses('10.9.0.2');
    const handle = a.calls.tcpConnect(443, 0);
    for (let round = 0; round < 3; round++) {
      a.output();
      b.input(a.emitted.splice(0).map(({ bytes }) => bytes));
      b.output();
      a.input(b.emitted.splice(0).map(({ bytes }) => bytes));
    }
    const [open] = b.happened();
    expect(open?.events).toEqual(['open']);
    expect(a.happened().map(({ events }) => events)).toEqual([['open']]);
    b.calls.tcpListenerClose(listener);
    const wire = new Wire(new End(a, handle), new End(b, open?.handle ?? 0));
    if (form !== undefined) {
      for (const end of [wire.client, wire.server]) {
        end.records.readKeys(form.version, form.keys);
        end.records.writeKeys(form.version, form.keys);
      }
    }
    return wire;
  }

  /** Lets both cores send what they owe; what they send stays on the wire until `deliver`. */
  output(): void {
    for (const [index, { driver }] of [this.client, this.server].entries()) {
      driver.output();
      this.#under[index]?.push(...driver.emitted.splice(0).map(({ bytes }) => bytes));
    }
  }

  /** Brings what is on the wire to the other side, `count` packets each way at most. @returns how many came */
  deliver(count = 32): number {
    const [fromClient, fromServer] = this.#under.map((packets) => packets.splice(0, count)) as [
      Uint8Array[],
      Uint8Array[],
    ];
    if (this.cut) return 0;
    if (fromClient.length > 0) this.server.driver.input(fromClient);
    if (fromServer.length > 0) this.client.driver.input(fromServer);
    return fromClient.length + fromServer.length;
  }

  /** Until nothing more is said; `look` is called before each delivery. */
  settle(look: () => void = () => {}): void {
    for (let round = 0; round < 20_000; round++) {
      look();
      this.output();
      if (this.deliver() === 0) return;
    }
    throw new Error('the two never come to rest');
  }

  /** Lets time pass, in steps, until nothing is said and no timer is near. */
  pass(milliseconds: number, look: () => void = () => {}): void {
    for (let left = milliseconds; left > 0; left -= STEP) {
      for (const { driver } of [this.client, this.server]) driver.advance(Math.min(STEP, left));
      this.settle(look);
    }
  }
}

/** Milliseconds. */
const STEP = 50;
