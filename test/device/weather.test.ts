import { describe, expect, it } from 'vitest';
import { type ManualClock, manualClock } from '../../host/core/clock.js';
import { DeviceError } from '../../host/device/device.js';
import { memoryWire } from '../../host/device/memory.js';
import { type WeatherOptions, weather } from '../../host/device/weather.js';
import { checksum } from './packets.js';
import { TestPort } from './port.js';

describe('weather', () => {
  it('changes nothing when the sky is clear', () => {
    const { inside, outside, clock } = storm({});
    const packets = numbered(100);
    for (const packet of packets) inside.write(packet);
    expect(outside.readAll()).toEqual(packets);
    for (const packet of packets) outside.write(packet);
    clock.advance(0);
    expect(inside.readable).toBe(1);
    expect(inside.readAll()).toEqual(packets);
  });

  it('loses, duplicates, corrupts and reorders as often as it is told, and counts', () => {
    const chances = { loss: 0.1, duplicate: 0.05, corrupt: 0.02, reorder: 0.08, seed: 7 };
    const { device, inside, clock, outside } = storm(chances);
    const received = send(10_000, inside, outside, clock);
    const { packets, lost, duplicated, corrupted, reordered, overflowed } = device.counts.out;
    expect(packets).toBe(10_000);
    expect(overflowed).toBe(0);
    expect(lost / 10_000).toBeCloseTo(0.1, 2);
    expect(duplicated / (10_000 - lost)).toBeCloseTo(0.05, 2);
    expect(corrupted / (10_000 - lost)).toBeCloseTo(0.02, 2);
    expect(reordered / (10_000 - lost)).toBeCloseTo(0.08, 1);
    expect(received).toHaveLength(10_000 - lost + duplicated);
  });

  it('gives the same weather for the same seed, another one for another seed', () => {
    const run = (seed: number) => {
      const { inside, outside, clock } = storm({ ...ROUGH, seed });
      return send(500, inside, outside, clock).map((packet) => Buffer.from(packet).toString('hex'));
    };
    expect(run(5)).toEqual(run(5));
    expect(run(5)).not.toEqual(run(6));
    expect(run(5)).not.toEqual(run(5 + 2 ** 32));
  });

  it('keeps its sequence from release to release: seed 1 loses these of the first fifty', () => {
    const { inside, outside, clock } = storm({ loss: 0.2 });
    const arrived = new Set(send(50, inside, outside, clock).map(numberOf));
    expect([...Array(50).keys()].filter((number) => !arrived.has(number))).toEqual([
      0, 1, 8, 10, 12, 13, 15, 17, 22, 36, 41, 42, 49,
    ]);
  });

  it('has a chance of its own for each matter: loss strikes the same packets whatever else happens', () => {
    const lostWith = (options: WeatherOptions) => {
      const { inside, outside, clock } = storm({ loss: 0.1, ...options });
      const arrived = new Set(send(1000, inside, outside, clock).map(numberOf));
      return [...Array(1000).keys()].filter((number) => !arrived.has(number));
    };
    expect(lostWith({ duplicate: 0.5, reorder: 0.3, delay: 5, jitter: 5 })).toEqual(lostWith({}));
  });

  it('flips exactly one bit of a corrupted packet, anywhere in it', () => {
    const { inside, outside, clock } = storm({ corrupt: 1 });
    const bits = new Set<number>();
    for (let round = 0; round < 400; round++) {
      inside.write(new Uint8Array(4));
      clock.advance(0);
      const flipped = outside.readAll().map((packet) => Buffer.from(packet).readUInt32BE());
      expect(flipped).toHaveLength(1);
      expect(Math.log2(flipped[0] as number) % 1).toBe(0);
      bits.add(flipped[0] as number);
    }
    expect(bits.size).toBe(32);
  });

  it('marks what says that it may be marked, and leaves the header whole (RFC 3168 §5)', () => {
    const { device, inside, outside, clock } = storm({ mark: 1 });
    // Not-ECT, ECT(1), ECT(0), CE; and what is no IPv4 packet.
    const packets = [0, 1, 2, 3].map((field) => headerWith(0xb8 | field));
    for (const packet of [...packets, Uint8Array.of(0x60, 2), Uint8Array.of(0x45, 2)]) inside.write(packet);
    clock.advance(0);
    const arrived = outside.readAll();
    expect(arrived.slice(0, 4).map((packet) => packet[1])).toEqual([0xb8, 0xbb, 0xbb, 0xbb]);
    for (const packet of arrived.slice(0, 4)) expect(checksum(packet)).toBe(0);
    expect(arrived.slice(4)).toEqual([Uint8Array.of(0x60, 2), Uint8Array.of(0x45, 2)]);
    expect(device.counts.out.marked).toBe(2);
  });

  it('marks IPv6, and packets inside frames, where their header is', () => {
    const [near, far] = memoryWire({ linkType: 'ethernet' });
    const clock = manualClock();
    const device = weather(near, { mark: 1 });
    expect([device.linkType, device.hardwareAddress]).toEqual(['ethernet', near.hardwareAddress]);
    const [inside, outside] = [new TestPort(device, clock), new TestPort(far, clock)];
    const packet = Uint8Array.of(0x6b, 0x80 | (2 << 4), ...new Uint8Array(38));
    inside.write(Uint8Array.of(...new Uint8Array(12), 0x86, 0xdd, ...packet));
    clock.advance(0);
    expect(outside.read()?.subarray(14, 16)).toEqual(Uint8Array.of(0x6b, 0x80 | (3 << 4)));
    expect(device.counts.out.marked).toBe(1);
  });

  it('marks as often as it is told, and loses the same packets as without', () => {
    const run = (mark: number) => {
      const { device, inside, outside, clock } = storm({ loss: 0.1, mark, queue: 10_000 });
      for (let number = 0; number < 10_000; number++) inside.write(headerWith(2, number));
      clock.advance(0);
      return {
        counts: device.counts.out,
        numbers: outside.readAll().map((packet) => (packet[4] as number) * 256 + (packet[5] as number)),
      };
    };
    const [marked, plain] = [run(0.05), run(0)];
    expect(marked.counts.marked / (10_000 - marked.counts.lost)).toBeCloseTo(0.05, 2);
    expect(marked.numbers).toEqual(plain.numbers);
  });

  it('delays each packet by the delay, exactly', () => {
    const { inside, outside, clock } = storm({ delay: 12.5 });
    inside.write(Uint8Array.of(1));
    clock.advance(5);
    inside.write(Uint8Array.of(2));
    clock.advance(7.4);
    expect(outside.readable).toBe(0);
    clock.advance(0.1);
    expect(outside.readAll()).toEqual([Uint8Array.of(1)]);
    clock.advance(5);
    expect(outside.readAll()).toEqual([Uint8Array.of(2)]);
  });

  it('lets jitter vary the delay both ways, and packets overtake each other', () => {
    const { inside, outside, clock } = storm({ out: { delay: 20, jitter: 10 } });
    const arrivals: number[] = [];
    const order: number[] = [];
    outside.onReady = () => {
      for (const packet of outside.readAll()) {
        arrivals.push(clock.now());
        order.push(numberOf(packet));
      }
    };
    for (const packet of numbered(500)) inside.write(packet);
    clock.advance(100);
    expect(arrivals).toHaveLength(500);
    expect(Math.min(...arrivals)).toBeGreaterThanOrEqual(10);
    expect(Math.max(...arrivals)).toBeLessThan(30);
    expect(arrivals.reduce((sum, arrival) => sum + arrival, 0) / 500).toBeCloseTo(20, 0);
    expect(order).not.toEqual([...order].sort((a, b) => a - b));
  });

  it('lets one to three later packets pass a reordered one', () => {
    const { device, inside, outside, clock } = storm({ reorder: 0.1, seed: 3 });
    const order = send(1000, inside, outside, clock).map(numberOf);
    const passedBy = order.map((number, index) => order.slice(0, index).filter((earlier) => earlier > number).length);
    expect([...order].sort((a, b) => a - b)).toEqual([...Array(1000).keys()]);
    expect(Math.max(...passedBy)).toBeLessThanOrEqual(3 + 2);
    expect(passedBy.filter((count) => count > 0).length).toBe(device.counts.out.reordered);
  });

  it('does not hold back for ever a packet that no other one follows', () => {
    const { inside, outside, clock } = storm({ reorder: 1 });
    inside.write(Uint8Array.of(1));
    clock.advance(9.9);
    expect(outside.read()).toBeUndefined();
    clock.advance(0.1);
    expect(outside.read()).toEqual(Uint8Array.of(1));
  });

  it('sends no faster than the rate, one packet behind the other', () => {
    const { inside, outside, clock } = storm({ out: { rate: 1_000_000, delay: 5 } });
    const arrivals: number[] = [];
    outside.onReady = () => arrivals.push(...outside.readAll().map(() => clock.now()));
    for (let count = 0; count < 4; count++) inside.write(new Uint8Array(1250));
    clock.advance(100);
    expect(arrivals).toEqual([15, 25, 35, 45]);
  });

  it('loses what does not fit its queue, both ways', () => {
    const { device, inside, outside, clock } = storm({ delay: 10, queue: 5 });
    for (const packet of numbered(8)) {
      inside.write(packet);
      outside.write(packet);
    }
    clock.advance(0);
    expect(device.counts.out.overflowed).toBe(3);
    expect(device.counts.in.overflowed).toBe(3);
    clock.advance(10);
    expect(inside.readAll()).toHaveLength(5);
    expect(outside.readAll()).toHaveLength(5);
  });

  it('keeps the two directions apart', () => {
    const { inside, outside, clock } = storm({ loss: 1, in: { loss: 0, delay: 3 } });
    inside.write(Uint8Array.of(1));
    outside.write(Uint8Array.of(2));
    clock.advance(3);
    expect(outside.readAll()).toEqual([]);
    expect(inside.readAll()).toEqual([Uint8Array.of(2)]);
  });

  it('tells the stack when a packet has come through, once, and not again while it is left unread', () => {
    const { inside, outside, clock } = storm({ in: { delay: 4 } });
    outside.write(Uint8Array.of(1));
    clock.advance(3.9);
    expect(inside.readable).toBe(0);
    clock.advance(100);
    expect(inside.readable).toBe(1);
    expect(inside.readAll()).toHaveLength(1);
  });

  it('waits for a full device below and loses nothing by it', () => {
    const clock = manualClock();
    const [below, far] = memoryWire({ capacity: 2 });
    const inside = new TestPort(weather(below, { out: { delay: 1 } }), clock);
    const outside = new TestPort(far, clock);
    for (const packet of numbered(7)) expect(inside.write(packet)).toBe(true);
    clock.advance(50);
    const order: number[] = [];
    for (let packet = outside.read(); packet !== undefined; packet = outside.read()) {
      order.push(numberOf(packet));
      clock.advance(0);
    }
    expect(order).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  it('announces no offloads, and makes the device below do without', () => {
    const [below] = memoryWire();
    below.offloads = 3;
    const device = weather(below);
    expect(device.offloads).toBe(0);
    new TestPort(device);
    expect(below.offloads).toBe(0);
  });

  it('has the shape of the device that it wraps, and passes errors on', () => {
    const { device, inside, below } = storm({}, { mtu: 9000 });
    expect([device.mtu, device.linkType, device.addresses]).toEqual([9000, 'ip', []]);
    below.fail(new DeviceError('EBADFD', 'gone'));
    expect(inside.errors).toEqual([expect.objectContaining({ code: 'EBADFD' })]);
  });

  it('is silent after close, with packets still under way', () => {
    const { device, inside, outside, clock } = storm({ delay: 5 });
    inside.write(Uint8Array.of(1));
    outside.write(Uint8Array.of(2));
    clock.advance(1);
    device.close();
    device.close();
    clock.advance(100);
    expect([inside.readable, inside.read(), outside.read(), inside.write(Uint8Array.of(3))]).toEqual([
      0,
      undefined,
      undefined,
      true,
    ]);
    expect(clock.step()).toBe(false);
  });

  it.each([
    [{ loss: 1.5 }, /loss must be a chance from 0 to 1, not 1.5/],
    [{ out: { loss: -1 } }, /out\.loss/],
    [{ in: { delay: Number.NaN } }, /in\.delay/],
    [{ jitter: Number.POSITIVE_INFINITY }, /jitter/],
    [{ rate: 0 }, /rate/],
    [{ queue: 0 }, /queue/],
    [{ seed: 1.5 }, /seed/],
    [{ lost: 0.1 }, /"lost"/],
    [{ in: { seed: 1 } }, /"seed"/],
  ])('names the bad option: %j', (options, message) => {
    const [below] = memoryWire();
    expect(() => weather(below, options as WeatherOptions)).toThrow(TypeError);
    expect(() => weather(below, options as WeatherOptions)).toThrow(message);
  });
});

/** A stack on each end of a wire, the one `inside` in the weather. */
function storm(options: WeatherOptions, { mtu = 1500 } = {}) {
  const clock = manualClock();
  const [near, far] = memoryWire({ mtu, capacity: 4096 });
  const below = Object.assign(near, { fail: (_error: DeviceError) => {} });
  const attach = below.attach.bind(below);
  below.attach = (port) => {
    below.fail = (error) => port.onError(error);
    attach(port);
  };
  const device = weather(below, options);
  return { clock, below, device, inside: new TestPort(device, clock), outside: new TestPort(far, clock) };
}

/** Sends packets a tenth of a millisecond apart. @returns what arrives, in that order */
function send(count: number, from: TestPort, to: TestPort, clock: ManualClock): Uint8Array[] {
  const received: Uint8Array[] = [];
  to.onReady = () => received.push(...to.readAll());
  for (const packet of numbered(count)) {
    from.write(packet);
    clock.advance(0.1);
  }
  clock.advance(1000);
  return received;
}

function numbered(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, number) => {
    const packet = new Uint8Array(40);
    new DataView(packet.buffer).setUint32(0, number);
    return packet;
  });
}

function numberOf(packet: Uint8Array): number {
  return new DataView(packet.buffer, packet.byteOffset).getUint32(0);
}

/** An IPv4 header with these Differentiated Services and ECN fields and this identification. */
function headerWith(service: number, identification = 0): Uint8Array {
  const header = Buffer.alloc(20);
  header.writeUInt16BE(0x4500 | service, 0);
  header.writeUInt16BE(20, 2);
  header.writeUInt16BE(identification, 4);
  header.set([64, 6], 8);
  header.writeUInt16BE(checksum(header), 10);
  return new Uint8Array(header);
}

const ROUGH = { loss: 0.1, duplicate: 0.1, corrupt: 0.1, reorder: 0.1, delay: 3, jitter: 2, rate: 1e7 };
