/**
 * What a scenario leaves behind: for each actor (a socket, or `main`, or `process`) the list of what it saw, did and was
 * answered. The order between two actors is no part of it. Not for: writing it (`probe.ts`).
 */

export interface Entry {
  /** An event, its arguments, and `readyState` during it. */
  e?: string;
  v?: unknown[];
  rs?: unknown;
  /** A call, and what came of it: a value, an exception, or a promise's end. */
  c?: string;
  threw?: unknown;
  threwSync?: unknown;
  resolved?: unknown;
  rejected?: unknown;
  peerGot?: unknown;
  /** A note, and its value. */
  s?: string;
  r?: unknown;
}

export type Actors = Record<string, Entry[]>;

export interface Transcript {
  actors: Actors;
  /** It did not come to its end in time. */
  timedOut?: true;
  /** It failed by itself. */
  scenarioError?: unknown;
  /** For those about the end of the process. */
  exitedBy?: string;
}

/** What real Bun was recorded to do, several times: all transcripts that were seen. */
export interface Recorded extends Transcript {
  variants?: Transcript[];
}

/** The transcripts of one file, by scenario. */
export type Recording = Record<string, Recorded>;

/** In the order in which a difference tells most. */
export const OUTCOMES = ['timedOut', 'scenarioError', 'exitedBy'] as const;
