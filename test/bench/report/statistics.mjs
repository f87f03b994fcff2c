/** The few numbers that the rounds of a measurement are told by. */

/** @param {number[]} values those that are not numbers do not count */
export function median(values) {
  const sorted = known(values).sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** @param {number[]} values */
export function spread(values) {
  return { median: median(values), min: Math.min(...known(values)), max: Math.max(...known(values)) };
}

/** The median of the ratios within one round. @param {number[]} values @param {number[]} others of the same rounds */
export function pairedRatio(values, others) {
  return median(values.map((value, round) => value / (others[round] ?? Number.NaN)));
}

const known = (values) => values.filter((value) => Number.isFinite(value));
