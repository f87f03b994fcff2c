import { expect, test } from 'vitest';
import type { Local, Report, Row } from '../types.js';
import { renderMarkdown } from './markdown.mjs';
import { barsOf, plot } from './plot.mjs';
import { pairedRatio, spread } from './statistics.mjs';
import { summarize, summarizeLocal } from './summary.mjs';
import { renderRow } from './table.mjs';

/** Vitrine at half of noderaw's rate in every round, while the rates themselves vary by a third. */
const RECEIVE: { row: Row } & Pick<Parameters<typeof summarize>[0], 'stacks' | 'failures' | 'congestion'> = {
  row: {
    id: 'receive',
    title: 'the kernel sends',
    groups: ['bulk'],
    metrics: ['gbits', 'secondsPerGB'],
    bars: [
      { metric: 'gbits', against: 'noderaw', atLeast: { first: 0.5, goal: 0.85 } },
      { metric: 'secondsPerGB', atMost: { first: 5, goal: 3 } },
    ],
  },
  stacks: {
    noderaw: [sample(4, 2), sample(6, 1.8), sample(5, 2.2)],
    vitrine: [sample(2, 4), sample(3, 3), sample(2.5, 4)],
    gvisor: [sample(0.8, 12), sample(1.2, 12), sample(1, 13)],
  },
  failures: { lwip: new Error('lwip ended with 1\nno device') },
  congestion: 'cubic',
};
const LOCAL: { row: Pick<Row, 'id' | 'title'>; table: Local } = {
  row: { id: 'million', title: 'a million connections' },
  table: {
    columns: ['µs a packet'],
    rows: [['100', '1.0']],
    bars: [{ title: 'growth', value: 1.2, digits: 2, atMost: { goal: 1.3 } }],
    curves: [
      {
        title: 'cost of a packet',
        x: { title: 'connections', log: true },
        y: { title: 'µs' },
        lines: [
          {
            name: 'echo',
            points: [
              [100, 1],
              [1e6, 1.2],
            ],
          },
        ],
      },
    ],
  },
};
const report = (): Report => ({
  machine: '2 × Test, Linux 6, Node 20',
  date: '2026-11-27T10:00:00.000Z',
  missing: {},
  rows: [summarize(RECEIVE), summarizeLocal(LOCAL.row, LOCAL.table)],
});

test('of several rounds the median is told, with the least and the most', () => {
  expect(spread([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 });
  expect(spread([4, Number.NaN, 1])).toEqual({ median: 2.5, min: 1, max: 4 });
});

test('a ratio is the median of the ratios within one round', () => {
  expect(pairedRatio([1, 10, 2], [2, 20, 8])).toBe(0.5);
});

test('a bar against another stack is a ratio, any other the number itself; a limit that is reached is met', () => {
  const [rate, cpu] = summarize(RECEIVE).bars;
  expect(rate).toMatchObject({ value: 0.5, firstMet: true, goalMet: false });
  expect(cpu).toMatchObject({ value: 4, firstMet: true, goalMet: false });
});

test('a bar against a stack that did not run has no value', () => {
  const { noderaw: _, ...others } = RECEIVE.stacks;
  const lines = renderRow(summarize({ ...RECEIVE, stacks: others }));
  expect(lines.join('\n')).toContain('no noderaw to compare with');
});

test('a row as text has medians, spread, ratios, verdicts and what failed', () => {
  const lines = renderRow(summarize(RECEIVE));
  expect(lines[0]).toBe('the kernel sends (kernel: cubic)');
  expect(lines.find((line) => line.startsWith('  vitrine  '))?.split(/\s{2,}/)).toEqual([
    '',
    'vitrine',
    '2.50',
    '2.00–3.00',
    '0.50',
    '4.000',
    '3.000–4.000',
    '1.82',
  ]);
  expect(lines.join('\n')).toMatch(/0\.50\s+first bar ≥ 0\.5: met\s+goal ≥ 0\.85: NOT met/);
  expect(lines.at(-1)).toBe('  FAILED lwip: lwip ended with 1\n    no device');
});

test('a row that measures by itself may have a goal and no first bar', () => {
  const lines = renderRow(summarizeLocal(LOCAL.row, LOCAL.table));
  expect(lines.at(-1)).toBe('  growth  1.20  goal ≤ 1.3: met');
});

test('the table in Markdown has a line for each metric and a column for each stack that ran', () => {
  const lines = renderMarkdown(report()).split('\n');
  expect(lines[0]).toContain('2026-11-27');
  expect(lines[2]).toBe('|  | noderaw | vitrine | gvisor | vitrine × noderaw | goal |');
  expect(lines[4]).toBe('| `receive`, Gbit/s | 5.00 | **2.50** (2.00–3.00) | 1.00 | 0.50 | ≥ 0.85 ×, not met |');
  expect(lines).toContain('a million connections:');
});

test('in the plot longer is better: of CPU time the ratio is turned round', () => {
  const { bars, limits } = barsOf(report().rows);
  expect(
    bars.filter(({ stack }: { stack: string }) => stack === 'vitrine').map(({ ratio }: { ratio: number }) => ratio),
  ).toEqual([0.5, expect.closeTo(0.55)]);
  expect(limits.map(({ kind, ratio }: { kind: string; ratio: number }) => [kind, ratio])).toEqual([
    ['first bar', 0.5],
    ['goal', 0.85],
    ['first bar', expect.closeTo(0.4)],
    ['goal', expect.closeTo(2 / 3)],
  ]);
});

test('the plot is an SVG with every bar and every curve', async () => {
  const svg = await plot(report());
  expect(svg).toMatch(/^<svg /);
  for (const text of ['gvisor 1.00 (0.20 ×)', 'receive, Gbit/s, × noderaw', 'cost of a packet', 'goal'])
    expect(svg).toContain(text);
});

function sample(gbits: number, secondsPerGB: number) {
  return { gbits, secondsPerGB };
}
