/** Whether a call answered as the script says. */
import { errorName } from '../../bsd/errno.js';
import type { Failure } from '../failure.js';
import type { Call } from '../language/ast.js';
import type { Outcome } from './calls.js';
import { sameError } from './names.js';
import { number } from './values.js';

/** @returns what is wrong, undefined when nothing is */
export function checkOutcome(call: Call, outcome: Outcome): Failure | undefined {
  const expected = call.result.kind === 'any' ? undefined : number(call.result);
  const got = Math.max(outcome.result, -1);
  const error = outcome.result < 0 ? errorName(outcome.result) : undefined;
  const sameResult = expected === undefined || expected === got;
  const sameCause =
    call.error === undefined || expected !== -1 || (error !== undefined && sameError(error, call.error));
  if (sameResult && sameCause) {
    return outcome.wrong === undefined ? undefined : { kind: 'call', message: `${call.name}: ${outcome.wrong}` };
  }
  const want = `${expected ?? '...'}${call.error === undefined ? '' : ` ${call.error}`}`;
  const have = `${got}${error === undefined ? '' : ` ${error}`}`;
  return {
    kind: 'call',
    message: `${call.name} answered ${have}, not ${want}`,
    expected: `= ${want}`,
    got: `= ${have}`,
  };
}
