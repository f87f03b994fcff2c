/**
 * The kernel's side of the demonstration, a process of its own so that it has a CPU of its own: downloads with curl, or
 * with `node:http` and `node:https` where there is none, and serves with these. Its TCP is the kernel's, its TLS OpenSSL's.
 *
 * It is told what to do by messages, and ends with the process that started it, however that ends.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as http from 'node:http';
import * as https from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';
import type { Issued } from '../certificates.js';
import { CONTENT_TYPE, type Content, pseudoRandomBytes } from './content.js';
import { whenAbandoned } from './namespace.js';
import { type Authority, TO_VITRINE } from './other-side.js';

export type KernelOrder = DownloadOrder | ServeOrder;

interface DownloadOrder {
  do: 'download';
  url: string;
  /** With curl, rather than with Node. */
  curl: boolean;
  /** Over TLS: whom to trust. */
  authority: Authority | undefined;
}

interface ServeOrder {
  do: 'serve';
  address: string;
  content: Content;
  /** With them, over TLS. */
  credentials: Issued | undefined;
}

export type KernelReport =
  | { did: 'progress'; bytes: number }
  | { did: 'download'; bytes: number; sha256: string; milliseconds: number }
  | { did: 'serve'; port: number }
  | { did: 'fail'; message: string };

let curl: ChildProcess | undefined;

whenAbandoned(() => {
  curl?.kill('SIGKILL');
  process.exit();
});
process.on('message', (order: KernelOrder) => {
  const done = order.do === 'download' ? download(order) : serve(order);
  done.then(report, (error: Error) => report({ did: 'fail', message: error.message }));
});

async function download({ url, curl, authority }: DownloadOrder): Promise<KernelReport> {
  const started = performance.now();
  const { body, finished } = curl ? startCurl(url, authority) : await startGet(url, authority);
  const hash = createHash('sha256');
  let bytes = 0;
  let told = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    hash.update(chunk);
    bytes += chunk.length;
    if (bytes - told < PROGRESS_BYTES) continue;
    told = bytes;
    report({ did: 'progress', bytes });
  }
  await finished;
  return { did: 'download', bytes, sha256: hash.digest('hex'), milliseconds: performance.now() - started };
}

function startCurl(url: string, authority: Authority | undefined): { body: Readable; finished: Promise<void> } {
  const trust = authority === undefined ? [] : ['--cacert', authority.path];
  const child = spawn('curl', ['--silent', '--show-error', '--fail', '--noproxy', '*', ...trust, url], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  curl = child;
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const finished = new Promise<void>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(errors.trim() || `curl ended with ${code ?? signal}`));
    });
  });
  finished.catch(() => {});
  return { body: child.stdout, finished };
}

function startGet(url: string, authority: Authority | undefined): Promise<{ body: Readable; finished: Promise<void> }> {
  return new Promise((resolve, reject) => {
    const answered = (response: http.IncomingMessage): void => {
      if (response.statusCode === 200) resolve({ body: response, finished: Promise.resolve() });
      else reject(new Error(`the server answered ${response.statusCode}`));
    };
    const request =
      authority === undefined
        ? http.get(url, { agent: false }, answered)
        : https.get(url, { agent: false, ca: authority.cert }, answered);
    request.on('error', reject);
  });
}

function serve({ address, content: { path, length }, credentials }: ServeOrder): Promise<KernelReport> {
  const content = pseudoRandomBytes(TO_VITRINE, length);
  const answer: http.RequestListener = (request, response) => {
    const found = request.url === path;
    response.writeHead(found ? 200 : 404, {
      'Content-Type': CONTENT_TYPE,
      'Content-Length': found ? content.length : 0,
    });
    response.end(found ? content : undefined);
  };
  const server = credentials === undefined ? http.createServer(answer) : https.createServer(credentials, answer);
  return new Promise((resolve, reject) => {
    server.on('error', reject);
    server.listen(0, address, () => resolve({ did: 'serve', port: (server.address() as AddressInfo).port }));
  });
}

/** Nobody may be left to hear it; then `disconnect` is on its way. */
function report(message: KernelReport): void {
  if (process.connected) process.send?.(message, () => {});
}

const PROGRESS_BYTES = 1 << 20;
