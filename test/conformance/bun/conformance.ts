/**
 * The conformance run: every scenario, judged, and the table of it. Not for: the command line (`scripts/conformance.mjs`).
 */
import { collectAcross, judgeAcross, oneSided, type Role, updateAcross } from './across.js';
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

/** With both ends on one stack. */
export async function runConformance({ only, update: updates = false }: Options = {}): Promise<Judged[]> {
  const files = new Files('in-stack');
  const chosen = choose(only, files);
  const transcripts = await collectInStack(chosen.filter((each) => notApplicable(each, CAPABILITIES) === undefined));
  const judged = chosen.map((scenario): Judged => {
    const { id } = scenario;
    const transcript = transcripts.get(id);
    if (transcript === undefined) return { scenario, verdict: notApplicable(scenario, CAPABILITIES) ?? SILENT };
    if (updates) files.expect(id, update(files.recorded(id), transcript, files.expected(id)));
    return { scenario, verdict: judge(files.recorded(id), transcript, files.expected(id)), transcript };
  });
  if (updates) files.save();
  return judged;
}

/**
 * The same over IPv6: `::1` where there is 127.0.0.1. Bun was recorded over IPv4, so the name of the family is put back before
 * anything is compared. Scenarios about a family, and about the end of the process, are left out.
 */
export async function runOverIPv6(): Promise<Judged[]> {
  const files = new Files('in-stack');
  const chosen = scenarios().filter(
    (each) => !each.naturalExit && !FAMILY.has(each.id) && notApplicable(each, CAPABILITIES) === undefined,
  );
  const transcripts = await collectInStack(chosen, true);
  return chosen.map((scenario): Judged => {
    const { id } = scenario;
    const transcript = transcripts.get(id);
    if (transcript === undefined) return { scenario, verdict: SILENT };
    const translated = JSON.parse(JSON.stringify(transcript).replaceAll('IPv6', 'IPv4')) as Transcript;
    return { scenario, verdict: judge(files.recorded(id), translated, files.expected(id)), transcript };
  });
}

/** With the kernel at the other end. What differs is tried again, alone: a busy machine is no verdict. */
export async function runAcross(role: Role, { only, update: updates = false }: Options = {}): Promise<Judged[]> {
  const [files, inStack] = [new Files(role), new Files('in-stack')];
  const chosen = choose(only, files);
  const reviewed = (id: string) => ({ inStack: inStack.expected(id), role: files.expected(id) });
  const judgeOne = (scenario: Scenario, transcript?: Transcript): Judged => {
    const { id } = scenario;
    const verdict = transcript === undefined ? SILENT : judgeAcross(files.recorded(id), transcript, reviewed(id));
    return { scenario, verdict: oneSided(scenario, role) ?? verdict, transcript };
  };
  const waiting = chosen.filter((scenario) => oneSided(scenario, role) === undefined);
  const transcripts = await collectAcross(role, waiting);
  for (let tries = 0; tries < TRIES; tries++) {
    const failing = waiting.filter((each) => judgeOne(each, transcripts.get(each.id)).verdict.kind === 'unreviewed');
    for (const [id, transcript] of await collectAcross(role, failing, 1)) transcripts.set(id, transcript);
  }
  for (const [id, transcript] of updates ? transcripts : []) {
    files.expect(id, updateAcross(files.recorded(id), transcript, reviewed(id)));
  }
  if (updates) files.save();
  return chosen.map((scenario) => judgeOne(scenario, transcripts.get(scenario.id)));
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

/** All that nobody has accounted for, or nothing. */
export function unreviewed(judged: readonly Judged[]): string {
  const failing = judged.filter(({ verdict }) => verdict.kind === 'unreviewed');
  return failing.length === 0 ? '' : report(failing);
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

function choose(only: readonly string[] | undefined, files: Files): Scenario[] {
  const all = scenarios();
  const names = new Set(all.map(({ id }) => id));
  const unknown = files.listed.filter((id) => !names.has(id));
  if (unknown.length > 0) throw new Error(`no such scenario is expected to differ: ${unknown.join(', ')}`);
  return all.filter(({ id }) => only === undefined || only.some((part) => id.includes(part)));
}

const SILENT: Verdict = { kind: 'unreviewed', problem: 'its process has told nothing', lines: [] };
/** Scenarios that name addresses of a family, or show a certificate that does: 127.0.0.1 is among its names. */
const FAMILY = new Set([
  'connect/ipv6',
  'connect/local-address',
  'listener/ipv6only',
  'tls/members-1.2',
  'tls/members-1.2-before-handshake',
  'tls/members-1.3',
  'tls/members-1.3-before-handshake',
  'tls/verify-wildcard-two-labels-accept',
  'tls/verify-wildcard-two-labels-default',
  'tls/verify-wildcard-two-labels-reject',
]);
const TRIES = 2;
