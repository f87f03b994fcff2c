/** What a server says about those it serves: a line for each request, and for each client with whom TLS failed. */
import { formatBytes, formatRate, type Terminal } from '../terminal.js';
import type { HttpServerOptions, ServedRecord } from './server.js';

export function logTo(terminal: Terminal): Required<Pick<HttpServerOptions, 'served' | 'failed'>> {
  return {
    served: (record) => terminal.line(describe(record)),
    failed: (client, error) => terminal.line(`${client} no TLS: ${error.message}`),
  };
}

function describe({ client, method, path, status, bytes, milliseconds, error }: ServedRecord): string {
  const outcome = error === undefined ? formatRate(bytes, milliseconds) : `broken off: ${error.message}`;
  return `${client} ${method} ${JSON.stringify(path).slice(1, -1)} ${status} ${formatBytes(bytes)} ${outcome}`;
}
