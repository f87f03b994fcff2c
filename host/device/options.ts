/**
 * Checks the options of devices. Every complaint names the option, what was expected and what came.
 * Not for: addresses (`core/address.ts`).
 */
import { ETHERNET_HEADER, PACKET_LIMIT } from '../../assembly/abi/constants.js';
import { formatHardwareAddress, isStationAddress, parseHardwareAddress } from '../core/hardware-address.js';
import type { LinkType } from './device.js';

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

/** The same for what an Ethernet frame carries. */
export function framePayload(name: string, value: unknown, otherwise = DEFAULT_MTU): number {
  return wholeNumber(name, value, SMALLEST_MTU, PACKET_LIMIT - ETHERNET_HEADER, otherwise);
}

/** @throws TypeError unless `value` is a kind of link */
export function linkTypeOf(name: string, value: unknown): LinkType {
  if (value === undefined || value === 'ip') return 'ip';
  if (value === 'ethernet') return value;
  throw unexpected(name, "'ip' or 'ethernet'", value);
}

/** @throws TypeError unless `value` is the address of one station on Ethernet; in the form that we write it */
export function stationAddress(name: string, value: unknown): string {
  const parsed = typeof value === 'string' ? parseHardwareAddress(value) : undefined;
  if (parsed !== undefined && isStationAddress(parsed)) return formatHardwareAddress(parsed);
  throw unexpected(name, 'the address of one station, as 02:00:5e:10:00:01', value);
}

/**
 * The addresses of `count` ports in memory; without any, numbers, which are the same in every run.
 * @throws TypeError unless `value` names each of them, or none
 */
export function portAddresses(name: string, value: unknown, count: number): string[] {
  if (value === undefined) return Array.from({ length: count }, (_, index) => numbered(index + 1));
  if (!Array.isArray(value) || value.length !== count) throw unexpected(name, `${count} addresses`, value);
  const given = value.map((address, index) => stationAddress(`${name}[${index}]`, address));
  if (new Set(given).size < count) throw unexpected(name, 'addresses that differ', given.join(', '));
  return given;
}

/** Locally administered (IEEE 802 §8.4). */
function numbered(number: number): string {
  return formatHardwareAddress(Uint8Array.of(2, 0, 0, 0, number >> 8, number & 0xff));
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
