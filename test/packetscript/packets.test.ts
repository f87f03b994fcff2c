import { describe, expect, test } from 'vitest';
import type { TcpSpec } from '../../host/packetscript/language/ast.js';
import { parseScript } from '../../host/packetscript/language/script.js';
import { compareSegment, merged, type Rules } from '../../host/packetscript/packet/compare.js';
import { Endpoint } from '../../host/packetscript/packet/endpoint.js';
import { misplaced, pattern } from '../../host/packetscript/packet/pattern.js';
import type { Segment } from '../../host/packetscript/packet/segment.js';
import { showSegment } from '../../host/packetscript/packet/show.js';
import { decode, encodeIcmp, encodeSegment } from '../../host/packetscript/packet/wire.js';

describe('a packet on the wire', () => {
  test.each([
    '< SEW 0:0(0) win 65535 <mss 1460,sackOK,TS val 100 ecr 0,nop,wscale 8>',
    '< P. 1:11(10) ack 1 win 257 urg 3 <nop,nop,sack 1:2 3:4>',
    '< (tos 0x28) F. 4294967290:4(10) ack 1 win 1 <eol,eol,eol,eol>',
    '< S 0:0(0) win 1 <FO a1b2c3d4,nop,nop>',
    '< . 1:1(0) ack 1 win 1 <FOEXP>',
    '< . 1:1(0) ack 1 win 1 <ECN e0b 1 ceb 2 e1b 70000,nop>',
  ])('%s is what the script says', (text) => {
    const segment = live(text);
    const bytes = encodeSegment(segment);
    expect(decode(bytes)).toEqual(segment);
    expect(showSegment(segment)).toBe(text.slice(2));
  });

  test('the checksums are right', () => {
    const bytes = encodeSegment(live('< P. 1:12(11) ack 1 win 257'));
    expect(decode(bytes)).toMatchObject({ kind: 'tcp' });
    bytes[10] = (bytes[10] as number) ^ 1;
    expect(decode(bytes)).toMatchObject({ kind: 'unreadable', reason: 'a wrong IP checksum' });
  });

  test('ICMP quotes the segment with the numbers of the wire', () => {
    const endpoint = connected(1000, 500);
    const action = parseScript('0 < icmp unreachable frag_needed mtu 800 [11:21(10)]').events[0]?.action;
    if (action?.kind !== 'packet' || action.packet.kind !== 'icmp') throw new Error('no ICMP');
    const packet = decode(encodeIcmp(endpoint.inboundIcmp(action.packet)));
    expect(packet).toMatchObject({ kind: 'icmp', type: 3, code: 4, rest: 800 });
    const body = packet.kind === 'icmp' ? packet.body : new Uint8Array();
    expect(new DataView(body.buffer, body.byteOffset).getUint32(24)).toBe(1000 + 11);
  });
});

describe('numbers of a script and of the wire', () => {
  test('count from the initial sequence numbers, around the end of the number space', () => {
    const endpoint = connected(0xfffffff0, 7);
    const segment = endpoint.inbound(tcp('< . 101:101(0) ack 21 win 5 <nop,nop,sack 31:41>'), false) as Segment;
    expect(segment).toMatchObject({ seq: 7 + 101, ack: 5, options: [{}, {}, { blocks: [{ left: 15, right: 25 }] }] });
    const back = endpoint.outbound({ ...segment, seq: 5, ack: 108, options: [] }, tcp('> . 21:21(0)').seq);
    expect(back).toMatchObject({ seq: 21, ack: 101 });
  });

  test('timestamps: an echo means the one that the script gave that number', () => {
    const endpoint = connected(0, 0);
    const sent = { ...live('< . 1:1(0) ack 1 win 1 <nop,nop,TS val 7777 ecr 5>') };
    endpoint.learnTimestamp(sent, tcp('> . 1:1(0) ack 1 <nop,nop,TS val 100 ecr 5>').options as never);
    const echo = (text: string, loose = false) => endpoint.inbound(tcp(text), loose);
    expect(echo('< . 1:1(0) ack 1 <nop,nop,TS val 9 ecr 100>')).toMatchObject({ options: [{}, {}, { echo: 7777 }] });
    expect(echo('< . 1:1(0) ack 1 <nop,nop,TS val 9 ecr 103>')).toContain('TS ecr 103 echoes nothing');
    expect(echo('< . 1:1(0) ack 1 <nop,nop,TS val 9 ecr 103>', true)).toMatchObject({
      options: [{}, {}, { echo: 7780 }],
    });
    expect(echo('< . 1:1(0) ack 1 <nop,nop,TS val 9 ecr 3!>')).toMatchObject({ options: [{}, {}, { echo: 3 }] });
  });
});

describe('comparing', () => {
  test('what is not written is not compared: window, ECN, options with <...>', () => {
    const got = live('< [ect0] P. 1:11(10) ack 5 win 99 <nop,nop,TS val 3 ecr 4>');
    expect(differences('> P. 1:11(10) ack 5 <...>', got)).toEqual([]);
    expect(differences('> [noecn] P. 1:11(10) ack 5 win 98', got)).toEqual(['win', 'options', 'ECN']);
  });

  test('flags, numbers, length and urgent pointer always are', () => {
    const got = live('< . 1:11(10) ack 5 win 99');
    expect(differences('> P. 2:13(11) ack 6 urg 1', got)).toEqual(['flags', 'seq', 'length', 'ack', 'urg']);
    expect(differences('> . ...(10) ack 5', got)).toEqual([]);
  });

  test('options have an order and padding', () => {
    const got = live('< S 0:0(0) win 9 <mss 1460,nop,wscale 7>');
    expect(differences('> S 0:0(0) <nop,wscale 7,mss 1460>', got)).toEqual(['options']);
    expect(differences('> S 0:0(0) <mss 1460,nop,wscale 7>', got)).toEqual([]);
  });

  test('timestamps as far as the rules go', () => {
    const got = live('< . 1:1(0) ack 5 win 99 <nop,nop,TS val 103 ecr 4>');
    const expected = '> . 1:1(0) ack 5 <nop,nop,TS val 100 ecr 5>';
    expect(differences(expected, got, { echo: false, timestampSlack: undefined })).toEqual([]);
    expect(differences(expected, got, { echo: true, timestampSlack: undefined })).toEqual(['options']);
    expect(differences(expected, got, { echo: false, timestampSlack: 2 })).toEqual(['options']);
    expect(differences(expected, got, { echo: false, timestampSlack: 3 })).toEqual([]);
  });

  test('a byte at the wrong place shows', () => {
    const got = live('< . 1:11(10) ack 5 win 99');
    got.payload = pattern(2, 10);
    expect(differences('> . 1:11(10) ack 5', got)).toEqual(['data']);
    expect(misplaced(pattern(7, 100), 7)).toBe(-1);
  });

  test('segments that follow each other make one, with the flags of the last, or with PSH', () => {
    const first = live('< . 1:11(10) ack 5 win 99');
    const second = live('< P. 11:16(5) ack 5 win 99');
    expect(showSegment(merged(first, second, 15) as Segment)).toBe('P. 1:16(15) ack 5 win 99');
    expect(differences('> P. 1:16(15) ack 5', merged(first, live('< . 11:16(5) ack 5 win 99'), 15) as Segment)).toEqual(
      [],
    );
    expect(differences('> . 1:16(15) ack 5', merged(first, live('< . 11:16(5) ack 5 win 99'), 15) as Segment)).toEqual(
      [],
    );
    expect(differences('> . 1:16(15) ack 5', merged(first, second, 15) as Segment)).toEqual(['flags']);
    expect(merged(first, second, 14)).toBeUndefined();
    expect(merged(first, live('< P. 12:17(5) ack 5 win 99'), 16)).toBeUndefined();
    expect(merged(first, live('< P. 11:16(5) ack 6 win 99'), 16)).toBeUndefined();
  });
});

function tcp(text: string): TcpSpec {
  const action = parseScript(`0 ${text}`).events[0]?.action;
  if (action?.kind !== 'packet' || action.packet.kind !== 'tcp') throw new Error(`no TCP: ${text}`);
  return action.packet;
}

/** A segment with the very numbers of the script. */
function live(text: string): Segment {
  const spec = tcp(text);
  const segment = connected(0, 0).inbound({ ...spec, options: [] }, false);
  if (typeof segment === 'string' || spec.options === 'any') throw new Error(text);
  return { ...segment, options: spec.options };
}

function connected(localIsn: number, remoteIsn: number): Endpoint {
  const endpoint = new Endpoint('192.168.0.1', '192.0.2.1');
  endpoint.remotePort = 40001;
  endpoint.localPort = 8080;
  endpoint.startsRemoteAt(remoteIsn);
  endpoint.startsLocalAt(0, localIsn);
  return endpoint;
}

function differences(expected: string, got: Segment, rules: Rules = { echo: true, timestampSlack: 0 }): string[] {
  return compareSegment(tcp(expected), got, rules).map(({ field }) => field);
}
