/**
 * When an event may happen. A relative time counts from the event before it; consecutive inbound packets count from each
 * other. The tolerance is what the configuration says, or its part of the time since the last event when that is more.
 */
import type { Configuration } from './configuration.js';
import type { Time } from './language/ast.js';

/** Microseconds since the script began; both ends belong to it. */
export interface Span {
  from: number;
  to: number;
}

/** @param now when the event before this one was over. @returns undefined for any time */
export function spanOf(time: Time, now: number): Span | undefined {
  if (time.kind === 'any') return undefined;
  if (time.kind === 'range') {
    const base = time.relative ? now : 0;
    return { from: base + time.from, to: base + time.to };
  }
  const at = time.kind === 'relative' ? now + time.at : time.at;
  return { from: at, to: at };
}

/** @returns the microseconds that an event may be off */
export function toleranceOf(configuration: Configuration, sinceLast: number): number {
  return Math.max(configuration.tolerance, Math.floor((configuration.tolerancePercent / 100) * sinceLast));
}

/** `0.200000 s` */
export function seconds(microseconds: number): string {
  return `${(microseconds / 1e6).toFixed(6)} s`;
}
