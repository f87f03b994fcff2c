/**
 * Datagrams by hand on the kit's driver: built, sent and received without a host. Not for: sockets of programs (`kit.ts`).
 */
import { ERROR_AGAIN } from '../../assembly/abi/constants.js';
import { formatPacket } from '../../host/packet/print.js';
import { address, Driver, type DriverOptions, type Emitted } from '../kit/driver.js';
import { buildIp, headerLength, internetChecksum, transportChecksum } from '../kit/packet.js';

export const UDP = 17;

export interface Built {
  source: string;
  destination: string;
  from?: number;
  to?: number;
  data?: string | Uint8Array;
  /** Instead of the right ones. */
  length?: number;
  checksum?: number;
  lifetime?: number;
}

/** A datagram with right lengths and checksum, unless it says others. */
export function datagram({
  source,
  destination,
  from = 9,
  to = 7,
  data = '',
  length,
  checksum,
  lifetime,
}: Built): Uint8Array {
  const bytes = typeof data === 'string' ? Buffer.from(data) : data;
  const payload = new Uint8Array(8 + bytes.length);
  const view = new DataView(payload.buffer);
  view.setUint16(0, from);
  view.setUint16(2, to);
  view.setUint16(4, length ?? payload.length);
  payload.set(bytes, 8);
  const packet = buildIp({ source, destination, protocol: UDP, payload, ...(lifetime !== undefined && { lifetime }) });
  const sum = transportChecksum(packet, UDP);
  new DataView(packet.buffer).setUint16(headerLength(packet) + 6, checksum ?? (sum === 0 ? 0xffff : sum));
  return packet;
}

/**
 * What a device makes of a packet that was left to it: datagrams, each in a packet of its own and with its checksum
 * (virtio 1.2 §5.1.6.2, RFC 768).
 */
export function cut({ bytes, virtio }: Emitted): Uint8Array[] {
  const { flags, type, headerSize, size, start, offset } = virtioHeader(virtio);
  if ((flags & 1) === 0) return [bytes];
  const at = headerLength(bytes);
  if (start !== at || offset !== 6 || headerSize !== at + 8) throw new Error('the checksum belongs elsewhere');
  const data = bytes.subarray(at + 8);
  if (new DataView(bytes.buffer, bytes.byteOffset).getUint16(at + 4) !== bytes.length - at)
    throw new Error('bad length');
  if (internetChecksum(bytes.subarray(at)) !== checksumOf(bytes)) throw new Error('wrong partial checksum');
  // Linux refuses a size that cuts nothing.
  if (type === 0 ? size !== 0 : type !== 5 || size === 0 || size >= data.length) throw new Error('bad size');
  const each = size || data.length || 1;
  const pieces = Array.from({ length: Math.max(1, Math.ceil(data.length / each)) }, (_, index) =>
    data.subarray(index * each, (index + 1) * each),
  );
  return pieces.map((piece) => pieceOf(bytes.subarray(0, at + 8), piece));
}

/** The ten bytes before a packet. */
export function virtioHeader(bytes: Uint8Array) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const word = (at: number) => view.getUint16(at, true);
  return {
    flags: view.getUint8(0),
    type: view.getUint8(1),
    headerSize: word(2),
    size: word(4),
    start: word(6),
    offset: word(8),
  };
}

function pieceOf(headers: Uint8Array, data: Uint8Array): Uint8Array {
  const packet = Uint8Array.from([...headers, ...data]);
  const view = new DataView(packet.buffer);
  const at = headerLength(packet);
  view.setUint16(at + 4, packet.length - at);
  if (at === 40) view.setUint16(4, packet.length - at);
  else {
    view.setUint16(2, packet.length);
    view.setUint16(10, 0);
    view.setUint16(10, internetChecksum(packet.subarray(0, at)));
  }
  view.setUint16(at + 6, checksumOf(packet) || 0xffff);
  return packet;
}

/** The sum that a datagram should have, whatever stands there. */
function checksumOf(packet: Uint8Array): number {
  const copy = packet.slice();
  copy.fill(0, headerLength(copy) + 6, headerLength(copy) + 8);
  return transportChecksum(copy, UDP);
}

export interface Received {
  from: string;
  port: number;
  to: string;
  data: string;
  interface: number;
  hops: number;
}

export class UdpDriver {
  static async create(options: DriverOptions = {}): Promise<UdpDriver> {
    return new UdpDriver(await Driver.create(options));
  }

  constructor(readonly driver: Driver) {}

  get calls() {
    return this.driver.calls;
  }

  /** A socket. @returns its handle, or a negative ERROR_* */
  open(local: string, port: number, flags = 0): number {
    this.driver.putAddresses(local);
    return this.calls.udpOpen(port, flags);
  }

  connect(handle: number, remote: string, port: number): number {
    this.driver.putAddresses(remote);
    return this.calls.udpConnect(handle, port);
  }

  /** @returns the answer of the core */
  send(handle: number, data: string | Uint8Array, remote?: string, port = 0): number {
    const bytes = typeof data === 'string' ? Buffer.from(data) : data;
    if (remote !== undefined) this.driver.putAddresses(remote);
    const answer = this.calls.udpSendReserve(handle, port, bytes.length);
    if (answer !== 1) return answer;
    this.driver.core.bytes.set(bytes, this.driver.core.result(0));
    return this.calls.udpSendCommit(handle);
  }

  join(handle: number, group: string, source?: string, join = 1): number {
    this.driver.core.putAddress(address(group), 0);
    this.driver.core.putAddress(source === undefined ? new Uint8Array(16) : address(source), 1);
    return this.calls.udpMembership(handle, 0, join);
  }

  /** Takes all that waits. */
  received(handle: number): Received[] {
    const { core } = this.driver;
    const all: Received[] = [];
    for (let length = this.calls.udpReceive(handle); length !== ERROR_AGAIN; length = this.calls.udpReceive(handle)) {
      if (length < 0) throw new Error(`udpReceive answered ${length}`);
      const at = core.result(12);
      all.push({
        from: core.takeAddress(0),
        to: core.takeAddress(1),
        port: core.result(8),
        interface: core.result(9),
        hops: core.result(10),
        data: Buffer.from(core.bytes.slice(at, at + length)).toString('latin1'),
      });
    }
    return all;
  }

  /** Events of all sockets since the last call. */
  ready(): Map<number, number> {
    const all = new Map<number, number>();
    for (let handle = this.calls.udpReadyNext(); handle !== 0; handle = this.calls.udpReadyNext()) {
      all.set(handle, this.driver.core.result(0));
    }
    return all;
  }

  /** What leaves now, raw. */
  packets(): Uint8Array[] {
    return this.emitted().map(({ bytes }) => bytes);
  }

  /** The same, with what is left to the device. */
  emitted(): Emitted[] {
    this.driver.output();
    return this.driver.emitted.splice(0);
  }

  /** What leaves now, as text. */
  told(): string[] {
    return this.packets().map((bytes) => formatPacket(bytes));
  }
}
