/** How transcripts are compared and judged. */
import { describe, expect, test } from 'vitest';
import { differences } from './difference.js';
import type { Entry, Recorded } from './transcript.js';
import { type Expected, judge, update } from './verdict.js';

const ended: Entry[] = [
  { e: 'open', rs: 1 },
  { e: 'close', v: ['$undefined'], rs: -1 },
  { c: 'end()', r: 0 },
  { s: 'readyState at once', r: -1 },
];

function recorded(client: Entry[]): Recorded {
  return { actors: { client } };
}

describe('before they are compared', () => {
  test('Bun’s -1 is 0 from close on (D1)', () => {
    const ours = ended.map((entry) => ({ ...entry }));
    Object.assign(ours[1] as Entry, { rs: 0 });
    Object.assign(ours[3] as Entry, { r: 0 });
    expect(differences(recorded(ended), recorded(ours))).toEqual([]);
  });

  test('Bun’s 1 is -2 behind a call that ends, and so is -1 before close (D1)', () => {
    const theirs = [
      { c: 'shutdown()', r: '$undefined' },
      { s: 'rs', r: 1 },
      { s: 'rs', r: -1 },
    ];
    const ours = [
      { c: 'shutdown()', r: '$undefined' },
      { s: 'rs', r: -2 },
      { s: 'rs', r: -2 },
    ];
    expect(differences(recorded(theirs), recorded(ours))).toEqual([]);
  });

  test('Bun’s -1 stays in connectError, and where nothing was ended (D1)', () => {
    const entries = [
      { e: 'connectError', rs: -1 },
      { s: 'rs', r: -1 },
    ];
    expect(differences(recorded(entries), recorded(entries))).toEqual([]);
    expect(differences(recorded([{ s: 'rs', r: -1 }]), recorded([{ s: 'rs', r: 0 }]))).toHaveLength(2);
  });

  test('address and port of errors are left out, code is not (B1)', () => {
    const error = (rest: object) => recorded([{ e: 'error', v: [{ $error: 'Error', code: 'ECONNRESET', ...rest }] }]);
    expect(differences(error({}), error({ address: '<host>', port: '<lport>' }))).toEqual([]);
    expect(differences(error({}), error({ code: 'EPIPE' }))).toHaveLength(2);
  });

  test('the members of a table have no order', () => {
    expect(differences(recorded([{ s: 'x', r: { a: 1, b: 2 } }]), recorded([{ s: 'x', r: { b: 2, a: 1 } }]))).toEqual(
      [],
    );
  });

  test('of all that Bun was seen to do, the nearest counts', () => {
    const seen = { ...recorded([{ c: 'x' }]), variants: [recorded([{ c: 'y' }])] };
    expect(differences(seen, recorded([{ c: 'y' }]))).toEqual([]);
  });
});

describe('the verdict', () => {
  const theirs = recorded([{ e: 'open' }, { e: 'drain' }]);
  const ours = recorded([{ e: 'open' }]);
  const reviewed: Expected = { B5: ['client 1 - {"e":"drain"}'] };

  test('is equal where nothing differs', () => {
    expect(judge(theirs, theirs, undefined)).toEqual({ kind: 'equal' });
  });

  test('is excused where exactly the reviewed lines differ', () => {
    expect(judge(theirs, ours, reviewed)).toEqual({ kind: 'excused', by: ['B5'] });
  });

  test('is a deviation where a reason stands instead of a number', () => {
    const expected = { 'deviation: it is better so': reviewed.B5 as string[] };
    expect(judge(theirs, ours, expected)).toMatchObject({ kind: 'deviation', reasons: ['it is better so'] });
  });

  test('is that nobody has reviewed it, where it differs and nothing is expected', () => {
    expect(judge(theirs, ours, undefined)).toMatchObject({ kind: 'unreviewed', lines: reviewed.B5 });
  });

  test('is that the excuse must go, where it equals Bun again', () => {
    expect(judge(theirs, theirs, reviewed)).toMatchObject({
      kind: 'unreviewed',
      problem: expect.stringContaining('remove the excuse'),
    });
  });

  test('is that nobody has reviewed it, where something else differs, too', () => {
    const more = recorded([{ e: 'open' }, { e: 'data' }]);
    expect(judge(theirs, more, reviewed)).toMatchObject({
      kind: 'unreviewed',
      lines: ['new:  client 2 + {"e":"data"}'],
    });
  });

  test('is that nobody has said why, where lines were only written down', () => {
    expect(judge(theirs, ours, update(theirs, ours))).toMatchObject({
      kind: 'unreviewed',
      problem: 'nobody has said why',
    });
  });

  test('keeps reviewed lines when others are written down', () => {
    const more = recorded([{ e: 'open' }, { e: 'data' }]);
    expect(update(theirs, more, reviewed)).toEqual({ ...reviewed, unreviewed: ['client 2 + {"e":"data"}'] });
    expect(update(theirs, theirs, reviewed)).toBeUndefined();
  });
});
