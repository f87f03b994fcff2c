/**
 * Writes what passes through any device into a pcapng file, for Wireshark and tshark. The capture shows what would be
 * on a wire: checksums that were left to the other side are completed in the copy.
 *
 * A slow disk never slows the stack: packets that find no room are left out of the capture and counted.
 * Not for: the format (`pcapng.ts`) and the writing (`capture-sink.ts`).
 */
import { PACKET_LIMIT, VNET_HEADER } from '../../assembly/abi/constants.js';
import { CaptureSink, type CaptureWriter } from './capture-sink.js';
import type { Device, DevicePort } from './device.js';
import { onlyKnown, unexpected, wholeNumber } from './options.js';
import { decryptionSecrets, fileHeader, packetBlockSize, putPacket, statistics } from './pcapng.js';

/** Exactly one of `path` and `write`. */
export interface PcapOptions {
  /** The file to write, replaced if it exists. Complete when `close()` returns. */
  path?: string | undefined;
  /** Gets the capture in pieces instead, each once the promise for the one before is fulfilled. */
  write?: CaptureWriter | undefined;
  /** The interface's name in the capture. Default: the device's own name, or `vitrine`. */
  name?: string | undefined;
  /** Bytes of each packet that are kept, at least 68: an IPv4 and a TCP header with options. Default: all. */
  snapLength?: number | undefined;
}

export interface Pcap extends Device {
  /** Bytes of each packet that are kept. May be changed at any time, for the packets that are yet to come. */
  snapLength: number;
  /** Packets in the capture. */
  readonly captured: number;
  /** Packets that passed through but are not in the capture, for want of room or after a failed write. */
  readonly dropped: number;
  /** Settles after `close()`, when the capture is complete; rejects with what went wrong while writing it. */
  readonly finished: Promise<void>;
  /**
   * Puts a line of a TLS key log (the format of NSS) into the capture, so that Wireshark and tshark decrypt it without
   * another file: `createStack({ device: capture, keylog: capture.secret })`. Whoever gets the capture can then read what
   * was said. To be called as soon as there is a secret: it stands before the packets of the same turn of the event loop, since
   * Wireshark needs it before the first packet that it opens.
   * @returns whether it is in the capture; false for want of room, after a failed write and once closed
   */
  readonly secret: (line: string) => boolean;
}

/**
 * Wraps `device`, which must not be attached yet.
 * @throws TypeError for a bad option
 * @throws Error of `node:fs` when the file can't be opened
 */
export function pcap(device: Device, options: PcapOptions): Pcap {
  onlyKnown('pcap', options, ['path', 'write', 'name', 'snapLength']);
  const { path, write, name = nameOf(device) } = options;
  if (typeof name !== 'string') throw unexpected('name', 'a string', name);
  if ((path === undefined) === (write === undefined)) throw new TypeError('pcap needs either path or write');
  if (path !== undefined && typeof path !== 'string') throw unexpected('path', 'a string', path);
  if (write !== undefined && typeof write !== 'function') throw unexpected('write', 'a function', write);
  const snapLength = snapLengthOf(options.snapLength);
  const target = path !== undefined ? { path } : { write: write as CaptureWriter };
  return new PcapDevice(device, new CaptureSink(target, fileHeader(name, PACKET_LIMIT, device.linkType)), snapLength);
}

class PcapDevice implements Pcap {
  captured = 0;
  dropped = 0;
  readonly linkType;
  readonly hardwareAddress;
  readonly addresses;
  readonly mtu: number;
  readonly finished: Promise<void>;
  #port: DevicePort | undefined;
  /** Calendar time less the clock's own: a fixed distance, so that packets of one millisecond keep their distances. */
  #wallOffset = 0;
  /** Before every packet lies a virtio-net header that means something. */
  #hasHeader = false;
  #closed = false;
  #snapLength: number;

  constructor(
    private readonly below: Device,
    private readonly sink: CaptureSink,
    snapLength: number,
  ) {
    this.#snapLength = snapLength;
    this.mtu = below.mtu;
    this.linkType = below.linkType;
    this.hardwareAddress = below.hardwareAddress;
    this.addresses = below.addresses;
    this.finished = sink.finished;
  }

  get snapLength(): number {
    return this.#snapLength;
  }

  set snapLength(bytes: number) {
    this.#snapLength = snapLengthOf(bytes);
  }

  readonly secret = (line: string): boolean => {
    if (typeof line !== 'string') throw unexpected('line', 'a string', line);
    return this.sink.insert(decryptionSecrets(`${line}\n`));
  };

  get offloads(): number {
    return this.below.offloads;
  }

  set offloads(offloads: number) {
    this.below.offloads = offloads;
  }

  attach(port: DevicePort): void {
    this.#port = port;
    this.#wallOffset = port.clock.wall() - port.clock.now();
    this.below.attach(port);
    this.#hasHeader = this.below.offloads !== 0;
  }

  read(address: number, capacity: number): number {
    const length = this.below.read(address, capacity);
    if (length > 0) this.#capture(address, length, true);
    return length;
  }

  write(address: number, length: number): boolean {
    const port = this.#port;
    const time = port?.clock.now();
    const taken = this.below.write(address, length);
    if (taken) this.#capture(address, length, false, time);
    return taken;
  }

  ref(): void {
    this.below.ref();
  }

  unref(): void {
    this.below.unref();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.below.close();
    this.sink.end(statistics(this.#now(), this.captured, this.dropped));
  }

  #now(time = this.#port?.clock.now()): number {
    return time === undefined ? 0 : this.#wallOffset + time;
  }

  #capture(address: number, length: number, inbound: boolean, time?: number): void {
    if (this.#closed) return;
    const kept = Math.min(length, this.#snapLength);
    const room = this.sink.reserve(packetBlockSize(kept));
    if (room === undefined) {
      this.dropped++;
      return;
    }
    this.captured++;
    const { buffer } = (this.#port as DevicePort).memory;
    const packet = new Uint8Array(buffer, address, length);
    const copy = putPacket(room, kept, length, this.#now(time), inbound);
    copy.set(packet.subarray(0, kept));
    if (this.#hasHeader) completeChecksum(copy, packet, new DataView(buffer, address - VNET_HEADER, VNET_HEADER));
  }
}

/**
 * With a partial checksum the field holds the sum of the pseudo-header only (virtio 1.2 §5.1.6.2). Of a packet that
 * waits to be segmented, header and payload are summed as the one segment that it is for now.
 */
function completeChecksum(copy: Uint8Array, packet: Uint8Array, header: DataView): void {
  if ((header.getUint8(0) & NEEDS_CHECKSUM) === 0) return;
  const start = header.getUint16(6, true);
  const field = start + header.getUint16(8, true);
  if (field + 2 > copy.length) return;
  let sum = 0;
  const even = packet.length - ((packet.length - start) & 1);
  for (let at = start; at < even; at += 2) sum += ((packet[at] as number) << 8) | (packet[at + 1] as number);
  if (even < packet.length) sum += (packet[even] as number) << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  // RFC 768: a UDP checksum of 0 would say that there is none.
  const checksum = ~sum & 0xffff || (field - start === UDP_CHECKSUM ? 0xffff : 0);
  copy[field] = checksum >> 8;
  copy[field + 1] = checksum & 0xff;
}

function snapLengthOf(value: unknown): number {
  return wholeNumber('snapLength', value, 68, PACKET_LIMIT, PACKET_LIMIT);
}

function nameOf(device: Device): string {
  return 'name' in device && typeof device.name === 'string' ? device.name : 'vitrine';
}

/** Where in its header UDP has the checksum. */
const UDP_CHECKSUM = 6;
/** VIRTIO_NET_HDR_F_NEEDS_CSUM. */
const NEEDS_CHECKSUM = 1;
