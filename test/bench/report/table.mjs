/** A measured row as lines of text, for a terminal. */
import { METRICS } from '../rows/metrics.mjs';
import { REFERENCES, STACKS } from '../rows/stacks.mjs';

/** @param {import('../types.js').Summary} summary @returns {string[]} */
export function renderRow(summary) {
  const heading = `${summary.title}${summary.congestion ? ` (kernel: ${summary.congestion})` : ''}`;
  const table = summary.columns ? [['', ...summary.columns], ...summary.rows] : measured(summary);
  return [
    ...renderTable(heading, table),
    ...align(summary.bars.map(renderBar)).map((line) => `  ${line}`),
    ...Object.entries(summary.failures).map(
      ([name, message]) => `  FAILED ${name}: ${message.replaceAll('\n', '\n    ')}`,
    ),
  ];
}

/** Cells in columns below a title. @param {string} title @param {string[][]} rows the first of them has the columns' titles */
export function renderTable(title, rows) {
  return [title, ...align(rows).map((line) => `  ${line}`)];
}

/** A number as it is printed everywhere. */
export function shown(value, digits) {
  return value === undefined || value === null || Number.isNaN(value) ? '–' : value.toFixed(digits);
}

/** `3.05–3.19`, or nothing where there was one round. */
export function range({ min, max }, digits) {
  return min === max || !Number.isFinite(min) ? '' : `${shown(min, digits)}–${shown(max, digits)}`;
}

/** Of each metric the median, the least and the most, and the ratios; memory is as it is, beside nobody's. */
function measured({ metrics, stacks, ratios }) {
  const comparable = metrics[0] !== 'linearPerConnection';
  const references = comparable ? REFERENCES.filter((name) => stacks[name]) : [];
  const titles = metrics.flatMap((key) => [METRICS[key].title, '', ...references.map((name) => `× ${name}`)]);
  const lines = Object.keys(stacks).map((name) => [
    STACKS[name],
    ...metrics.flatMap((key) => [
      shown(stacks[name][key].median, METRICS[key].digits),
      range(stacks[name][key], METRICS[key].digits),
      ...references.map((other) => shown(ratios[name][other][key], 2)),
    ]),
  ]);
  return [['', ...titles], ...lines];
}

function renderBar({ title, value, digits, atLeast, atMost, against, firstMet, goalMet }) {
  if (value === undefined) return [title, `no ${against} to compare with`];
  const { first, goal } = atLeast ?? atMost;
  const said = (name, limit, met) =>
    limit === undefined ? '' : `${name} ${atLeast ? '≥' : '≤'} ${limit}: ${met ? 'met' : 'NOT met'}`;
  return [title, shown(value, digits), said('first bar', first, firstMet), said('goal', goal, goalMet)];
}

/** Pads the cells of each column to one width: the first to the left, the rest to the right. */
function align(rows) {
  const widths = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  }
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])))
      .filter((_, column) => widths[column] > 0 || column === 0)
      .join('  ')
      .trimEnd(),
  );
}
