/**
 * What can be wrong with a script before it runs: it can't be read, or it asks for what there is not yet.
 * Not for: what goes wrong while it runs (`../report.ts`).
 */

/** A place in a script. Lines and columns count from 1. */
export interface Place {
  line: number;
  column: number;
}

/** The script is not in the language. `message` says what was expected; `at` is where. */
export class ScriptError extends Error {
  override readonly name = 'ScriptError';

  constructor(
    readonly at: Place,
    message: string,
  ) {
    super(message);
  }
}

/** The script is in the language, but asks for something that Vitrine does not have yet. */
export class UnsupportedError extends Error {
  override readonly name = 'UnsupportedError';

  constructor(
    message: string,
    readonly at?: Place,
  ) {
    super(message);
  }
}
