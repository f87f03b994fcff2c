/**
 * Datagrams a second through a stack whose device costs nothing, on one core: what UDP itself costs. A device
 * writes into nothing, or gives the same datagram again and again. Not for: TUN, whose system calls are dearer than all of this.
 */
import { createStack } from '../../../dist/host/index.js';

/** @param {number} seconds */
export async function measure(seconds) {
  const rows = [];
  for (const size of [64, 1400]) {
    rows.push([`${size} bytes`, perSecond(await sent(seconds, size)), perSecond(await received(seconds, size))]);
  }
  return { columns: ['sent', 'received'], rows, bars: [] };
}

/**
 * @param {number} seconds
 * @param {number} size
 */
async function sent(seconds, size) {
  const device = new Endless();
  const stack = await createStack({ device, addresses: ['10.9.0.2/24'] });
  const socket = await stack.udpSocket({ connect: { hostname: '10.9.0.1', port: 9 } });
  const batch = Array(128).fill(new Uint8Array(size));
  const end = performance.now() + seconds * 1000;
  const start = performance.now();
  while (performance.now() < end) {
    socket.sendMany(batch);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const rate = device.written / ((performance.now() - start) / 1000);
  stack.close();
  return rate;
}

/**
 * @param {number} seconds
 * @param {number} size
 */
async function received(seconds, size) {
  const sample = new Endless();
  const other = await createStack({ device: sample, addresses: ['10.9.0.1/24'] });
  const source = await other.udpSocket({});
  source.send(new Uint8Array(size), 7, '10.9.0.2');
  await new Promise((resolve) => setImmediate(resolve));
  other.close();
  const device = new Endless(sample.last);
  const stack = await createStack({ device, addresses: ['10.9.0.2/24'] });
  let heard = 0;
  await stack.udpSocket({ port: 7, socket: { data: () => void heard++ } });
  const start = performance.now();
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const rate = heard / ((performance.now() - start) / 1000);
  stack.close();
  return rate;
}

/** Takes every packet and forgets it; gives one packet without end, when it has one. */
class Endless {
  mtu = 1500;
  linkType = /** @type {const} */ ('ip');
  offloads = 0;
  addresses = [];
  written = 0;
  last = new Uint8Array(0);
  /** @type {import('../../../dist/host/device/device.js').DevicePort | undefined} */
  #port;

  constructor(packet = new Uint8Array(0)) {
    this.packet = packet;
  }

  /** @param {import('../../../dist/host/device/device.js').DevicePort} port */
  attach(port) {
    this.#port = port;
  }

  /** @param {number} address */
  read(address) {
    if (this.packet.length > 0) new Uint8Array(this.#memory).set(this.packet, address);
    return this.packet.length;
  }

  /**
   * @param {number} address
   * @param {number} length
   */
  write(address, length) {
    if (this.written++ === 0) this.last = new Uint8Array(this.#memory).slice(address, address + length);
    return true;
  }

  ref() {}
  unref() {}
  close() {}

  get #memory() {
    return /** @type {import('../../../dist/host/device/device.js').DevicePort} */ (this.#port).memory.buffer;
  }
}

/** @param {number} rate */
function perSecond(rate) {
  return `${Math.round(rate / 1000)} k/s`;
}
