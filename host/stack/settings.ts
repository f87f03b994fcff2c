/**
 * What can be chosen when a stack is made. Not for: options of one connection (`../socket/options.ts`).
 */
import {
  CONGESTION_CUBIC,
  CONGESTION_RENO,
  SETTING_CONGESTION,
  SETTING_CONNECTION_LIMIT,
  SETTING_DATA_RETRIES,
  SETTING_MEMORY_LIMIT,
  SETTING_MSL,
  SETTING_RECEIVE_BUFFER,
  SETTING_SEND_BUFFER,
  SETTING_SYN_RETRIES,
} from '../../assembly/abi/constants.js';
import type { Clock } from '../core/clock.js';
import type { Core } from '../core/core.js';
import type { CoreSource } from '../core/load.js';
import type { Device } from '../device/device.js';

export interface StackOptions extends Limits {
  /** The device of a stack that has one; without any, only loopback works. */
  device?: Device;
  /** Addresses of `device`, as `['10.9.0.2/24']`; without them, those that the device suggests. */
  addresses?: readonly string[];
  /** Further devices. What no prefix matches goes to the first device of all. */
  interfaces?: readonly InterfaceOptions[];
  /** How new connections find their rate: `'reno'` (RFC 5681, the default) or `'cubic'` (RFC 9438). */
  congestion?: Congestion;
  /** Where time comes from; the runtime's clock by default. */
  clock?: Clock;
  /** Replaces the system's randomness: same seed, same packets. For simulations only: everything becomes predictable. */
  seed?: number;
  /** The core's WebAssembly, for runtimes and bundlers where the built file can't be found. */
  core?: CoreSource;
  /**
   * Hears of a device that failed by itself and of a fault in the core; nobody else could be told. Without it they are
   * uncaught exceptions.
   */
  error?: (error: Error) => void;
}

export type Congestion = 'reno' | 'cubic';

export interface InterfaceOptions {
  device: Device;
  addresses?: readonly string[];
}

/** Bounds of the whole stack. What is left out is the core's own choice. */
export interface Limits {
  /** Bytes that a connection may hold for sending. */
  sendBuffer?: number;
  /** Bytes that a connection may hold for its reader; the upper bound of the window. */
  receiveBuffer?: number;
  /** Bytes of linear memory that buffers and pools may take in all. */
  memoryLimit?: number;
  /** Connections in all states, TIME-WAIT included. */
  connectionLimit?: number;
  /** Maximum segment lifetime in milliseconds; TIME-WAIT lasts twice as long (RFC 9293 §3.4.2). */
  maximumSegmentLifetime?: number;
  /** Retransmissions of a SYN before `ETIMEDOUT`. */
  synRetries?: number;
  /** Retransmissions of data before `ETIMEDOUT` (RFC 9293 §3.8.3, R2). */
  dataRetries?: number;
}

/** @throws TypeError for a controller that does not exist */
export function applyCongestion(core: Core, congestion: Congestion | undefined): void {
  if (congestion === undefined) return;
  if (!Object.hasOwn(CONTROLLERS, congestion))
    throw new TypeError(`congestion must be 'reno' or 'cubic', not ${congestion}`);
  core.calls.configure(SETTING_CONGESTION, CONTROLLERS[congestion]);
}

/** @throws RangeError for a limit that the core does not accept */
export function applyLimits(core: Core, limits: Limits): void {
  for (const [name, setting] of SETTINGS) {
    const value = limits[name];
    if (value === undefined) continue;
    const sane = Number.isInteger(value) && value >= 0 && value < 2 ** 32;
    if (!sane || core.calls.configure(setting, value) < 0) throw new RangeError(`${name} can't be ${value}`);
  }
}

const CONTROLLERS: Readonly<Record<Congestion, number>> = { reno: CONGESTION_RENO, cubic: CONGESTION_CUBIC };

const SETTINGS: readonly (readonly [keyof Limits, number])[] = [
  ['sendBuffer', SETTING_SEND_BUFFER],
  ['receiveBuffer', SETTING_RECEIVE_BUFFER],
  ['memoryLimit', SETTING_MEMORY_LIMIT],
  ['connectionLimit', SETTING_CONNECTION_LIMIT],
  ['maximumSegmentLifetime', SETTING_MSL],
  ['synRetries', SETTING_SYN_RETRIES],
  ['dataRetries', SETTING_DATA_RETRIES],
];
