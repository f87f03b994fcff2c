/** What pictures of measurements have in common. Not for: what they show. */
import { parse, View } from 'vega';

/** @param {import('vega').Spec} specification @returns {Promise<string>} the text of an SVG file, a tag a line */
export async function draw(specification) {
  const view = new View(parse(specification), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  return `${svg.replaceAll('><', '>\n<')}\n`;
}

/**
 * A line for each value that `field` has in a data set.
 *
 * @param {string} data
 * @param {string} field
 * @param {import('vega').EncodeEntry} enter where it runs, and how it looks
 * @returns {import('vega').GroupMark}
 */
export function linesOf(data, field, enter) {
  return {
    type: 'group',
    from: { facet: { name: 'line', data, groupby: field } },
    marks: [{ type: 'line', from: { data: 'line' }, encode: { enter } }],
  };
}
