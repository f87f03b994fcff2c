import { describe, expect, test } from 'vitest';
import { checkSequence } from '../../../scripts/check/sequence.mjs';

describe('comparing sequence numbers outside tcp/seq.ts is found', () => {
  test.each([
    ['a field of the control block', 'if (tcb.sndUna < tcb.sndNxt) return;'],
    ['a field on the right', 'if (limit >= tcb.rcvNxt) return;'],
    ['a plain name', 'if (ack > 5) return;'],
    ['a field of the segment', 'while (segment.seq <= other) {}'],
    ['an end of the segment', 'if (seg.end > edge) return;'],
    ['a sum', 'if (tcb.rcvNxt + window > edge) return;'],
    ['a cast', 'if ((tcb.iss as u64) < limit) return;'],
    ['a cast in angle brackets', 'if (<u64>tcb.irs < limit) return;'],
    ['a conversion', 'if (u64(tcb.recover) < limit) return;'],
    ['a timestamp', 'if (segment.tsVal < tcb.tsRecent) return;'],
    ['the larger of two', 'const edge = max<u32>(tcb.sndUna, other);'],
    ['the smaller of two, with Math', 'const edge = Math.min(other, segment.ack);'],
    ['the answer of seqMax', 'if (seqMax(a, b) < c) return;'],
    ['the end of a stored range', 'if (rangeEnd(tcb, 0) < limit) return;'],
    ['a conditional', 'if ((flag ? tcb.sndNxt : zero) < c) return;'],
    ['the sign of a difference', 'if (<i32>(tcb.sndUna - segment.ack) < 0) return;'],
    ['the sign of a difference, with a conversion', 'if (i32(segment.seq - tcb.rcvNxt) >= 0) return;'],
    ['a variable made from one', 'const edge = tcb.sndUna + tcb.sndWnd; if (edge < limit) return;'],
    ['a variable made from a variable', 'let a = segment.seq; let b = a + 1; if (limit < b) return;'],
    ['a loop variable', 'for (let at = tcb.sndUna; at < end; at += mss) {}'],
    ['a signed variable', 'const gap = <i32>(tcb.sndNxt - tcb.sndUna); if (gap > 0) return;'],
  ])('%s: %s', (_, statement) => {
    expect(check('assembly/tcp/arrives.ts', statement)).toHaveLength(1);
  });

  test('the finding names the place, the culprit and the remedy', () => {
    expect(check('assembly/tcp/life/close.ts', '\n  if (tcb.sndUna < tcb.sndNxt) return;')).toEqual([
      "assembly/tcp/life/close.ts:2 'tcb.sndUna' is a sequence number; compare with the functions of assembly/tcp/seq.ts",
    ]);
  });
});

describe('what is no comparison of sequence numbers is left alone', () => {
  test.each([
    ['lengths and windows', 'if (segment.length > tcb.rcvWnd) return;'],
    ['a count of acknowledgements', 'if (tcb.duplicateAcks >= 3) return;'],
    ['how far two lie apart', 'if (tcb.sndNxt - tcb.sndUna < tcb.cwnd) return;'],
    ['a variable that says how far', 'const flight = tcb.sndNxt - tcb.sndUna; if (flight > tcb.cwnd) return;'],
    ['an age in timestamps', 'const age = timestampNow(tcb) - seg.tsEcr; if (age < limit) return;'],
    ['the smaller of two lengths', 'const room = min(tcb.cwnd, tcb.sndNxt - tcb.sndUna);'],
    ['equality', 'if (segment.ack == tcb.sndNxt) return;'],
    ['a function that compares', 'if (seqLt(tcb.sndUna, segment.ack)) return;'],
    ['a function that takes one and answers a count', 'if (acked(tcb, segment.ack) > 2) return;'],
    ['a flag', 'if ((flags & ACK) > 0) return;'],
    ['times', 'if (tcb.ackAt < now) return;'],
    ['a shift', 'const half = tcb.sndNxt >>> 1;'],
    [
      'a name that a neighbouring function gave to one',
      '{ const x = tcb.sndNxt; use(x); } { const x = 3; if (x < 4) return; }',
    ],
  ])('%s: %s', (_, statement) => {
    expect(check('assembly/tcp/arrives.ts', statement)).toEqual([]);
  });

  test('tcp/seq.ts itself, and other folders', () => {
    const statement = 'return <i32>(seq - ack) < 0;';
    expect(check('assembly/tcp/seq.ts', statement)).toEqual([]);
    expect(check('assembly/ip/icmp.ts', statement)).toEqual([]);
  });
});

function check(path: string, statement: string): string[] {
  const text = `function probe(): void {${statement}}`;
  return checkSequence([{ path, text }]).map((finding) => `${finding.path}:${finding.line} ${finding.message}`);
}
