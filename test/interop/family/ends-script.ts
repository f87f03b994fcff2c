/**
 * What `ends.test.ts` runs in a namespace: a stack and the kernel speak over one device, in both families and both ways.
 *
 *   ends-script.ts tun|'plain tun'|tap MTU [capture]
 */
import { createHash } from 'node:crypto';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { pseudoRandomBytes } from '../../../host/cli/demo/content.js';
import { type Channel, channelHandlers, connectChannel } from '../../../host/cli/http/channel.js';
import { serveHttp } from '../../../host/cli/http/server.js';
import { memorySite } from '../../../host/cli/http/site.js';
import { CONTENT } from '../orders.js';
import { send, text } from '../streams.js';
import { KERNEL_LOCAL, KERNEL4, KERNEL6, type LinkKind, openLink, VITRINE_LOCAL, VITRINE4, VITRINE6 } from './link.js';
import { Machine } from './machine.js';
import { play, within } from './steps.js';

const LENGTH = 4 * 1024 * 1024;
const EXPECTED = createHash('sha256').update(pseudoRandomBytes(CONTENT, LENGTH)).digest('hex');

const [kind = 'tun', mtu = '1500', capture] = process.argv.slice(2);
const { stack, name, close } = await openLink(kind as LinkKind, { mtu: Number(mtu), capture });
const edge = Number(mtu) - 28;
const SIZES = [0, 1, 56, edge - 20, edge, edge + 1, 2 * edge, 10_000, 65_507].filter((size) => size <= 65_507);

serveHttp(stack, {
  hostname: '::',
  port: 80,
  site: memorySite({ '/': { type: 'text/plain', content: Buffer.from('glass') } }),
});

await play({
  'kernel pings over IPv4': () => kernelPings(VITRINE4),
  'kernel pings over IPv6': () => kernelPings(VITRINE6),
  'kernel pings the link-local address': () => kernelPings(`${VITRINE_LOCAL}%${name}`),
  'we ping over IPv4': () => wePing(KERNEL4),
  'we ping over IPv6': () => wePing(KERNEL6),
  'we ping the link-local address': () => wePing(`${KERNEL_LOCAL}%1`),
  'curl over IPv4': () => curl('-4', `http://${VITRINE4}/`),
  'curl over IPv6': () => curl('-6', `http://[${VITRINE6}]/`),
  'curl to the link-local address': () => curl('-6', `http://[${VITRINE_LOCAL}%25${name}]/`),
  'we send over IPv6': () => weConnect(KERNEL6, 'send'),
  'we receive over IPv6': () => weConnect(KERNEL6, 'receive'),
  'kernel sends over IPv6': () => kernelConnects(VITRINE6, 'send'),
  'kernel receives over IPv6': () => kernelConnects(VITRINE6, 'receive'),
  'kernel sends to the link-local address': () => kernelConnects(`${VITRINE_LOCAL}%${name}`, 'send'),
  'we send to the link-local address': () => weConnect(`${KERNEL_LOCAL}%1`, 'send'),
  'refused by us': () => codeOf(connect(9, VITRINE6)),
  'refused by the kernel': () =>
    stack.connect({ hostname: KERNEL6, port: 9, socket: { data() {} } }).then(
      () => 'open',
      (error) => error.code,
    ),
});
await close();
process.exit();

/** The sizes that got no answer. */
async function kernelPings(address: string): Promise<number[]> {
  const lost: number[] = [];
  for (const size of SIZES) {
    const { code } = await Machine.own.run(['ping', '-c', '1', '-W', '10', '-s', `${size}`, address]);
    if (code !== 0) lost.push(size);
  }
  return lost;
}

async function wePing(address: string): Promise<unknown[]> {
  const lost: unknown[] = [];
  for (const length of SIZES) {
    await stack.ping(address, { length, timeout: 10_000 }).catch((error) => lost.push([length, error.message]));
  }
  return lost;
}

async function curl(family: string, url: string): Promise<string> {
  return (await Machine.own.run(['curl', '-gsS', '-m', '30', family, url])).stdout;
}

/** We connect; whoever sends sends the content, and hears the digest that the other end has come to. */
async function weConnect(hostname: string, role: 'send' | 'receive'): Promise<boolean> {
  const answers: Promise<string>[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    answers.push(role === 'send' ? digestOf(socket) : sendTo(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '::', resolve));
  const { port } = server.address() as AddressInfo;
  const channel = await connectChannel(stack, { hostname, port });
  const got = await within(
    60_000,
    'transfer',
    role === 'send' ? send(channel, LENGTH).then(() => text(channel)) : digested(channel),
  );
  server.close();
  return got === EXPECTED && (await answers[0]) === EXPECTED;
}

async function kernelConnects(hostname: string, role: 'send' | 'receive'): Promise<boolean> {
  const answers: Promise<string>[] = [];
  const socket = channelHandlers((channel) => {
    answers.push(role === 'send' ? digested(channel) : send(channel, LENGTH).then(() => text(channel)));
  });
  const listener = stack.listen<Channel | undefined>({ hostname: '::', port: 0, allowHalfOpen: true, socket });
  const peer = connect({ host: hostname, port: listener.port, allowHalfOpen: true });
  const got = await within(60_000, 'transfer', role === 'send' ? sendTo(peer) : digestOf(peer));
  listener.stop();
  return got === EXPECTED && (await answers[0]) === EXPECTED;
}

/** Sends the content and ends. @returns what the peer says then */
async function sendTo(socket: Socket): Promise<string> {
  socket.end(pseudoRandomBytes(CONTENT, LENGTH));
  let answer = '';
  for await (const chunk of socket) answer += chunk;
  return answer;
}

/** Reads to the end, and says what the digest is. */
async function digestOf(socket: Socket): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) hash.update(chunk);
  const digest = hash.digest('hex');
  socket.end(digest);
  return digest;
}

async function digested(channel: Channel): Promise<string> {
  const hash = createHash('sha256');
  for (let chunk = await channel.read(); chunk !== undefined; chunk = await channel.read()) hash.update(chunk);
  const digest = hash.digest('hex');
  await channel.write(digest);
  channel.end();
  await channel.whenClosed();
  return digest;
}

function codeOf(socket: Socket): Promise<string | undefined> {
  return new Promise((resolve) => {
    socket.on('connect', () => resolve('open')).on('error', (error: NodeJS.ErrnoException) => resolve(error.code));
  });
}
