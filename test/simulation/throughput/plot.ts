/**
 * The table of throughput as a picture: a panel for each round trip and rate, loss from left to right, both axes logarithmic;
 * points are measured, lines are theory. Not for: measuring (`table.ts`).
 */
import type { Spec } from 'vega';
import { draw, linesOf } from '../../kit/picture.mjs';
import { responseRate } from './response.js';
import { type Cell, CONTROLLERS, LOSSES, percent, RATES, ROUND_TRIPS } from './table.js';

/** @returns the text of an SVG file */
export function plot(cells: readonly Cell[]): Promise<string> {
  const measured = cells
    .filter(({ loss }) => loss > 0)
    .sort((a, b) => a.rate - b.rate || a.rtt - b.rtt)
    .map(({ loss, rtt, rate, controller, measured }) => ({
      ...panel(rtt, rate),
      loss,
      controller,
      mbits: measured / 1e6,
    }));
  return draw(specification(measured, theory()));
}

interface Point {
  column: string;
  row: string;
  controller: string;
  loss: number;
  mbits: number;
}

function panel(rtt: number, rate: number): Pick<Point, 'column' | 'row'> {
  return { column: `RTT ${rtt} ms`, row: `${rate / 1e6} Mbit/s` };
}

function theory(): Point[] {
  const [least, most] = [Math.min(...LOSSES.filter((loss) => loss > 0)), Math.max(...LOSSES)];
  const losses = Array.from({ length: STEPS + 1 }, (_, step) => least * (most / least) ** (step / STEPS));
  const points: Point[] = [];
  for (const rate of RATES)
    for (const rtt of ROUND_TRIPS)
      for (const controller of CONTROLLERS)
        for (const loss of losses) {
          const mbits = responseRate(controller, { loss, rtt, rate }) / 1e6;
          points.push({ ...panel(rtt, rate), controller, loss, mbits });
        }
  return points;
}

function specification(measured: Point[], theory: Point[]): Spec {
  const place = { x: { scale: 'loss', field: 'loss' }, y: { scale: 'rate', field: 'mbits' } } as const;
  const colour = { scale: 'controller', field: 'controller' } as const;
  return {
    background: 'white',
    padding: 8,
    title: { text: 'Payload under random loss: measured (points) and in theory (lines)', anchor: 'start', offset: 12 },
    layout: {
      columns: ROUND_TRIPS.length,
      padding: { column: 56, row: 58 },
      bounds: 'flush',
      align: 'all',
    },
    data: [
      { name: 'measured', values: measured },
      { name: 'theory', values: theory },
    ],
    scales: [
      { name: 'controller', type: 'ordinal', domain: [...CONTROLLERS], range: ['#d95f02', '#1b6ca8'] },
      { name: 'dash', type: 'ordinal', domain: [...CONTROLLERS], range: [[5, 3], []] },
      { name: 'shape', type: 'ordinal', domain: [...CONTROLLERS], range: ['diamond', 'circle'] },
    ],
    legends: [{ fill: 'controller', shape: 'shape', orient: 'right', title: 'Controller' }],
    marks: [
      {
        type: 'group',
        from: { facet: { name: 'panel', data: 'measured', groupby: ['row', 'column'] } },
        encode: { enter: { width: { value: 200 }, height: { value: 160 }, stroke: { value: '#ccc' } } },
        title: { text: { signal: "parent.row + ', ' + parent.column" }, fontSize: 11, fontWeight: 'normal', offset: 4 },
        data: [
          {
            name: 'lines',
            source: 'theory',
            transform: [{ type: 'filter', expr: 'datum.row === parent.row && datum.column === parent.column' }],
          },
        ],
        scales: [
          { name: 'loss', type: 'log', domain: { data: 'theory', field: 'loss' }, range: [0, 200] },
          { name: 'rate', type: 'log', domain: [0.3, 150], range: [160, 0] },
        ],
        axes: [
          { scale: 'loss', orient: 'bottom', values: LOSSES.filter((loss) => loss > 0), title: 'loss', ...PERCENT },
          { scale: 'rate', orient: 'left', values: [1, 10, 100], grid: true, title: 'Mbit/s' },
        ],
        marks: [
          linesOf('lines', 'controller', {
            ...place,
            stroke: colour,
            strokeDash: { scale: 'dash', field: 'controller' },
          }),
          {
            type: 'symbol',
            from: { data: 'panel' },
            encode: {
              enter: { ...place, fill: colour, shape: { scale: 'shape', field: 'controller' }, size: { value: 45 } },
            },
          },
        ],
      },
    ],
  };
}

const PERCENT = {
  encode: {
    labels: { update: { text: { signal: LOSSES.map(label).reduceRight((rest, part) => `${part} : ${rest}`, "''") } } },
  },
} as const;

function label(loss: number): string {
  return `datum.value === ${loss} ? '${percent(loss)}'`;
}

/** Points of a line of theory. */
const STEPS = 40;
