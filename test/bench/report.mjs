/** Turns measurements into the table and the verdicts, for people and as JSON. */
import { cpus, release } from 'node:os';
import { METRICS, STACKS } from './rows.mjs';

/** What the numbers were taken on. */
export function machineLine() {
  const processors = cpus();
  return `${processors.length} × ${processors[0]?.model.trim()}, Linux ${release()}, Node ${process.versions.node}`;
}

/** One row's numbers: `{ id, title, congestion, stacks: { name: { metric: median } }, bars, failures }`. */
export function summarize({ row, stacks, failures, congestion }) {
  const medians = Object.entries(stacks).map(([name, { samples }]) => [
    name,
    Object.fromEntries(row.metrics.map((key) => [key, median(samples.map((sample) => sample[key]))])),
  ]);
  return {
    id: row.id,
    title: row.title,
    metrics: row.metrics,
    congestion,
    stacks: Object.fromEntries(medians),
    ratios: ratiosOf(row, stacks),
    bars: stacks.vitrine ? row.bars.map((bar) => verdict(bar, stacks)) : [],
    failures: Object.fromEntries(Object.entries(failures).map(([name, error]) => [name, error.message])),
    samples: stacks,
  };
}

/** The table of one summary, as lines of text. */
export function renderRow(summary) {
  const { metrics, stacks, ratios, bars, failures, congestion } = summary;
  const comparable = metrics[0] !== 'linearPerConnection';
  const others = OTHERS.filter((other) => stacks[other]);
  const titles = metrics.flatMap((key) =>
    comparable ? [METRICS[key].title, ...others.map((other) => `× ${other}`)] : [METRICS[key].title],
  );
  const cells = Object.keys(stacks).map((name) => [
    STACKS[name],
    ...metrics.flatMap((key) => {
      const value = shown(stacks[name][key], METRICS[key].digits);
      return comparable ? [value, ...others.map((other) => shown(ratios[name]?.[other]?.[key], 2))] : [value];
    }),
  ]);
  const heading = `${summary.title}${congestion ? ` (kernel: ${congestion})` : ''}`;
  return [
    heading,
    ...align([['', ...titles], ...cells]).map((line) => `  ${line}`),
    ...align(bars.map(renderBar)).map((line) => `  ${line}`),
    ...Object.entries(failures).map(([name, message]) => `  FAILED ${name}: ${message.replaceAll('\n', '\n    ')}`),
  ];
}

/** The table of a row that measures by itself. */
export function renderTable(title, { columns, rows, bars = [] }) {
  return [
    title,
    ...align([['', ...columns], ...rows]).map((line) => `  ${line}`),
    ...align(bars).map((line) => `  ${line}`),
  ];
}

/** Of each stack to each of the others: the median of the ratios within one round. */
function ratiosOf(row, stacks) {
  const against = (name, other) =>
    Object.fromEntries(row.metrics.map((key) => [key, pairedRatio(stacks[name].samples, stacks[other].samples, key)]));
  const ofOne = (name) =>
    Object.fromEntries(OTHERS.filter((other) => stacks[other]).map((other) => [other, against(name, other)]));
  return Object.fromEntries(Object.keys(stacks).map((name) => [name, ofOne(name)]));
}

function pairedRatio(samples, others, key) {
  return median(samples.map((sample, round) => sample[key] / (others[round]?.[key] ?? Number.NaN)));
}

function verdict(bar, stacks) {
  const own = stacks.vitrine.samples;
  const other = bar.against && stacks[bar.against]?.samples;
  if (bar.against && !other) return { ...bar, value: undefined };
  const value = other ? pairedRatio(own, other, bar.metric) : median(own.map((sample) => sample[bar.metric]));
  const passes = (limit) => (bar.atLeast ? value >= limit : value <= limit);
  const { first, goal } = bar.atLeast ?? bar.atMost;
  return { ...bar, value, firstBarMet: passes(first), goalMet: passes(goal) };
}

function renderBar(bar) {
  const { title, digits } = METRICS[bar.metric];
  const limits = bar.atLeast ?? bar.atMost;
  const limit = (value) => `${bar.atLeast ? '≥' : '≤'} ${value}`;
  if (bar.value === undefined) return [`vitrine's ${title}`, `no ${bar.against} to compare with`];
  const met = (yes) => (yes ? 'met' : 'NOT met');
  return [
    `vitrine's ${title}${bar.against ? ` ÷ ${bar.against}'s` : ''}`,
    shown(bar.value, bar.against ? 2 : digits),
    `first bar ${limit(limits.first)}: ${met(bar.firstBarMet)}`,
    `goal ${limit(limits.goal)}: ${met(bar.goalMet)}`,
  ];
}

function shown(value, digits) {
  return value === undefined || Number.isNaN(value) ? '–' : value.toFixed(digits);
}

/** Pads the cells of each column to one width: the first to the left, the rest to the right. */
function align(rows) {
  const widths = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  }
  return rows.map((row) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join('  '),
  );
}

function median(values) {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Whom Vitrine is compared with. */
const OTHERS = ['noderaw', 'raw', 'node'];
