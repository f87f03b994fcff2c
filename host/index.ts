/** The public API of Vitrine, and nothing else. */
export { type Clock, type ManualClock, manualClock, systemClock, type Timer } from './core/clock.js';
export { CoreFault } from './core/fault.js';
export type { CoreSource } from './core/load.js';
export { type Device, DeviceError, type DevicePort, type LinkType } from './device/device.js';
export { connect, defaultStack, listen, setDefaultStack } from './socket/default-stack.js';
export { SocketError } from './socket/errors.js';
export type { BinaryType, BinaryTypeList, SocketHandler } from './socket/handlers.js';
export type { SocketListener } from './socket/listener.js';
export type { SocketOptions, TCPSocketConnectOptions, TCPSocketListenOptions } from './socket/options.js';
export type { Payload } from './socket/payload.js';
export type { Socket } from './socket/socket.js';
export type { Counters, StateName, TraceRecord } from './stack/observation.js';
export type { PingReply } from './stack/pings.js';
export type { InterfaceOptions, Limits, StackOptions } from './stack/settings.js';
export type { RestoreOptions, StackSnapshot } from './stack/snapshot.js';
export { createStack, Stack } from './stack/stack.js';
