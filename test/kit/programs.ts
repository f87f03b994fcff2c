/** Which programs this machine has. Not for: running them. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * Why a test that runs these programs can not; `undefined` when it can. In CI it must: there the answer is always
 * `undefined`, so that a test fails instead of being skipped.
 */
export function programMissing(...programs: readonly string[]): string | undefined {
  if (process.env.CI) return undefined;
  const missing = programs.find((program) => !folders().some((folder) => isProgram(join(folder, program))));
  return missing === undefined ? undefined : `skipped: ${missing} is not installed`;
}

function folders(): string[] {
  return (process.env.PATH ?? '').split(delimiter);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
