/** Connections in each state, any number of them on one core: the ground for hostile packets. */
import { expect } from 'vitest';
import { Driver } from '../kit/driver.js';
import { enter } from '../kit/enter.js';
import { ANY } from '../kit/family.js';
import { Timeline } from '../kit/timeline.js';

export const STATES = [
  'Listen',
  'SynSent',
  'SynReceived',
  'Established',
  'FinWait1',
  'FinWait2',
  'CloseWait',
  'Closing',
  'LastAck',
  'TimeWait',
] as const;

export type State = (typeof STATES)[number];

/** One core that listens on port 80, and one connection after another from a port of its own. */
export class Target {
  #peerPort = 1;

  private constructor(
    readonly driver: Driver,
    private readonly stamped: boolean,
  ) {}

  static async create(stamped: boolean): Promise<Target> {
    const target = new Target(await Driver.create(), stamped);
    target.driver.putAddresses(ANY);
    expect(target.driver.calls.tcpListen(80, 1 << 20)).toBeGreaterThan(0);
    return target;
  }

  /** A connection in a state, with bytes under way both ways where the state allows it. */
  reach(state: State): Timeline {
    const stamps = this.stamped ? { timestamps: [100, 0] as const } : {};
    const t = new Timeline(this.driver, { syn: { mss: 1000, windowScale: 2, ...stamps } });
    t.peerPort = this.#peerPort;
    this.#peerPort = (this.#peerPort % 60_000) + 1;
    if (state === 'Listen') return t;
    if (state === 'SynSent') {
      t.connect(t.peerPort);
      t.take();
      return t;
    }
    t.inject({ flags: 'S', seq: 0, options: t.syn });
    t.take();
    if (state === 'SynReceived') return t;
    t.inject({});
    t.handle = this.driver.happened().find(({ events }) => events.includes('open'))?.handle ?? 0;
    enter(t, state);
    if (state === 'Established') {
      t.send(100);
      t.take();
      t.inject({ seq: 51, data: 50 });
    }
    t.take();
    this.driver.happened();
    return t;
  }

  /** Drops what was sent and tells nobody of what happened. */
  settle(): void {
    this.driver.output();
    this.driver.emitted.length = 0;
    for (const { handle, events } of this.driver.happened()) {
      this.driver.core.receive(handle);
      if (events.includes('closed')) this.driver.calls.tcpRelease(handle);
    }
    this.driver.output();
    this.driver.emitted.length = 0;
  }

  /** Resets every connection; then nothing may be left but the listener. */
  expectClean(): void {
    const { calls } = this.driver;
    this.settle();
    const handles: number[] = [];
    for (let handle = calls.tcpNext(0); handle !== 0; handle = calls.tcpNext(handle)) handles.push(handle);
    for (const handle of handles) {
      calls.tcpAbort(handle);
      calls.tcpRelease(handle);
      this.driver.output();
      this.driver.emitted.length = 0;
    }
    this.settle();
    this.driver.advance(600_000);
    this.settle();
    expect(this.driver.connections, 'control blocks').toBe(0);
    expect(this.driver.bufferBytes, 'bytes of buffers').toBe(0);
    expect(this.driver.deadline, 'deadlines').toBe(Number.POSITIVE_INFINITY);
  }
}

/** Packets of the peer that are right for the connection. */
export function validPackets(t: Timeline): Uint8Array[] {
  return [
    t.build({ flags: 'S', seq: 0, options: t.syn }),
    t.build({ flags: 'PA', seq: 1, data: 40 }),
    t.build({ flags: 'FPA', seq: 101, ack: 1, data: 3 }),
    t.build({ flags: 'SA', seq: 0, ack: 1, options: t.syn }),
    t.build({ flags: 'R', seq: 1 }),
  ];
}
