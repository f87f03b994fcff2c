/**
 * What keeps a process alive and what does not, on a TUN device, with the kernel on its other side. For a network namespace.
 * Not for: what needs no device (`situations.ts`).
 */
import { once } from 'node:events';
import { createServer, type Socket as KernelSocket, connect as kernelConnect, type Server } from 'node:net';
import type { Device } from '../../host/device/device.js';
import { pcap } from '../../host/device/pcap.js';
import { tun } from '../../host/device/tun.js';
import { weather } from '../../host/device/weather.js';
import type { Stack } from '../../host/stack/stack.js';
import { KERNEL, PREFIX, VITRINE } from '../interop/addresses.js';
import type { Life, Situation } from './observer.js';
import { equal } from './situations.js';

export const deviceSituations: Readonly<Record<string, Situation>> = {
  async 'a TUN device does not keep it, unless it is ref’d'(life) {
    const { device } = await attached(life);
    await life.ends();
    device.ref();
    await life.stays();
    device.unref();
    await life.ends();
  },

  async 'a device around it passes ref and unref on'(life) {
    const { device } = await attached(life, (below) => weather(pcap(below, { write: async () => {} })));
    await life.ends();
    device.ref();
    await life.stays();
    device.unref();
    await life.ends();
  },

  async 'a device that is closed while it is ref’d keeps it no longer'(life) {
    const { device, stack } = await attached(life, (below) => weather(below, { delay: 60_000 }));
    device.ref();
    stack.ping(KERNEL, { timeout: 60_000 }).catch(() => {});
    await life.stays();
    stack.close();
    await life.ends();
  },

  async 'a listener on it keeps it, until it stops, and so does what it accepted'(life) {
    const { stack } = await attached(life);
    const listener = stack.listen({ hostname: VITRINE, port: 80, socket: { data() {} } });
    await life.stays();
    const peer = kernelConnect(80, VITRINE).unref();
    await once(peer, 'connect');
    while ([...stack.sockets].length === 0) await new Promise(setImmediate);
    listener.stop();
    await life.stays();
    for (const accepted of stack.sockets) accepted.unref();
    await life.ends();
    peer.destroy();
  },

  async 'a socket on it keeps it, until it is unref’d'(life) {
    const { stack } = await attached(life);
    const { port, peer } = await kernelServer();
    const socket = await stack.connect({ hostname: KERNEL, port, socket: { data() {} } });
    await life.stays();
    socket.unref();
    socket.timeout(60);
    socket.setKeepAlive(true, 1000);
    await life.ends();
    (await peer).destroy();
  },

  async 'what a closed socket has accepted has arrived when the process ends'(life) {
    const { stack } = await attached(life);
    await receivesAll(life, stack, 4 << 20);
  },

  async 'bad weather is waited for until everything has arrived'(life) {
    const { stack } = await attached(life, (below) => weather(below, { delay: 20, loss: 0.01 }));
    await receivesAll(life, stack, 256 << 10);
  },

  async 'packets that are under way in the weather do not keep it'(life) {
    const { stack } = await attached(life, (below) => weather(below, { out: { delay: 10_000 } }));
    const socket = { data() {}, connectError() {} };
    stack.connect({ hostname: KERNEL, port: 9, socket }).catch(() => {});
    await life.stays();
    for (const connecting of stack.sockets) connecting.unref();
    await life.ends();
  },
};

/** Sends a lot, closes, lets the process come to its end and takes the device away: the kernel must have everything. */
async function receivesAll(life: Life, stack: Stack, length: number): Promise<void> {
  const { port, peer } = await kernelServer();
  const socket = await stack.connect({ hostname: KERNEL, port, socket: { data() {} } });
  let received = 0;
  const receiver = (await peer).on('data', (chunk: Buffer) => {
    received += chunk.length;
  });
  socket.end(Buffer.alloc(length));
  socket.close();
  await life.ends();
  stack.close();
  receiver.ref();
  if (!receiver.readableEnded) await once(receiver, 'end');
  equal(received, length);
}

async function attached(life: Life, wrap: (below: Device) => Device = (below) => below) {
  const device = wrap(tun({ kernelAddress: `${KERNEL}/${PREFIX}` }));
  return { device, stack: await life.stack({ device, addresses: [`${VITRINE}/${PREFIX}`] }) };
}

/** A server of the kernel for one connection; nothing of it keeps the process alive. */
async function kernelServer(): Promise<{ port: number; peer: Promise<KernelSocket> }> {
  const server: Server = createServer().unref();
  const peer = once(server, 'connection').then(([accepted]) => {
    server.close();
    return (accepted as KernelSocket).unref();
  });
  server.listen(0, KERNEL);
  await once(server, 'listening');
  return { port: (server.address() as { port: number }).port, peer };
}
