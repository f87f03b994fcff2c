import { describe, expect, test } from 'vitest';
import { CHOSEN_PORTS } from '../../assembly/abi/constants.js';
import { ALL, HERE, Owners } from '../../host/workers/owner.js';
import { cut, fragment } from '../kit/fragment.js';
import { buildIp } from '../kit/packet.js';

const COUNT = 4;
/** A port that all workers listen on, though stacks choose from among such. */
const SHARED = CHOSEN_PORTS + 101;
/** One of worker 2. */
const CHOSEN = CHOSEN_PORTS + 42;
const TCP = 6;
const UDP = 17;
const FAMILIES = {
  IPv4: {
    source: '192.0.2.1',
    destination: '192.0.2.2',
    group: '224.0.0.251',
    icmp: 1,
    request: 8,
    reply: 0,
    error: 3,
  },
  IPv6: {
    source: '2001:db8::1',
    destination: '2001:db8::2',
    group: 'ff02::fb',
    icmp: 58,
    request: 128,
    reply: 129,
    error: 1,
  },
};

describe.each(Object.entries(FAMILIES))('over %s', (_, { source, destination, group, icmp, request, reply, error }) => {
  const ends = { source, destination };
  const packet = (protocol: number, payload: Uint8Array, to = destination) =>
    buildIp({ source, destination: to, protocol, payload });

  describe.each([
    ['a segment', TCP],
    ['a datagram', UDP],
  ])('%s', (_, protocol) => {
    test.each([
      ['for a service stays where it came', 80, HERE],
      ['for the last port that no stack chooses stays', CHOSEN_PORTS - 1, HERE],
      ['for a port that all listen on stays', SHARED, HERE],
      ['for a chosen port is for whoever chose it', CHOSEN, 2],
      ['for the first such port is for the first worker', CHOSEN_PORTS, 0],
      ['for the last one is for the last worker', 65535, 3],
    ])('%s', (_, port, owner) => {
      expect(owners().of(packet(protocol, toPort(port)), 0, 60)).toBe(owner);
    });

    test('that is too short for ports stays: the core will drop it', () => {
      const short = packet(protocol, Uint8Array.of(0, 80, CHOSEN >> 8));
      expect(owners().of(short, 0, short.length)).toBe(HERE);
    });
  });

  test('a datagram to a group is for all, whatever its port', () => {
    expect([80, CHOSEN].map((port) => owners().of(packet(UDP, toPort(port), group), 0, 60))).toEqual([ALL, ALL]);
  });

  test('an echo request is answered where it came, alone; a reply and an error are for all', () => {
    const types = [request, reply, error].map((type) => packet(icmp, Uint8Array.of(type, 0, 0, 0, 0, 0, 0, 0)));
    expect(types.map((bytes) => owners().of(bytes, 0, bytes.length))).toEqual([HERE, ALL, ALL]);
  });

  describe('fragments', () => {
    const whose = (packets: readonly Uint8Array[], by = owners()) =>
      packets.map((bytes) => by.of(bytes, 0, bytes.length));

    test.each([
      ['of a datagram for a service stay', packet(UDP, toPort(53, 100)), HERE],
      ['of a datagram for a chosen port go to whoever chose it', packet(UDP, toPort(CHOSEN, 100)), 2],
      ['of a segment go to all, its connection is anywhere', packet(TCP, toPort(80, 100)), ALL],
      [
        'of an echo request stay',
        packet(
          icmp,
          Uint8Array.from({ length: 100 }, (_, at) => (at ? 0 : request)),
        ),
        HERE,
      ],
      [
        'of an echo reply go to all',
        packet(
          icmp,
          Uint8Array.from({ length: 100 }, (_, at) => (at ? 0 : reply)),
        ),
        ALL,
      ],
    ])('%s', (_, whole, owner) => {
      const all = whose(cut(whole, 32));
      expect(all.length).toBe(4);
      expect(new Set(all)).toEqual(new Set([owner]));
    });

    test('of other packets, in between, go their own way', () => {
      const [first, second] = cut(packet(UDP, toPort(CHOSEN, 64)), 32, 7) as [Uint8Array, Uint8Array];
      const [other, more] = cut(packet(UDP, toPort(CHOSEN + 1, 64)), 32, 8) as [Uint8Array, Uint8Array];
      expect(whose([first, other, more, second])).toEqual([2, 3, 3, 2]);
    });

    test('go by the latest packet that had their identification', () => {
      const chosen = cut(packet(UDP, toPort(CHOSEN, 64)), 32);
      const service = cut(packet(UDP, toPort(53, 64)), 32);
      expect(whose([...chosen, ...service])).toEqual([2, 2, HERE, HERE]);
    });

    test('of no first that is known stay', () => {
      const late = fragment({ ...ends, protocol: UDP, at: 64, more: false, data: new Uint8Array(16) });
      expect(whose([late])).toEqual([HERE]);
    });

    test('are remembered of 256 datagrams, the latest', () => {
      const by = owners();
      const datagrams = Array.from({ length: 257 }, (_, id) => cut(packet(UDP, toPort(CHOSEN, 64)), 32, id));
      whose(
        datagrams.map(([first]) => first as Uint8Array),
        by,
      );
      const [oldest, next] = whose(
        datagrams.slice(0, 2).map(([, second]) => second as Uint8Array),
        by,
      );
      expect([oldest, next]).toEqual([HERE, 2]);
    });
  });
});

test('options of IPv4 and extension headers of IPv6 stand before the ports', () => {
  const four = buildIp({ ...FAMILIES.IPv4, protocol: UDP, payload: Uint8Array.of(1, 1, 1, 0, ...toPort(CHOSEN)) });
  four[0] = 0x46;
  const options = [60, 0, 1, 4, 0, 0, 0, 0, UDP, 0, 1, 4, 0, 0, 0, 0];
  const six = buildIp({ ...FAMILIES.IPv6, protocol: 0, payload: Uint8Array.of(...options, ...toPort(CHOSEN)) });
  expect([four, six].map((bytes) => owners().of(bytes, 0, bytes.length))).toEqual([2, 2]);
});

test.each([
  ['of no version', Uint8Array.of(0x10)],
  ['of extension headers without an end', Uint8Array.from({ length: 60 }, (_, at) => (at === 0 ? 0x60 : 0))],
  ['that ends in its header', Uint8Array.of(0x45, 0, 0, 60)],
])('a packet %s stays', (_, bytes) => {
  expect(owners().of(bytes, 0, bytes.length)).toBe(HERE);
});

function owners(): Owners {
  return new Owners(COUNT, new Set([SHARED]));
}

/** What begins as a segment and as a datagram do. */
function toPort(port: number, length = 8): Uint8Array {
  const bytes = new Uint8Array(length);
  new DataView(bytes.buffer).setUint16(2, port);
  return bytes;
}
