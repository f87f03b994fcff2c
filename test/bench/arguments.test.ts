import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { duration, parseCommand } from './arguments.mjs';
import { GROUPS, ROWS } from './rows/index.mjs';
import { METRICS } from './rows/metrics.mjs';
import { STACKS } from './rows/stacks.mjs';
import { checkOutputs, lackingRows } from './running/requirements.mjs';

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

test('seconds are a positive number, rounds a whole one', () => {
  expect(parseCommand(['--seconds', '0.5', '--rounds', '2'])).toMatchObject({ seconds: 0.5, rounds: 2 });
  expect(() => parseCommand(['--seconds', 'long'])).toThrow('--seconds wants a positive number up to 3600, not long');
  expect(() => parseCommand(['--seconds', '0'])).toThrow('not 0');
  expect(() => parseCommand(['--seconds', 'Infinity'])).toThrow('not Infinity');
  expect(() => parseCommand(['--rounds', '0'])).toThrow('--rounds wants a whole number from 1 to 1000, not 0');
  expect(() => parseCommand(['--rounds', '1.5'])).toThrow('not 1.5');
});

test('a plot and profiles need a path', () => {
  expect(() => parseCommand(['--plot', ''])).toThrow('--plot wants a path');
  expect(parseCommand(['--profile', 'here']).profile).toBe(resolve('here'));
});

test('where nothing can be written is told before anything is measured', () => {
  expect(() => checkOutputs({ plot: '/nowhere/at/all.svg' })).toThrow('nothing can be written there: ENOENT');
  expect(() => checkOutputs({ plot: tmpdir() })).toThrow('is a folder');
  expect(() => checkOutputs({ profile: '/proc/nothing/below' })).toThrow('nothing can be written there: ENOENT');
  expect(() => checkOutputs({})).not.toThrow();
});

test('a row that lacks a program is told with what brings it', () => {
  const needs = { program: 'no-such-program', install: 'apt-get install it' };
  expect(lackingRows([{ id: 'one', title: '', groups: [], needs }])).toEqual({ one: 'apt-get install it' });
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

test('the whole bench with every peer lasts about ten minutes', () => {
  const minutes = duration(parseCommand([]), () => true) / 60;
  expect(minutes).toBeGreaterThan(4);
  expect(minutes).toBeLessThan(10);
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
