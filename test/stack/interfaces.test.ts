/** Devices of a stack: batches, fairness between several, and what becomes of one that is lost. */
import { afterEach, expect, test } from 'vitest';
import { BATCH_LIMIT, PACKET_LIMIT } from '../../assembly/abi/constants.js';
import { manualClock } from '../../host/core/clock.js';
import { Core } from '../../host/core/core.js';
import { compileCore } from '../../host/core/load.js';
import type { Arrivals, Departures } from '../../host/device/batch.js';
import { type Device, DeviceError, type DevicePort } from '../../host/device/device.js';
import { memoryWire } from '../../host/device/memory.js';
import { Interfaces } from '../../host/stack/interfaces.js';
import { applySettings } from '../../host/stack/settings.js';
import { converse, lab, Recorder } from '../kit/stacks.js';

const compiled = await compileCore();
const made: Interfaces[] = [];
afterEach(() => {
  for (const interfaces of made.splice(0)) interfaces.close();
});

test('a conversation over devices that move batches is the same as over those that move packet by packet', async () => {
  const outcomes = await Promise.all(
    [(device: Device) => device, inBatches].map(async (made) => {
      const [left, right] = memoryWire();
      const net = await lab({ wire: [made(left), made(right)] });
      const recorders = { client: new Recorder(), server: new Recorder() };
      const { client } = await converse(net, recorders);
      client.write('x'.repeat(60_000));
      client.end();
      await net.until(() => recorders.server.events.at(-1) === 'close');
      net.close();
      return [recorders.client.events, recorders.server.events, recorders.server.received, net.server.counters()];
    }),
  );
  expect(outcomes[1]).toEqual(outcomes[0]);
});

test('a busy device leaves the others their turn', () => {
  const [interfaces] = interfacesOn(new Flood(), new Flood(), new Flood());
  const shares = [0, 0, 0];
  for (let round = 0; round < 3; round++) {
    expect(interfaces.read()).toBe(BATCH_LIMIT);
    for (const [index, { taken }] of flooded.entries()) shares[index] = taken;
  }
  expect(shares).toEqual([BATCH_LIMIT, BATCH_LIMIT, BATCH_LIMIT]);
});

test('a batch ends where the arena is full of large packets', () => {
  const [interfaces, core] = interfacesOn(new Flood(PACKET_LIMIT));
  const arena = core.calls.receiveArenaEnd() - core.calls.receiveArena();
  const count = interfaces.read();
  expect(count).toBe(Math.floor(arena / (PACKET_LIMIT + 33 + 32)));
  expect(count * PACKET_LIMIT).toBeLessThan(arena);
});

test('what came before a device is lost is kept, and the others go on', () => {
  const broken = new Flood(100, 3);
  const [interfaces, , failures] = interfacesOn(broken, new Flood(100, Number.POSITIVE_INFINITY, BATCH_LIMIT));
  expect(interfaces.read()).toBe(BATCH_LIMIT);
  expect(broken.taken).toBe(3);
  expect(failures.map(({ code }) => code)).toEqual(['EBADFD']);
  expect(interfaces.read()).toBe(3);
});

/** The interfaces of a core, with those devices. */
function interfacesOn(...devices: Flood[]): [Interfaces, Core, DeviceError[]] {
  flooded.splice(0, flooded.length, ...devices);
  const core = Core.initialized(compiled.instantiate(1));
  applySettings(core, {});
  const failures: DeviceError[] = [];
  const events = { moved() {}, failed: (error: DeviceError) => failures.push(error) };
  const interfaces = new Interfaces(core, manualClock(), events);
  for (const device of devices) interfaces.add(device);
  made.push(interfaces);
  return [interfaces, core, failures];
}

const flooded: Flood[] = [];

/** Always has another packet, until it breaks or runs dry. */
class Flood implements Device {
  readonly mtu = 1500;
  readonly linkType = 'ip';
  readonly addresses = [];
  offloads = 0;
  taken = 0;

  constructor(
    private readonly length = 100,
    private readonly breaksAfter = Number.POSITIVE_INFINITY,
    private readonly most = Number.POSITIVE_INFINITY,
  ) {}

  attach(): void {}

  read(): number {
    if (this.taken >= this.breaksAfter) throw new DeviceError('EBADFD', 'it broke');
    if (this.taken >= this.most) return 0;
    this.taken++;
    return this.length;
  }

  write(): boolean {
    return true;
  }

  ref(): void {}
  unref(): void {}
  close(): void {}
}

/** The same device with calls for batches. */
function inBatches(device: Device): Device {
  const { mtu, linkType, addresses, offloads } = device;
  return {
    mtu,
    linkType,
    addresses,
    offloads,
    attach: (port: DevicePort) => device.attach(port),
    read: () => expect.unreachable('it is asked for batches'),
    write: () => expect.unreachable('it is given batches'),
    readBatch(arrivals: Arrivals) {
      while (arrivals.room(1500) > 0) {
        const address = arrivals.place(1500);
        const length = device.read(address, 1500);
        if (length === 0) return;
        arrivals.add(address, length);
      }
    },
    writeBatch(departures: Departures) {
      for (let index = 0; index < departures.count; index++) {
        device.write(departures.addresses[index] as number, departures.lengths[index] as number);
      }
    },
    ref: () => device.ref(),
    unref: () => device.unref(),
    close: () => device.close(),
  };
}
