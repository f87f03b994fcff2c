/** Leads a connection from ESTABLISHED on to a later state. */
import { expect } from 'vitest';
import type { Timeline } from './timeline.js';

/** Whatever the core sends on the way is taken. */
export function enter(t: Timeline, state: string): void {
  if (state === 'CloseWait' || state === 'LastAck') t.inject({ flags: 'FA', seq: 1 });
  t.take();
  if (state !== 'Established' && state !== 'CloseWait') t.shutdown();
  t.take();
  if (state === 'FinWait2') t.inject({ ack: 2 });
  if (state === 'Closing') t.inject({ flags: 'FA', seq: 1 });
  if (state === 'TimeWait') t.inject({ flags: 'FA', seq: 1, ack: 2 });
  t.take();
  expect(t.state).toBe(state);
}
