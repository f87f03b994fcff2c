/**
 * Options of a socket that tell something, or that are no plain number. Not for: the plain ones (`options.ts`).
 */
import {
  CONGESTION_CUBIC,
  CONGESTION_RENO,
  OPTION_CONGESTION,
  SETTING_CONGESTION,
} from '../../assembly/abi/constants.js';
import type { Core } from '../core/core.js';
import {
  AF_INET,
  IPPROTO_TCP,
  SO_ACCEPTCONN,
  SO_DOMAIN,
  SO_ERROR,
  SO_LINGER,
  SO_PROTOCOL,
  SO_TYPE,
  SOCK_STREAM,
  SOL_SOCKET,
  SOL_TCP,
  TCP_CONGESTION,
} from './constants.js';
import type { Linger, OptionValue } from './contract.js';
import type { Endpoint } from './endpoint.js';
import { EINVAL, ENOENT, ENOPROTOOPT } from './errno.js';

/** @returns 0 or a negative error number */
export function setOption(endpoint: Endpoint, core: Core, level: number, name: number, value: OptionValue): number {
  const handle = endpoint.role === 'connection' ? endpoint.handle : 0;
  if (level === SOL_SOCKET && name === SO_LINGER) return setLinger(endpoint, value);
  if (level === SOL_TCP && name === TCP_CONGESTION) return setCongestion(endpoint, core, handle, value);
  if (!Number.isInteger(value)) return endpoint.settings.get(level, name) === -ENOPROTOOPT ? -ENOPROTOOPT : -EINVAL;
  const done = endpoint.settings.set(level, name, value as number, handle);
  if (done === 0 && endpoint.role === 'listener') endpoint.settings.applyToListener(endpoint.handle);
  return done;
}

/** @returns the value, or undefined for an option there is not */
export function readOption(endpoint: Endpoint, core: Core, level: number, name: number): OptionValue | undefined {
  if (level === SOL_TCP && name === TCP_CONGESTION) {
    return CONTROLLERS[endpoint.settings.congestion ?? core.calls.setting(SETTING_CONGESTION)];
  }
  const told = level === SOL_SOCKET ? TOLD.get(name)?.(endpoint) : undefined;
  if (told !== undefined) return told;
  const value = endpoint.settings.get(level, name);
  return value === -ENOPROTOOPT ? undefined : value;
}

function setLinger(endpoint: Endpoint, value: OptionValue): number {
  if (typeof value !== 'object' || !('onoff' in value)) return -EINVAL;
  const { onoff, linger } = value;
  endpoint.settings.linger = { onoff: onoff === 0 ? 0 : 1, linger };
  return 0;
}

function setCongestion(endpoint: Endpoint, core: Core, handle: number, value: OptionValue): number {
  const controller = CONTROLLERS.indexOf(value as string);
  if (controller < 0) return -ENOENT;
  endpoint.settings.congestion = controller;
  return handle === 0 ? 0 : core.calls.tcpSetOption(handle, OPTION_CONGESTION, controller);
}

const TOLD = new Map<number, (endpoint: Endpoint) => number | Linger>([
  [SO_TYPE, () => SOCK_STREAM],
  [SO_DOMAIN, () => AF_INET],
  [SO_PROTOCOL, () => IPPROTO_TCP],
  [SO_ACCEPTCONN, (endpoint) => (endpoint.role === 'listener' ? 1 : 0)],
  [SO_ERROR, (endpoint) => endpoint.takePendingError()],
  [SO_LINGER, (endpoint) => ({ ...endpoint.settings.linger })],
]);

/** By CONGESTION_*. */
const CONTROLLERS: string[] = [];
CONTROLLERS[CONGESTION_RENO] = 'reno';
CONTROLLERS[CONGESTION_CUBIC] = 'cubic';
