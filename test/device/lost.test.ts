/** A device of the kernel that vanishes in the middle of a batch, on a kernel that a test plays. */
import { MessageChannel } from 'node:worker_threads';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { VNET_HEADER } from '../../assembly/abi/constants.js';
import { Chunks } from '../../host/core/chunks.js';
import { manualClock } from '../../host/core/clock.js';
import { scratchMemory } from '../../host/core/scratch.js';
import { Split } from '../../host/core/split.js';
import { Arrivals } from '../../host/device/batch.js';
import { ERRNO, type Linux } from '../../host/device/kernel/linux.js';
import type { TunTapDevice } from '../../host/device/kernel/tuntap.js';

let Device: typeof TunTapDevice;
let kernel: Linux;

// Files share their modules: those after this one must find the real kernel again.
beforeAll(async () => {
  vi.resetModules();
  vi.doMock(LINUX, async (original) => ({ ...(await original<object>()), linux: () => kernel }));
  ({ TunTapDevice: Device } = await import('../../host/device/kernel/tuntap.js'));
});

afterAll(() => {
  vi.doUnmock(LINUX);
  vi.resetModules();
});

test('what came before has its place, which no other device reads to', () => {
  const answers: number[] = [];
  kernel = played(answers);
  const split = new Split(new Chunks(), () => expect.fail('lost'));
  const arrivals = new Arrivals(0, ROOM, split);
  const [lost, other] = [device(), device()];
  // Several packets are asked for together when some have come one by one.
  for (const each of [lost, other, lost, other, lost, other, lost, other]) each.readBatch?.(arrivals);
  arrivals.clear();
  split.learn(HEADERS, DATA);
  answers.push(LARGE, -ERRNO.EBADFD);
  expect(() => lost.readBatch?.(arrivals)).toThrow('is gone');
  answers.push(LARGE, LARGE);
  other.readBatch?.(arrivals);
  expect(arrivals.count).toBe(3);
  const places = [0, 1, 2].map((index) => split.view((arrivals.addresses[index] as number) + HEADERS, DATA));
  expect(places.map((place) => place?.length)).toEqual([DATA, DATA, DATA]);
  expect(new Set(places.map((place) => place?.byteOffset)).size).toBe(3);
  for (const each of [lost, other]) each.close();
});

function device(): TunTapDevice {
  const { port1: port } = new MessageChannel();
  const poller = { control: new SharedArrayBuffer(8), eventfd: 0, port };
  const opened = { kind: 'tun', descriptor: 3, name: 'played', mtu: 1500, hasHeader: true, poller } as const;
  const made = new Device(opened, []);
  const unheard = { onReadable() {}, onWritable() {}, onError() {} };
  made.attach({ interface: 1, clock: manualClock(), memory: scratchMemory(ROOM), ...unheard });
  return made;
}

/** A kernel that gives these answers to the requests of a ring, in their order, and a small packet to whoever reads without one. */
function played(answers: number[]): Linux {
  const queues = new Int32Array(2048);
  const requests = new Uint32Array(1024);
  let buffers = 0;
  const linux: Partial<Linux> = {
    addressOf: () => ++buffers * 2 ** 32,
    ioctlValue: () => 0,
    read: () => VNET_HEADER + 100,
    close: () => 0,
    unmap() {},
    ringFiles: () => 0,
    map: (_ring, offset) => ({ address: offset, buffer: offset === 0 ? queues.buffer : requests.buffer }),
    ringSetup(_entries, parameters) {
      parameters.set([ANSWERS, 0, 0, 0, 1], 1);
      parameters.set([HEAD * 4, TAIL * 4], 10);
      parameters.set([ARRAY * 4], 16);
      parameters.set([ANSWER_HEAD * 4, ANSWER_TAIL * 4], 20);
      parameters.set([FIRST_ANSWER * 4], 25);
      return 9;
    },
    ringEnter(_ring, count) {
      for (let index = 0; index < count; index++) {
        const request = ((queues[HEAD] as number) + index) & 63;
        const tail = queues[ANSWER_TAIL] as number;
        const place = FIRST_ANSWER + (tail & (ANSWERS - 1)) * 4;
        queues[place] = requests[request * 16 + 8] as number;
        queues[place + 2] = answers.shift() ?? -ERRNO.EAGAIN;
        queues[ANSWER_TAIL] = tail + 1;
      }
      queues[HEAD] = queues[TAIL] as number;
      return count;
    },
  };
  return linux as Linux;
}

const LINUX = '../../host/device/kernel/linux.js';
const ROOM = 1 << 20;
const HEADERS = 52;
const DATA = 20_000;
/** As the kernel counts it. */
const LARGE = VNET_HEADER + HEADERS + DATA;
const ANSWERS = 128;
// Words of the queues.
const [HEAD, TAIL, ARRAY, ANSWER_HEAD, ANSWER_TAIL, FIRST_ANSWER] = [0, 1, 2, 100, 101, 128] as const;
