/**
 * What `tun.test.ts` runs in a network namespace: `tun-script.ts CASE` prints the case's result as one line of JSON.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../host/core/clock.js';
import type { DeviceError } from '../../host/device/device.js';
import { openDevice } from '../../host/device/kernel/open.js';
import { pcap } from '../../host/device/pcap.js';
import { type Tun, tun } from '../../host/device/tun.js';
import { weather } from '../../host/device/weather.js';
import { createStack } from '../../host/index.js';
import { until } from '../kit/wait.js';
import { echoRequest, udp } from './packets.js';
import { TestPort } from './port.js';

const OURS = '10.9.0.2';
const THEIRS = '10.9.0.1';
const OPTIONS = { name: 'glass%d', kernelAddress: `${THEIRS}/24`, addresses: [`${OURS}/24`] };

const cases: Record<string, () => unknown> = {
  /** The interface as the kernel describes it. */
  described() {
    const device = tun({ ...OPTIONS, mtu: 9000, queueLength: 123 });
    const [link] = JSON.parse(ip('-j', 'address', 'show', 'dev', device.name));
    const { local, prefixlen } = link.addr_info.find(({ family }: { family: string }) => family === 'inet');
    const { mtu, txqlen, flags } = link;
    const { name, addresses, offloads, linkType } = device;
    return {
      name,
      mtu: device.mtu,
      addresses,
      offloads,
      linkType,
      kernel: { local, prefixlen, mtu, txqlen, up: flags.includes('UP') },
    };
  },

  'largest mtu': () => tun({ ...OPTIONS, mtu: 65535 }).mtu,
  plain: () => tun({ ...OPTIONS, offload: false }).offloads,
  'echo with offload': () => echo(tun(OPTIONS)),
  'echo plain': () => echo(tun({ ...OPTIONS, offload: false })),
  'echo under weather': () => echo(tun(OPTIONS), (device) => weather(device, { delay: 2 })),
  'datagrams with offload': () => datagrams(tun(OPTIONS), true),
  'datagrams plain': () => datagrams(tun({ ...OPTIONS, offload: false }), false),

  /** What a program gives to the kernel as one, by UDP_SEGMENT: as the device has it, and as a socket does. */
  async 'datagrams together'() {
    const device = tun({ ...OPTIONS, name: 'raw%d' });
    const port = makePort(device);
    sendTogether();
    const packet = (await next(port, (read) => read[9] === 17)).length;
    device.close();
    const stack = await createStack({ device: tun(OPTIONS) });
    const heard: [string, number][] = [];
    const data = (_: unknown, bytes: Uint8Array) =>
      void heard.push([String.fromCharCode(bytes[0] as number), bytes.length]);
    await stack.udpSocket({ port: 7777, socket: { data } });
    sendTogether();
    await until(() => heard.length >= 4);
    stack.close();
    return { packet, heard };
  },

  async 'grown memory'() {
    const device = tun(OPTIONS);
    const port = new TestPort(device, systemClock());
    const before = await answered(port, 1);
    port.memory.grow(200);
    return [before, await answered(port, 2)];
  },

  /** Three out and three in, with something among them that is no packet. */
  async batches() {
    const device = tun({ ...OPTIONS, offload: argument(0) !== 'plain' });
    const port = new TestPort(device, systemClock());
    const socket = createSocket('udp4').bind(7777, THEIRS);
    await once(socket, 'listening');
    const heard: string[] = [];
    socket.on('message', (message) => heard.push(String(message)));
    const datagram = (text: string) => udp(OURS, THEIRS, [7777, 7777], Buffer.from(text));
    port.writeBatch([datagram('one'), new Uint8Array(40).fill(0xff), datagram('two'), datagram('three')]);
    const dropped = device.dropped;
    await until(() => heard.length === 3);
    for (const text of ['four', 'five', 'six']) socket.send(text, 7777, OURS);
    const came = await datagramsInBatches(port, 3);
    socket.close();
    return { heard, dropped, came };
  },

  /** Packets that are larger than they should be: one is cut off, the next one is whole. */
  async 'raised MTU'() {
    const port = new TestPort(tun({ ...OPTIONS, offload: false }), systemClock());
    ip('link', 'set', 'dev', 'glass0', 'mtu', '4000');
    const socket = createSocket('udp4').bind(7777, THEIRS);
    await once(socket, 'listening');
    const lengths: number[] = [];
    for (let turn = 0; turn < 2; turn++) {
      socket.send('a'.repeat(3000), 7777, OURS);
      for (const text of await datagramsInBatches(port, 1)) lengths.push(text.length);
    }
    socket.close();
    return lengths;
  },

  async 'capture of offloaded datagrams'() {
    const device = pcap(tun(OPTIONS), { path: argument(0) });
    const port = new TestPort(device, systemClock());
    const socket = createSocket('udp4').bind(7777, THEIRS);
    await once(socket, 'listening');
    socket.send('to the stack', 7777, OURS);
    const packet = await next(port, (read) => read[9] === 17);
    port.write(udp(OURS, THEIRS, [7777, 7777], Buffer.from('to the kernel'), true), NEEDS_UDP_CHECKSUM);
    await once(socket, 'message');
    socket.close();
    device.close();
    return packet.length;
  },

  /** Nothing is ref'd: the process has to end by itself, however long the kernel is silent. */
  'ends by itself'() {
    new TestPort(tun(OPTIONS), systemClock());
    return 'attached';
  },

  'ends by itself after traffic': async () => {
    await echo(tun(OPTIONS));
    return 'done';
  },

  'stays when ref’d'() {
    const device = tun(OPTIONS);
    new TestPort(device, systemClock());
    device.ref();
    setTimeout(() => {
      print('stayed');
      device.unref();
    }, 300).unref();
  },

  async 'process.exit'() {
    new TestPort(tun(OPTIONS), systemClock());
    await pause(300);
    print('exiting');
    process.exit(3);
  },

  async 'uncaught exception'() {
    new TestPort(tun(OPTIONS), systemClock());
    await pause(300);
    throw new Error('nobody caught this');
  },

  async 'close and open again'() {
    const vanished: boolean[] = [];
    for (let round = 0; round < 20; round++) {
      const device = tun({ ...OPTIONS, name: 'again' });
      new TestPort(device, systemClock());
      if (round % 4 === 0) await pause(60);
      device.close();
      device.close();
      vanished.push(spawnSync('ip', ['link', 'show', 'dev', 'again'], { stdio: 'ignore' }).status !== 0);
    }
    return vanished;
  },

  async 'deleted while idle'() {
    const device = tun(OPTIONS);
    const port = new TestPort(device, systemClock());
    await quiet(port);
    // A packet of the kernel's that comes at the last moment is told first: then it is the read that finds the interface gone.
    port.onReady = () => {
      try {
        port.readAll();
      } catch (error) {
        port.onError(error as DeviceError);
      }
    };
    ip('link', 'delete', device.name);
    await until(() => port.errors.length > 0);
    return port.errors.map(told);
  },

  'deleted while busy'() {
    const device = tun(OPTIONS);
    const port = new TestPort(device, systemClock());
    ip('link', 'delete', device.name);
    const request = echoRequest(OURS, THEIRS, 1, new Uint8Array(8));
    const alone = [thrown(() => port.read()), thrown(() => port.write(request))];
    return [...alone, thrown(() => port.readBatch()), thrown(() => port.writeBatch([request]))];
  },

  async 'down and up'() {
    const device = tun(OPTIONS);
    const port = new TestPort(device, systemClock());
    ip('link', 'set', device.name, 'down');
    const taken = port.write(echoRequest(OURS, THEIRS, 1, new Uint8Array(8)));
    port.readAll();
    const dropped = device.dropped;
    ip('link', 'set', device.name, 'up');
    return { taken, dropped, answered: await answered(port, 2), errors: port.errors.length };
  },

  'what is not a packet'() {
    const device = tun({ ...OPTIONS, offload: false });
    const port = new TestPort(device, systemClock());
    return { taken: port.write(new Uint8Array(40).fill(0xff)), dropped: device.dropped };
  },

  /** A packet waits and nobody reads it: that must cost one wake-up and no more. */
  async 'left unread'() {
    const device = tun(OPTIONS);
    const port = new TestPort(device, systemClock());
    await quiet(port);
    port.onReady = () => {};
    const before = port.readable;
    createSocket('udp4').unref().send('x', 9, OURS);
    await until(() => port.readable > before);
    const start = process.cpuUsage();
    await pause(500);
    const { user, system } = process.cpuUsage(start);
    return { wakeUps: port.readable - before, milliseconds: (user + system) / 1000 };
  },

  'handed over'() {
    const opened = openDevice({
      kind: 'tun',
      name: 'parent0',
      mtu: 1400,
      withHeader: true,
      kernelAddresses: [`${THEIRS}/24`],
      queueLength: undefined,
    });
    const child = [...process.execArgv, fileURLToPath(import.meta.url), 'taken over'];
    const { stdout } = spawnSync(process.execPath, child, { stdio: ['ignore', 'pipe', 'inherit', opened.descriptor] });
    return JSON.parse(String(stdout));
  },

  async 'taken over'() {
    const device = tun({ fd: 3, addresses: [`${OURS}/24`] });
    const { name, mtu, offloads } = device;
    return { name, mtu, offloads, reply: await echo(device) };
  },

  'no TUN device'() {
    return [thrown(() => tun({ fd: 0 })), thrown(() => tun({ fd: 999 }))];
  },

  'name in use'() {
    tun({ name: 'twice' });
    return thrown(() => tun({ name: 'twice' }));
  },

  /** Many times, and each device has moved packets together. */
  'name free again'() {
    for (let round = 0; round < 50; round++) {
      const device = tun({ ...OPTIONS, name: 'again' });
      const port = new TestPort(device, systemClock());
      const request = echoRequest(OURS, THEIRS, round, Buffer.from('glass'));
      port.writeBatch([request, request]);
      device.close();
    }
    return readdirSync('/sys/class/net').includes('again');
  },

  'name of another kind': () => thrown(() => tun({ name: 'lo' })),
  opening: () => thrown(() => tun()),

  'prepared by root'() {
    const device = tun({ name: 'prepared' });
    return device.name;
  },

  'another system'() {
    Object.defineProperty(process, 'platform', { value: 'darwin' });
    return thrown(() => tun());
  },

  async 'no koffi'() {
    const { Module } = await import('node:module');
    const internals = Module as unknown as { _resolveFilename: (request: string, ...rest: unknown[]) => string };
    const original = internals._resolveFilename;
    internals._resolveFilename = (request, ...rest) =>
      original(request === 'koffi' ? 'koffi-is-not-here' : request, ...rest);
    return thrown(() => tun());
  },
};

/** Asks the kernel for an echo, and gives what is told by the packet that comes back. */
async function echo(device: Tun, wrap: (device: Tun) => Parameters<typeof makePort>[0] = (same) => same) {
  const port = makePort(wrap(device));
  const payload = Buffer.from('glass');
  new Uint8Array(port.memory.buffer).fill(0xee);
  port.write(echoRequest(OURS, THEIRS, 77, payload), device.offloads === 0 ? undefined : new Uint8Array(10));
  const reply = await next(port, (packet) => packet[9] === 1 && packet[20] === 0);
  return { sequence: Buffer.from(reply).readUInt16BE(26), payload: Buffer.from(reply.subarray(28)).toString() };
}

/** Both ways between a kernel socket and the device. Under offload neither of the checksums is complete. */
async function datagrams(device: Tun, offload: boolean) {
  const port = makePort(device);
  const socket = createSocket('udp4').bind(7777, THEIRS);
  await once(socket, 'listening');
  socket.send('to the stack', 7777, OURS);
  const packet = await next(port, (read) => read[9] === 17);
  const header = [...port.header];
  const heard: string[] = [];
  socket.on('message', (message) => heard.push(String(message)));
  const answer = (text: string, partial: boolean, virtio: Uint8Array | undefined) =>
    port.write(udp(OURS, THEIRS, [7777, 7777], Buffer.from(text), partial), virtio);
  answer('bad checksum', true, offload ? new Uint8Array(10) : undefined);
  answer('to the kernel', offload, offload ? NEEDS_UDP_CHECKSUM : undefined);
  await until(() => heard.length > 0);
  socket.close();
  return { heard, payload: Buffer.from(packet.subarray(28)).toString(), needsChecksum: offload && header[0] === 1 };
}

/** Four datagrams in one call, of 1000 bytes at most. */
function sendTogether(): void {
  const text = ['a', 'b', 'c'].map((letter) => letter.repeat(1000)).join('') + 'd'.repeat(500);
  const program = `import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(17, 103, 1000)
s.sendto(b'${text}', ('${OURS}', 7777))`;
  execFileSync('python3', ['-c', program]);
}

/** The payloads of the next datagrams to port 7777, read by batches. */
async function datagramsInBatches(port: TestPort, count: number): Promise<string[]> {
  const came: string[] = [];
  await until(() => {
    for (const packet of port.readBatch()) if (packet[9] === 17) came.push(String(Buffer.from(packet.subarray(28))));
    return came.length >= count;
  });
  return came;
}

async function answered(port: TestPort, sequence: number): Promise<number> {
  port.write(echoRequest(OURS, THEIRS, sequence, new Uint8Array(8)), new Uint8Array(10));
  const reply = await next(port, (packet) => packet[9] === 1 && packet[20] === 0);
  return Buffer.from(reply).readUInt16BE(26);
}

function makePort(device: ConstructorParameters<typeof TestPort>[0]): TestPort {
  return new TestPort(device, systemClock());
}

/** The next packet that is wanted. Waits as a stack does: for `onReadable`, then until the device is empty. */
async function next(port: TestPort, wanted: (packet: Uint8Array) => boolean): Promise<Uint8Array> {
  const keepAlive = setTimeout(() => {}, 10_000);
  try {
    return await new Promise((resolve) => {
      const look = () => {
        for (let packet = port.read(); packet !== undefined; packet = port.read()) {
          if ((packet[0] ?? 0) >> 4 === 4 && wanted(packet)) return resolve(packet);
        }
      };
      port.onReady = look;
      look();
    });
  } finally {
    port.onReady = () => port.readAll();
    clearTimeout(keepAlive);
  }
}

/** Until the kernel has sent what it sends when an interface comes up (IPv6), and the device waits for packets. */
async function quiet(port: TestPort): Promise<void> {
  port.onReady = () => port.readAll();
  ip('link', 'set', 'dev', 'glass0', 'addrgenmode', 'none');
  ip('-6', 'address', 'flush', 'dev', 'glass0');
  for (let seen = -1; seen !== port.readable; ) {
    seen = port.readable;
    await pause(300);
  }
}

function thrown(call: () => unknown): unknown {
  try {
    call();
    return 'nothing was thrown';
  } catch (error) {
    return told(error as DeviceError);
  }
}

function told({ name, code, message }: DeviceError): unknown {
  return { name, code, message };
}

function ip(...args: string[]): string {
  return execFileSync('ip', args, { encoding: 'utf8' });
}

function argument(index: number): string {
  return process.argv[3 + index] ?? '';
}

function print(result: unknown): void {
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

/** struct virtio_net_hdr: the checksum from byte 20 on belongs at 20 + 6. */
const NEEDS_UDP_CHECKSUM = Uint8Array.of(1, 0, 0, 0, 0, 0, 20, 0, 6, 0);

const result = await cases[process.argv[2] ?? '']?.();
if (result !== undefined) print(result);
