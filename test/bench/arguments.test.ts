import { expect, test } from 'vitest';
import { duration, parseCommand } from './arguments.mjs';
import { GROUPS, ROWS } from './rows/index.mjs';
import { METRICS } from './rows/metrics.mjs';
import { STACKS } from './rows/stacks.mjs';

const ids = (...words: string[]) => parseCommand(words).rows.map(({ id }) => id);

test('without a name every row runs, but for those that want to be named', () => {
  expect(ids()).toEqual(ROWS.filter((row) => !row.named).map(({ id }) => id));
});

test('rows and groups are named in any order, and each row runs once, in the order of the table', () => {
  expect(ids('ping', 'send', 'receive', 'latency')).toEqual(['receive', 'send', 'ping']);
  expect(ids('bulk')).toHaveLength(6);
});

test('a name that nothing has is an error that says it', () => {
  expect(() => parseCommand(['recieve'])).toThrow('no row or group is called recieve');
  expect(() => parseCommand(['--peers', 'lwip,linux'])).toThrow('no peer is called linux');
});

test('no group has the name of a row', () => {
  expect(GROUPS.filter((group) => ROWS.some(({ id }) => id === group))).toEqual([]);
});

test('seconds and rounds are positive numbers', () => {
  expect(parseCommand(['--seconds', '0.5', '--rounds', '2'])).toMatchObject({ seconds: 0.5, rounds: 2 });
  expect(() => parseCommand(['--seconds', 'long'])).toThrow('--seconds wants a positive number, not long');
  expect(() => parseCommand(['--rounds', '0'])).toThrow('--rounds wants a positive number, not 0');
});

test('one answer goes to stdout: tables, JSON or Markdown', () => {
  expect(parseCommand([]).output).toBe('text');
  expect(parseCommand(['--json']).output).toBe('json');
  expect(parseCommand(['--markdown']).output).toBe('markdown');
  expect(() => parseCommand(['--json', '--markdown'])).toThrow('ask for one');
});

test('peers are all, some or none', () => {
  expect(parseCommand([]).peers).toContain('lwip');
  expect(parseCommand(['--peers', 'lwip,gvisor']).peers).toEqual(['lwip', 'gvisor']);
  expect(parseCommand(['--peers', 'none']).peers).toEqual([]);
});

test('the whole bench with every peer lasts about eight minutes', () => {
  const minutes = duration(parseCommand([]), () => true) / 60;
  expect(minutes).toBeGreaterThan(4);
  expect(minutes).toBeLessThan(9);
});

test('what a row measures is told by metrics and stacks that there are', () => {
  for (const { local, metrics = [], stacks = {}, bars = [] } of ROWS) {
    if (local) continue;
    expect(metrics.filter((key) => !(key in METRICS))).toEqual([]);
    expect(Object.keys(stacks).filter((name) => !(name in STACKS))).toEqual([]);
    expect(bars.filter(({ metric, against }) => !metrics.includes(metric) || (against && !stacks[against]))).toEqual(
      [],
    );
  }
});
