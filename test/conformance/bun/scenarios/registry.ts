/**
 * The list of scenarios. Each file beside this one adds its own while it loads. Not for: running them (`../run.ts`).
 */
import type { Probe } from '../probe.js';

export interface Scenario {
  /** `group/name`. */
  readonly id: string;
  /** What it asks. */
  readonly title: string;
  /** Capabilities without which it means nothing. */
  readonly needs: readonly string[];
  /** In milliseconds; after that its transcript says `timedOut`. */
  readonly limit: number;
  /** It asks whether the process ends by itself: it needs a process of its own, and must not hold a timer. */
  readonly naturalExit: boolean;
  /** How the bytes were cut is part of the transcript. */
  readonly keepChunks: boolean;
  readonly run: (probe: Probe) => Promise<void>;
}

type Settings = Partial<Omit<Scenario, 'id' | 'title' | 'run'>>;
type Run = Scenario['run'];

/** Adds a scenario. */
export function scenario(id: string, title: string, ...rest: [Run] | [Settings, Run]): void {
  if (all.has(id)) throw new Error(`there are two scenarios ${id}`);
  const [settings, run] = rest.length === 1 ? [{}, rest[0]] : rest;
  all.set(id, { needs: [], limit: 4000, naturalExit: false, keepChunks: false, ...settings, id, title, run });
}

/** Every scenario of the files that are loaded, in their order. */
export function scenarios(): Scenario[] {
  return [...all.values()];
}

const all = new Map<string, Scenario>();
