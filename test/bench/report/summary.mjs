/** What is kept of a measured row: spread, ratios and verdicts, as numbers. */
import { METRICS } from '../rows/metrics.mjs';
import { REFERENCES } from '../rows/stacks.mjs';
import { median, pairedRatio, spread } from './statistics.mjs';

/**
 * @param {{ row: Row, stacks: Record<string, Sample[]>, failures: Record<string, Error>, congestion?: string }} measured
 * @returns {import('../types.js').Summary}
 */
export function summarize({ row, stacks, failures, congestion }) {
  const values = (name, key) => stacks[name].map((sample) => sample[key] ?? Number.NaN);
  const ofAll = (what) => Object.fromEntries(Object.keys(stacks).map((name) => [name, what(name)]));
  const ofMetrics = (what) => Object.fromEntries(row.metrics.map((key) => [key, what(key)]));
  const references = REFERENCES.filter((name) => stacks[name]);
  const ratio = (name, other, key) => pairedRatio(values(name, key), values(other, key));
  return {
    id: row.id,
    title: row.title,
    metrics: row.metrics,
    congestion,
    stacks: ofAll((name) => ofMetrics((key) => spread(values(name, key)))),
    ratios: ofAll((name) =>
      Object.fromEntries(references.map((other) => [other, ofMetrics((key) => ratio(name, other, key))])),
    ),
    bars: stacks.vitrine ? row.bars.map((bar) => judge(measuredBar(bar, stacks, { values, ratio }))) : [],
    failures: Object.fromEntries(Object.entries(failures).map(([name, error]) => [name, error.message])),
    samples: stacks,
  };
}

/**
 * The same of a row that measures by itself.
 *
 * @param {Pick<Row, 'id' | 'title'>} row
 * @param {import('../types.js').Local} table
 * @returns {import('../types.js').Summary}
 */
export function summarizeLocal(row, { columns, rows, bars = [], curves = [] }) {
  return { id: row.id, title: row.title, columns, rows, curves, bars: bars.map(judge), failures: {} };
}

/** A bar as every row has it, `{ metric, title, value, digits, atLeast | atMost }`; without a value where there is no `against`. */
function measuredBar(bar, stacks, { values, ratio }) {
  const { title, digits } = METRICS[bar.metric];
  if (!bar.against) {
    return { ...bar, title: `vitrine's ${title}`, value: median(values('vitrine', bar.metric)), digits };
  }
  const value = stacks[bar.against] && ratio('vitrine', bar.against, bar.metric);
  return { ...bar, title: `vitrine's ${title} ÷ ${bar.against}'s`, value, digits: 2 };
}

/** @returns the bar with `firstMet` and `goalMet`, undefined where there is no such limit. */
function judge(bar) {
  if (bar.value === undefined) return bar;
  const { first, goal } = bar.atLeast ?? bar.atMost;
  const meets = (limit) => (limit === undefined ? undefined : bar.atLeast ? bar.value >= limit : bar.value <= limit);
  return { ...bar, firstMet: meets(first), goalMet: meets(goal) };
}

/** @typedef {import('../types.js').Row} Row */
/** @typedef {import('../types.js').Sample} Sample */
