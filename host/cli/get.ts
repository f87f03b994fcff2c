/** `vitrine get`: a download through Vitrine's `connect`, over HTTP or HTTPS. */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { Stack } from '../stack/stack.js';
import type { TLSOptions } from '../tls/options.js';
import { CommandError, EXIT_SUCCESS, onSignal, type Signal, signalExitCode } from './failure.js';
import { httpGet } from './http/client.js';
import { openNetwork } from './network.js';
import type { NetworkOptions } from './network-options.js';
import { formatBytes, formatRate, Terminal } from './terminal.js';
import { type ClientTlsOptions, clientTls, withAdvice } from './tls-option.js';

export interface GetOptions extends NetworkOptions, ClientTlsOptions {
  /** Path of the file to write; stdout without it. */
  output?: string;
}

/** @returns the exit code. @throws when the answer is not 2xx, besides what `httpGet` throws */
export async function get(url: URL, options: GetOptions): Promise<number> {
  const tls = clientTls(options);
  const network = await openNetwork(options);
  let interrupt!: (signal: Signal) => void;
  const interrupted = new Promise<Signal>((resolve) => {
    interrupt = resolve;
  });
  const signals = onSignal(interrupt);
  try {
    const download = receive(network.stack, url, tls, options.output);
    download.catch(() => {});
    const signal = await Promise.race([download, interrupted, network.failure]);
    return signal === undefined ? EXIT_SUCCESS : signalExitCode(signal);
  } catch (error) {
    throw withAdvice(error, url);
  } finally {
    signals.release();
    await network.close();
  }
}

async function receive(stack: Stack, url: URL, tls: TLSOptions, path: string | undefined): Promise<undefined> {
  const terminal = new Terminal(process.stderr);
  const started = performance.now();
  let target: Writable | undefined;
  let bytes = 0;
  let total: number | undefined;
  await httpGet(stack, url, {
    tls,
    responded({ status, reason }, length) {
      if (status < 200 || status > 299) throw new CommandError(`${url.href} answered ${status} ${reason}`);
      total = length;
      target = path === undefined ? process.stdout : createWriteStream(path);
    },
    async received(chunk) {
      bytes += chunk.length;
      if (terminal.isLive && path !== undefined) terminal.progress('', bytes, total, performance.now() - started);
      if (!(target as Writable).write(chunk)) await once(target as Writable, 'drain');
    },
  });
  if (path !== undefined) {
    (target as Writable).end();
    await finished(target as Writable);
  }
  const elapsed = performance.now() - started;
  const rate = formatRate(bytes, elapsed);
  terminal.line(`${formatBytes(bytes)} from ${url.host} in ${(elapsed / 1000).toFixed(2)} s, ${rate}`);
  return undefined;
}
