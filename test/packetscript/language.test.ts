import { describe, expect, test } from 'vitest';
import type { Event, PacketSpec, TcpSpec } from '../../host/packetscript/language/ast.js';
import { ScriptError } from '../../host/packetscript/language/errors.js';
import { parseScript } from '../../host/packetscript/language/script.js';

describe('times', () => {
  test('absolute, relative, any and ranges, in microseconds', () => {
    const times = events('0 > . 1:1(0)\n+.1 > . 1:1(0)\n* > . 1:1(0)\n1~2.5 > . 1:1(0)\n+0.1~+0.2 > . 1:1(0)').map(
      ({ time }) => time,
    );
    expect(times).toEqual([
      { kind: 'absolute', at: 0 },
      { kind: 'relative', at: 100_000 },
      { kind: 'any' },
      { kind: 'range', relative: false, from: 1_000_000, to: 2_500_000 },
      { kind: 'range', relative: true, from: 100_000, to: 200_000 },
    ]);
  });

  test('a call that blocks has an end', () => {
    const [event] = events('+0...0.25 accept(3, ..., ...) = 4');
    expect(event).toMatchObject({ time: { kind: 'relative', at: 0 }, action: { name: 'accept', until: 250_000 } });
  });

  test('only an outbound packet may come at any time', () => {
    expect(() => parseScript('* < . 1:1(0)')).toThrow("'*' is for outbound packets only");
    expect(() => parseScript('+0~+1 close(3) = 0')).toThrow('a range of times is for outbound packets only');
  });
});

describe('packets', () => {
  test('flags, numbers, window, urgent pointer', () => {
    expect(tcp('< SEW 7:17(10) ack 5 win 100 urg 3')).toMatchObject({
      flags: 0x02 | 0x40 | 0x80,
      seq: { start: 7, length: 10, absolute: false, any: false },
      ack: 5,
      window: 100,
      urgent: 3,
    });
    expect(tcp('< - 1:1(0)').flags).toBe(0);
    expect(tcp('< PU. 1:1(0)').flags).toBe(0x08 | 0x20 | 0x10);
    expect(tcp('> .5 1:1(0)')).toMatchObject({ flags: 0x10 | 0x100 | 0x40, ace: 5 });
    expect(tcp('> R. 0:0(0)! ack 2').seq.absolute).toBe(true);
    expect(tcp('> P. ...(10) ack 2').seq).toMatchObject({ any: true, length: 10 });
    expect(tcp('< . 4294967295:1(2)').seq).toMatchObject({ start: 4294967295, length: 2 });
  });

  test('what the IP header says', () => {
    expect(tcp('> [ect0] . 1:1(0)').ip).toEqual({ ecn: 'ect0' });
    expect(tcp('< (tos 0x28, ttl 3) . 1:1(0)').ip).toEqual({ tos: 0x28, ttl: 3 });
    expect(tcp('< [dscp af41] . 1:1(0)').ip).toEqual({ dscp: 34 });
  });

  test('options', () => {
    const { options } = tcp('> S 0:0(0) <mss 1460,sackOK,TS val 100 ecr 0,nop,wscale 8> \n +0 > . 1:1(0)');
    expect(options).toEqual([
      { kind: 'mss', value: 1460 },
      { kind: 'sackOK' },
      { kind: 'timestamps', value: 100, echo: 0, absolute: false },
      { kind: 'nop' },
      { kind: 'wscale', value: 8 },
    ]);
    expect(tcp('> . 1:1(0) <...>').options).toBe('any');
    expect(tcp('> . 1:1(0) <nop,nop,sack 1:2 3:4>').options).toContainEqual({
      kind: 'sack',
      blocks: [
        { left: 1, right: 2 },
        { left: 3, right: 4 },
      ],
    });
    expect(tcp('< S 0:0(0) <FO a1b2>').options).toEqual([
      { kind: 'fastOpen', experimental: false, cookie: Uint8Array.of(0xa1, 0xb2) },
    ]);
    expect(tcp('< . 1:1(0) <ECN e1b 1 ceb 2 e0b 3,nop>').options).toContainEqual({
      kind: 'accEcn',
      first: 'e1b',
      counters: [1, 2, 3],
    });
  });

  test('ports tell connections apart', () => {
    expect(tcp('< 40001 > 8080 S 0:0(0)').ports).toEqual({ source: 40001, destination: 8080 });
  });

  test('ICMP about a segment', () => {
    expect(packet('< icmp unreachable frag_needed mtu 800 [1:1001(1000)]')).toMatchObject({
      kind: 'icmp',
      type: 3,
      code: 4,
      mtu: 800,
      cause: { start: 1, length: 1000 },
    });
    expect(packet('<icmp parameter_problem code_2 [0:0(0)]')).toMatchObject({ type: 12, code: 2 });
  });

  test('what there is not yet is read and has a name', () => {
    expect(packet('< udp (100)')).toEqual({ kind: 'foreign', name: 'udp' });
    expect(packet('< F. 1:1(0) ack 1 win 5/udp(1 > 9811)')).toEqual({ kind: 'foreign', name: 'tcp over udp' });
    expect(packet('> gre: . 1:1(0)')).toEqual({ kind: 'foreign', name: 'gre' });
  });
});

describe('the rest', () => {
  test('options, a prologue, an epilogue', () => {
    const script = parseScript('--ip_version=ipv4\n--local_ip=10.0.0.1\n--strict_segments\n`a`\n0 `b`\n`c`');
    expect(script.options.map(({ name, value }) => [name, value])).toEqual([
      ['ip_version', 'ipv4'],
      ['local_ip', '10.0.0.1'],
      ['strict_segments', undefined],
    ]);
    expect(script.prologue?.text).toBe('a');
    expect(script.epilogue?.text).toBe('c');
  });

  test('values of calls: structures, flags, addresses, strings', () => {
    const [event] = events(
      '0 f(3, {sa_family = AF_INET, sin_port = htons(80)}, A|B, [1, 0x10], "a" "b"..., ...) = -1 EAGAIN (Try again)',
    );
    expect(event?.action).toMatchObject({
      error: 'EAGAIN',
      result: { value: -1 },
      arguments: [
        { value: 3 },
        {
          kind: 'struct',
          fields: [{ name: 'sa_family' }, { name: 'sin_port', value: { kind: 'apply', name: 'htons' } }],
        },
        { kind: 'or' },
        { kind: 'list', items: [{ value: 1 }, { value: 16 }] },
        { kind: 'string', value: 'ab' },
        { kind: 'any' },
      ],
    });
  });

  test('lines of another stack are left out', () => {
    const source = '#ifdef STANDARD\n0 > R 1:1(0)\n#endif\n#ifdef FreeBSD\n0 > . 1:1(0)\n#endif\n';
    expect(parseScript(source, new Set(['FreeBSD'])).events).toMatchObject([{ line: 5 }]);
  });

  test('a definition stands for its value', () => {
    const script = parseScript('--define=BYTES=10\n0 write(3, ..., BYTES) = SENT', new Set(), new Map([['SENT', '7']]));
    expect(script.events[0]?.action).toMatchObject({
      arguments: [{ value: 3 }, { kind: 'any' }, { value: 10 }],
      result: { value: 7 },
    });
  });

  test('comments of both kinds are white space', () => {
    expect(events('// one\n/* two\n three */ 0 close(3) = 0 // four')).toMatchObject([{ line: 3, column: 11 }]);
  });
});

describe('what is wrong with a script is said with its place', () => {
  test.each([
    ['0 < S 0:0(0) <mss 1460>\n+0 > Q. 1:1(0)', 2, 6, "flags of the letters F S R P . U E W A, found 'Q'"],
    ['0 < . 1:5(3)', 1, 7, '1:5(3) does not add up: 1 + 3 is 4'],
    ['0 < S 0:0(0) <mss 1460,wscale 7>', 1, 14, 'these options take 7 bytes, no multiple of 4'],
    ['0 < S 0:0(0) <mss 70000>', 1, 19, 'the MSS is 70000, not from 0 to 65535'],
    ['0 < . 1:1(0) <...>', 1, 14, '<...> is for outbound packets only'],
    ['0 close(3 = 0', 1, 11, "expected ',' or ')', found '='"],
    ['0 close(3)', 1, 11, "expected '=' and the result of close, found the end of the script"],
    ['0 < icmp unreachable nobody', 1, 22, "expected a code of 'unreachable' (net_unreachable"],
    ['0 close(3) = 0\n--mtu=1500', 2, 1, 'options come first'],
    ['0 `unfinished', 1, 3, '` without `'],
    ['', 1, 1, 'the script has none'],
  ])('%j', (source, line, column, message) => {
    const error = failure(source);
    expect({ ...error.at, message: error.message }).toEqual({
      line,
      column,
      message: expect.stringContaining(message),
    });
  });
});

function events(source: string): Event[] {
  return parseScript(source).events;
}

function packet(text: string): PacketSpec {
  const action = events(`0 ${text}`)[0]?.action;
  if (action?.kind !== 'packet') throw new Error('not a packet');
  return action.packet;
}

function tcp(text: string): TcpSpec {
  const spec = packet(text);
  if (spec.kind !== 'tcp') throw new Error(`not TCP but ${spec.kind}`);
  return spec;
}

function failure(source: string): ScriptError {
  try {
    parseScript(source);
  } catch (error) {
    if (error instanceof ScriptError) return error;
    throw error;
  }
  throw new Error('it was read');
}
