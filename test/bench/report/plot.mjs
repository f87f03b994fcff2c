/**
 * The report as a picture: of each row a bar for each stack, as a multiple of the reference (noderaw, or Node where there is
 * none), turned so that longer is better, with Vitrine's first bar and goal marked; below them the curves that rows have.
 */
import { draw, linesOf } from '../../kit/picture.mjs';
import { METRICS } from '../rows/metrics.mjs';
import { STACKS } from '../rows/stacks.mjs';
import { shown } from './table.mjs';

/** @param {import('../types.js').Report} report @returns {Promise<string>} the text of an SVG file */
export function plot(report) {
  return draw(specification(report));
}

/** What is drawn of the rows: `{ labels, bars, limits, height }`, each with its place from above, in pixels. */
export function barsOf(rows) {
  const drawn = { labels: [], bars: [], limits: [], height: 0 };
  for (const row of rows.filter(({ stacks }) => stacks)) {
    for (const key of row.metrics) addMetric(drawn, row, key);
  }
  return drawn;
}

/** Every metric that Vitrine has a bar in, and the first of a row that has none. */
function addMetric(drawn, row, key) {
  const bar = row.bars.find(({ metric }) => metric === key);
  const reference = ['noderaw', 'node'].find((name) => row.stacks[name]);
  if (!reference || !METRICS[key] || !(bar || (row.bars.length === 0 && key === row.metrics[0]))) return;
  if (!Number.isFinite(row.stacks[reference][key].median)) return;
  const { title, digits, better } = METRICS[key];
  const turned = (ratio) => (better === 'more' ? ratio : 1 / ratio);
  drawn.labels.push({ y: drawn.height + 4, text: `${row.id}, ${title}, × ${reference}` });
  const top = drawn.height + LABEL;
  const names = Object.keys(row.stacks).filter((name) => name !== reference);
  for (const [place, name] of names.entries()) {
    const ratio = turned(row.ratios[name][reference][key]);
    const text = `${name} ${shown(row.stacks[name][key].median, digits)} (${shown(ratio, 2)} ×)`;
    drawn.bars.push({ y: top + place * BAR, stack: name, ratio: clamped(ratio), text });
  }
  const bottom = top + names.length * BAR;
  for (const kind of ['first', 'goal']) {
    const limit = bar && (bar.atLeast ?? bar.atMost)[kind];
    if (limit === undefined) continue;
    const ratio = bar.against ? limit : limit / row.stacks[reference][key].median;
    drawn.limits.push({ y: top - 2, y2: bottom, kind: KINDS[kind], ratio: clamped(turned(ratio)) });
  }
  drawn.height = bottom + GAP;
}

const clamped = (ratio) => Math.min(Math.max(ratio, DOMAIN[0]), DOMAIN[1]);

function specification({ machine, date, rows }) {
  const { labels, bars, limits, height } = barsOf(rows);
  const names = Object.keys(STACKS).filter((name) => bars.some(({ stack }) => stack === name));
  const curves = rows.flatMap((row) => row.curves ?? []);
  return {
    background: 'white',
    padding: 10,
    width: WIDTH,
    height: height + curves.length * (CURVE + CURVE_GAP),
    title: {
      text: 'Vitrine and others, beside the least that Node can do; longer is better',
      subtitle: `${machine}, ${date.slice(0, 10)}`,
      anchor: 'start',
    },
    scales: [
      { name: 'ratio', type: 'log', domain: DOMAIN, range: [0, WIDTH] },
      { name: 'colour', type: 'ordinal', domain: names, range: names.map((name) => COLOURS[name]) },
      { name: 'kind', type: 'ordinal', domain: Object.values(KINDS), range: ['#888888', '#d62728'] },
    ],
    legends: bars.length
      ? [{ stroke: 'kind', title: 'Vitrine must reach', symbolType: 'stroke', orient: 'bottom' }]
      : [],
    marks: [
      ...(bars.length ? [barGroup({ labels, bars, limits, height })] : []),
      ...curves.map((curve, place) => curveGroup(curve, height + CURVE_GAP / 2 + place * (CURVE + CURVE_GAP))),
    ],
  };
}

function barGroup({ labels, bars, limits, height }) {
  const x = (field) => ({ scale: 'ratio', ...field });
  return {
    type: 'group',
    encode: { enter: { width: { value: WIDTH }, height: { value: height } } },
    data: [
      { name: 'labels', values: labels },
      { name: 'bars', values: bars },
      { name: 'limits', values: limits },
    ],
    axes: [{ scale: 'ratio', orient: 'top', values: TICKS, format: '~g', grid: true, title: 'times the reference' }],
    marks: [
      {
        type: 'rect',
        from: { data: 'bars' },
        encode: {
          enter: {
            x: x({ value: DOMAIN[0] }),
            x2: x({ field: 'ratio' }),
            y: { field: 'y' },
            height: { value: BAR - 2 },
            fill: { scale: 'colour', field: 'stack' },
          },
        },
      },
      {
        type: 'rule',
        from: { data: 'limits' },
        encode: {
          enter: {
            x: x({ field: 'ratio' }),
            y: { field: 'y' },
            y2: { field: 'y2' },
            stroke: { scale: 'kind', field: 'kind' },
            strokeWidth: { value: 2 },
          },
        },
      },
      text('bars', { x: { value: WIDTH + 8 }, y: { field: 'y', offset: BAR / 2 - 1 } }),
      text('labels', { x: { value: 0 }, y: { field: 'y', offset: 4 }, fontWeight: { value: 'bold' } }),
    ],
  };
}

function text(data, encoding) {
  const enter = { text: { field: 'text' }, fontSize: { value: 10 }, baseline: { value: 'middle' }, ...encoding };
  return { type: 'text', from: { data }, encode: { enter } };
}

/** One panel: a line, with its points, for each of the curve's. */
function curveGroup({ title, x, y, lines }, top) {
  const values = lines.flatMap(({ name, points }) => points.map(([px, py]) => ({ name, x: px, y: py })));
  const scale = (name, { log }, range) => ({
    name,
    type: log ? 'log' : 'linear',
    nice: !log,
    zero: !log,
    domain: { data: 'points', field: name },
    range,
  });
  const enter = { x: { scale: 'x', field: 'x' }, y: { scale: 'y', field: 'y' } };
  return {
    type: 'group',
    title: { text: title, anchor: 'start', fontSize: 11 },
    encode: { enter: { y: { value: top }, width: { value: WIDTH }, height: { value: CURVE } } },
    data: [{ name: 'points', values }],
    scales: [
      scale('x', x, [0, WIDTH]),
      scale('y', y, [CURVE, 0]),
      { name: 'line', type: 'ordinal', domain: lines.map(({ name }) => name), range: { scheme: 'category10' } },
    ],
    axes: [
      { scale: 'x', orient: 'bottom', title: x.title, format: '~s', tickCount: 6 },
      { scale: 'y', orient: 'left', title: y.title, format: '~s', grid: true, tickCount: 5 },
    ],
    legends: [{ stroke: 'line', symbolType: 'stroke' }],
    marks: [
      linesOf('points', 'name', { ...enter, stroke: { scale: 'line', field: 'name' } }),
      {
        type: 'symbol',
        from: { data: 'points' },
        encode: { enter: { ...enter, size: { value: 25 }, fill: { scale: 'line', field: 'name' } } },
      },
    ],
  };
}

const [WIDTH, BAR, LABEL, GAP, CURVE, CURVE_GAP] = [420, 14, 20, 10, 160, 70];
const DOMAIN = [0.05, 4];
const TICKS = [0.05, 0.1, 0.2, 0.5, 1, 2, 4];
const KINDS = { first: 'first bar', goal: 'goal' };
const COLOURS = {
  raw: '#9aa5b1',
  noderaw: '#616e7c',
  node: '#616e7c',
  vitrine: '#1b6ca8',
  lwip: '#d9a441',
  gvisor: '#5aa469',
  kernel: '#a26ea1',
  iperf3: '#c98fc7',
};
