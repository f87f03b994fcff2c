import { describe, expect, test } from 'vitest';
import { type PacketScriptOptions, runPacketScript } from '../../host/packetscript/run.js';

const HANDSHAKE = `
   0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
  +0 bind(3, ..., ...) = 0
  +0 listen(3, 1) = 0
  +0 < S 100:100(0) win 32792 <mss 1000,nop,wscale 7>
  +0 > S. 0:0(0) ack 101 <...>
+.01 < . 1:1(0) ack 1 win 257
  +0 accept(3, ..., ...) = 4
`;

describe('a script that the stack follows', () => {
  test('passes, with data both ways', async () => {
    const result = await run(`${HANDSHAKE}
      +0 write(4, ..., 2000) = 2000
      +0 > . 1:1001(1000) ack 1
      +0 > P. 1001:2001(1000) ack 1
    +.01 < P. 1:11(10) ack 2001 win 257
      +0 read(4, ..., 100) = 10
       * > . 2001:2001(0) ack 11
      +0 %{ assert tcpi_unacked == 0, tcpi_unacked }%`);
    expect(result).toMatchObject({ status: 'passed' });
    expect(result.log).toContain('0.020000 read = 10');
  });

  test('may block in a call until something comes', async () => {
    const read = (until: string) => `${HANDSHAKE}
      +0...${until} read(4, ..., 100) = 10
     +.1 < P. 1:11(10) ack 1 win 257
       * > . 1:1(0) ack 11`;
    expect(await run(read('0.1'))).toMatchObject({ status: 'passed' });
    expect(await run(read('0.2'))).toMatchObject({
      status: 'failed',
      reason: 'the call returned 0.100000 s too early, at 0.110000 s',
      place: { line: 10 },
    });
  });

  test('a call that blocks goes on before ACKs leave: what it writes carries them', async () => {
    const result = await run(`
       0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
      +0 setsockopt(3, SOL_TCP, TCP_MAXSEG, [1000], 4) = 0
      +0 fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0
      +0 connect(3, ..., ...) = -1 EINPROGRESS (Operation now in progress)
      +0 fcntl(3, F_SETFL, O_RDWR) = 0
      +0 > S 0:0(0) <...>
      +0...0.1 write(3, ..., 10) = 10
     +.1 < S. 0:0(0) ack 1 win 1000 <mss 1000>
      +0 > P. 1:11(10) ack 1`);
    expect(result).toMatchObject({ status: 'passed' });
  });

  test('connects, too, and several connections are told apart by their ports', async () => {
    const result = await run(`
       0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
      +0...0.1 connect(3, ..., ...) = 0
      +0 > S 0:0(0) <...>
     +.1 < S. 0:0(0) ack 1 win 1000 <mss 1000>
      +0 > . 1:1(0) ack 1
      +0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 4
      +0 bind(4, {sa_family = AF_INET, sin_port = htons(80), sin_addr = inet_addr("0.0.0.0")}, ...) = 0
      +0 listen(4, 5) = 0
      +0 < 1000 > 80 S 0:0(0) win 1000 <mss 1000>
      +0 > 80 > 1000 S. 0:0(0) ack 1 <...>
      +0 < 1001 > 80 S 0:0(0) win 1000 <mss 1000>
      +0 > 80 > 1001 S. 0:0(0) ack 1 <...>
     +.1 < 1001 > 80 . 1:1(0) ack 1 win 1000
      +0 < 1000 > 80 . 1:1(0) ack 1 win 1000
      +0 accept(4, ..., ...) = 5
      +0 write(5, ..., 10) = 10
      +0 > 80 > 1001 P. 1:11(10) ack 1`);
    expect(result).toMatchObject({ status: 'passed' });
  });

  test('in linux mode one longer packet stands for several segments, but not with --strict_segments', async () => {
    const script = `${HANDSHAKE}
      +0 write(4, ..., 3000) = 3000
      +0 > P. 1:3001(3000) ack 1`;
    expect(await run(script, { mode: 'linux' })).toMatchObject({ status: 'passed' });
    expect(await run(script)).toMatchObject({ status: 'failed' });
    expect(await run(`--strict_segments\n${script}`, { mode: 'linux' })).toMatchObject({ status: 'failed' });
  });
});

describe('a script that it does not follow', () => {
  test('fails with both packets, the fields, the time, the line and the state', async () => {
    const result = await run(`${HANDSHAKE}
     +.1 write(4, ..., 10) = 10
      +0 > P. 1:12(11) ack 1 win 5`);
    expect(result).toMatchObject({
      status: 'failed',
      reason: 'another packet was sent: length, win at 0.110000 s',
      place: { line: 11, column: 7 },
      text: '+0 > P. 1:12(11) ack 1 win 5',
      time: 110_000,
      state: 'ESTABLISHED',
      failure: {
        expected: 'P. 1:12(11) ack 1 win 5',
        differences: [{ field: 'length', expected: '11', got: '10' }, {}],
      },
    });
  });

  test('a packet has to come in time', async () => {
    const script = `${HANDSHAKE}
      +0 write(4, ..., 10) = 10
      +0 > P. 1:11(10) ack 1
     +.1 > P. 1:11(10) ack 1`;
    const result = await run(script);
    expect(result).toMatchObject({ status: 'failed', failure: { kind: 'time', differences: [{ field: 'time' }] } });
    expect(result.reason).toMatch(/^the packet came 0\.\d+ s too late$/);
    expect(await run(`--tolerance_usecs=200000\n${script}`)).toMatchObject({ status: 'passed' });
    expect(await run(script.replace('+.1 >', '* >'))).toMatchObject({ status: 'passed' });
    expect(await run(script.replace('+.1 >', '+.1~+.5 >'))).toMatchObject({ status: 'passed' });
  });

  test('nothing may be left over in exact mode', async () => {
    const script = `${HANDSHAKE}
      +0 write(4, ..., 10) = 10`;
    expect(await run(script)).toMatchObject({
      status: 'failed',
      reason: 'a packet is left that the script does not expect, sent at 0.010000 s',
      failure: { got: expect.stringMatching(/^P\. 1:11\(10\)/) },
    });
    expect(await run(script, { mode: 'linux' })).toMatchObject({ status: 'passed' });
  });

  test.each([
    ['+0 read(4, ..., 10) = 10', 'read should return at once, but it blocks'],
    ['+0 close(7) = 0', 'close answered -1 EBADF, not 0'],
    ['+0 bind(4, ..., ...) = -1 EACCES (no)', 'bind answered -1 EINVAL, not -1 EACCES'],
    ['+0 %{ assert tcpi_snd_cwnd == 0, tcpi_snd_cwnd }%', 'the assertion does not hold: assert tcpi_snd_cwnd == 0'],
    ['+0 `sockstat | grep -c TIME_WAIT | grep 1`', 'the command failed: sockstat | grep -c TIME_WAIT | grep 1'],
    ['0 close(4) = 0', 'this event is due at 0.000000 s, but it is 0.010000 s already'],
    ['+0 < . 1:1(0) ack 1 win 5 <nop,nop,TS val 1 ecr 7>', 'TS ecr 7 echoes nothing'],
  ])('%s', async (event, reason) => {
    expect(await run(`${HANDSHAKE}${event}`)).toMatchObject({
      status: 'failed',
      reason: expect.stringContaining(reason),
    });
  });

  test('--non_fatal=syscall makes warnings of calls that answer something else', async () => {
    const result = await run(`--non_fatal=syscall\n${HANDSHAKE}+0 close(7) = 0`);
    expect(result).toMatchObject({ status: 'passed', warnings: ['line 10: close answered -1 EBADF, not 0'] });
  });
});

describe('options', () => {
  const script = `${HANDSHAKE}
      +0 write(4, ..., 10) = 10`;

  test('of a script choose its mode and profile, those of its directory stand before them', async () => {
    expect(await runPacketScript(script)).toMatchObject({ status: 'passed' });
    expect(await runPacketScript(`--mode=exact\n${script}`)).toMatchObject({ status: 'failed' });
    expect(await runPacketScript(script, { options: '--mode=exact' })).toMatchObject({ status: 'failed' });
    expect(await runPacketScript(`--mode=linux\n${script}`, { options: '--mode=exact' })).toMatchObject({
      status: 'passed',
    });
    expect(await runPacketScript(`--mode=exact\n${script}`, { mode: 'linux' })).toMatchObject({ status: 'passed' });
    expect(await runPacketScript(`--profile=plan9\n${script}`)).toMatchObject({
      status: 'invalid',
      reason: "expected --profile=linux or freebsd or vitrine, found 'plan9'",
    });
  });

  test('that are no options are told with their place', async () => {
    expect(await runPacketScript(script, { options: '--mode=exact\n+0 close(3) = 0' })).toMatchObject({
      status: 'invalid',
      place: { line: 2 },
      reason: "expected an option as --name=value, found '+'",
    });
  });
});

describe('what does not run', () => {
  test.each([
    ['0 < udp (10)', 'udp: not supported yet'],
    ['--ip_version=ipv6\n--mtu=1000\n0 close(3) = 0', 'IPv6 on an MTU of 1000: not supported yet'],
    ['0 fork() = 0', 'the system call fork: not supported yet'],
    ['0 socket(..., SOCK_SEQPACKET, 0) = 3', 'the name SOCK_SEQPACKET: not supported yet'],
    ['0 `reboot`', "the command 'reboot': not supported yet"],
    ['0 %{ import os }%', "found 'import os' in %{ }%: not supported yet"],
  ])('%j is unsupported', async (source, reason) => {
    expect(await run(source)).toMatchObject({ status: 'unsupported', reason: expect.stringContaining(reason) });
  });

  test.each([
    ['0 close(3', "expected ',' or ')', found the end of the script"],
    ['--colour=red\n0 close(3) = 0', 'there is no option --colour'],
    ['0 close() = 0', 'close has too few arguments'],
    ['0 listen("three", 1) = 0', 'expected a number here'],
  ])('%j is invalid', async (source, reason) => {
    expect(await run(source)).toMatchObject({ status: 'invalid', reason, place: { line: 1 } });
  });
});

function run(source: string, options: PacketScriptOptions = { mode: 'exact' }) {
  return runPacketScript(source, options);
}
