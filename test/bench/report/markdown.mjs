/** The whole report as one table of Markdown, for a README: a line for each metric of each row. */
import { METRICS } from '../rows/metrics.mjs';
import { STACKS } from '../rows/stacks.mjs';
import { range, shown } from './table.mjs';

/** @param {import('../types.js').Report} report */
export function renderMarkdown({ machine, date, rows }) {
  const measured = rows.filter(({ stacks }) => stacks);
  const names = Object.keys(STACKS).filter((name) => measured.some(({ stacks }) => stacks[name]));
  const titles = ['', ...names, 'vitrine × noderaw', 'goal'];
  const lines = measured.flatMap((row) => row.metrics.map((key) => lineOf(row, key, names)));
  return [
    `${machine}, ${date.slice(0, 10)}. Medians, of Vitrine also the least and the most.`,
    '',
    ...table([titles, ...lines]),
    ...rows.filter(({ columns }) => columns?.length).flatMap(localTable),
  ].join('\n');
}

function lineOf({ id, metrics, stacks, ratios, bars }, key, names) {
  const { title, digits } = METRICS[key];
  const cells = names.map((name) => {
    if (!stacks[name]) return '';
    const value = shown(stacks[name][key].median, digits);
    const between = name === 'vitrine' ? range(stacks[name][key], digits) : '';
    return between ? `**${value}** (${between})` : value;
  });
  const ratio = metrics[0] === 'linearPerConnection' ? '' : shown(ratios.vitrine?.noderaw?.[key], 2);
  return [
    `\`${id}\`, ${title}`,
    ...cells,
    ratio === '–' ? '' : ratio,
    goalOf(bars.find(({ metric }) => metric === key)),
  ];
}

function goalOf(bar) {
  if (bar === undefined) return '';
  const { atLeast, atMost, against, goalMet } = bar;
  return `${atLeast ? '≥' : '≤'} ${(atLeast ?? atMost).goal}${against ? ' ×' : ''}${goalMet ? '' : ', not met'}`;
}

function localTable({ title, columns, rows }) {
  return ['', `${title}:`, '', ...table([['', ...columns], ...rows])];
}

function table([titles, ...lines]) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(titles), line(titles.map((_, column) => (column === 0 ? '---' : '--:'))), ...lines.map(line)];
}
