/** Decoding and printing packets. The bytes of the first were captured from Linux; the others are built here. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodePacket, type Packet } from '../../host/packet/packet.js';
import { formatPacket } from '../../host/packet/print.js';

/** SYN of `curl http://10.9.0.2/` on Linux 6.18. */
const SYN = bytes(
  '45 00 00 3c 8b 1d 40 00 40 06 9b 8a 0a 09 00 01 0a 09 00 02', // IPv4, DF, TTL 64, TCP
  'd7 9c 00 50 75 2f 05 98 00 00 00 00 a0 02 fa f0 7c 48 00 00', // 55196 > 80, SYN, window 64240
  '02 04 05 b4 04 02 08 0a 84 fd e4 fd 00 00 00 00 01 03 03 0a', // MSS, SACK permitted, timestamps, NOP, window scale
);

describe('decodePacket', () => {
  test('reads every field of an IPv4 header', () => {
    expect(decodePacket(SYN)).toMatchObject({
      kind: 'tcp',
      ip: {
        version: 4,
        headerLength: 20,
        dscp: 0,
        ecn: 0,
        totalLength: 60,
        identification: 0x8b1d,
        dontFragment: true,
        moreFragments: false,
        fragmentOffset: 0,
        ttl: 64,
        protocol: 6,
        checksumCorrect: true,
        source: '10.9.0.1',
        destination: '10.9.0.2',
      },
    });
  });

  test('notices a wrong header checksum', () => {
    expect(decodePacket(changed(SYN, 8, 63))).toMatchObject({ ip: { checksumCorrect: false } });
  });

  test('reads a TCP header with the options of a SYN', () => {
    const packet = decodePacket(SYN);
    expect(packet).toMatchObject({
      tcp: {
        sourcePort: 55196,
        destinationPort: 80,
        seq: 0x752f_0598,
        ack: 0,
        headerLength: 40,
        flags: 2,
        flagNames: ['SYN'],
      },
    });
    expect(tcp(packet).options).toEqual([
      { kind: 'mss', value: 1460 },
      { kind: 'sackPermitted' },
      { kind: 'timestamps', value: 0x84fd_e4fd, echo: 0 },
      { kind: 'nop' },
      { kind: 'windowScale', shift: 10 },
    ]);
  });

  test('reads numbers with the highest bit set', () => {
    const { seq, ack, window } = tcp(decodePacket(segment({ seq: 0xffff_fff0, ack: 0x8000_0001, window: 0xffff })));
    expect([seq, ack, window]).toEqual([0xffff_fff0, 0x8000_0001, 0xffff]);
  });

  test('reads SACK blocks', () => {
    const options = [1, 1, 5, 18, ...word(100), ...word(200), ...word(300), ...word(400)];
    expect(tcp(decodePacket(segment({ options }))).options.at(-1)).toEqual({
      kind: 'sack',
      blocks: [
        { left: 100, right: 200 },
        { left: 300, right: 400 },
      ],
    });
  });

  test('stops at the end of the options, and at a length that leads nowhere', () => {
    expect(tcp(decodePacket(segment({ options: [1, 0, 2, 4] }))).options).toEqual([{ kind: 'nop' }, { kind: 'end' }]);
    for (const length of [0, 1, 9]) {
      expect(tcp(decodePacket(segment({ options: [8, length, 1, 1] }))).options).toEqual([
        { kind: 'malformed', number: 8 },
      ]);
    }
  });

  test('keeps what it has no name for, and options of an unusual length', () => {
    const [unknown, mss] = tcp(decodePacket(segment({ options: [254, 4, 0xca, 0xfe, 2, 3, 5, 1] }))).options;
    expect(unknown).toEqual({ kind: 'unknown', number: 254, bytes: Uint8Array.of(0xca, 0xfe) });
    expect(mss).toEqual({ kind: 'unknown', number: 2, bytes: Uint8Array.of(5) });
  });

  test('leaves out what lies behind the total length', () => {
    const padded = new Uint8Array([...segment({ payload: [1, 2, 3] }), 9, 9]);
    expect(tcp(decodePacket(padded)).payload).toEqual(Uint8Array.of(1, 2, 3));
  });

  test.each([
    [Uint8Array.of(), /0 bytes are too few/],
    [changed(SYN, 0, 0x75), /version 7/],
    [changed(SYN, 0, 0x44), /IPv4 header of 16 bytes/],
    [changed(SYN, 3, 19), /total length of 19/],
    [SYN.subarray(0, 59), /59 of 60 bytes/],
    [changed(SYN, 32, 0x40), /TCP header of 16 bytes/],
    [changed(SYN, 32, 0xf0), /TCP header of 60 bytes/],
  ])('says what is wrong with a malformed packet', (packet, reason) => {
    expect(decodePacket(packet)).toMatchObject({ kind: 'malformed', reason: expect.stringMatching(reason) });
  });

  test('reads no TCP header in a fragment', () => {
    expect(decodePacket(changed(SYN, 7, 1))).toMatchObject({ kind: 'fragment', ip: { fragmentOffset: 8 } });
  });

  test('never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.boolean(), (random, plausible) => {
        const packet = plausible ? new Uint8Array([...SYN.subarray(0, 20), ...random]) : random;
        expect(typeof formatPacket(packet)).toBe('string');
      }),
    );
  });
});

describe('the checksum of TCP', () => {
  test('is right or wrong, for odd lengths too', () => {
    expect(tcp(decodePacket(SYN)).checksumCorrect).toBe(true);
    expect(tcp(decodePacket(changed(SYN, 41, 0))).checksumCorrect).toBe(false);
    // One byte more of payload, which counts as the high byte of a word: the checksum is less by it and by the length.
    const odd = new Uint8Array([...SYN, 1]);
    odd[3] = 61;
    odd[36] = 0x7b;
    odd[37] = 0x47;
    expect(tcp(decodePacket(odd)).checksumCorrect).toBe(true);
  });
});

describe('formatPacket', () => {
  test('prints a SYN with its options in one line', () => {
    expect(formatPacket(SYN, { seq: 0x752f_0598, ack: 0 })).toBe(
      '10.9.0.1:55196 > 10.9.0.2:80 [SYN] seq 0 win 64240 <mss 1460, sackOK, ts 2231231741 0, wscale 10>',
    );
  });

  test('counts sequence numbers from a base, modulo 2³²', () => {
    const packet = segment({ seq: 4, ack: 101, flags: 0x18, payload: [1, 2] });
    expect(formatPacket(packet, { seq: 0xffff_ffff, ack: 100 })).toBe(
      '10.9.0.1:1 > 10.9.0.2:2 [PSH, ACK] seq 5 ack 1 win 0 len 2',
    );
  });

  test('prints ICMP by name', () => {
    const echo = ip(1, [8, 0, 0, 0, 0, 7, 0, 3, 1, 2, 3, 4]);
    expect(formatPacket(echo)).toBe('10.9.0.1 > 10.9.0.2 icmp echo request id 7 seq 3 len 4');
    const needed = ip(1, [3, 4, 0, 0, 0, 0, 5, 0xdc, 0x45]);
    expect(formatPacket(needed)).toBe('10.9.0.1 > 10.9.0.2 icmp fragmentation needed mtu 1500 len 1');
    expect(formatPacket(ip(1, [40, 1, 0, 0, 0, 0, 0, 0]))).toBe('10.9.0.1 > 10.9.0.2 icmp type 40 code 1 len 0');
  });

  test('prints other protocols by number, and what is wrong with malformed packets', () => {
    expect(formatPacket(ip(99, [1, 2, 3]))).toBe('10.9.0.1 > 10.9.0.2 protocol 99, 3 bytes');
    expect(formatPacket(Uint8Array.of(0x45))).toBe('malformed packet: 1 bytes are too few for an IPv4 header');
  });
});

function bytes(...lines: string[]): Uint8Array {
  return Uint8Array.from(lines.join(' ').split(' '), (text) => Number.parseInt(text, 16));
}

function changed(packet: Uint8Array, offset: number, value: number): Uint8Array {
  const copy = packet.slice();
  copy[offset] = value;
  return copy;
}

function tcp(packet: Packet) {
  if (packet.kind !== 'tcp') throw new Error(`not TCP but ${packet.kind}`);
  return packet.tcp;
}

interface Fields {
  seq?: number;
  ack?: number;
  flags?: number;
  window?: number;
  options?: readonly number[];
  payload?: readonly number[];
}

function segment({ seq = 0, ack = 0, flags = 0x10, window = 0, options = [], payload = [] }: Fields): Uint8Array {
  const header = (20 + options.length) / 4;
  const fixed = [0, 1, 0, 2, ...word(seq), ...word(ack), header << 4, flags, window >> 8, window & 0xff, 0, 0, 0, 0];
  return ip(6, [...fixed, ...options, ...payload]);
}

function ip(protocol: number, payload: readonly number[]): Uint8Array {
  const length = 20 + payload.length;
  const fixed = [0x45, 0, length >> 8, length & 0xff, 0, 0, 0x40, 0, 64, protocol, 0, 0];
  return Uint8Array.from([...fixed, 10, 9, 0, 1, 10, 9, 0, 2, ...payload]);
}

function word(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}
