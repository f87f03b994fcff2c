/** How a script fails: what it expected, what came, when, and where it says so. */
import type { Difference } from './packet/compare.js';

export interface Failure {
  /** `packet`, `call`, `time`, `code`, `command`, or `stack` when the stack itself broke. */
  kind: 'packet' | 'call' | 'time' | 'code' | 'command' | 'stack';
  message: string;
  /** As the script writes it, and as it came, in one notation. */
  expected?: string | undefined;
  got?: string | undefined;
  /** The fields that differ. */
  differences?: Difference[] | undefined;
}

/** Ends a script. */
export class Mismatch extends Error {
  override readonly name = 'Mismatch';

  constructor(readonly failure: Failure) {
    super(failure.message);
  }
}
