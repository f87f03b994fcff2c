/**
 * How the end of a script reads: what was expected beside what came, with the time, the script's line and the state.
 */
import type { PacketScriptResult } from './run.js';

/** @param file as the user named it. @returns several lines for a script that did not pass */
export function reportScript(file: string, result: PacketScriptResult): string {
  const { status, reason = '', place, text, failure, time, state } = result;
  if (status === 'passed') return `ok           ${file}`;
  const where = place === undefined ? file : `${file}:${place.line}:${place.column}`;
  const lines = [`${LABELS[status]}${where}: ${reason}`];
  if (text !== undefined) lines.push(`  script     ${text}`);
  if (failure?.expected !== undefined) lines.push(`  expected   ${failure.expected}`);
  if (failure?.got !== undefined) lines.push(`  got        ${failure.got}`);
  for (const { field, expected, got } of failure?.differences ?? []) {
    lines.push(`  ${field.padEnd(10)} expected ${expected}, got ${got}`);
  }
  if (time !== undefined) {
    lines.push(`  at         ${(time / 1e6).toFixed(6)} s${state === undefined ? '' : `, connection in ${state}`}`);
  }
  return lines.join('\n');
}

/** `160 scripts: 120 passed, 30 failed, 10 unsupported` */
export function summarize(results: readonly PacketScriptResult[]): string {
  const parts = (['passed', 'failed', 'unsupported', 'invalid'] as const)
    .map((status) => [results.filter((result) => result.status === status).length, status] as const)
    .filter(([count, status]) => count > 0 || status === 'passed')
    .map(([count, status]) => `${count} ${status}`);
  return `${results.length} script${results.length === 1 ? '' : 's'}: ${parts.join(', ')}`;
}

const LABELS = { failed: 'FAILED       ', unsupported: 'unsupported  ', invalid: 'INVALID      ' } as const;
