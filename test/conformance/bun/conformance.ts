/**
 * The conformance run: every scenario, judged, and the table of it. Not for: the command line (`scripts/conformance.mjs`).
 */
import { Files } from './files.js';
import { CAPABILITIES } from './in-stack.js';
import { type Scenario, scenarios } from './scenarios/registry.js';
import './scenarios/index.mjs';
import type { Transcript } from './transcript.js';
import { judge, notApplicable, update, type Verdict } from './verdict.js';
import { collectInStack } from './workers.js';

export interface Judged {
  scenario: Scenario;
  verdict: Verdict;
  transcript?: Transcript | undefined;
}

export interface Options {
  /** Parts of the names of those that are run. */
  only?: readonly string[] | undefined;
  /** Writes down what differs, to be reviewed. */
  update?: boolean | undefined;
}

export type Counts = Record<Verdict['kind'], number>;

export async function runConformance({ only, update: updates = false }: Options = {}): Promise<Judged[]> {
  const files = new Files('in-stack');
  const all = scenarios();
  if (only === undefined) checkNames(files, all);
  const chosen = all.filter(({ id }) => only === undefined || only.some((part) => id.includes(part)));
  const transcripts = await collectInStack(chosen.filter((each) => notApplicable(each, CAPABILITIES) === undefined));
  const judged = chosen.map((scenario) => {
    const { id } = scenario;
    const transcript = transcripts.get(id);
    if (transcript === undefined) return { scenario, verdict: missing(scenario) };
    if (updates) files.expect(id, update(files.recorded(id), transcript, files.expected(id)));
    return { scenario, verdict: judge(files.recorded(id), transcript, files.expected(id)), transcript };
  });
  if (updates) files.save();
  return judged;
}

export function count(judged: readonly Judged[]): Counts {
  const counts: Counts = { equal: 0, excused: 0, deviation: 0, 'not applicable': 0, unreviewed: 0 };
  for (const { verdict } of judged) counts[verdict.kind]++;
  return counts;
}

/** A line for each scenario, with the differences of those that fail, then the counts. */
export function report(judged: readonly Judged[]): string {
  const counts = count(judged);
  const applicable = judged.length - counts['not applicable'];
  const share = applicable === 0 ? 100 : (100 * (counts.equal + counts.excused)) / applicable;
  const summary = Object.entries(counts).map(([kind, number]) => `${String(number).padStart(5)}  ${kind}`);
  return [
    ...judged.flatMap(({ scenario, verdict }) => describe(scenario.id, verdict)),
    '',
    ...summary,
    `${share.toFixed(1).padStart(5)} % of those that apply are equal, or differ where a number says so`,
  ].join('\n');
}

function describe(id: string, verdict: Verdict): string[] {
  if (verdict.kind === 'equal') return [`equal           ${id}`];
  if (verdict.kind === 'excused') return [`excused         ${id}: ${verdict.by.join(', ')}`];
  if (verdict.kind === 'not applicable') return [`not applicable  ${id}: ${verdict.reason}`];
  if (verdict.kind === 'deviation') {
    const by = verdict.by.length === 0 ? '' : ` (besides ${verdict.by.join(', ')})`;
    return [`deviation       ${id}: ${verdict.reasons.join('; ')}${by}`];
  }
  return [`UNREVIEWED      ${id}: ${verdict.problem}`, ...verdict.lines.map((line) => `    ${line}`)];
}

function missing(scenario: Scenario): Verdict {
  const reason = notApplicable(scenario, CAPABILITIES);
  return reason ?? { kind: 'unreviewed', problem: 'its process has told nothing', lines: [] };
}

function checkNames(files: Files, all: readonly Scenario[]): void {
  const names = new Set(all.map(({ id }) => id));
  const unknown = files.listed.filter((id) => !names.has(id));
  if (unknown.length > 0) throw new Error(`no such scenario is expected to differ: ${unknown.join(', ')}`);
}
