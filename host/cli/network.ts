/**
 * The network that `serve`, `get` and `ping` work on: a stack on a TUN device, with weather and a capture if wanted.
 */
import type { Device } from '../device/device.js';
import { pcap } from '../device/pcap.js';
import { tun } from '../device/tun.js';
import { type WeatherOptions, weather } from '../device/weather.js';
import { createStack, type Stack } from '../stack/stack.js';

export interface NetworkOptions {
  /** Name of the interface. */
  tun: string;
  /** Vitrine's own address, with its prefix length. */
  address: string;
  /** The kernel's address on the interface, with its prefix length. */
  kernelAddress: string;
  mtu: number;
  /** Path of the capture. */
  pcap?: string;
  weather?: WeatherOptions;
}

export interface Network {
  readonly stack: Stack;
  /** As it turned out to be called. */
  readonly tunName: string;
  /** Rejects when the device or the core fails by itself; never resolves. */
  readonly failure: Promise<never>;
  /** Removes the device; the capture is complete afterwards. Idempotent. */
  close(): Promise<void>;
}

/** @throws DeviceError when there can be no TUN device, Error of `node:fs` for the capture */
export async function openNetwork(options: NetworkOptions): Promise<Network> {
  const device = tun({ name: options.tun, mtu: options.mtu, kernelAddress: options.kernelAddress });
  let fail!: (error: Error) => void;
  const failure = new Promise<never>((_, reject) => {
    fail = reject;
  });
  failure.catch(() => {});
  try {
    const surrounded = options.weather === undefined ? device : weather(device, options.weather);
    const capture =
      options.pcap === undefined ? undefined : pcap(surrounded, { path: options.pcap, name: device.name });
    const outermost: Device = capture ?? surrounded;
    const stack = await createStack({ device: outermost, addresses: [options.address], error: fail });
    return {
      stack,
      tunName: device.name,
      failure,
      async close() {
        stack.close();
        await capture?.finished;
      },
    };
  } catch (error) {
    device.close();
    throw error;
  }
}
