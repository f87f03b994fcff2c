/** Packets that a hostile or broken peer may send, in every state: no trap, no wrong byte, no leak. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { COUNTER_PACKETS_BAD } from '../../assembly/abi/constants.js';
import { SeededRandom } from '../../host/device/random.js';
import { LOCAL, PEER } from '../kit/driver.js';
import { ANY, IP_HEADER, IPV6, perFamily } from '../kit/family.js';
import { addressBytes, refit } from '../kit/packet.js';
import { amount } from '../kit/soak.js';
import { accepted } from '../kit/timeline.js';
import { STATES, Target, validPackets } from './states.js';

/** Changes of which one is made: each has its turn in some state. */
const STEP = amount(3, 1);

// Over IPv6, what differs: its header.
describe.each(perFamily([false, true], [true]))('with timestamps: %s', (stamped) => {
  describe.each(STATES)('in %s', (state) => {
    const first = STATES.indexOf(state) % STEP;

    test('every packet with one flipped bit that a checksum covers is dropped, and nothing else happens', async () => {
      const target = await Target.create(stamped);
      const { driver } = target;
      const t = target.reach(state);
      const before = [t.state, driver.connections, driver.bufferBytes, driver.deadline];
      const start = driver.calls.counter(COUNTER_PACKETS_BAD);
      let spoilt = 0;
      for (const packet of validPackets(t)) {
        for (let bit = 0; bit < packet.length * 8; bit++) {
          if (!isCovered(bit)) continue;
          t.injectRaw(flipped(packet, bit));
          spoilt++;
        }
        for (let length = 0; length < packet.length; length++) {
          t.injectRaw(packet.slice(0, length));
          spoilt++;
        }
      }
      t.expectNothing();
      expect(driver.happened()).toEqual([]);
      expect([t.state, driver.connections, driver.bufferBytes, driver.deadline]).toEqual(before);
      expect(driver.calls.counter(COUNTER_PACKETS_BAD) - start).toBe(spoilt);
    });

    test('the same with checksums that fit harms nobody', async () => {
      const target = await Target.create(stamped);
      let packets = validPackets(target.reach(state)).length;
      while (packets-- > 0) {
        const size = (validPackets(target.reach(state))[packets] as Uint8Array).length;
        const flips = 8 * perFamily(size, IP_HEADER);
        for (let change = first; change < flips + size; change += STEP) {
          const packet = validPackets(target.reach(state))[packets] as Uint8Array;
          const spoilt = change < flips ? flipped(packet, change) : truncated(packet, change - flips);
          refit(spoilt);
          target.driver.input([spoilt, packet]);
          target.settle();
        }
      }
      target.expectClean();
    });
  });
});

describe('noise', () => {
  test('of any length and content harms nobody', async () => {
    const target = await Target.create(true);
    const random = new SeededRandom(11);
    for (let batch = 0; batch < 300; batch++) {
      const packets = Array.from({ length: 32 }, () => noise(random, Math.floor(random.fraction() ** 2 * 400)));
      target.driver.input(packets);
      target.settle();
    }
    target.expectClean();
  });

  test('behind headers that are right harms nobody', async () => {
    const target = await Target.create(true);
    const random = new SeededRandom(12);
    for (let batch = 0; batch < 600; batch++) {
      const t = target.reach(STATES[batch % STATES.length] as (typeof STATES)[number]);
      const packets = Array.from({ length: 32 }, () => {
        const packet = noise(random, IP_HEADER + 20 + Math.floor(random.fraction() * 100));
        const model = t.build({});
        packet.set(model.subarray(0, IP_HEADER + 4));
        setLength(packet);
        // Numbers near those of the connection half the time, any flags, any options, any length of the header.
        if (random.fraction() < 0.5) packet.set(model.subarray(IP_HEADER + 4, IP_HEADER + 12), IP_HEADER + 4);
        packet[IP_HEADER + 12] = (5 + Math.floor(random.fraction() * 11)) << 4;
        refit(packet);
        return packet;
      });
      target.driver.input(packets);
      target.settle();
    }
    target.expectClean();
  });

  test('of the largest size harms nobody', async () => {
    const target = await Target.create(false);
    const t = target.reach('Established');
    const large = t.build({ seq: 1, data: 65_535 - IP_HEADER - 20 });
    target.driver.input([large]);
    target.driver.input([noise(new SeededRandom(1), 65_535)]);
    target.settle();
    target.expectClean();
  });
});

describe('a peer that lies', () => {
  test('about overlapping segments delivers every byte once, in order', async () => {
    const piece = fc.record({ from: fc.nat(3000), length: fc.integer({ min: 1, max: 900 }), read: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 60 }), async (pieces) => {
        const t = await accepted();
        let total = 0;
        const until = [
          ...pieces,
          { from: 0, length: 1400, read: true },
          { from: 1400, length: 1400, read: true },
          { from: 2800, length: 1100, read: true },
        ];
        for (const { from, length, read } of until) {
          t.inject({ seq: 1 + from, data: length });
          t.take();
          if (read) total += t.receive();
          t.take();
        }
        expect(total).toBe(Math.max(...until.map(({ from, length }) => from + length)));
        t.abort();
        t.take();
        t.expectGone();
      }),
      { numRuns: 60, seed: 5 },
    );
  });

  test('about its own address (LAND) gets nothing, also with its SYN in a loop', async () => {
    const target = await Target.create(false);
    const t = target.reach('Listen');
    const land = t.build({ flags: 'S', seq: 0, peer: LOCAL, peerPort: 80 });
    for (let count = 0; count < 100; count++) t.injectRaw(land);
    t.expectNothing();
    expect(target.driver.connections).toBe(0);
  });

  test('by acknowledging what it never got is answered, and nothing breaks', async () => {
    const target = await Target.create(false);
    const random = new SeededRandom(3);
    const t = target.reach('Established');
    for (let count = 0; count < 2000; count++) {
      const packet = t.build({ seq: 1, ack: 1 + Math.floor(random.fraction() * 0x1_0000_0000) });
      target.driver.input([packet]);
      target.driver.output();
      target.driver.emitted.length = 0;
    }
    target.expectClean();
  });

  test('by opening many connections and walking away costs what the backlog allows, and no more', async () => {
    const target = await Target.create(false);
    const t = target.reach('Listen');
    target.driver.putAddresses(ANY);
    target.driver.calls.tcpListen(81, 100);
    for (let peerPort = 1; peerPort < 5000; peerPort++) {
      target.driver.input([t.build({ flags: 'S', seq: 0, peerPort, localPort: 81 })]);
      target.driver.output();
    }
    expect(target.driver.connections).toBe(100);
    target.driver.emitted.length = 0;
    target.driver.advance(600_000);
    target.expectClean();
  });

  test('by one-byte segments with gaps between holds little memory', async () => {
    const t = await accepted();
    for (let seq = 60_000; seq > 2; seq -= 7) {
      t.driver.input([t.build({ seq, data: 1 })]);
      t.driver.output();
      t.driver.emitted.length = 0;
    }
    expect(t.driver.bufferBytes, 'the bytes, and where they lie').toBeLessThanOrEqual(2 * 65_536);
    t.abort();
    t.take();
    t.expectGone();
  });
});

function flipped(packet: Uint8Array, bit: number): Uint8Array {
  const bytes = packet.slice();
  bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
  return bytes;
}

/** Cut off, and its IP header says so. */
function truncated(packet: Uint8Array, length: number): Uint8Array {
  const bytes = packet.slice(0, length);
  if (length >= IP_HEADER) setLength(bytes);
  return bytes;
}

/** Makes the IP header say how long the packet is: the Total Length of IPv4, the Payload Length of IPv6. */
function setLength(packet: Uint8Array): void {
  const length = packet.length - perFamily(0, IP_HEADER);
  packet.set([length >> 8, length & 255], perFamily(2, 4));
}

/** An IPv6 header has no checksum; TCP's covers its addresses and its length (RFC 8200 §8.1). Bit 0 is a byte's least. */
function isCovered(bit: number): boolean {
  return !IPV6 || (bit >= 4 && bit < 8) || (bit >= 32 && bit < 48) || bit >= 64;
}

function noise(random: SeededRandom, length: number): Uint8Array {
  const bytes = Uint8Array.from({ length }, () => Math.floor(random.fraction() * 256));
  // Half of it looks like a packet to us, so that it gets further than the first check.
  if (length < IP_HEADER || random.fraction() < 0.5) return bytes;
  const protocol = random.fraction() < 0.5 ? 6 : perFamily(1, 58);
  bytes.set(perFamily([0x45, 0, 0, 0, 0, 0, 0, 0, 64, protocol], [0x60, 0, 0, 0, 0, 0, protocol, 64]));
  bytes.set(addressBytes(PEER), perFamily(12, 8));
  bytes.set(addressBytes(LOCAL), perFamily(16, 24));
  setLength(bytes);
  if (random.fraction() < 0.5) refit(bytes);
  return bytes;
}
