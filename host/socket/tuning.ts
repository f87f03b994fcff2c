/**
 * What `timeout` and `setKeepAlive` take, and what they ask of a connection. Not for: what happens when a timer fires.
 */
import {
  OPTION_KEEP_ALIVE,
  OPTION_KEEP_COUNT,
  OPTION_KEEP_IDLE,
  OPTION_KEEP_INTERVAL,
} from '../../assembly/abi/constants.js';
import { outOfRange, wrongType } from './errors.js';
import type { Transport } from './transport.js';

/**
 * The seconds of `timeout` as milliseconds; 0 for what is no number.
 * @throws Error without an argument and for negative ones
 */
export function parseTimeout(given: readonly unknown[]): number {
  if (given.length === 0) throw new Error('Expected 1 argument, got 0');
  const milliseconds = Number(given[0]) * 1000;
  if (milliseconds < 0) throw new Error('Timeout must be a positive integer');
  return Number.isNaN(milliseconds) ? 0 : Math.min(milliseconds, LONGEST_TIMEOUT);
}

/**
 * Probes a silent peer, or no longer.
 * @param transport `undefined` when not connected
 * @param initialDelay in milliseconds; 0: two hours
 * @returns false when not connected
 * @throws TypeError, RangeError for a delay that means nothing
 */
export function applyKeepAlive(transport: Transport | undefined, enable: boolean, initialDelay: number): boolean {
  if (typeof initialDelay !== 'number') {
    throw wrongType(`The "initialDelay" property must be of type number. Received ${typeof initialDelay}`);
  }
  if (initialDelay < 0 || initialDelay > LONGEST_TIMEOUT) {
    const range = `It must be >= 0 and <= ${LONGEST_TIMEOUT}. Received ${initialDelay}`;
    throw outOfRange(`The value of "initialDelay" is out of range. ${range}`);
  }
  if (transport === undefined) return false;
  transport.setOption(OPTION_KEEP_IDLE, Math.ceil(initialDelay) || DEFAULT_KEEP_IDLE);
  transport.setOption(OPTION_KEEP_INTERVAL, KEEP_INTERVAL);
  transport.setOption(OPTION_KEEP_COUNT, KEEP_COUNT);
  return transport.setOption(OPTION_KEEP_ALIVE, enable ? 1 : 0);
}

/**
 * The Differentiated Services field, without the two bits that are ECN's.
 * @throws TypeError, RangeError outside 0 … 255
 */
export function parseTypeOfService(tos: number): number {
  if (typeof tos !== 'number') throw wrongType(`The "tos" property must be of type number. Received ${typeof tos}`);
  if (tos >= 0 && tos <= 255) return tos & 0xfc;
  throw outOfRange(`The value of "tos" is out of range. It must be >= 0 and <= 255. Received ${tos}`);
}

/** In milliseconds; 24.8 days. */
const LONGEST_TIMEOUT = 2 ** 31 - 1;
const DEFAULT_KEEP_IDLE = 7_200_000;
const KEEP_INTERVAL = 1000;
const KEEP_COUNT = 10;
