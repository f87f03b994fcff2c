/**
 * The path of the goals: 40 ms and 100 Mbit/s, whose buffer holds one bandwidth-delay product and drops what does not fit; and
 * the seeds on which each of them has to be reached.
 */
import { amount } from '../../kit/soak.js';
import { bottleneck, Transfer, type TransferOptions } from './transfer.js';

export const RTT = 40;
export const RATE = 100e6;
/** The numbers up to fifty, or every tenth of them. */
const STEP = amount(10, 1);
export const MOST = 50;
export const SEEDS = Array.from({ length: MOST / STEP }, (_, index) => (index + 1) * STEP);
export const LINK = bottleneck(RTT, RATE);
export const ENDLESS = Number.POSITIVE_INFINITY;
/** For a test, in milliseconds. */
export const PATIENCE = 300_000;

export async function forAll(
  options: Omit<TransferOptions, 'seed'>,
  check: (transfer: Transfer, seed: number) => void,
): Promise<void> {
  for (const seed of SEEDS) check(await Transfer.create({ ...options, seed }), seed);
}
