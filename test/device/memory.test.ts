import { describe, expect, it } from 'vitest';
import { manualClock, systemClock } from '../../host/core/clock.js';
import { type MemoryWireOptions, memoryWire } from '../../host/device/memory.js';
import { weather } from '../../host/device/weather.js';
import { TestPort } from './port.js';

describe('memoryWire', () => {
  it('gives what one end writes to the other, whole, in order, once', () => {
    const { left, right } = wire();
    const packets = [20, 1500, 1, 700].map((length, index) => new Uint8Array(length).fill(index + 1));
    for (const packet of packets) expect(left.write(packet)).toBe(true);
    expect(right.readAll()).toEqual(packets);
    expect(right.read()).toBeUndefined();
    expect(left.read()).toBeUndefined();
  });

  it('carries both directions at once without mixing them', () => {
    const { left, right } = wire();
    left.write(Uint8Array.of(1));
    right.write(Uint8Array.of(2));
    expect(left.readAll()).toEqual([Uint8Array.of(2)]);
    expect(right.readAll()).toEqual([Uint8Array.of(1)]);
  });

  it('keeps a copy: the writer may use its memory again', () => {
    const { left, right } = wire();
    left.write(Uint8Array.of(7, 7));
    left.write(Uint8Array.of(8, 8));
    expect(right.readAll()).toEqual([Uint8Array.of(7, 7), Uint8Array.of(8, 8)]);
  });

  it('tells the other end by an alarm of its clock, never from inside write', () => {
    const { clock, left, right } = wire();
    left.write(Uint8Array.of(1));
    left.write(Uint8Array.of(2));
    expect(right.readable).toBe(0);
    clock.advance(0);
    expect(right.readable).toBe(1);
    expect(clock.now()).toBe(0);
  });

  it('tells on the system clock within a turn of the event loop', async () => {
    const [leftEnd, rightEnd] = memoryWire();
    const left = new TestPort(leftEnd, systemClock());
    const right = new TestPort(rightEnd, systemClock());
    const told = new Promise<void>((resolve) => {
      right.onReady = resolve;
    });
    left.write(Uint8Array.of(1));
    expect(right.readable).toBe(0);
    await told;
    expect(right.readAll()).toHaveLength(1);
  });

  it('refuses a packet when the other end has as many as it keeps, and says when there is room', () => {
    const { clock, left, right } = wire({ capacity: 3 });
    expect([1, 2, 3, 4].map((byte) => left.write(Uint8Array.of(byte)))).toEqual([true, true, true, false]);
    clock.advance(1);
    expect(left.writable).toBe(0);
    right.read();
    expect(left.writable).toBe(0);
    clock.advance(0);
    expect(left.writable).toBe(1);
    expect(left.write(Uint8Array.of(4))).toBe(true);
    expect(right.readAll()).toEqual([2, 3, 4].map((byte) => Uint8Array.of(byte)));
    clock.advance(1);
    expect(left.writable).toBe(1);
  });

  it('keeps packets for an end that is attached later', () => {
    const clock = manualClock();
    const [leftEnd, rightEnd] = memoryWire();
    new TestPort(leftEnd, clock).write(Uint8Array.of(9));
    const right = new TestPort(rightEnd, clock);
    clock.advance(0);
    expect(right.readable).toBe(1);
    expect(right.readAll()).toEqual([Uint8Array.of(9)]);
  });

  it('goes on across thousands of packets with buffers used again', () => {
    const { left, right } = wire({ capacity: 5 });
    for (let round = 0; round < 3000; round++) {
      const packet = new Uint8Array(1 + (round % 1500)).fill(round);
      left.write(packet);
      if (round % 3 === 0) left.write(packet);
      expect(right.readAll().every((read) => Buffer.compare(read, packet) === 0)).toBe(true);
    }
  });

  it('after close reads nothing, and swallows what is written by either end', () => {
    const [leftEnd, rightEnd] = memoryWire({ capacity: 1 });
    const clock = manualClock();
    const left = new TestPort(leftEnd, clock);
    const right = new TestPort(rightEnd, clock);
    right.write(Uint8Array.of(1));
    left.write(Uint8Array.of(1));
    expect(left.write(Uint8Array.of(2))).toBe(false);
    rightEnd.close();
    rightEnd.close();
    clock.advance(0);
    expect(left.writable).toBe(1);
    expect(left.write(Uint8Array.of(2))).toBe(true);
    expect(right.read()).toBeUndefined();
    expect(right.write(Uint8Array.of(2))).toBe(true);
    expect(left.readAll()).toEqual([Uint8Array.of(1)]);
  });

  it('refuses to carry a packet larger than the MTU', () => {
    const { left } = wire({ mtu: 600 });
    expect(() => left.write(new Uint8Array(601))).toThrow(/600/);
  });

  it('carries frames, whose header comes on top of the MTU, between two stations', () => {
    const [left, right] = memoryWire({ linkType: 'ethernet', mtu: 600 });
    expect([left, right].map((end) => [end.linkType, end.hardwareAddress])).toEqual([
      ['ethernet', '02:00:00:00:00:01'],
      ['ethernet', '02:00:00:00:00:02'],
    ]);
    const [first, second] = [new TestPort(left), new TestPort(right)];
    first.write(new Uint8Array(614).fill(3));
    expect(second.readAll()).toEqual([new Uint8Array(614).fill(3)]);
    expect(() => first.write(new Uint8Array(615))).toThrow(/600/);
  });

  it('has no hardware addresses without Ethernet', () => {
    expect(memoryWire().map((end) => [end.linkType, end.hardwareAddress])).toEqual([
      ['ip', undefined],
      ['ip', undefined],
    ]);
  });

  it('with offload passes what is larger than the MTU, and the virtio-net header of each packet', () => {
    const { left, right } = wire({ offload: true });
    const header = Uint8Array.from({ length: 10 }, (_, index) => index + 1);
    const packet = new Uint8Array(65_535).fill(7);
    left.write(packet, header);
    left.write(Uint8Array.of(1), new Uint8Array(10));
    expect(right.read()).toEqual(packet);
    expect(right.header).toEqual(header);
    expect(right.read()).toEqual(Uint8Array.of(1));
    expect(right.header).toEqual(new Uint8Array(10));
  });

  it('with offload announces at both ends what both have left of it', () => {
    const [left, right] = memoryWire({ offload: true });
    expect([left.offloads, right.offloads]).toEqual([15, 15]);
    const wrapped = weather(right);
    expect([left.offloads, right.offloads, wrapped.offloads]).toEqual([0, 0, 0]);
    const first = new TestPort(left);
    expect(() => first.write(new Uint8Array(1501))).toThrow(/1500/);
  });

  it('does not take back an offload that the other end counts on', () => {
    const [left, right] = memoryWire({ offload: true });
    new TestPort(left);
    expect(() => weather(right)).toThrow(/the other end/);
    expect(right.offloads).toBe(15);
  });

  it('reads into memory that has grown meanwhile', () => {
    const { left, right } = wire();
    right.memory.grow(1);
    left.memory.grow(1);
    left.write(Uint8Array.of(5));
    expect(right.readAll()).toEqual([Uint8Array.of(5)]);
  });

  it('is attached once only', () => {
    const [end] = memoryWire();
    new TestPort(end);
    expect(() => new TestPort(end)).toThrow(/attached/);
  });

  it.each([
    [{ mtu: 575 }, /mtu .*575/],
    [{ mtu: 65536 }, /mtu/],
    [{ mtu: 1500.5 }, /mtu/],
    [{ capacity: 0 }, /capacity/],
    [{ capcity: 5 }, /"capcity"/],
    [{ linkType: 'token ring' }, /linkType .*'ethernet'.*"token ring"/],
    [{ offload: 1 }, /offload/],
    [{ linkType: 'ethernet', offload: true }, /offload .*'ip'/],
    [{ linkType: 'ethernet', mtu: 65522 }, /mtu .*65521/],
    [{ hardwareAddresses: ['02:00:00:00:00:01', '02:00:00:00:00:02'] }, /hardwareAddresses .*'ethernet'/],
    [{ linkType: 'ethernet', hardwareAddresses: ['02:00:00:00:00:01', 'one'] }, /hardwareAddresses\[1\]/],
  ])('names the bad option: %j', (options, message) => {
    expect(() => memoryWire(options as MemoryWireOptions)).toThrow(TypeError);
    expect(() => memoryWire(options as MemoryWireOptions)).toThrow(message);
  });
});

function wire(options?: MemoryWireOptions) {
  const clock = manualClock();
  const [left, right] = memoryWire(options);
  return { clock, left: new TestPort(left, clock), right: new TestPort(right, clock) };
}
