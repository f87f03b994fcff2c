/**
 * What runs that go on for very long have in common: bytes that are compared at their places, and a look at memory.
 * Not for: what goes on (`simulation/endurance.ts`, `interop/endurance.ts`).
 */
import type { Device } from '../../host/device/device.js';
import type { Socket } from '../../host/socket/socket.js';

export interface Endurance {
  /** What was asked for and done: bytes or connections. */
  done: number;
  bytes: number;
  seconds: number;
  /** Connections that ended with an error, and bytes that were not what they should have been. */
  faults: number;
  /** Connections left in the stacks. */
  left: number;
  /** When a tenth was done, and at the end. */
  linear: [number, number];
  rss: [number, number];
}

export type Progress = (share: number) => void;

export type Scenario = (size: number, progress: Progress) => Promise<Endurance>;

/** Bytes of linear memory, and of the process. */
export interface Sizes {
  linear: number;
  rss: number;
}

/** What one side of a connection sends: `left` bytes of the content, which goes round and round, from `at` on. */
export class Outflow {
  constructor(
    public left: number,
    private at = 0,
  ) {}

  /** Writes what is taken; to be called when a connection opens, and when it drains. */
  fill(socket: Pick<Socket<unknown>, 'write'>): void {
    while (this.left > 0) {
      const from = this.at % BLOCK;
      const taken = socket.write(CONTENT, from, Math.min(BLOCK - from, this.left));
      if (taken <= 0) return;
      this.at += taken;
      this.left -= taken;
    }
  }
}

/** What comes to the other side. */
export class Inflow {
  got = 0;

  constructor(private readonly begin = 0) {}

  /** Takes a chunk. @returns whether it is what had to come next */
  take(chunk: Buffer): boolean {
    const begin = this.begin + this.got;
    this.got += chunk.length;
    for (let done = 0; done < chunk.length; ) {
      const from = (begin + done) % BLOCK;
      const length = Math.min(chunk.length - done, BLOCK - from);
      if (chunk.compare(CONTENT, from, from + length, done, done + length) !== 0) return false;
      done += length;
    }
    return true;
  }
}

/** How much of the memory is in use after a collection, of the stacks on these devices, which are told of it. */
export function sizesOf(devices: readonly Device[]): () => Sizes {
  const memories = devices.map(memoryOf);
  return () => {
    globalThis.gc?.();
    return { linear: memories.reduce((sum, memory) => sum + memory(), 0), rss: process.memoryUsage().rss };
  };
}

function memoryOf(device: Device): () => number {
  const attach = device.attach.bind(device);
  let given: Parameters<Device['attach']>[0] | undefined;
  device.attach = (port) => {
    given = port;
    attach(port);
  };
  return () => given?.memory.buffer.byteLength ?? 0;
}

/** A length that no size of a segment or buffer divides. */
const BLOCK = 1_000_003;
const CONTENT = Buffer.from(Uint32Array.from({ length: BLOCK }, (_, at) => Math.imul(at + 1, 0x9e3779b1) >>> 24));
