/**
 * What `commands.test.ts` runs in a network namespace: `vitrine` beside programs that use the kernel's TCP.
 * `commands-script.ts FOLDER CASE …` plays cases, one after the other, and prints by name what they gave as one line of JSON.
 */
import { execFile, execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import * as https from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ThrowawayAuthority } from '../../host/cli/certificates.js';
import { pseudoRandomBytes } from '../../host/cli/demo/content.js';
import { until } from '../kit/wait.js';
import { MAIN, vitrine } from './command.js';

const [folder = '', ...names] = process.argv.slice(2);

const cases: Record<string, () => Promise<unknown>> = {
  async 'serve to curl'() {
    const server = await startServer([]);
    const whole = await curl('-o', join(folder, 'copy.bin'), 'http://10.9.0.2/big.bin');
    const two = await curl('-w', '%{num_connects} %{http_code}\n', 'http://10.9.0.2/a.txt', 'http://10.9.0.2/sub/');
    const head = await curl('-I', 'http://10.9.0.2/a.txt');
    const none = await curl('-o', '/dev/null', '-w', '%{http_code}', 'http://10.9.0.2/none');
    const post = await curl('-o', '/dev/null', '-w', '%{http_code}', '-d', 'x=1', 'http://10.9.0.2/a.txt');
    return { whole, two, head, none, post, ...(await server.stop('SIGINT')) };
  },

  async 'serve in bad weather'() {
    const server = await startServer(['--weather', 'loss=2%,delay=2ms,reorder=2%,seed=1']);
    await curl('-o', join(folder, 'copy.bin'), 'http://10.9.0.2/big.bin');
    return server.stop('SIGTERM');
  },

  async 'serve --tls to curl'() {
    const ca = join(folder, 'ca.pem');
    const capture = ['--pcap', join(folder, 'serve.pcapng'), '--pcap-keys'];
    const server = await startServer(['--tls', '--ca-out', ca, '--keylog', join(folder, 'keys.log'), ...capture]);
    const format = '%{http_code} %{ssl_verify_result} %{num_connects}';
    const whole = await curl('--cacert', ca, '-o', join(folder, 'copy.bin'), '-w', format, 'https://10.9.0.2/big.bin');
    const old = await curl('--cacert', ca, '--tls-max', '1.2', 'https://10.9.0.2/a.txt');
    const stranger = await curl('https://10.9.0.2/a.txt').catch((error: { code: number }) => error.code);
    const log = readFileSync(join(folder, 'keys.log'), 'latin1');
    await until(() => server.lines.length >= 5);
    return { whole, old, stranger, log, ...(await server.stop('SIGINT')) };
  },

  async 'serve --cert to curl'() {
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    const authority = new ThrowawayAuthority();
    const issued = authority.issue(['vitrine.test']);
    writeFileSync(cert, issued.cert);
    writeFileSync(key, issued.key);
    writeFileSync(join(folder, 'ca.pem'), authority.cert);
    const server = await startServer(['--cert', cert, '--key', key, '--port', '8443']);
    const name = ['--cacert', join(folder, 'ca.pem'), '--resolve', 'vitrine.test:8443:10.9.0.2'];
    const text = await curl(...name, 'https://vitrine.test:8443/a.txt');
    return { text, ...(await server.stop('SIGINT')) };
  },

  async 'serve --workers to curl'() {
    const ca = join(folder, 'ca.pem');
    // Above those ports that a stack chooses for itself.
    const server = await startServer(['--workers', '2', '--tls', '--ca-out', ca, '--port', '40443']);
    const url = 'https://10.9.0.2:40443';
    const big = await curl('--cacert', ca, '-o', join(folder, 'copy.bin'), '-w', '%{http_code}', `${url}/big.bin`);
    const one = () => curl('--cacert', ca, `${url}/a.txt`);
    const texts = await Promise.all(Array.from({ length: 16 }, one));
    const none = await curl('--cacert', ca, '-o', '/dev/null', '-w', '%{http_code}', `${url}/none`);
    // What threads print comes by way of the main one.
    await until(() => server.lines.length >= 2 + 18);
    return { big, texts: [...new Set(texts)], none, ...(await server.stop('SIGINT')) };
  },

  async 'serve --workers on an interface of one queue'() {
    execFileSync('ip', ['tuntap', 'add', 'dev', 'single', 'mode', 'tun']);
    return vitrine(['serve', folder, '--workers', '2', '--tun', 'single']);
  },

  async 'serve --workers, and the interface goes'() {
    const server = await startServer(['--workers', '2', '--tun', 'gone0']);
    execFileSync('ip', ['link', 'delete', 'gone0']);
    return server.exit;
  },

  async 'serve --tls with its CA on screen'() {
    const server = await startServer(['--tls']);
    const ca = join(folder, 'ca.pem');
    writeFileSync(ca, `${/-----BEGIN[\s\S]*-----END CERTIFICATE-----/.exec(server.lines.join('\n'))?.[0]}\n`);
    const text = await curl('--cacert', ca, 'https://10.9.0.2/a.txt');
    return { text, ...(await server.stop('SIGINT')) };
  },

  async 'get over TLS'() {
    const url = await serveSecurely(['10.9.0.1']);
    const files = ['-o', join(folder, 'copy.bin'), '--pcap', join(folder, 'get.pcapng'), '--pcap-keys'];
    return vitrine(['get', url, '--cacert', join(folder, 'ca.pem'), ...files]);
  },

  async 'get over TLS by name, with the key log of the environment'() {
    const url = await serveSecurely(['server.test']);
    const SSLKEYLOGFILE = join(folder, 'keys.log');
    const args = ['get', url, '--cacert', join(folder, 'ca.pem'), '--servername', 'server.test'];
    const without = await vitrine(args, { SSLKEYLOGFILE });
    const early = existsSync(SSLKEYLOGFILE);
    const { code } = await vitrine([...args, '--keylog'], { SSLKEYLOGFILE });
    return { codes: [without.code, code], early, log: readFileSync(SSLKEYLOGFILE, 'latin1') };
  },

  async 'get from a stranger'() {
    return vitrine(['get', await serveSecurely(['10.9.0.1'])]);
  },
  async 'get from a stranger, insecurely'() {
    return vitrine(['get', (await serveSecurely(['10.9.0.1'])).replace('content', 'short'), '--insecure']);
  },
  async 'get from somebody else'() {
    return vitrine(['get', await serveSecurely(['server.test']), '--cacert', join(folder, 'ca.pem')]);
  },
  async 'get from one whose time is over'() {
    const url = await serveSecurely(['10.9.0.1'], Date.now() - 2 * 24 * 60 * 60 * 1000);
    return vitrine(['get', url, '--cacert', join(folder, 'ca.pem')]);
  },
  async 'get https from http'() {
    return vitrine(['get', (await serveContent()).replace('http:', 'https:')]);
  },
  async 'get from one with other ciphers'() {
    return vitrine([
      'get',
      await serveSecurely(['10.9.0.1'], Date.now(), { ciphers: 'ECDHE-ECDSA-AES128-SHA', maxVersion: 'TLSv1.2' }),
    ]);
  },

  async 'get to a file'() {
    const url = await serveContent();
    return vitrine(['get', url, '-o', join(folder, 'copy.bin'), '--pcap', join(folder, 'get.pcapng')]);
  },

  async 'get to stdout'() {
    return vitrine(['get', (await serveContent()).replace('content', 'short')]);
  },

  async 'get what is not there'() {
    return vitrine(['get', (await serveContent()).replace('content', 'none'), '-o', join(folder, 'none')]);
  },

  'get from nobody': () => vitrine(['get', 'http://10.9.0.1:9/']),
  'get from a name': () => vitrine(['get', 'http://example.invalid/']),
  ping: () => vitrine(['ping', '10.9.0.1', '-c', '3', '-i', '0.05']),
  'ping nobody': () => vitrine(['ping', '10.9.0.77', '-c', '2', '-i', '0.05', '-W', '0.2']),
  'taken name': () => vitrine(['ping', '10.9.0.1', '--tun', 'lo']),
};

const given: Record<string, unknown> = {};
for (const name of names) given[name] = await cases[name]?.();
console.log(JSON.stringify(given));
process.exit();

async function startServer(options: readonly string[]) {
  const child = spawn(process.execPath, [...process.execArgv, fileURLToPath(MAIN), 'serve', folder, ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  const exit = new Promise<number | null>((resolve) => child.on('close', resolve));
  await new Promise<void>((resolve) => {
    createInterface(child.stdout).on('line', (line) => {
      lines.push(line);
      if (line.startsWith('Try:')) resolve();
    });
  });
  return {
    lines,
    exit,
    async stop(signal: NodeJS.Signals) {
      child.kill(signal);
      return { code: await exit, lines };
    },
  };
}

function serveContent(): Promise<string> {
  return content('http', createServer(answer));
}

/** A server with a certificate for `names`, whose CA is then in ca.pem. */
function serveSecurely(names: readonly string[], now = Date.now(), more: https.ServerOptions = {}): Promise<string> {
  const authority = new ThrowawayAuthority(now);
  writeFileSync(join(folder, 'ca.pem'), authority.cert);
  return content('https', https.createServer({ ...authority.issue(names), ...more }, answer));
}

async function content(scheme: string, server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, resolve));
  return `${scheme}://10.9.0.1:${(server.address() as AddressInfo).port}/content`;
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  if (request.url === '/short') response.end('short\n');
  else if (request.url === '/content') response.end(pseudoRandomBytes('get', 5_000_000));
  else response.writeHead(404).end();
}

function curl(...args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile('curl', ['-sS', '--max-time', '60', ...args], (error, stdout) =>
      error ? reject(error) : resolve(stdout),
    );
  });
}
