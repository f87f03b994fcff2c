/** Decoding and printing IPv6 with its extension headers, UDP, ICMPv6, neighbor discovery, membership, ARP and frames. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ipv6AddressAt } from '../../host/packet/bytes.js';
import { decodeFrame } from '../../host/packet/frame.js';
import { decodePacket } from '../../host/packet/packet.js';
import { formatFrame, formatPacket } from '../../host/packet/print.js';
import { addressBytes, buildIp, buildPacket, internetChecksum, transportChecksum } from '../kit/packet.js';

const A = 'fd00::1';
const B = 'fd00::2';

describe('an IPv6 address', () => {
  test.each([
    ['::', '00000000000000000000000000000000'],
    ['::1', '00000000000000000000000000000001'],
    ['2001:db8::1', '20010db8000000000000000000000001'],
    ['2001:db8:0:1:1:1:1:1', '20010db8000000010001000100010001'],
    ['2001:0:0:1::1', '20010000000000010000000000000001'],
    ['2001:db8::1:0:0:1', '20010db8000000000001000000000001'],
    ['fe80::abcd:0', 'fe8000000000000000000000abcd0000'],
    ['1::', '00010000000000000000000000000000'],
    ['::ffff:192.0.2.1', '00000000000000000000ffffc0000201'],
  ])('is written %s (RFC 5952)', (text, hex) => {
    expect(ipv6AddressAt(Buffer.from(hex, 'hex'), 0)).toBe(text);
    expect(Buffer.from(addressBytes(text)).toString('hex')).toBe(hex);
  });
});

describe('an IPv6 packet', () => {
  test('has every field of its header read, and TCP behind it', () => {
    const bytes = tcp();
    bytes.set([0x6b, 0x8a, 0xbc, 0xde]);
    expect(decodePacket(bytes)).toMatchObject({
      kind: 'tcp',
      ip: {
        version: 6,
        headerLength: 40,
        dscp: 46,
        ecn: 0,
        flowLabel: 0xabcde,
        totalLength: 64,
        hopLimit: 64,
        extensions: [],
        protocol: 6,
        source: A,
        destination: B,
      },
      tcp: { sourcePort: 1, destinationPort: 2, checksumCorrect: true, options: [{ kind: 'mss', value: 1440 }] },
    });
  });

  test('has its extension headers read in their order (RFC 8200 §4.1)', () => {
    const alert = [0, 0, 5, 2, 0, 0, 1, 0];
    const routing = [0, 0, 4, 1, 0, 0, 0, 0];
    const authentication = [0, 2, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0];
    const destination = [0, 0, 1, 4, 0, 0, 0, 0];
    const bytes = chain([0, alert], [43, routing], [51, authentication], [60, destination], udp(4));
    expect(decodePacket(bytes)).toMatchObject({
      kind: 'udp',
      ip: {
        headerLength: 40 + 8 + 8 + 16 + 8,
        protocol: 17,
        extensions: [
          { kind: 'hopByHop', options: [{ number: 5, bytes: Uint8Array.of(0, 0) }] },
          { kind: 'routing', type: 4, segmentsLeft: 1 },
          { kind: 'authentication' },
          { kind: 'destination', options: [] },
        ],
      },
      udp: { length: 12, payload: new Uint8Array(4) },
    });
    expect(formatPacket(bytes)).toBe(
      '[fd00::1]:5 > [fd00::2]:6 (hop-by-hop options, routing header, authentication header, destination options) udp len 4',
    );
  });

  test('that is a fragment says of what, and where it belongs (RFC 8200 §4.5)', () => {
    const first = chain([44, [0, 0, 0, 1, 0, 0, 0, 9]], udp(8));
    expect(decodePacket(first)).toMatchObject({
      kind: 'fragment',
      ip: { protocol: 17, identification: 9, moreFragments: true, fragmentOffset: 0, headerLength: 48 },
    });
    expect(formatPacket(first)).toBe('fd00::1 > fd00::2 udp fragment id 9 offset 0 len 16, more follow');
    // What follows looks like destination options, but is data.
    const second = chain([44, [0, 0, 0, 16, 0, 0, 0, 9]], [60, [255, 255, 255, 255, 255, 255, 255, 255]], udp(0));
    expect(decodePacket(second)).toMatchObject({ kind: 'fragment', ip: { protocol: 60, fragmentOffset: 16 } });
    const only = chain([44, [0, 0, 0, 0, 0, 0, 0, 9]], udp(0));
    expect(decodePacket(only)).toMatchObject({ kind: 'udp', ip: { extensions: [{ kind: 'fragment', more: false }] } });
  });

  test('that is one of IPv4 is told by the same names', () => {
    const bytes = buildIp({ source: '10.9.0.1', destination: '10.9.0.2', protocol: 17, payload: new Uint8Array(16) });
    new DataView(bytes.buffer).setUint16(6, 0x2003);
    expect(formatPacket(bytes)).toBe('10.9.0.1 > 10.9.0.2 udp fragment id 0 offset 24 len 16, more follow');
  });

  test.each<[string, Uint8Array, RegExp]>([
    ['is too short', tcp().subarray(0, 39), /39 bytes are too few for an IPv6 header/],
    ['is cut', tcp().subarray(0, 63), /63 of 64 bytes/],
    ['has an extension header that is cut', chain([60, [0, 9, 0, 0, 0, 0, 0, 0]], udp(0)), /ends behind/],
    ['has hop-by-hop options later', chain([60, pad()], [0, pad()], udp(0)), /not the first/],
    ['has an option that is cut', chain([60, [0, 0, 7, 9, 0, 0, 0, 0]], udp(0)), /option 7/],
    ['has no end of headers', chain(...new Array<[number, number[]]>(17).fill([60, pad()]), udp(0)), /more than 16/],
    ['has a UDP header that is cut', chain([60, pad()], [17, [1, 2, 3]]), /3 bytes are too few for a UDP header/],
    ['has a UDP length of too much', chain([17, [0, 1, 0, 2, 0, 99, 0, 0]]), /UDP length of 99 bytes in 8/],
    ['has an ICMPv6 header that is cut', chain([58, [128, 0, 0]]), /3 bytes are too few for an ICMPv6 header/],
    ['has a neighbor solicitation that is cut', chain([58, [135, ...zeros(22)]]), /23 bytes/],
    ['has an option of no length', icmp6([135, ...zeros(23), 1, 0, ...zeros(6)]), /option 1 of 0 bytes/],
    ['has an option that is cut', icmp6([135, ...zeros(23), 1, 2, ...zeros(6)]), /option 1 of 16 bytes/],
    ['lacks records', icmp6([143, 0, 0, 0, 0, 0, 0, 1]), /1 records are missing/],
    ['lacks sources', icmp6([143, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 9, ...zeros(16)]), /9 sources in 0 bytes/],
  ])('that %s is malformed', (_, bytes, reason) => {
    expect(decodePacket(bytes)).toMatchObject({ kind: 'malformed', reason: expect.stringMatching(reason) });
  });

  test('is read or malformed, whatever its bytes: nothing throws', () => {
    const header = [...tcp().subarray(0, 40)];
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(0, 6, 17, 43, 44, 51, 58, 60), (random, next) => {
        const bytes = Uint8Array.from([...header, ...random]);
        new DataView(bytes.buffer).setUint16(4, random.length);
        bytes[6] = next;
        expect(typeof formatPacket(bytes)).toBe('string');
      }),
    );
  });

  test('of ICMPv6 is read or malformed, whatever its bytes: nothing throws', () => {
    const types = fc.constantFrom(1, 2, 3, 4, 128, 130, 131, 132, 133, 134, 135, 136, 137, 143);
    fc.assert(
      fc.property(types, fc.uint8Array({ maxLength: 120 }), (type, rest) => {
        expect(typeof formatPacket(icmp6([type, ...rest]))).toBe('string');
      }),
    );
  });
});

describe('UDP', () => {
  test('knows a right checksum from a wrong one, of odd lengths and behind padding too', () => {
    for (const [source, destination] of [
      [A, B],
      ['10.9.0.1', '10.9.0.2'],
    ] as const) {
      const bytes = buildIp({ source, destination, protocol: 17, payload: Uint8Array.from([...udp(3)[1], 0, 0]) });
      const at = bytes.length - 2 - 11;
      bytes.set([77, 78, 79], at + 8);
      // The pseudo-header has the length of the datagram, not that of the packet.
      const exact = buildIp({ source, destination, protocol: 17, payload: bytes.subarray(at, at + 11) });
      new DataView(bytes.buffer).setUint16(at + 6, transportChecksum(exact, 17));
      expect(decodePacket(bytes)).toMatchObject({ udp: { checksumCorrect: true, payload: Uint8Array.of(77, 78, 79) } });
      bytes[at + 8] = 1;
      expect(decodePacket(bytes)).toMatchObject({ udp: { checksumCorrect: false } });
    }
  });

  test('without a checksum is right over IPv4 only (RFC 8200 §8.1)', () => {
    const payload = Uint8Array.from(udp(3)[1]);
    const four = buildIp({ source: '10.9.0.1', destination: '10.9.0.2', protocol: 17, payload });
    expect(decodePacket(four)).toMatchObject({ udp: { checksum: 0, checksumCorrect: true } });
    expect(decodePacket(chain([17, [...payload]]))).toMatchObject({ udp: { checksum: 0, checksumCorrect: false } });
    expect(formatPacket(four)).toBe('10.9.0.1:5 > 10.9.0.2:6 udp len 3');
  });
});

describe('ICMP errors', () => {
  const quoted4 = [
    ...buildIp({ source: '10.9.0.2', destination: '10.9.0.1', protocol: 17, payload: Uint8Array.from(udp(0)[1]) }),
  ];
  const quoted6 = [...chain([60, pad()], udp(0))];

  test.each<[number[], string]>([
    [[3, 3, 0, 0, 0, 0, 0, 0, ...quoted4], 'port unreachable about 10.9.0.2:5 > 10.9.0.1:6 udp'],
    [[3, 4, 0, 0, 0, 0, 5, 0, ...quoted4], 'fragmentation needed mtu 1280 about 10.9.0.2:5 > 10.9.0.1:6 udp'],
    [[3, 13, 0, 0, 0, 0, 0, 0, ...quoted4.slice(0, 22)], 'prohibited about 10.9.0.2 > 10.9.0.1 udp'],
    [[11, 1, 0, 0, 0, 0, 0, 0, ...quoted4.slice(0, 9)], 'reassembly time exceeded len 9'],
    [[12, 0, 0, 0, 7, 0, 0, 0, ...quoted4], 'parameter problem at byte 7 about 10.9.0.2:5 > 10.9.0.1:6 udp'],
  ])('of IPv4 quote the packet that they are about: %j', (message, text) => {
    expect(formatPacket(icmp4(message))).toBe(`10.9.0.1 > 10.9.0.2 icmp ${text}`);
  });

  test.each<[number[], string]>([
    [[1, 4, 0, 0, 0, 0, 0, 0, ...quoted6], 'port unreachable about [fd00::1]:5 > [fd00::2]:6 udp'],
    [[2, 0, 0, 0, 0, 0, 5, 0, ...quoted6], 'packet too big mtu 1280 about [fd00::1]:5 > [fd00::2]:6 udp'],
    [[3, 0, 0, 0, 0, 0, 0, 0, ...quoted6.slice(0, 50)], 'hop limit exceeded about fd00::1 > fd00::2 udp'],
    [[4, 1, 0, 0, 0, 0, 0, 40, ...quoted6.slice(0, 30)], 'unknown next header at byte 40 len 30'],
    [[1, 9, 0, 0, 0, 0, 0, 0], 'type 1 code 9 len 0'],
  ])('of IPv6 quote the packet that they are about: %j', (message, text) => {
    expect(formatPacket(icmp6(message))).toBe(`fd00::1 > fd00::2 icmp6 ${text}`);
  });

  test('have a checksum over the pseudo-header (RFC 4443 §2.3)', () => {
    const echo = icmp6([128, 0, 0, 0, 0, 7, 0, 3, 1, 2, 3]);
    expect(decodePacket(echo)).toMatchObject({ icmp: { checksumCorrect: true, identifier: 7, sequence: 3 } });
    expect(formatPacket(echo)).toBe('fd00::1 > fd00::2 icmp6 echo request id 7 seq 3 len 3');
    echo[50] = 99;
    expect(decodePacket(echo)).toMatchObject({ icmp: { checksumCorrect: false } });
  });
});

describe('neighbor discovery', () => {
  const mac = [2, 0, 0, 0, 0, 0x1f];

  test.each<[number[], string]>([
    [[133, 0, 0, 0, 0, 0, 0, 0, 1, 1, ...mac], 'router solicitation <source 02:00:00:00:00:1f>'],
    [
      [135, 0, 0, 0, 0, 0, 0, 0, ...addressBytes(B), 1, 1, ...mac],
      'neighbor solicitation who has fd00::2? <source 02:00:00:00:00:1f>',
    ],
    [
      [136, 0, 0, 0, 0xe0, 0, 0, 0, ...addressBytes(B), 2, 1, ...mac],
      'neighbor advertisement fd00::2 router solicited override <target 02:00:00:00:00:1f>',
    ],
    [[137, 0, 0, 0, 0, 0, 0, 0, ...addressBytes(A), ...addressBytes(B)], 'redirect fd00::2 by fd00::1'],
  ])('prints %j', (message, text) => {
    expect(formatPacket(icmp6(message))).toBe(`fd00::1 > fd00::2 icmp6 ${text}`);
  });

  test('reads a router advertisement with its options (RFC 4861 §4.2, RFC 4191, RFC 8106)', () => {
    const prefix = [
      3,
      4,
      64,
      0xc0,
      ...[255, 255, 255, 255],
      ...[0, 0, 0x38, 0x40],
      ...zeros(4),
      ...addressBytes('fd00:7::'),
    ];
    const route = [24, 2, 56, 0, ...[0, 0, 0, 60], ...addressBytes('fd00:8::').slice(0, 8)];
    const resolvers = [25, 5, 0, 0, ...[0, 0, 2, 0], ...addressBytes('fd00::53'), ...addressBytes('fd00::54')];
    const options = [1, 1, ...mac, ...[5, 1, 0, 0, 0, 0, 5, 0], ...prefix, ...route, ...resolvers, 99, 1, ...mac];
    const bytes = icmp6([134, 0, 0, 0, 64, 0xc0, 7, 8, ...[0, 0, 0x75, 0x30], ...[0, 0, 3, 0xe8], ...options]);
    expect(decodePacket(bytes)).toMatchObject({
      icmp: {
        neighbor: {
          kind: 'routerAdvertisement',
          hopLimit: 64,
          managed: true,
          otherConfiguration: true,
          lifetime: 1800,
          reachableTime: 30_000,
          retransmitTime: 1000,
        },
      },
    });
    expect(formatPacket(bytes)).toBe(
      'fd00::1 > fd00::2 icmp6 router advertisement hop limit 64 lifetime 1800 s managed other <source 02:00:00:00:00:1f, ' +
        'mtu 1280, prefix fd00:7::/64 on-link autonomous valid for ever preferred 14400 s, route fd00:8::/56 lifetime 60 s, ' +
        'resolvers fd00::53 fd00::54 lifetime 512 s, option 99>',
    );
  });
});

describe('multicast membership', () => {
  const group = addressBytes('ff02::fb');
  test.each<[number[], string]>([
    [[130, 0, 0, 0, 0x27, 0x10, 0, 0, ...zeros(16)], 'listener query all groups within 10000 ms'],
    [
      [130, 0, 0, 0, 0x80, 0x00, 0, 0, ...group, 2, 125, 0, 1, ...addressBytes(A)],
      'listener query ff02::fb from fd00::1 within 32768 ms',
    ],
    [[131, 0, 0, 0, 0, 0, 0, 0, ...group], 'listener report ff02::fb'],
    [[132, 0, 0, 0, 0, 0, 0, 0, ...group], 'listener done ff02::fb'],
    [
      [143, 0, 0, 0, 0, 0, 0, 2, 4, 0, 0, 0, ...group, 5, 0, 0, 1, ...group, ...addressBytes(A)],
      'listener report <to exclude ff02::fb, allow ff02::fb from fd00::1>',
    ],
  ])('of IPv6 prints %j', (message, text) => {
    expect(formatPacket(icmp6(message))).toBe(`fd00::1 > fd00::2 icmp6 ${text}`);
  });

  test.each<[number[], string]>([
    [[0x11, 100, 0, 0, 0, 0, 0, 0], 'listener query all groups within 10000 ms'],
    [[0x11, 0x80, 0, 0, 224, 0, 0, 251, 2, 125, 0, 0], 'listener query 224.0.0.251 within 12800 ms'],
    [[0x16, 0, 0, 0, 224, 0, 0, 251], 'listener report 224.0.0.251'],
    [[0x17, 0, 0, 0, 224, 0, 0, 251], 'listener done 224.0.0.251'],
    [[0x22, 0, 0, 0, 0, 0, 0, 1, 3, 0, 0, 0, 224, 0, 0, 251], 'listener report <to include 224.0.0.251>'],
    [[0x99, 0, 0, 0, 0, 0, 0, 1], 'type 153'],
  ])('of IPv4 prints %j', (message, text) => {
    expect(formatPacket(igmp(message))).toBe(`10.9.0.1 > 10.9.0.2 igmp ${text}`);
  });
});

describe('a frame', () => {
  const head = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1];
  const request = [0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, 10, 9, 0, 1, ...zeros(6), 10, 9, 0, 2];

  test('of ARP says who asks for whom (RFC 826)', () => {
    const bytes = Uint8Array.from([...head, 8, 6, ...request, ...zeros(18)]);
    expect(decodeFrame(bytes)).toMatchObject({
      kind: 'frame',
      source: '02:00:00:00:00:01',
      destination: 'ff:ff:ff:ff:ff:ff',
      etherType: 0x0806,
      content: { kind: 'arp', arp: { operation: 1, senderAddress: '10.9.0.1', targetAddress: '10.9.0.2' } },
    });
    expect(formatFrame(bytes)).toBe('02:00:00:00:00:01 > ff:ff:ff:ff:ff:ff arp who has 10.9.0.2? tell 10.9.0.1');
    bytes[14 + 7] = 2;
    expect(formatFrame(bytes)).toContain('arp 10.9.0.1 is at 02:00:00:00:00:01');
  });

  test('of IP has its padding left out, and a tag read', () => {
    const packet = tcp();
    expect(decodeFrame(Uint8Array.from([...head, 0x86, 0xdd, ...packet, 0, 0, 0]))).toMatchObject({
      content: { kind: 'tcp', tcp: { payload: new Uint8Array() } },
    });
    expect(formatFrame(Uint8Array.from([...head, 0x81, 0, 0x20, 7, 0x86, 0xdd, ...packet]))).toBe(
      '02:00:00:00:00:01 > ff:ff:ff:ff:ff:ff vlan 7 [fd00::1]:1 > [fd00::2]:2 [SYN] seq 0 win 0 <mss 1440>',
    );
  });

  test.each<[string, number[], string]>([
    ['is too short', head, 'malformed frame: 12 bytes are too few for an Ethernet header'],
    [
      'has another version than its type says',
      [...head, 8, 0, ...tcp()],
      '02:00:00:00:00:01 > ff:ff:ff:ff:ff:ff malformed packet: version 6 in a frame of IPv4',
    ],
    [
      'carries ARP of something else',
      [...head, 8, 6, 0, 6, ...request.slice(2)],
      '02:00:00:00:00:01 > ff:ff:ff:ff:ff:ff malformed packet: ARP of hardware 6 for protocol 0x800',
    ],
    [
      'carries something else',
      [...head, 0x88, 0xcc, 1, 2],
      '02:00:00:00:00:01 > ff:ff:ff:ff:ff:ff type 0x88cc, 2 bytes',
    ],
  ])('that %s says so', (_, bytes, text) => {
    expect(formatFrame(Uint8Array.from(bytes))).toBe(text);
  });

  test('is read or malformed, whatever its bytes: nothing throws', () => {
    const types = fc.constantFrom([8, 0], [8, 6], [0x86, 0xdd], [0x81, 0], [0, 9]);
    fc.assert(
      fc.property(types, fc.uint8Array({ maxLength: 90 }), fc.nat(14), (type, rest, cut) => {
        expect(typeof formatFrame(Uint8Array.from([...head, ...type, ...rest]).subarray(cut % 2 ? cut : 0))).toBe(
          'string',
        );
      }),
    );
  });
});

function tcp(): Uint8Array {
  const options = { mss: 1440 };
  const rest = { seq: 0, ack: 0, flags: 'S', window: 0, urgent: 0, options, data: new Uint8Array() };
  return buildPacket({ source: A, destination: B, sourcePort: 1, destinationPort: 2, ...rest });
}

/** A packet with these headers, each of which is made to say what the next one is. */
function chain(...headers: (readonly [protocol: number, bytes: readonly number[]])[]): Uint8Array {
  const payload = headers.flatMap(([, bytes], index) => {
    const next = headers[index + 1];
    return next === undefined ? bytes : [next[0], ...bytes.slice(1)];
  });
  return buildIp({ source: A, destination: B, protocol: headers[0]?.[0] ?? 59, payload: Uint8Array.from(payload) });
}

function udp(length: number): readonly [number, number[]] {
  return [17, [0, 5, 0, 6, 0, 8 + length, 0, 0, ...zeros(length)]];
}

function icmp6(message: readonly number[]): Uint8Array {
  const bytes = chain([58, message]);
  if (message.length >= 4) new DataView(bytes.buffer).setUint16(42, 0);
  if (message.length >= 4) new DataView(bytes.buffer).setUint16(42, transportChecksum(bytes, 58));
  return bytes;
}

function icmp4(message: readonly number[]): Uint8Array {
  return four(1, message);
}

function igmp(message: readonly number[]): Uint8Array {
  return four(2, message);
}

function four(protocol: number, message: readonly number[]): Uint8Array {
  const payload = Uint8Array.from(message);
  new DataView(payload.buffer).setUint16(2, internetChecksum(payload));
  return buildIp({ source: '10.9.0.1', destination: '10.9.0.2', protocol, payload });
}

/** Eight bytes of options: nothing but padding. */
function pad(): number[] {
  return [0, 0, 1, 4, 0, 0, 0, 0];
}

function zeros(length: number): number[] {
  return new Array<number>(length).fill(0);
}
