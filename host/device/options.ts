/**
 * Checks the options of devices. Every complaint names the option, what was expected and what came.
 * Not for: addresses (`core/address.ts`).
 */
import { PACKET_LIMIT } from '../../assembly/abi/constants.js';

/** @throws TypeError unless `value` is a whole number from `least` to `most`; `undefined` gives `otherwise`. */
export function wholeNumber(name: string, value: unknown, least: number, most: number, otherwise: number): number {
  if (value === undefined) return otherwise;
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return value as number;
  throw unexpected(name, `a whole number from ${least} to ${most}`, value);
}

/** @throws TypeError unless `value` is a packet size that IPv4 can work with, in bytes; `undefined` gives `otherwise`. */
export function packetSize(name: string, value: unknown, otherwise = DEFAULT_MTU): number {
  return wholeNumber(name, value, SMALLEST_MTU, PACKET_LIMIT, otherwise);
}

/** @throws TypeError unless `value` is from 0 to `most`; `undefined` gives 0. */
export function quantity(name: string, value: unknown, most: number, what: string): number {
  if (value === undefined) return 0;
  if (typeof value === 'number' && value >= 0 && value <= most) return value;
  throw unexpected(name, what, value);
}

/** @throws TypeError when `options` has a name that is not in `known`: a misspelt option must not pass for a default. */
export function onlyKnown(what: string, options: object, known: readonly string[]): void {
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) throw new TypeError(`${what} has no option "${name}"; it knows ${known.join(', ')}`);
  }
}

export function unexpected(name: string, expected: string, value: unknown): TypeError {
  return new TypeError(`${name} must be ${expected}, not ${describe(value)}`);
}

function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'object' && value !== null) return 'an object';
  return String(value);
}

/** Ethernet's. */
export const DEFAULT_MTU = 1500;
/** RFC 791 §3.2: what every host must be able to receive. */
const SMALLEST_MTU = 576;
