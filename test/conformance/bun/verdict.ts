/**
 * What is to be thought of a transcript: it equals Bun's; or it differs exactly as it was reviewed, with the number of
 * the contract that says so or with a reason; or nobody has reviewed it, and that fails.
 */
import { differences } from './difference.js';
import type { Scenario } from './scenarios/registry.js';
import type { Recorded, Transcript } from './transcript.js';

/**
 * The reviewed differences of a scenario by what allows them: numbers (`D3`, `D3, B5`), or `deviation: ` and a reason.
 */
export type Expected = Record<string, string[]>;

export type Verdict =
  | { kind: 'equal' }
  | { kind: 'excused'; by: string[] }
  | { kind: 'deviation'; reasons: string[]; by: string[] }
  | { kind: 'not applicable'; reason: string }
  | { kind: 'unreviewed'; problem: string; lines: string[] };

/** Why a scenario can't be run with these capabilities, if so. */
export function notApplicable(scenario: Scenario, capabilities: readonly string[]): Verdict | undefined {
  const missing = scenario.needs.find((need) => !capabilities.includes(need));
  if (missing === undefined) return undefined;
  return { kind: 'not applicable', reason: NOT_HERE[missing] ?? `there is no ${missing} here` };
}

export function judge(recorded: Recorded, ours: Transcript, expected: Expected | undefined): Verdict {
  const found = differences(recorded, ours);
  if (expected === undefined) {
    return found.length === 0
      ? { kind: 'equal' }
      : { kind: 'unreviewed', problem: 'it differs from Bun', lines: found };
  }
  const reviewed = Object.values(expected).flat();
  const [fresh, gone] = [without(found, reviewed), without(reviewed, found)];
  if (found.length === 0) return { kind: 'unreviewed', problem: 'it equals Bun now: remove the excuse', lines: gone };
  if (fresh.length > 0 || gone.length > 0) {
    const lines = [...fresh.map((line) => `new:  ${line}`), ...gone.map((line) => `gone: ${line}`)];
    return { kind: 'unreviewed', problem: 'it differs from what was reviewed', lines };
  }
  return allowed(Object.keys(expected), expected);
}

/** `expected` for these differences: lines that are known stay where they are, new ones are marked. */
export function update(recorded: Recorded, ours: Transcript, expected: Expected = {}): Expected | undefined {
  let left = differences(recorded, ours);
  const result: Expected = {};
  for (const [key, lines] of Object.entries(expected)) {
    const kept = key === UNREVIEWED ? [] : without(lines, without(lines, left));
    left = without(left, kept);
    if (kept.length > 0) result[key] = kept;
  }
  if (left.length > 0) result[UNREVIEWED] = left;
  return Object.keys(result).length === 0 ? undefined : result;
}

function allowed(keys: string[], expected: Expected): Verdict {
  const open = keys.filter((key) => !NUMBERS.test(key) && !DEVIATION.test(key));
  if (open.length > 0) {
    return { kind: 'unreviewed', problem: 'nobody has said why', lines: open.flatMap((key) => expected[key] ?? []) };
  }
  const by = [...new Set(keys.filter((key) => NUMBERS.test(key)).flatMap((key) => key.split(', ')))].sort(byNumber);
  const reasons = keys.filter((key) => DEVIATION.test(key)).map((key) => key.replace(DEVIATION, ''));
  return reasons.length === 0 ? { kind: 'excused', by } : { kind: 'deviation', reasons, by };
}

/** What of the first list is not in the second, each as often as it is missing. */
function without(list: string[], others: string[]): string[] {
  const left = [...others];
  return list.filter((line) => {
    const place = left.indexOf(line);
    if (place >= 0) left.splice(place, 1);
    return place < 0;
  });
}

function byNumber(one: string, other: string): number {
  return one[0] === other[0] ? Number(one.slice(1)) - Number(other.slice(1)) : one < other ? 1 : -1;
}

const UNREVIEWED = 'unreviewed';
const NUMBERS = /^[DSB]\d+(, [DSB]\d+)*$/;
const DEVIATION = /^deviation: /;
const NOT_HERE: Readonly<Record<string, string>> = {
  resolver: 'no name is looked up but localhost',
  unix: 'sockets of the file system are not part of a TCP/IP stack',
};
