/**
 * The differences of two transcripts, one a line: `actor index - entry` is Bun's, `actor index + entry` is ours, in the
 * place before Bun's entry of that index. Together with Bun's transcript they say what ours is.
 */
import { mapRecorded, withoutExtras } from './mapping.js';
import { type Entry, OUTCOMES, type Recorded, type Transcript } from './transcript.js';

/** Of all that Bun was seen to do, what is nearest counts. */
export function differences(recorded: Recorded, ours: Transcript): string[] {
  const { variants = [], ...first } = recorded;
  return [first, ...variants]
    .map((variant) => compare(variant, ours))
    .reduce((best, each) => (each.length < best.length ? each : best));
}

function compare(recorded: Transcript, ours: Transcript): string[] {
  const theirs = withoutExtras(mapRecorded(recorded.actors));
  const own = withoutExtras(ours.actors);
  const actors = [...new Set([...Object.keys(theirs), ...Object.keys(own)])];
  return [
    ...actors.flatMap((actor) => edits(lines(theirs[actor]), lines(own[actor])).map((edit) => `${actor} ${edit}`)),
    ...OUTCOMES.flatMap((outcome) => {
      const [before, after] = [JSON.stringify(recorded[outcome]), JSON.stringify(ours[outcome])];
      return before === after ? [] : [`${outcome} - ${before}`, `${outcome} + ${after}`];
    }),
  ];
}

interface Line {
  index: number;
  text: string;
}

/** Notes and answers that are tables are compared member by member, in no order. */
function lines(list: Entry[] = []): Line[] {
  return list.flatMap((entry, index) => {
    const { s, r } = entry;
    if (s === undefined || typeof r !== 'object' || r === null || Array.isArray(r) || '$error' in r) {
      return [{ index, text: JSON.stringify(entry) }];
    }
    const members = Object.entries(r).map(([key, value]) => `${s} .${key}: ${JSON.stringify(value)}`);
    return [s, ...members.sort()].map((text) => ({ index, text }));
  });
}

/** The shortest way from one list to the other (longest common subsequence). */
function edits(theirs: Line[], ours: Line[]): string[] {
  const common = table(theirs, ours);
  const result: string[] = [];
  const end = (theirs.at(-1)?.index ?? -1) + 1;
  let [i, j] = [0, 0];
  while (i < theirs.length || j < ours.length) {
    const [before, after] = [theirs[i], ours[j]];
    if (before !== undefined && before.text === after?.text) {
      i++;
      j++;
    } else if (after === undefined || (before !== undefined && at(common, i + 1, j) >= at(common, i, j + 1))) {
      result.push(`${before?.index} - ${before?.text}`);
      i++;
    } else {
      result.push(`${before?.index ?? end} + ${after.text}`);
      j++;
    }
  }
  return result;
}

/** For every pair of places, how much the rests have in common. */
function table(theirs: Line[], ours: Line[]): number[][] {
  const common = Array.from({ length: theirs.length + 1 }, () => new Array<number>(ours.length + 1).fill(0));
  for (let i = theirs.length - 1; i >= 0; i--) {
    for (let j = ours.length - 1; j >= 0; j--) {
      const same = theirs[i]?.text === ours[j]?.text;
      const best = same ? at(common, i + 1, j + 1) + 1 : Math.max(at(common, i + 1, j), at(common, i, j + 1));
      (common[i] as number[])[j] = best;
    }
  }
  return common;
}

function at(common: number[][], i: number, j: number): number {
  return common[i]?.[j] ?? 0;
}
