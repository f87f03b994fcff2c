/**
 * A whole stack as plain data, and back. The core is its memory; beside it the host has to remember the moment, and of
 * sockets and listeners what the core does not know. Not for: handlers and `socket.data`, which belong to the program.
 */
import { EVENT_DATA, STATE_SYN_RECEIVED, STATE_SYN_SENT } from '../../assembly/abi/constants.js';
import type { HeldBySockets } from '../bsd/layer.js';
import type { Core } from '../core/core.js';
import type { Device } from '../device/device.js';
import { parseHandlers, type SocketHandler } from '../socket/handlers.js';
import { type ListenerState, TCPSocketListener } from '../socket/listener.js';
import type { SocketState } from '../socket/parts.js';
import type { Phase } from '../socket/ready-state.js';
import { Socket } from '../socket/socket.js';
import { parseServerTls, type TLSOptions } from '../tls/options.js';
import type { Connection } from './connection.js';
import type { Connections, Listening } from './connections.js';
import type { StackOptions } from './settings.js';

/** Can be cloned, posted and stored. Holds secrets and all bytes in flight. */
export interface StackSnapshot {
  /** The core's linear memory. */
  memory: Uint8Array<ArrayBuffer>;
  /** Milliseconds on the stack's clock. */
  now: number;
  /** What its devices were: those that it goes on with have to be like them. */
  devices: DeviceShape[];
  listeners: ListenerState[];
  /** Those of them that others may join, by address and port. */
  shared: [string, Listening][];
  sockets: SocketSnapshot[];
  /** What BSD sockets hold in the core, which ends when the snapshot is restored. */
  descriptors: HeldBySockets;
}

/** Of a device, what the core knows. */
export type DeviceShape = Pick<Device, 'linkType' | 'mtu' | 'offloads'>;

export interface SocketSnapshot {
  handle: number;
  phase: Phase;
  bytesWritten: number;
  discarding: boolean;
  paused: boolean;
  /** Events that the core has told and the handlers have not heard. */
  events: number;
  allowHalfOpen: boolean;
  /** Handle of its TLS in the core: the connection is reset when the snapshot is restored, since a nonce must never come twice. */
  records?: number;
  /** What `end(data)` accepted and the core had no room for. */
  tail?: Uint8Array;
  /** Handle of the listener that accepted it. */
  listener?: number;
}

export interface RestoreOptions
  extends Pick<
    StackOptions,
    'device' | 'addresses' | 'interfaces' | 'clock' | 'core' | 'error' | 'dns' | 'ticketSecret'
  > {
  /** The handlers of every socket and listener of the snapshot, until `reload`. */
  socket: SocketHandler<unknown>;
  /** For listeners that speak TLS, whose keys no snapshot holds; without it they stop. */
  tls?: TLSOptions | readonly TLSOptions[] | boolean;
}

export function takeSnapshot(
  core: Core,
  now: number,
  devices: DeviceShape[],
  connections: Connections<Socket<unknown>>,
  listeners: readonly TCPSocketListener<unknown>[],
  pending: (connection: Connection<Socket<unknown>>) => number,
  descriptors: HeldBySockets,
): StackSnapshot {
  const sockets: SocketSnapshot[] = [];
  for (const connection of connections.all()) sockets.push(socketSnapshot(connection, pending(connection)));
  const states = listeners.map(TCPSocketListener.state);
  const shared = connections.shared();
  return { memory: core.snapshot(), now, devices, listeners: states, shared, sockets, descriptors };
}

/**
 * Has devices do what the core expects of them, no less and no more.
 * @throws TypeError when they can't
 */
export function checkDevices(shapes: readonly DeviceShape[], devices: readonly Device[]): void {
  if (devices.length !== shapes.length) {
    throw new TypeError(`as many devices must be given as the snapshot has, ${shapes.length}, not ${devices.length}`);
  }
  shapes.forEach((was, index) => {
    const device = devices[index] as Device;
    const which = `device ${index + 1} of the snapshot`;
    if (device.linkType !== was.linkType)
      throw new TypeError(`${which} was "${was.linkType}", not "${device.linkType}"`);
    if (device.mtu < was.mtu) throw new TypeError(`${which} had an MTU of ${was.mtu}, not of ${device.mtu}`);
    if ((was.offloads & ~device.offloads) !== 0) {
      throw new TypeError(`${which} did checksums or segmentation, which the one given does not`);
    }
  });
  shapes.forEach(({ offloads }, index) => {
    (devices[index] as Device).offloads = offloads;
  });
}

/** Gives every restored connection its socket. */
export function restoreSockets(
  snapshot: StackSnapshot,
  connections: Connections<Socket<unknown>>,
  active: Set<TCPSocketListener>,
  options: RestoreOptions,
): void {
  const handlers = parseHandlers(options.socket);
  connections.adoptShared(snapshot.shared);
  for (const handle of snapshot.descriptors.listeners) connections.unlisten(handle);
  for (const handle of snapshot.descriptors.connections) connections.add(handle).abort();
  const listeners = new Map<number, TCPSocketListener<unknown>>();
  const tls = parseServerTls(options.tls, connections.port.tls);
  for (const { handle, secure, ...state } of snapshot.listeners) {
    if (secure && tls === undefined) {
      connections.unlisten(handle);
      continue;
    }
    const parts = { connections, listeners: active, handle, box: { current: handlers }, data: undefined, ...state };
    listeners.set(handle, new TCPSocketListener<unknown>(secure ? { ...parts, tls } : parts));
  }
  const known = new Map(snapshot.sockets.map((socket) => [socket.handle, socket]));
  for (const handle of liveHandles(connections.port.core)) {
    const socket = known.get(handle);
    if (socket?.records !== undefined) connections.port.core.calls.tlsFree(socket.records);
    if (mustEnd(connections.port.core, handle, socket)) {
      connections.add(handle).abort();
      continue;
    }
    // The core knows it as released, or will tell us of it as accepted.
    if (socket === undefined) continue;
    const connection = connections.add(handle);
    connection.tail = socket.tail;
    // The snapshot may have been taken by a handler that had a part of the bytes; to look for more in vain does no harm.
    connection.deferred = socket.events | EVENT_DATA;
    connections.noteResumed(connection);
    if (socket.phase === 'closed') {
      connections.noteOrphan(connection);
      continue;
    }
    const { phase, bytesWritten, discarding, allowHalfOpen } = socket;
    const resumed = { phase, bytesWritten, discarding };
    const listener = socket.listener === undefined ? undefined : listeners.get(socket.listener);
    connection.paused = socket.paused;
    connection.owner =
      listener?.adopt(connection, allowHalfOpen, resumed) ??
      new Socket<unknown>({
        connection,
        keepAlive: connections.port.keepAlive,
        box: { current: handlers },
        data: undefined,
        allowHalfOpen,
        resumed,
      });
  }
}

function socketSnapshot(connection: Connection<Socket<unknown>>, pending: number): SocketSnapshot {
  const { handle, paused, tail, owner, layer } = connection;
  const events = connection.deferred | pending;
  const { listener, ...state } = owner === null ? ORPHAN : Socket.state(owner);
  return {
    handle,
    paused,
    events,
    ...state,
    ...(layer?.records ? { records: layer.records } : {}),
    ...(tail === undefined ? {} : { tail: tail.slice() }),
    ...(listener === undefined ? {} : { listener: TCPSocketListener.state(listener).handle }),
  };
}

/** Whether a connection is in mid-handshake, speaks TLS, or has opened for who waits in vain for the promise of `connect`. */
function mustEnd(core: Core, handle: number, socket: SocketSnapshot | undefined): boolean {
  const state = core.calls.tcpState(handle);
  if (state === STATE_SYN_SENT || state === STATE_SYN_RECEIVED || socket?.records !== undefined) return true;
  return socket?.phase === 'connecting' && socket.listener === undefined;
}

/** Collected before anything is changed: aborting would disturb the walk. */
function liveHandles(core: Core): number[] {
  const handles: number[] = [];
  for (let handle = core.calls.tcpNext(0); handle !== 0; handle = core.calls.tcpNext(handle)) handles.push(handle);
  return handles;
}

/** A connection that its program has closed and that is still delivering. */
const ORPHAN: SocketState = {
  phase: 'closed',
  bytesWritten: 0,
  discarding: true,
  allowHalfOpen: false,
  listener: undefined,
};
