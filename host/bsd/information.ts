/**
 * Options of a socket that tell something, or that are no plain number. Not for: the plain ones (`options.ts`).
 */
import {
  CONGESTION_CUBIC,
  CONGESTION_RENO,
  FAST_OPEN_CLIENT,
  OPTION_CONGESTION,
  SETTING_CONGESTION,
  SETTING_FAST_OPEN,
  SETTING_RECEIVE_BUFFER_INITIAL,
  SETTING_SEND_BUFFER_INITIAL,
} from '../../assembly/abi/constants.js';
import type { Core } from '../core/core.js';
import {
  AF_INET6,
  IP_MTU,
  IPPROTO_TCP,
  IPV6_MTU,
  IPV6_V6ONLY,
  SO_ACCEPTCONN,
  SO_DOMAIN,
  SO_ERROR,
  SO_LINGER,
  SO_PROTOCOL,
  SO_RCVBUF,
  SO_SNDBUF,
  SO_TYPE,
  SOCK_STREAM,
  SOL_IP,
  SOL_IPV6,
  SOL_SOCKET,
  SOL_TCP,
  TCP_CONGESTION,
  TCP_FASTOPEN_CONNECT,
  TCP_INFO,
  TCP_MAXSEG,
} from './constants.js';
import type { OptionValue } from './contract.js';
import type { Endpoint } from './endpoint.js';
import { EINVAL, ENOENT, ENOPROTOOPT, ENOTCONN, EOPNOTSUPP } from './errno.js';
import { doubled, LEAST_RECEIVE_BUFFER, LEAST_SEND_BUFFER } from './options.js';
import { readTcpInfo } from './read-info.js';

/** @returns 0 or a negative error number */
export function setOption(endpoint: Endpoint, core: Core, level: number, name: number, value: OptionValue): number {
  const handle = endpoint.role === 'connection' ? endpoint.handle : 0;
  if (level === SOL_SOCKET && name === SO_LINGER) return setLinger(endpoint, value);
  if (level === SOL_TCP && name === TCP_CONGESTION) return setCongestion(endpoint, core, handle, value);
  if (!Number.isInteger(value)) return endpoint.settings.get(level, name) === -ENOPROTOOPT ? -ENOPROTOOPT : -EINVAL;
  if (level === SOL_TCP && name === TCP_FASTOPEN_CONNECT && !opensFast(core)) return -EOPNOTSUPP;
  // RFC 3493 §5.3, ipv6(7): it says what `bind` means.
  const late = endpoint.local !== undefined || endpoint.role !== 'fresh';
  if (late && level === SOL_IPV6 && name === IPV6_V6ONLY) return -EINVAL;
  const done = endpoint.settings.set(level, name, value as number, handle);
  if (done === 0 && endpoint.role === 'listener') endpoint.settings.applyToListener(endpoint.handle);
  return done;
}

/** Whether clients may send data on their SYN at all. */
export function opensFast(core: Core): boolean {
  return (core.calls.setting(SETTING_FAST_OPEN) & FAST_OPEN_CLIENT) !== 0;
}

/** Fills in `option.value`. @returns 0 or a negative error number */
export function readOption(asked: Asked, level: number, name: number, option: { value?: OptionValue }): number {
  const value = TOLD.get(level)?.get(name)?.(asked) ?? asked.endpoint.settings.get(level, name);
  if (value === -ENOPROTOOPT || value === -ENOTCONN) return value;
  option.value = value;
  return 0;
}

export interface Asked {
  endpoint: Endpoint;
  core: Core;
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

/** What the connection says; -ENOTCONN when there is none. */
function informed({ endpoint, core }: Asked, name: 'tcpi_pmtu' | 'tcpi_snd_mss'): number {
  return endpoint.isConnected ? readTcpInfo(core, endpoint)[name] : -ENOTCONN;
}

/** Before there is a connection: the bound that was set, or what RFC 9293 §3.7.1 assumes. */
function segmentSize(asked: Asked): number {
  if (asked.endpoint.isConnected) return informed(asked, 'tcpi_snd_mss');
  return asked.endpoint.settings.get(SOL_TCP, TCP_MAXSEG) || DEFAULT_MSS;
}

/** The size that was set, in the numbers of the profile; else the size of the moment. */
function bufferSize({ endpoint, core }: Asked, name: number): number {
  const { settings } = endpoint;
  const set = settings.get(SOL_SOCKET, name);
  const sends = name === SO_SNDBUF;
  if (set !== 0) return doubled(sends ? LEAST_SEND_BUFFER : LEAST_RECEIVE_BUFFER)(set, settings.profile);
  const { sendBuffer, receiveBuffer } = endpoint.look();
  if (endpoint.role === 'connection') return sends ? sendBuffer : receiveBuffer;
  return core.calls.setting(sends ? SETTING_SEND_BUFFER_INITIAL : SETTING_RECEIVE_BUFFER_INITIAL);
}

type Teller = (asked: Asked) => OptionValue | undefined;

const TOLD = new Map<number, Map<number, Teller>>([
  [
    SOL_SOCKET,
    new Map<number, Teller>([
      [SO_TYPE, () => SOCK_STREAM],
      [SO_DOMAIN, ({ endpoint }) => endpoint.settings.domain],
      [SO_PROTOCOL, () => IPPROTO_TCP],
      [SO_ACCEPTCONN, ({ endpoint }) => (endpoint.role === 'listener' ? 1 : 0)],
      [SO_ERROR, ({ endpoint }) => endpoint.takePendingError()],
      [SO_LINGER, ({ endpoint }) => ({ ...endpoint.settings.linger })],
      [SO_SNDBUF, (asked) => bufferSize(asked, SO_SNDBUF)],
      [SO_RCVBUF, (asked) => bufferSize(asked, SO_RCVBUF)],
    ]),
  ],
  [SOL_IP, new Map<number, Teller>([[IP_MTU, (asked) => informed(asked, 'tcpi_pmtu')]])],
  [
    SOL_IPV6,
    new Map<number, Teller>([
      [
        IPV6_MTU,
        (asked) => (asked.endpoint.settings.domain === AF_INET6 ? informed(asked, 'tcpi_pmtu') : -ENOPROTOOPT),
      ],
    ]),
  ],
  [
    SOL_TCP,
    new Map<number, Teller>([
      [TCP_INFO, ({ core, endpoint }) => readTcpInfo(core, endpoint)],
      [TCP_MAXSEG, segmentSize],
      [
        TCP_CONGESTION,
        ({ endpoint: { settings }, core }) =>
          CONTROLLERS[settings.congestion ?? core.calls.setting(SETTING_CONGESTION)],
      ],
    ]),
  ],
]);

const DEFAULT_MSS = 536;
/** By CONGESTION_*. */
const CONTROLLERS: string[] = [];
CONTROLLERS[CONGESTION_RENO] = 'reno';
CONTROLLERS[CONGESTION_CUBIC] = 'cubic';
