/** The public API of Vitrine, and nothing else. */
/** The numbers of BSD sockets, by their names. */
export * as BSD from './bsd/constants.js';
export type { Bsd, Linger, OptionValue, PollFd, ReceivedMessage, SocketAddress } from './bsd/contract.js';
/** Error numbers, by their names. */
export * as ERRNO from './bsd/errno.js';
export type { TcpInfo } from './bsd/tcp-info.js';
export { type Clock, type ManualClock, manualClock, systemClock, type Timer } from './core/clock.js';
export { CoreFault } from './core/fault.js';
export type { CoreSource } from './core/load.js';
export { type Device, DeviceError, type DevicePort, type LinkType } from './device/device.js';
export { type MemoryWireOptions, memoryWire } from './device/memory.js';
export { type Pcap, type PcapOptions, pcap } from './device/pcap.js';
export { type EthernetSwitchOptions, ethernetSwitch, type SwitchPort } from './device/switch.js';
export { type Tap, type TapOptions, tap } from './device/tap.js';
export { type Tun, type TunOptions, tun } from './device/tun.js';
export { type Tuntap2Options, type Tuntap2Tun, tuntap2 } from './device/tuntap2.js';
export { type Weather, type WeatherConditions, type WeatherOptions, weather } from './device/weather.js';
export { type Hosts, parseHosts } from './dns/hosts.js';
export type { DnsRecord } from './dns/message/answer.js';
export type { DnsOptions, LookupAddress, LookupFunction } from './dns/options.js';
export type { LookupOptions, Resolver } from './dns/resolver.js';
export type { IpVersion as PacketScriptIpVersion, Mode as PacketScriptMode } from './packetscript/configuration.js';
export type { Failure as PacketScriptFailure } from './packetscript/failure.js';
export type { ProfileName as PacketScriptProfile } from './packetscript/profiles.js';
export { type PacketScriptOptions, type PacketScriptResult, runPacketScript } from './packetscript/run.js';
export {
  connect,
  defaultStack,
  listen,
  setDefaultStack,
  type TCPSocket,
  type TLSSocket,
  type UnixSocketListener,
  udpSocket,
} from './socket/default-stack.js';
export type { SocketError } from './socket/errors.js';
export type { BinaryType, BinaryTypeList, SocketHandler } from './socket/handlers.js';
export type { SocketListener, TCPSocketListener } from './socket/listener.js';
export type {
  FdSocketOptions,
  SocketOptions,
  TCPSocketConnectOptions,
  TCPSocketListenOptions,
  UnixSocketOptions,
} from './socket/options.js';
export { writeAll } from './socket/output/write-all.js';
export type { BufferSource, Payload } from './socket/payload.js';
export type { Socket } from './socket/socket.js';
export type { TLSUpgradeOptions } from './socket/tls/upgrade.js';
export type { Configuration, LeaseInfo } from './stack/configuration.js';
export type { NeighborInfo, NeighborState } from './stack/link.js';
export type { AddressInfo, Network, RouteInfo, RouteOptions } from './stack/network.js';
export type { Counters, StateName, TraceRecord } from './stack/observation.js';
export type { PingReply } from './stack/pings.js';
export type {
  Congestion,
  InterfaceOptions,
  Ipv6Options,
  Limits,
  LinkOptions,
  StackOptions,
  Tuning,
} from './stack/settings.js';
export type { RestoreOptions, StackSnapshot } from './stack/snapshot.js';
export { createStack, Stack } from './stack/stack.js';
export { type AlertName, TlsError } from './tls/alert.js';
export type { TlsConfig } from './tls/config.js';
export type { TlsConnection, TlsEvent } from './tls/connection.js';
export { clientConfig, loadCore, serverConfig, TlsEngine, type TlsEngineEnvironment } from './tls/engine.js';
export type { TLSOptions } from './tls/options.js';
export type * as udp from './udp/namespace.js';
export type { WorkerCounters } from './workers/messages.js';
export type { WorkerModule, WorkerPlace } from './workers/module.js';
export type { WorkerStackOptions, WorkersListenOptions, WorkersOptions } from './workers/options.js';
export { createWorkers, type Workers } from './workers/workers.js';
