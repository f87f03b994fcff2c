/**
 * Datagrams by hand on the kit's driver: built, sent and received without a host. Not for: sockets of programs (`kit.ts`).
 */
import { ERROR_AGAIN } from '../../assembly/abi/constants.js';
import { formatPacket } from '../../host/packet/print.js';
import { address, Driver, type DriverOptions } from '../kit/driver.js';
import { buildIp, headerLength, transportChecksum } from '../kit/packet.js';

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
    this.driver.output();
    return this.driver.emitted.splice(0).map(({ bytes }) => bytes);
  }

  /** What leaves now, as text. */
  told(): string[] {
    return this.packets().map((bytes) => formatPacket(bytes));
  }
}
