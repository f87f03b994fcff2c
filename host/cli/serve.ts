/** `vitrine serve`: a directory over HTTP or HTTPS, for everybody whom the kernel routes to the TUN device. */
import type { TLSOptions } from '../tls/options.js';
import { onSignal, type Signal, signalExitCode } from './failure.js';
import { logTo } from './http/log.js';
import { serveHttp } from './http/server.js';
import { directorySite } from './http/site.js';
import { openNetwork } from './network.js';
import { addressesOf, type NetworkOptions } from './network-options.js';
import { Terminal } from './terminal.js';
import { type ServerTls, type ServerTlsOptions, serverTls } from './tls-option.js';

export interface ServeOptions extends NetworkOptions, ServerTlsOptions {
  /** 80 without it, 443 with TLS. */
  port?: number;
  /** How many stacks serve, each in a thread of its own; one in this thread without it. */
  workers?: number;
}

/** What is to be served, and where. */
export interface Service {
  directory: string;
  hostname: string;
  port: number;
  tls: TLSOptions | undefined;
}

/** Who serves it. */
export interface Serving {
  readonly deviceName: string;
  /** Rejects when it fails by itself; never resolves. */
  readonly failure: Promise<never>;
  close(): Promise<void>;
}

/** Serves until a signal comes. @returns the exit code */
export async function serve(directory: string, options: ServeOptions): Promise<number> {
  const terminal = new Terminal(process.stdout);
  await directorySite(directory);
  const [hostname = ''] = addressesOf(options).map((address) => address.replace(/\/.*/, ''));
  const secure = serverTls(options, [hostname]);
  const port = options.port ?? (secure === undefined ? 80 : 443);
  const service = { directory, hostname, port, tls: secure?.tls };
  const { workers } = options;
  const serving =
    workers === undefined
      ? await serveAlone(service, options, terminal)
      : await (await import('./serve-workers.js')).serveByWorkers(service, { ...options, workers }, terminal);
  try {
    const url = new URL(`${secure === undefined ? 'http' : 'https'}://${hostname}:${port}/`).href;
    const how = workers === undefined ? '' : ` with ${workers} ${workers === 1 ? 'worker' : 'workers'}`;
    terminal.line(`Serving ${directory} on ${terminal.paint('bold', url)} over ${serving.deviceName}${how}`);
    if (secure?.ca !== undefined && options.caOut === undefined) showAuthority(secure.ca, terminal);
    const curl = `curl ${trustOption(secure, options.caOut)}${url}`;
    terminal.line(terminal.paint('dim', `Try: ${curl}     Stop: Ctrl-C`));
    return signalExitCode(await Promise.race([signal(), serving.failure]));
  } finally {
    await serving.close();
  }
}

async function serveAlone(
  { directory, ...where }: Service,
  options: ServeOptions,
  terminal: Terminal,
): Promise<Serving> {
  const site = await directorySite(directory);
  const network = await openNetwork(options);
  try {
    serveHttp(network.stack, { ...where, site, ...logTo(terminal) });
    return network;
  } catch (error) {
    await network.close();
    throw error;
  }
}

function showAuthority(ca: string, terminal: Terminal): void {
  terminal.line('Its certificate is of a CA made for this run alone. To verify it, save the CA as ca.pem:');
  terminal.line(ca.trimEnd());
}

function trustOption(secure: ServerTls | undefined, caOut = 'ca.pem'): string {
  return secure?.ca === undefined ? '' : `--cacert ${caOut} `;
}

function signal(): Promise<Signal> {
  return new Promise((resolve) => {
    const listening = onSignal((signal) => {
      listening.release();
      resolve(signal);
    });
  });
}
