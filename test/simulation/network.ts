/**
 * Two stacks on one wire with weather in between and one manual clock, and a record of every packet: its moment and its
 * bytes go into a hash, so that two runs can be compared.
 * Not for: what the programs on both ends do (`conversation.ts`).
 */
import { createHash, type Hash } from 'node:crypto';
import { type ManualClock, manualClock } from '../../host/core/clock.js';
import type { Device } from '../../host/device/device.js';
import { memoryWire } from '../../host/device/memory.js';
import { type WeatherOptions, weather } from '../../host/device/weather.js';
import type { Limits, StackOptions } from '../../host/stack/settings.js';
import { createStack, type Stack } from '../../host/stack/stack.js';

export interface NetworkOptions {
  seed: number;
  /** The version of IP. Default: 4. */
  family?: 4 | 6;
  weather: WeatherOptions;
  mtu: number;
  client: Side;
  server: Side;
  /** False: the SYNs lose their SACK option on the wire. */
  sack?: boolean;
}

/** What may differ between the stacks. */
export type Side = Limits & Pick<StackOptions, 'tcp'>;

export interface Network {
  clock: ManualClock;
  client: Stack;
  server: Stack;
  /** The server's address. */
  host: string;
  /** Everything that both stacks have sent so far. */
  wire: Wire;
}

export async function network(options: NetworkOptions): Promise<Network> {
  const clock = manualClock(1000);
  const [left, right] = memoryWire({ mtu: options.mtu });
  const wire = new Wire(options.sack !== false);
  const [network, length] = options.family === 6 ? (['fd00::', 64] as const) : (['10.9.0.', 24] as const);
  const host = `${network}2`;
  const common = { clock, error: (error: Error) => wire.failures.push(error) };
  const client = await createStack({
    ...common,
    ...options.client,
    seed: options.seed,
    device: wire.tap(weather(left, { seed: options.seed, ...options.weather })),
    addresses: [`${network}1/${length}`],
  });
  const server = await createStack({
    ...common,
    ...options.server,
    seed: options.seed + 0x1000_0000,
    device: wire.tap(right),
    addresses: [`${host}/${length}`],
  });
  return { clock, client, server, host, wire };
}

/** What went over the wire, as a count and a hash; and what failed by itself. */
export class Wire {
  packets = 0;
  readonly failures: Error[] = [];
  readonly #hash: Hash = createHash('sha256');

  constructor(private readonly sack: boolean) {}

  /** A device that is recorded: each packet it is given to send. */
  tap(device: Device): Device {
    const record = (bytes: Uint8Array, now: number) => this.#record(bytes, now);
    const { sack } = this;
    let memory: WebAssembly.Memory | undefined;
    let now = () => 0;
    return {
      mtu: device.mtu,
      linkType: device.linkType,
      offloads: 0,
      addresses: device.addresses,
      attach(port) {
        memory = port.memory;
        now = () => port.clock.now();
        device.offloads = 0;
        device.attach(port);
      },
      read: (address, capacity) => device.read(address, capacity),
      write(address, length) {
        const bytes = new Uint8Array((memory as WebAssembly.Memory).buffer, address, length);
        if (!sack) forbidSack(bytes);
        const taken = device.write(address, length);
        if (taken) record(bytes, now());
        return taken;
      },
      ref: () => device.ref(),
      unref: () => device.unref(),
      close: () => device.close(),
    };
  }

  /** Of everything so far; ends the record. */
  digest(): string {
    return this.#hash.digest('hex').slice(0, 16);
  }

  #record(bytes: Uint8Array, now: number): void {
    this.packets++;
    this.#hash.update(`${now.toFixed(3)} ${bytes.length} `).update(bytes);
  }
}

/** Puts padding in the place of a SYN's SACK-permitted option (RFC 2018 §2), and mends the checksum (RFC 1624). */
function forbidSack(packet: Uint8Array): void {
  const bytes = packet.subarray((packet[0] as number) >> 4 === 6 ? 40 - 20 : 0);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if ((view.getUint8(33) & 2) === 0) return;
  for (let at = 40; at + 2 <= bytes.length; at += 2) {
    if (view.getUint16(at) !== SACK_PERMITTED) continue;
    view.setUint16(at, PADDING);
    const sum = (~view.getUint16(36) & 0xffff) + (~SACK_PERMITTED & 0xffff) + PADDING;
    const folded = (sum & 0xffff) + (sum >>> 16);
    view.setUint16(36, ~((folded & 0xffff) + (folded >>> 16)) & 0xffff);
    return;
  }
}

const SACK_PERMITTED = 0x0402;
const PADDING = 0x0101;
