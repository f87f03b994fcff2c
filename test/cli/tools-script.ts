/**
 * What `tools.test.ts` runs in a network namespace: `nc`, `traceroute`, `show` and `ping` beside programs that use the
 * kernel's network. `tools-script.ts CASE FOLDER` prints what the case gives as one line of JSON.
 */
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { sha256 } from '../../host/cli/demo/content.js';
import { type CommandRun, MAIN, vitrine } from './command.js';

const [name = '', folder = ''] = process.argv.slice(2);
const BIG = Buffer.alloc(1_000_000, 'glass ');

const cases: Record<string, () => Promise<unknown>> = {
  'ping over IPv6': () => vitrine(['ping', 'fd00:9::1', '-c', '2', '-i', '0.05', '-s', '4000']),
  'ping too far': () => vitrine(['ping', '10.9.0.1', '-6']),
  traceroute: () => vitrine(['traceroute', '10.9.0.1', '-q', '2']),
  show: () => vitrine(['show', '--route', 'default=10.9.0.1', '--route', '2001:db8::/32=fd00:9::1']),
  'show on Ethernet': () => vitrine(['show', '--tap', 'cable0', '--address', '10.9.0.2/24']),

  async 'nc to a server'() {
    const port = await serving((socket) => void answered(socket));
    const run = await piped(['nc', '10.9.0.1', String(port)], BIG).ended;
    return { ...run, expected: sha256(BIG) };
  },

  async 'nc to a server over IPv6'() {
    const port = await serving((socket) => void answered(socket));
    const run = await piped(['nc', 'fd00:9::1', String(port)], BIG).ended;
    return { ...run, expected: sha256(BIG) };
  },

  async 'nc to nobody'() {
    return vitrine(['nc', '10.9.0.1', '9']);
  },

  async 'nc listens'() {
    const command = piped(['nc', '-l', '7000', '-v'], BIG);
    await command.said('listening');
    const socket = connect({ port: 7000, host: 'fd00:9::2', allowHalfOpen: true });
    const digest = await answered(socket, 'from the kernel');
    return { ...(await command.ended), digest, expected: sha256(BIG) };
  },

  async 'nc listens over TLS'() {
    const ca = join(folder, 'ca.pem');
    const command = piped(['nc', '-l', '7443', '-v', '--tls', '--ca-out', ca], Buffer.from('from Vitrine'));
    await command.said('listening');
    const socket = connectTls({
      port: 7443,
      host: '10.9.0.2',
      ca: readFileSync(ca),
      checkServerIdentity: () => undefined,
    });
    let text = '';
    socket.setEncoding('utf8').on('data', (piece) => {
      text += piece;
    });
    socket.on('end', () => socket.end('from the kernel'));
    await new Promise((resolve) => socket.on('close', resolve));
    return { ...(await command.ended), text };
  },

  async 'nc of datagrams'() {
    const socket = createSocket('udp6');
    socket.on('message', (data, { port, address }) => socket.send(`you said ${data}`, port, address));
    await new Promise<void>((resolve) => socket.bind(0, resolve));
    const args = ['nc', '-u', '-w', '2', 'fd00:9::1', String(socket.address().port)];
    return piped(args, Buffer.from('hello')).ended;
  },

  async 'nc -z'() {
    const port = await serving((socket) => socket.destroy());
    return { port, ...(await vitrine(['nc', '-z', '10.9.0.1', `${port - 1}-${port + 1}`])) };
  },
};

console.log(JSON.stringify(await cases[name]?.()));
process.exit();

/** Reads to the end and answers with the digest of what came. */
async function answered(socket: Socket, text = ''): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) chunks.push(chunk);
  const digest = sha256(Buffer.concat(chunks));
  socket.end(text === '' ? digest : text);
  return digest;
}

async function serving(handler: (socket: Socket) => void): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, handler);
  await new Promise<void>((resolve) => server.listen(0, resolve));
  return (server.address() as AddressInfo).port;
}

/** `vitrine` with something on its stdin. */
function piped(args: readonly string[], input: Uint8Array) {
  const child = spawn(process.execPath, [...process.execArgv, fileURLToPath(MAIN), ...args], { stdio: 'pipe' });
  const run: CommandRun = { code: null, stdout: '', stderr: '' };
  let heard = (): void => {};
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    run.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    run.stderr += text;
    heard();
  });
  child.stdin.end(input);
  return {
    ended: new Promise<CommandRun>((resolve) => child.on('close', (code) => resolve({ ...run, code }))),
    said(text: string): Promise<void> {
      return new Promise((resolve) => {
        heard = () => {
          if (run.stderr.includes(text)) resolve();
        };
        heard();
      });
    },
  };
}
