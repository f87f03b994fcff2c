import { expect, test } from 'vitest';
import { checkRequirements, LABELS, TABLE } from '../../../scripts/check/requirements.mjs';

const SENDS = `
  test('sends', async () => {});
  test.each([1, 2])('sends %i', async () => {});
  test.each(CASES)(
    "doesn't send",
    async () => {},
  );
  test.skip('is asleep', async () => {});
  describe('a group', () => {});
  const title = 'computed';
  it(title, async () => {});
`;

test('rows whose tests exist pass: plain, parametrized, several, a script', () => {
  expect(
    faults(
      'met | tcp/send.test.ts › sends',
      "met: in part | tcp/send.test.ts › sends %i<br>tcp/send.test.ts › doesn't send",
      'met | conformance/tcp/nagle.pkt',
      'not met: nobody asks for it |',
      'not applicable: there is no IPv6 |',
    ),
  ).toEqual([]);
});

test.each([
  ['tcp/sent.test.ts › sends', 'there is no test/tcp/sent.test.ts'],
  ['tcp/send.test.ts › send', "test/tcp/send.test.ts has no test 'send'"],
  ['tcp/send.test.ts', "test/tcp/send.test.ts has no test ''"],
  ['tcp/send.test.ts › is asleep', "test/tcp/send.test.ts has no test 'is asleep'"],
  ['tcp/send.test.ts › a group', "test/tcp/send.test.ts has no test 'a group'"],
  ['tcp/send.test.ts › computed', "test/tcp/send.test.ts has no test 'computed'"],
  ['tcp/send.test.ts › sends<br>conformance/tcp/sws.pkt', 'there is no test/conformance/tcp/sws.pkt'],
])('the proof %s is found out', (proof, fault) => {
  expect(faults(`met | ${proof}`)).toEqual([`X: ${fault}`]);
});

test.each([
  ['met |', 'X: met, but nothing proves it'],
  ['not met |', "X: 'not met' is not met, not met: why, or not applicable: why"],
  ['not met: |', "X: 'not met:' is not met, not met: why, or not applicable: why"],
  ['soon | tcp/send.test.ts › sends', "X: 'soon' is not met, not met: why, or not applicable: why"],
  ['met', 'X: 3 cells instead of 4'],
  ['met | tcp/send.test.ts › sends | more', 'X: 5 cells instead of 4'],
])('the row %s is found out, with its line', (row, fault) => {
  expect(findings([...COMPLETE, `| X | something | ${row} |`])).toEqual([
    { path: TABLE, line: COMPLETE.length + 1, message: fault },
  ]);
});

test('an id of RFC 9293 that is missing or stands twice is found out', () => {
  const [first, ...rest] = COMPLETE;
  expect(findings(rest)).toEqual([{ path: TABLE, message: 'MUST-1 stands in the table 0 times' }]);
  expect(findings([...COMPLETE, first ?? ''])).toEqual([
    { path: TABLE, message: 'MUST-1 stands in the table 2 times' },
  ]);
});

test('heads, rules and text between the rows are no rows', () => {
  const table = [
    '# Title',
    '',
    '| id | required | status | proof |',
    '| --- | --- | --- | --- |',
    ...COMPLETE,
    'Text.',
  ];
  expect(findings(table)).toEqual([]);
});

/** Every id of RFC 9293. */
const COMPLETE = Object.entries(LABELS).flatMap(([label, count]) =>
  Array.from({ length: count }, (_, index) => `| ${label}-${index + 1} | something | met | tcp/send.test.ts › sends |`),
);

function findings(lines: string[]) {
  return checkRequirements(
    { path: TABLE, text: lines.join('\n') },
    [
      { path: 'test/tcp/send.test.ts', text: SENDS },
      { path: 'test/kit/timeline.ts', text: '' },
    ],
    ['test/conformance/tcp/nagle.pkt'],
  );
}

function faults(...rows: string[]): string[] {
  return findings([...COMPLETE, ...rows.map((row) => `| X | something | ${row} |`)]).map(({ message }) => message);
}
