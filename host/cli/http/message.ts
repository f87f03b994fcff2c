/**
 * The heads of HTTP/1.1 messages, RFC 9112: as much as a file server and a download need.
 * Not for: bodies (`client.ts`, `server.ts`).
 */

export interface Request {
  method: string;
  /** The path of the target, decoded, without the query. */
  path: string;
  /** Whether another request may follow on this connection. */
  keepAlive: boolean;
  headers: Headers;
}

export interface Response {
  status: number;
  reason: string;
  headers: Headers;
}

/** By lower-case name; of fields that stand twice, the values joined by commas. */
export type Headers = ReadonlyMap<string, string>;

/** A message that breaks RFC 9112. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
}

/** @throws HttpError */
export function parseRequest(head: string): Request {
  const { start, headers } = parseHead(head);
  const [, method, target, minor] = /^([!#$%&'*+.^_`|~\w-]+) (\S+) HTTP\/1\.([01])$/.exec(start) ?? [];
  if (method === undefined || target === undefined) throw new HttpError('no request line');
  const connection = headers.get('connection')?.toLowerCase() ?? '';
  return {
    method,
    path: pathOf(target),
    keepAlive: minor === '1' ? !connection.includes('close') : connection.includes('keep-alive'),
    headers,
  };
}

/** @throws HttpError */
export function parseResponse(head: string): Response {
  const { start, headers } = parseHead(head);
  const [, status, reason = ''] = /^HTTP\/1\.[01] (\d{3})(?: (.*))?$/.exec(start) ?? [];
  if (status === undefined) throw new HttpError('what answered does not speak HTTP/1.1');
  return { status: Number(status), reason, headers };
}

export function formatHead(start: string, headers: Record<string, string | number>): string {
  const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${start}\r\n${fields.join('')}\r\n`;
}

function parseHead(head: string): { start: string; headers: Headers } {
  const [start = '', ...lines] = head.trimEnd().split('\r\n');
  const headers = new Map<string, string>();
  for (const line of lines) {
    const [, name, value = ''] = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
    if (name === undefined) throw new HttpError('a header line without a name');
    const before = headers.get(name.toLowerCase());
    headers.set(name.toLowerCase(), before === undefined ? value : `${before}, ${value}`);
  }
  return { start, headers };
}

function pathOf(target: string): string {
  try {
    return decodeURIComponent(new URL(target, 'http://host').pathname);
  } catch {
    throw new HttpError('a target that is no path');
  }
}
