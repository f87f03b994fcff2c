/**
 * What `datagrams.test.ts` runs in a namespace: UDP between a stack and the kernel, each of them once the one who answers.
 *
 *   datagrams-script.ts tun|tap [capture]
 */
import { createSocket, type Socket } from 'node:dgram';
import { KERNEL4, KERNEL6, type LinkKind, openLink, VITRINE4, VITRINE6 } from './link.js';
import { play, within } from './steps.js';

const [kind = 'tun', capture] = process.argv.slice(2);
/** Around the ends of one, two and three fragments of 1500 bytes, in either family, and the largest that IPv4 takes. */
const SIZES = [0, 1, 1452, 1453, 1472, 1473, 2896, 2897, 2952, 2953, 4440, 9000, 32_768, 65_507];

const { stack, close } = await openLink(kind as LinkKind, { capture });
const answering = await stack.udpSocket({
  hostname: '::',
  socket: {
    data(socket, data, port, address) {
      socket.send(data, port, address);
    },
  },
});

await play({
  'kernel asks over IPv4': () => kernelAsks('udp4', VITRINE4),
  'kernel asks over IPv6': () => kernelAsks('udp6', VITRINE6),
  'we ask over IPv4': () => weAsk('udp4', KERNEL4),
  'we ask over IPv6': () => weAsk('udp6', KERNEL6),
  'refused by us over IPv4': () => kernelRefused('udp4', VITRINE4),
  'refused by us over IPv6': () => kernelRefused('udp6', VITRINE6),
  'refused by the kernel over IPv4': () => weRefused(KERNEL4),
  'refused by the kernel over IPv6': () => weRefused(KERNEL6),
  'nothing is left': async () => {
    answering.close();
    return stack.counters().connections;
  },
});
await close();
process.exit();

/** The sizes that did not come back as they were. */
async function kernelAsks(type: 'udp4' | 'udp6', address: string): Promise<number[]> {
  const socket = createSocket(type);
  await new Promise<void>((resolve) => socket.connect(answering.port, address, resolve));
  const lost: number[] = [];
  for (const size of SIZES) {
    const sent = content(size);
    const back = new Promise<Buffer>((resolve) => socket.once('message', resolve));
    socket.send(sent);
    const got = await within(2000, 'echo', back).catch(() => undefined);
    if (got === undefined || !got.equals(sent)) lost.push(size);
    socket.removeAllListeners('message');
  }
  socket.close();
  return lost;
}

async function weAsk(type: 'udp4' | 'udp6', hostname: string): Promise<number[]> {
  const server = createSocket(type);
  server.on('message', (data, { port, address }) => server.send(data, port, address));
  const port = await bound(server);
  let heard = (_data: Buffer): void => {};
  const socket = await stack.udpSocket({
    connect: { hostname, port },
    socket: { data: (_socket, data) => heard(data) },
  });
  const lost: number[] = [];
  for (const size of SIZES) {
    const sent = content(size);
    const back = new Promise<Buffer>((resolve) => {
      heard = resolve;
    });
    socket.send(sent);
    const got = await within(2000, 'echo', back).catch(() => undefined);
    if (got === undefined || !got.equals(sent)) lost.push(size);
  }
  socket.close();
  server.close();
  return lost;
}

async function kernelRefused(type: 'udp4' | 'udp6', address: string): Promise<string | undefined> {
  const socket = createSocket(type);
  const told = new Promise<string | undefined>((resolve) => {
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code));
  });
  await new Promise<void>((resolve) => socket.connect(9, address, resolve));
  socket.send('anybody?');
  const code = await within(2000, 'refusal', told);
  socket.close();
  return code;
}

async function weRefused(hostname: string): Promise<string | undefined> {
  let tell = (_code: string | undefined): void => {};
  const told = new Promise<string | undefined>((resolve) => {
    tell = resolve;
  });
  const socket = await stack.udpSocket({
    connect: { hostname, port: 9 },
    socket: { error: (_socket, error) => tell((error as NodeJS.ErrnoException).code) },
  });
  socket.send('anybody?');
  const code = await within(2000, 'refusal', told);
  socket.close();
  return code;
}

function bound(socket: Socket): Promise<number> {
  return new Promise((resolve) => socket.bind(0, () => resolve(socket.address().port)));
}

function content(size: number): Buffer {
  return Buffer.from(Uint8Array.from({ length: size }, (_, index) => (index * 7 + size) & 0xff));
}
