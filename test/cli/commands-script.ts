/**
 * What `commands.test.ts` runs in a network namespace: `vitrine` beside programs that use the kernel's TCP.
 * `commands-script.ts CASE FOLDER` prints what the case gives as one line of JSON.
 */
import { execFile, spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { pseudoRandomBytes } from '../../host/cli/demo/content.js';
import { MAIN, vitrine } from './command.js';

const [name = '', folder = ''] = process.argv.slice(2);

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
  'get from a name': () => vitrine(['get', 'http://example.test/']),
  ping: () => vitrine(['ping', '10.9.0.1', '-c', '3', '-i', '0.05']),
  'ping nobody': () => vitrine(['ping', '10.9.0.77', '-c', '2', '-i', '0.05', '-W', '0.2']),
  'taken name': () => vitrine(['ping', '10.9.0.1', '--tun', 'lo']),
};

console.log(JSON.stringify(await cases[name]?.()));
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
    async stop(signal: NodeJS.Signals) {
      child.kill(signal);
      return { code: await exit, lines };
    },
  };
}

async function serveContent(): Promise<string> {
  const content = pseudoRandomBytes('get', 5_000_000);
  const server = createServer((request, response) => {
    if (request.url === '/short') response.end('short\n');
    else if (request.url === '/content') response.end(content);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, resolve));
  return `http://10.9.0.1:${(server.address() as AddressInfo).port}/content`;
}

function curl(...args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile('curl', ['-sS', '--max-time', '20', ...args], (error, stdout) =>
      error ? reject(error) : resolve(stdout),
    );
  });
}
