/**
 * What is applied to transcripts before they are compared, and by what rule: nothing else may make two of them equal.
 * - D1: Bun shows `readyState` as 1 and −1 only. Which of the five phases that is, follows from what the actor heard and
 *   did before: −1 is 0 from `close` on, −2 between a call that ends and `close`, and 1 is −2 there.
 * - B1, B6: our errors say more than Bun's, and those of BoringSSL name their place in it. What one side has by design is
 *   left out on both; `syscall` of errors of TLS only, which are those with the `errno` 0.
 * Not for: differences that a number excuses (`expected/`).
 */
import type { Actors, Entry } from './transcript.js';

/** Bun's transcript in the words of D1. */
export function mapRecorded(actors: Actors): Actors {
  return mapActors(actors, mapPhases);
}

/** A transcript without what is not compared. */
export function withoutExtras(actors: Actors): Actors {
  return mapActors(actors, (list) => list.map((entry) => leaveOut(entry) as Entry));
}

function mapActors(actors: Actors, map: (list: Entry[]) => Entry[]): Actors {
  return Object.fromEntries(Object.entries(actors).map(([actor, list]) => [actor, map(list)]));
}

function mapPhases(list: Entry[]): Entry[] {
  let phase: 'open' | 'ending' | 'closed' | 'failed' = 'open';
  const map = (state: unknown) => {
    if (state === 1) return phase === 'ending' ? -2 : 1;
    if (state !== -1 || phase === 'open' || phase === 'failed') return state;
    return phase === 'closed' ? 0 : -2;
  };
  return list.map((entry) => {
    if (entry.e === 'connectError') phase = 'failed';
    else if (entry.e === 'close') phase = 'closed';
    const mapped = mapStates(entry, map);
    const done = entry.c !== undefined && !('threw' in entry) && entry.r !== -1;
    if (done && phase === 'open' && ENDS.test(entry.c as string)) phase = 'ending';
    return mapped;
  });
}

function mapStates(entry: Entry, map: (state: unknown) => unknown): Entry {
  const mapped = { ...entry };
  if ('rs' in mapped) mapped.rs = map(mapped.rs);
  if (entry.s === undefined) return mapped;
  if (STATE.test(entry.s)) mapped.r = map(mapped.r);
  if (isMap(mapped.r)) {
    const members = Object.entries(mapped.r).map(([key, value]) => [key, STATE.test(key) ? map(value) : value]);
    mapped.r = Object.fromEntries(members);
  }
  return mapped;
}

function leaveOut(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(leaveOut);
  if (!isMap(value)) return value;
  const extra = (key: string) => EXTRAS.has(key) || (key === 'syscall' && value.errno === 0);
  const kept = Object.entries(value).filter(([key]) => !('$error' in value && extra(key)));
  return Object.fromEntries(kept.map(([key, each]) => [key, leaveOut(each)]));
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const STATE = /^(rs|state|readyState\b)/;
const ENDS = /^(end|shutdown|close|terminate|\[Symbol\.dispose\])/;
const EXTRAS = new Set(['address', 'port', 'reason', 'library', 'function']);
