/**
 * Datagrams through a stack whose device costs nothing: what UDP itself costs. The device writes into nothing, or gives the
 * same datagram again and again. Not for: TUN, whose system calls are dearer than all of this.
 */
import { createStack } from '../../../dist/host/index.js';

/**
 * @param {{ seconds: number, rounds: number }} settings `seconds` of one measurement in all its rounds
 * @returns {Promise<import('../types.js').Timed[]>}
 */
export async function measure({ seconds, rounds }) {
  const timed = [];
  for (const bytes of [64, 1400]) {
    for (const [way, run] of [
      ['sent', sent],
      ['received', received],
    ]) {
      const times = [];
      for (let round = 0; round <= rounds; round++) {
        const rate = await run(seconds / (rounds + 1), bytes);
        if (round > 0) times.push(1e9 / rate);
      }
      timed.push({ label: `a datagram of ${bytes} bytes ${way}, in memory`, bytes, times });
    }
  }
  return timed;
}

async function sent(seconds, size) {
  const device = new Endless();
  const stack = await createStack({ device, addresses: ['10.9.0.2/24'] });
  const socket = await stack.udpSocket({ connect: { hostname: '10.9.0.1', port: 9 } });
  const batch = Array(128).fill(new Uint8Array(size));
  const start = performance.now();
  while (performance.now() < start + seconds * 1000) {
    socket.sendMany(batch);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const rate = device.written / ((performance.now() - start) / 1000);
  stack.close();
  return rate;
}

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
  linkType = 'ip';
  offloads = 0;
  addresses = [];
  written = 0;
  last = new Uint8Array(0);
  #port;

  constructor(packet = new Uint8Array(0)) {
    this.packet = packet;
  }

  attach(port) {
    this.#port = port;
  }

  read(address) {
    if (this.packet.length > 0) new Uint8Array(this.#port.memory.buffer).set(this.packet, address);
    return this.packet.length;
  }

  write(address, length) {
    if (this.written++ === 0) this.last = new Uint8Array(this.#port.memory.buffer).slice(address, address + length);
    return true;
  }

  ref() {}
  unref() {}
  close() {}
}
