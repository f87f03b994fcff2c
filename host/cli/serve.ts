/** `vitrine serve`: a directory over HTTP, for everybody whom the kernel routes to the TUN device. */
import { onSignal, type Signal, signalExitCode } from './failure.js';
import { type ServedRecord, serveHttp } from './http/server.js';
import { directorySite } from './http/site.js';
import { type NetworkOptions, openNetwork } from './network.js';
import { formatBytes, formatRate, Terminal } from './terminal.js';

export interface ServeOptions extends NetworkOptions {
  port: number;
}

/** Serves until a signal comes. @returns the exit code */
export async function serve(directory: string, options: ServeOptions): Promise<number> {
  const terminal = new Terminal(process.stdout);
  const site = await directorySite(directory);
  const network = await openNetwork(options);
  try {
    const hostname = options.address.replace(/\/.*/, '');
    serveHttp(network.stack, {
      hostname,
      port: options.port,
      site,
      served: (record) => terminal.line(describe(record)),
    });
    const authority = options.port === 80 ? hostname : `${hostname}:${options.port}`;
    terminal.line(`Serving ${directory} on ${terminal.paint('bold', `http://${authority}/`)} over ${network.tunName}`);
    terminal.line(terminal.paint('dim', `Try: curl http://${authority}/     Stop: Ctrl-C`));
    return signalExitCode(await Promise.race([signal(), network.failure]));
  } finally {
    await network.close();
  }
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
