/**
 * Scenarios with one end on Vitrine and the other on the kernel's sockets, across a TUN device: as the one that connects,
 * and as the one that listens. Only Vitrine's sockets are compared. Not for: the kernel's end (`kernel/`).
 */
import { namespaceMissing, runInNamespace } from '../../kit/namespace.js';
import type { Scenario } from './scenarios/registry.js';
import type { Actors, Recorded, Transcript } from './transcript.js';
import { type Expected, judge, update, type Verdict } from './verdict.js';
import type { Transcripts } from './workers.js';

export const ROLES = ['client', 'server'] as const;
export type Role = (typeof ROLES)[number];

/** Why nothing can be run across a TUN device here; `undefined` when it can. */
export const tunMissing = namespaceMissing;

/** Why a scenario is run on one stack only, if so. */
export function oneSided(scenario: Scenario, role: Role): Verdict | undefined {
  const missing = scenario.needs.find((need) => need !== 'tls');
  if (missing !== undefined) return { kind: 'not applicable', reason: `it needs ${missing}, on both ends` };
  if (scenario.naturalExit) return { kind: 'not applicable', reason: 'it is about one process' };
  const reason = ONE_SIDED.find(([roles, , names]) => roles.includes(role) && names.test(scenario.id))?.[1];
  return reason === undefined ? undefined : { kind: 'not applicable', reason };
}

/** @throws Error when the namespace fails */
export async function collectAcross(
  role: Role,
  scenarios: readonly Scenario[],
  atOnce = AT_ONCE,
): Promise<Transcripts> {
  const ids = scenarios.map(({ id }) => id);
  if (ids.length === 0) return new Map();
  const { exit, stdout, stderr } = await runInNamespace(SCRIPT, [role, String(atOnce), ...ids], { timeout: PATIENCE });
  if (exit !== 0) throw new Error(`scenarios with Vitrine as ${role} ended with ${exit}:\n${stderr}`);
  const lines = stdout.split('\n').filter((line) => line.startsWith('{"id"'));
  return new Map(lines.map((line) => JSON.parse(line)).map(({ id, transcript }) => [id, transcript]));
}

/**
 * A socket is as it should be when it did what Bun's did, or what was reviewed for both ends on one stack; else what was
 * reviewed for this role counts.
 */
export function judgeAcross(recorded: Recorded, transcript: Transcript, expected: Reviewed): Verdict {
  const [theirs, ours] = [oneHost(recorded), oneHost(transcript)];
  const actors = Object.keys(ours.actors);
  if (actors.length === 0) return { kind: 'unreviewed', problem: 'no socket of Vitrine came to be', lines: [] };
  if (expected.role !== undefined) return judge(of(actors, theirs), ours, expected.role);
  const inStack = oneHost(expected.inStack ?? {});
  const verdicts = actors.map((actor) => {
    const [one, other] = [of([actor], theirs), of([actor], ours)];
    const equal = judge(one, other, undefined);
    return equal.kind === 'equal' ? equal : judge(one, other, linesOf(actor, inStack));
  });
  return together(verdicts);
}

/** As `update` in `verdict.ts`, of what is expected for a role: nothing, where what is reviewed already is enough. */
export function updateAcross(recorded: Recorded, transcript: Transcript, expected: Reviewed): Expected | undefined {
  const kind = judgeAcross(recorded, transcript, { ...expected, role: undefined }).kind;
  if (kind !== 'unreviewed') return undefined;
  const ours = oneHost(transcript);
  return update(of(Object.keys(ours.actors), oneHost(recorded)), ours, expected.role);
}

export interface Reviewed {
  /** With both ends on one stack. */
  inStack: Expected | undefined;
  role: Expected | undefined;
}

function of(actors: string[], { actors: all, variants }: Recorded): Recorded {
  const pick = (from: Actors) => Object.fromEntries(Object.entries(from).filter(([actor]) => actors.includes(actor)));
  return { actors: pick(all), variants: (variants ?? []).map((variant) => ({ actors: pick(variant.actors) })) };
}

function linesOf(actor: string, expected: Expected): Expected | undefined {
  const own = Object.entries(expected).map(([key, lines]) => {
    return [key, lines.filter((line) => ACTOR.exec(line)?.[1] === actor)] as const;
  });
  const some = own.filter(([, lines]) => lines.length > 0);
  return some.length === 0 ? undefined : Object.fromEntries(some);
}

function together(verdicts: Verdict[]): Verdict {
  const lines = verdicts.flatMap((each) => (each.kind === 'unreviewed' ? each.lines : []));
  if (verdicts.some(({ kind }) => kind === 'unreviewed')) {
    return { kind: 'unreviewed', problem: 'it differs from Bun, and from what was reviewed', lines };
  }
  const by = [...new Set(verdicts.flatMap((each) => ('by' in each ? each.by : [])))].sort();
  const reasons = [...new Set(verdicts.flatMap((each) => (each.kind === 'deviation' ? each.reasons : [])))];
  if (reasons.length > 0) return { kind: 'deviation', reasons, by };
  return by.length > 0 ? { kind: 'excused', by } : { kind: 'equal' };
}

/** All the addresses of a host are one. */
function oneHost<T>(value: T): T {
  return JSON.parse(JSON.stringify(value).replaceAll(ADDRESSES, '<host>')) as T;
}

const AT_ONCE = 6;
const PATIENCE = 240_000;
const SCRIPT = new URL('./kernel/script.ts', import.meta.url);
const ACTOR = /^(.*?) \d+ [-+] /;
const ADDRESSES = /127\.0\.0\.1|10\.0\.0\.[12]/g;
/** What does not make sense with the kernel at the other end. */
const ONE_SIDED: readonly [roles: readonly Role[], reason: string, names: RegExp][] = [
  [ROLES, 'no socket of Vitrine comes to be', /^(listener\/(members|no-h|bad|addr|gets)|handlers\/(nonf|this|getter))/],
  [ROLES, 'no socket of Vitrine comes to be', /^(connect\/(refused-no|bad|many)|tls\/bad-options)/],
  [['server'], 'no socket of Vitrine comes to be', /^connect\/(refused|connectError|port-zero)/],
  [
    ROLES,
    'it is about options of both ends',
    /^tls\/(empty-|listen-without|rsa-cipher|no-common-version|sni|alpn-array)/,
  ],
  [['server'], 'it is about arguments at the other end', /^write\/(argument-types|offset-length|end-argument-types)/],
  [['client'], 'it is about handlers at the other end', /^(handlers\/open-returns|tls\/serverName)/],
  [ROLES, 'node:tls says other things than Bun at the other end', /^tls\/(client-cert|members-1..$|resumption|ticket)/],
  [['client'], 'node:tls says other things than Bun at the other end', /^tls\/(plain-client|server-end|terminate-in)/],
  [ROLES, 'it ends before all has arrived that is under way', /^tls\/member-inventory/],
  [['server'], 'it ends before all has arrived that is under way', /^state\/(open|read-shutdown)$/],
  [
    ['server'],
    'node:tls says other things than Bun at the other end',
    /^tls\/verify-(wrong-name-(def|rej|acc)|wildcard-two)/,
  ],
];
