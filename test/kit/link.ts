/**
 * One core on an Ethernet link, driven by hand: frames in, frames out, time moved; and the messages of ARP and of
 * neighbour discovery written out byte by byte, so that they can also be wrong.
 * Not for: the host's stack.
 */
import {
  HEADROOM,
  INTERFACE_AUTOCONFIGURE,
  INTERFACE_DUPLICATE_TRANSMITS,
  INTERFACE_LINK_LOCAL,
  LINK_ETHERNET,
  RECEIVE_DESCRIPTOR,
  SETTING_FORWARDING,
  TRANSMIT_DESCRIPTOR,
  TRANSMIT_LIMIT,
} from '../../assembly/abi/constants.js';
import { isIPv4, parseAddressWithPrefix } from '../../host/core/address.js';
import { Core } from '../../host/core/core.js';
import { parseHardwareAddress } from '../../host/core/hardware-address.js';
import { compileCore } from '../../host/core/load.js';
import { formatFrame } from '../../host/packet/print.js';
import { readNeighbors } from '../../host/stack/link.js';
import { Network } from '../../host/stack/network.js';
import { address as addressBytes, TEST_CORE } from './driver.js';
import { buildIp, internetChecksum, transportChecksum } from './packet.js';

export interface LinkOptions {
  /** With prefix lengths. */
  addresses?: readonly string[];
  linkLocal?: boolean;
  autoconfigure?: boolean;
  duplicateTransmits?: number;
  forwarding?: boolean;
  mtu?: number;
  seed?: number;
  interfaces?: number;
}

export class LinkDriver {
  now = 10_000;
  /** What came out, as `formatFrame` has it, since the last `take`. */
  readonly frames: Uint8Array[][] = [];
  readonly network: Network;

  static async create(options: LinkOptions = {}): Promise<LinkDriver> {
    const compiled = await compileCore(TEST_CORE);
    return new LinkDriver(Core.initialized(compiled.instantiate(options.seed ?? 1)), options);
  }

  private constructor(
    readonly core: Core,
    options: LinkOptions,
  ) {
    const { calls } = core;
    this.network = new Network(core, () => {});
    calls.configure(SETTING_FORWARDING, options.forwarding === true ? 1 : 0);
    calls.input(0, this.now);
    for (let number = 1; number <= (options.interfaces ?? 1); number++) {
      core.bytes.fill(0, calls.resultArea(), calls.resultArea() + 8);
      core.bytes.set(hardware(ownHardware(number)), calls.resultArea());
      if (calls.interfaceAdd(options.mtu ?? 1500, 0, LINK_ETHERNET) !== number) throw new Error('interface refused');
      calls.interfaceOption(number, INTERFACE_DUPLICATE_TRANSMITS, options.duplicateTransmits ?? 1);
      calls.interfaceOption(number, INTERFACE_LINK_LOCAL, options.linkLocal === true ? 1 : 0);
      calls.interfaceOption(number, INTERFACE_AUTOCONFIGURE, options.autoconfigure === true ? 1 : 0);
      this.frames.push([]);
    }
    for (const address of options.addresses ?? []) this.network.addAddress(address, 1);
    this.advance(0);
  }

  get calls() {
    return this.core.calls;
  }

  /** Adds an address; its first step is taken. `flags`: ADDRESS_*. */
  addAddress(text: string, flags = 0, number = 1): void {
    const { address, prefixLength } = parseAddressWithPrefix(text);
    this.core.putAddress(address);
    const bits = prefixLength + (isIPv4(address) ? 96 : 0);
    if (this.calls.addressAdd(number, bits, flags) < 0) throw new Error(`${text} refused`);
    this.advance(0);
  }

  /** Hands frames to the core as one batch, and lets it answer. */
  inject(...frames: Uint8Array[]): void {
    this.injectAt(1, ...frames);
  }

  injectAt(number: number, ...frames: Uint8Array[]): void {
    const { bytes, words } = this.core;
    let at = this.calls.receiveArena() + HEADROOM;
    const descriptors = this.calls.receiveDescriptors() >> 2;
    frames.forEach((frame, index) => {
      bytes.set(frame, at);
      words[descriptors + index * (RECEIVE_DESCRIPTOR >> 2)] = at;
      words[descriptors + index * (RECEIVE_DESCRIPTOR >> 2) + 1] = frame.length;
      words[descriptors + index * (RECEIVE_DESCRIPTOR >> 2) + 2] = number;
      at = (at + frame.length + HEADROOM + 63) & -64;
    });
    this.calls.input(frames.length, this.now);
    this.output();
  }

  output(): void {
    for (let round = 0; round < 1000; round++) {
      const looped = this.calls.output(this.now);
      const taken = this.frames.reduce((sum, _, index) => sum + this.#take(index + 1), 0);
      if (looped > 0) this.calls.input(0, this.now);
      else if (taken === 0) return;
    }
    throw new Error('the core never stops sending');
  }

  /** Runs every timer that falls due in the next `milliseconds`, each at its moment. */
  advance(milliseconds: number): void {
    const end = this.now + milliseconds;
    for (let rounds = 0; this.calls.nextDeadline() <= end; rounds++) {
      if (rounds > 100_000) throw new Error('a deadline that never passes');
      this.now = Math.max(this.now, this.calls.nextDeadline());
      this.calls.timersExpire(this.now);
      this.output();
    }
    this.now = end;
    this.output();
  }

  /** Takes what came out of an interface, raw. */
  take(number = 1): Uint8Array[] {
    return this.frames[number - 1]?.splice(0) ?? [];
  }

  /** Takes what came out as text, but for what routers are told of groups (`test/ip/multicast/`). */
  told(number = 1): string[] {
    const all = this.take(number).map((frame) => formatFrame(frame));
    return all.filter((text) => !text.includes(' listener report '));
  }

  /** What came out in the next `milliseconds`, each with its moment from now on in tenths of a second. */
  over(milliseconds: number): [number, string][] {
    const start = this.now;
    const all: [number, string][] = [];
    for (const end = start + milliseconds; this.now < end; ) {
      this.advance(Math.min(100, end - this.now));
      for (const frame of this.told()) all.push([Math.round((this.now - start) / 100) / 10, frame]);
    }
    return all;
  }

  /** Sends an echo request from the core. */
  ping(address: string): number {
    this.core.putAddress(addressBytes(address));
    const answer = this.calls.icmpEcho(1, 8, 64);
    this.output();
    return answer;
  }

  /** `address state`, of every neighbour. */
  neighbors(): string[] {
    this.calls.input(0, this.now);
    return readNeighbors(this.core).map(({ address, state }) => `${address} ${state}`);
  }

  #take(number: number): number {
    const { bytes, words } = this.core;
    const queue = this.calls.transmitQueue(number) >> 2;
    const head = words[queue] as number;
    const count = words[queue + 1] as number;
    for (let index = 0; index < count; index++) {
      const descriptor = queue + 2 + ((head + index) % TRANSMIT_LIMIT) * (TRANSMIT_DESCRIPTOR >> 2);
      const at = words[descriptor] as number;
      this.frames[number - 1]?.push(bytes.slice(at, at + (words[descriptor + 1] as number)));
    }
    if (count > 0) this.calls.transmitDone(number, count);
    return count;
  }
}

export const OWN = '02:00:00:00:00:01';
export const BROADCAST = 'ff:ff:ff:ff:ff:ff';

export function ownHardware(number: number): string {
  return `02:00:00:00:00:0${number}`;
}

/** A frame from `source`, padded as Ethernet does. */
export function frame(destination: string, source: string, type: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(Math.max(60, 14 + payload.length));
  bytes.set(hardware(destination));
  bytes.set(hardware(source), 6);
  bytes.set([type >> 8, type & 255], 12);
  bytes.set(payload, 14);
  return bytes;
}

export interface Arp {
  operation?: number;
  from: string;
  sender: string;
  target: string;
  /** The target's hardware address; zero by default. */
  at?: string;
  to?: string;
}

export function arp({ operation = 1, from, sender, target, at, to = BROADCAST }: Arp): Uint8Array {
  const message = new Uint8Array(28);
  message.set([0, 1, 8, 0, 6, 4, 0, operation]);
  message.set(hardware(from), 8);
  message.set(addressBytes(sender).subarray(12), 14);
  if (at !== undefined) message.set(hardware(at), 18);
  message.set(addressBytes(target).subarray(12), 24);
  return frame(to, from, 0x0806, message);
}

export interface Icmp6 {
  from: string;
  source: string;
  destination: string;
  to?: string;
  lifetime?: number;
  /** Adds one to the checksum. */
  damaged?: boolean;
}

/** An ICMPv6 message in a frame; its checksum is filled in. */
export function icmp6(message: readonly number[], options: Icmp6): Uint8Array {
  const { from, source, destination, lifetime = 255, damaged = false } = options;
  const payload = Uint8Array.from(message);
  payload.set([0, 0], 2);
  const packet = buildIp({ source, destination, protocol: 58, payload, lifetime });
  const sum = (transportChecksum(packet, 58) + (damaged ? 1 : 0)) & 0xffff;
  packet.set([sum >> 8, sum & 255], 42);
  return frame(options.to ?? groupOrOwn(destination), from, 0x86dd, packet);
}

export function solicitation(target: string, options: Icmp6 & { sourceLink?: string | undefined }): Uint8Array {
  return icmp6([135, 0, 0, 0, 0, 0, 0, 0, ...addressBytes(target), ...linkOption(1, options.sourceLink)], options);
}

export function advertisement(
  target: string,
  flags: string,
  options: Icmp6 & { targetLink?: string | undefined },
): Uint8Array {
  const bits = [...flags].reduce((sum, flag) => sum | ({ R: 0x80, S: 0x40, O: 0x20 }[flag] ?? 0), 0);
  return icmp6([136, 0, 0, 0, bits, 0, 0, 0, ...addressBytes(target), ...linkOption(2, options.targetLink)], options);
}

/** An option of neighbour discovery with a hardware address; nothing without one. */
export function linkOption(type: number, address: string | undefined): number[] {
  return address === undefined ? [] : [type, 1, ...hardware(address)];
}

export function words32(...values: number[]): number[] {
  return values.flatMap((value) => [(value >>> 24) & 255, (value >>> 16) & 255, (value >>> 8) & 255, value & 255]);
}

export function hardware(text: string): Uint8Array {
  const parsed = parseHardwareAddress(text);
  if (parsed === undefined) throw new Error(`${text} is no hardware address`);
  return parsed;
}

/** The solicited-node group of an address. */
export function solicitedNode(address: string): string {
  const [a, b, c] = [...addressBytes(address).subarray(13)].map((byte) => byte.toString(16).padStart(2, '0'));
  return `ff02::1:ff${a}:${b}${c}`;
}

/** An echo request that arrives. */
export function echoRequest(from: string, to: string, source: string, destination: string, lifetime = 64): Uint8Array {
  if (source.includes(':')) {
    return icmp6([128, 0, 0, 0, 0, 1, 0, 1, 1, 2, 3, 4], { from, to, source, destination, lifetime });
  }
  const payload = Uint8Array.of(8, 0, 0, 0, 0, 1, 0, 1, 1, 2, 3, 4);
  const sum = internetChecksum(payload);
  payload.set([sum >> 8, sum & 255], 2);
  return frame(to, from, 0x0800, buildIp({ source, destination, protocol: 1, payload, lifetime }));
}

function groupOrOwn(destination: string): string {
  if (!destination.startsWith('ff')) return OWN;
  const tail = [...addressBytes(destination).subarray(12)].map((byte) => byte.toString(16).padStart(2, '0'));
  return `33:33:${tail.join(':')}`;
}
