/** `vitrine serve`: a directory over HTTP or HTTPS, for everybody whom the kernel routes to the TUN device. */
import { onSignal, type Signal, signalExitCode } from './failure.js';
import { type ServedRecord, serveHttp } from './http/server.js';
import { directorySite } from './http/site.js';
import { openNetwork } from './network.js';
import { addressesOf, type NetworkOptions } from './network-options.js';
import { formatBytes, formatRate, Terminal } from './terminal.js';
import { type ServerTls, type ServerTlsOptions, serverTls } from './tls-option.js';

export interface ServeOptions extends NetworkOptions, ServerTlsOptions {
  /** 80 without it, 443 with TLS. */
  port?: number;
}

/** Serves until a signal comes. @returns the exit code */
export async function serve(directory: string, options: ServeOptions): Promise<number> {
  const terminal = new Terminal(process.stdout);
  const site = await directorySite(directory);
  const [hostname = ''] = addressesOf(options).map((address) => address.replace(/\/.*/, ''));
  const secure = serverTls(options, [hostname]);
  const network = await openNetwork(options);
  try {
    const port = options.port ?? (secure === undefined ? 80 : 443);
    serveHttp(network.stack, {
      hostname,
      port,
      site,
      tls: secure?.tls,
      served: (record) => terminal.line(describe(record)),
      failed: (client, error) => terminal.line(`${client} no TLS: ${error.message}`),
    });
    const url = new URL(`${secure === undefined ? 'http' : 'https'}://${hostname}:${port}/`).href;
    terminal.line(`Serving ${directory} on ${terminal.paint('bold', url)} over ${network.deviceName}`);
    if (secure?.ca !== undefined && options.caOut === undefined) showAuthority(secure.ca, terminal);
    const curl = `curl ${trustOption(secure, options.caOut)}${url}`;
    terminal.line(terminal.paint('dim', `Try: ${curl}     Stop: Ctrl-C`));
    return signalExitCode(await Promise.race([signal(), network.failure]));
  } finally {
    await network.close();
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

function describe({ client, method, path, status, bytes, milliseconds, error }: ServedRecord): string {
  const outcome = error === undefined ? formatRate(bytes, milliseconds) : `broken off: ${error.message}`;
  return `${client} ${method} ${JSON.stringify(path).slice(1, -1)} ${status} ${formatBytes(bytes)} ${outcome}`;
}
