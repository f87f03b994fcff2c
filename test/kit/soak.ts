/**
 * How much of what could go on for hours is done: in `npm test` enough to see each behaviour, in `npm run soak`
 * (`VITRINE_SOAK`) as much as the claim is worth. Not for: which files the long run takes (`scripts/soak.mjs`).
 */
export const SOAKING = process.env.VITRINE_SOAK !== undefined;

/** The first in `npm test`, the second in `npm run soak`. */
export function amount<Value>(usual: Value, soaking: Value): Value {
  return SOAKING ? soaking : usual;
}
