/**
 * The shapes of UDP sockets that programs see: Bun's. Not for: what is behind them (`socket.ts`).
 */
import type { BinaryType } from '../socket/handlers.js';
import type { ConnectedSocketHandler, SocketHandler } from './options.js';

/** What can be sent. */
export type Data = string | ArrayBufferView | ArrayBufferLike;

/** More about a datagram. */
export interface ReceiveFlags {
  /** Never: datagrams come whole, or not at all. */
  truncated: boolean;
  /** It came over IPv6. */
  ipv6: boolean;
}

/** An end of a socket. */
export interface SocketAddress {
  address: string;
  port: number;
  family: 'IPv4' | 'IPv6';
}

export interface BaseUDPSocket extends Disposable, AsyncDisposable {
  /** As it was given. */
  readonly hostname: string;
  readonly port: number;
  readonly address: SocketAddress;
  readonly binaryType: BinaryType;
  readonly closed: boolean;
  ref(): void;
  unref(): void;
  /** Ends the socket, at once: what was sent leaves, what waits to be read is gone. */
  close(): void;
  /** Allows sending to broadcast addresses. @returns what was given */
  setBroadcast(enabled: boolean): boolean;
  /** Hops that datagrams may take, 1 to 255. @returns what was given */
  setTTL(ttl: number): number;
  /** The same for groups, 0 to 255; 1 at first. @returns what was given */
  setMulticastTTL(ttl: number): number;
  /** Whether what is sent to groups that this stack is in comes to it, too: at first, yes. @returns what was given */
  setMulticastLoopback(enabled: boolean): boolean;
  /** The interface for groups, by one of its addresses; `::%1` by its number. @returns whether it is an address */
  setMulticastInterface(interfaceAddress: string): boolean;
  /** @returns true */
  addMembership(multicastAddress: string, interfaceAddress?: string): boolean;
  dropMembership(multicastAddress: string, interfaceAddress?: string): boolean;
  /** Hears a group from one source. @returns true */
  addSourceSpecificMembership(sourceAddress: string, groupAddress: string, interfaceAddress?: string): boolean;
  dropSourceSpecificMembership(sourceAddress: string, groupAddress: string, interfaceAddress?: string): boolean;
}

/** A socket that speaks with one peer. */
export interface ConnectedSocket<DataBinaryType extends BinaryType> extends BaseUDPSocket {
  readonly remoteAddress: SocketAddress;
  /** @returns how many of the datagrams there was room for; after fewer than all, `drain` follows */
  sendMany(packets: readonly Data[]): number;
  /** @returns false when there is no room; then `drain` follows */
  send(data: Data): boolean;
  reload(handler: ConnectedSocketHandler<DataBinaryType>): void;
}

/** A socket that speaks with everybody. */
export interface Socket<DataBinaryType extends BinaryType> extends BaseUDPSocket {
  /** @param packets data, port and address of each datagram, one behind the other */
  sendMany(packets: readonly (Data | string | number)[]): number;
  send(data: Data, port: number, address: string): boolean;
  reload(handler: SocketHandler<DataBinaryType>): void;
}
