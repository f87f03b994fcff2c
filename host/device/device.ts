/**
 * What moves packets between a stack and the outside: a TUN device, an in-memory wire, or a wrapper around another
 * device (`pcap(weather(tun()))`). A device knows bytes and nothing of TCP.
 *
 * A device reads and writes *in place* in the core's linear memory. An address names the first byte of the IP packet, or
 * of the Ethernet frame that it lies in; the `VNET_HEADER` bytes that end there belong to the virtio-net header, which only
 * devices with `offloads` use.
 */
export interface Device {
  /** Largest IP packet in bytes; a frame's header comes on top. */
  readonly mtu: number;
  /** What a packet begins with. `'ip'`: an IPv4 or IPv6 header. `'ethernet'`: the header of a frame (RFC 894, RFC 2464). */
  readonly linkType: LinkType;
  /** On `'ethernet'`, what the stack's end is called there, as `02:00:5e:10:00:01`. */
  readonly hardwareAddress?: string | undefined;
  /** `OFFLOAD_*` bits that both this device and whoever uses it can honour. A wrapper or user narrows it by assignment before `attach`. */
  offloads: number;
  /** The addresses that the device suggests for this end, as `address/prefix`, `[]` when the user has to say. */
  readonly addresses: readonly string[];

  /** Called once by the stack, before anything else, with the memory that addresses refer to. Throws when attached twice. */
  attach(port: DevicePort): void;

  /**
   * Reads one packet into memory at `address`.
   * @returns its length in bytes, 0 when none waits. Never blocks.
   * @throws DeviceError when the device is gone
   */
  read(address: number, capacity: number): number;

  /**
   * Sends the packet of `length` bytes at `address`.
   * @returns false when the device is full: keep the packet and try again after `onWritable`. True also when the
   * packet was dropped, as a wire does.
   * @throws DeviceError when the device is gone
   */
  write(address: number, length: number): boolean;

  /**
   * `read` for many packets, where a device can do that in one call: as many as wait and have room.
   * @throws DeviceError when the device is gone
   */
  readBatch?(arrivals: Arrivals): void;

  /**
   * `write` for many packets, likewise; those that the device has no room for are dropped.
   * @throws DeviceError when the device is gone
   */
  writeBatch?(departures: Departures): void;

  /** Whether this device alone keeps the process alive; devices start unref'd. */
  ref(): void;
  unref(): void;

  /** Gives back everything the device holds. Idempotent; later reads give 0 and later writes are dropped. */
  close(): void;
}

export type LinkType = 'ip' | 'ethernet';

/** What a device gets from the stack it serves. */
export interface DevicePort {
  /** Number of the interface on that stack, for captures. */
  readonly interface: number;
  /** The stack's clock. */
  readonly clock: Clock;
  /** The core's memory. Ask again for each use: a view goes stale when memory grows. */
  readonly memory: LinearMemory;
  /**
   * To be called, never from inside `read` or `write`, when a packet may have arrived at an empty device.
   * @param first a turn of the event loop begins with this call, so that no microtasks wait
   */
  onReadable(first?: boolean): void;
  /** To be called, never from inside `read` or `write`, when a full device may have room again. */
  onWritable(): void;
  /** To be called when the device failed by itself; the stack reports it and closes the device. */
  onError(error: DeviceError): void;
}

/** A device that can't be opened, or is gone. `code` is stable; `message` names what is missing and what to do. */
export class DeviceError extends Error {
  override readonly name = 'DeviceError';

  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

import type { Clock } from '../core/clock.js';
import type { LinearMemory } from '../core/exports.js';
import type { Arrivals, Departures } from './batch.js';
