// Deadlines of everything but connections, of which there are few: one moment for all of them, at which each of their owners
// looks through what it has. Never late; early when what it was set for has gone. Not for: connections (memory/wheel.ts).

import { Micros, state } from './state';

/** Something is to happen at a moment, at the latest then. */
export function wakeAt(at: Micros): void {
  if (at < state.wakeAt) state.wakeAt = at;
}
