/**
 * One download over HTTP/1.1 through Vitrine's `connect`, RFC 9112, in the clear or with TLS (RFC 9110 §4.2.2).
 * Not for: redirects.
 */
import type { Stack } from '../../stack/stack.js';
import type { TLSOptions } from '../../tls/options.js';
import { type Channel, connectChannel } from './channel.js';
import { formatHead, HttpError, parseResponse, type Response } from './message.js';

export interface HttpGetOptions {
  /** For https: whom to trust, and how. A `serverName` is also the host that is asked for. */
  tls?: TLSOptions | undefined;
  /** Hears of the connection, verified if it is to be. */
  connected?(channel: Channel): void;
  /** Hears of the head, before the first bytes. */
  responded?(response: Response, length: number | undefined): void;
  /** Gets the body in pieces; a promise holds the next one, and with it the sender, back. */
  received(chunk: Uint8Array): void | Promise<void>;
}

/**
 * Gets what is at `url`.
 * @returns the head of the answer, whatever its status, when the body is complete and the connection closed
 * @throws SocketError for what the network did and what TLS did not accept, HttpError for an answer that is
 *   none or is cut short
 */
export async function httpGet(stack: Stack, url: URL, options: HttpGetOptions): Promise<Response> {
  const isSecure = url.protocol === 'https:';
  const channel = await connectChannel(stack, {
    hostname: url.hostname,
    port: Number(url.port || (isSecure ? 443 : 80)),
    tls: isSecure && (options.tls ?? {}),
  });
  try {
    options.connected?.(channel);
    return await exchange(channel, url, options);
  } catch (error) {
    channel.terminate();
    throw error;
  }
}

async function exchange(channel: Channel, url: URL, options: HttpGetOptions): Promise<Response> {
  const headers = { Host: hostOf(url, options.tls?.serverName), 'User-Agent': 'vitrine', Accept: '*/*' };
  await channel.write(formatHead(`GET ${url.pathname}${url.search} HTTP/1.1`, headers));
  const response = await finalResponse(channel);
  const length = bodyLength(response);
  options.responded?.(response, length);
  if (response.headers.get('transfer-encoding')?.toLowerCase() === 'chunked') await chunkedBody(channel, options);
  else await plainBody(channel, length, options);
  channel.end();
  await channel.whenClosed();
  return response;
}

/** RFC 9110 §7.2: the name that the server goes by, if it has another one than its address. */
function hostOf(url: URL, name: string | undefined): string {
  if (name === undefined) return url.host;
  return url.port === '' ? name : `${name}:${url.port}`;
}

/** RFC 9110 §15.2: interim answers may come first. */
async function finalResponse(channel: Channel): Promise<Response> {
  for (;;) {
    const head = await channel.readText('\r\n\r\n', HEAD_LIMIT);
    if (head === undefined) throw new HttpError('the connection ended before an answer came');
    const response = parseResponse(head);
    if (response.status >= 200) return response;
  }
}

/** RFC 9112 §6.3; `undefined` when the body says itself where it ends, or the connection does. */
function bodyLength({ status, headers }: Response): number | undefined {
  if (status === 204 || status === 304) return 0;
  const length = headers.get('content-length');
  if (length === undefined || headers.has('transfer-encoding')) return undefined;
  if (!/^\d{1,15}$/.test(length)) throw new HttpError(`a Content-Length of "${length}"`);
  return Number(length);
}

async function plainBody(channel: Channel, length: number | undefined, options: HttpGetOptions): Promise<void> {
  for (let left = length ?? Number.POSITIVE_INFINITY; left > 0; ) {
    const chunk = await channel.read();
    if (chunk === undefined && length === undefined) return;
    if (chunk === undefined) throw new HttpError(`the connection ended ${left} bytes too early`);
    const piece = chunk.subarray(0, left);
    left -= piece.length;
    await options.received(piece);
  }
}

/** RFC 9112 §7.1. */
async function chunkedBody(channel: Channel, options: HttpGetOptions): Promise<void> {
  for (;;) {
    const line = await textLine(channel);
    const [, digits] = /^([\da-f]{1,12})[ \t]*(?:;.*)?$/i.exec(line) ?? [];
    if (digits === undefined) throw new HttpError('a chunk without a size');
    const size = Number.parseInt(digits, 16);
    if (size === 0) break;
    await counted(channel, size, options);
    if ((await textLine(channel)) !== '') throw new HttpError('a chunk longer than it said');
  }
  while ((await textLine(channel)) !== '');
}

async function counted(channel: Channel, size: number, options: HttpGetOptions): Promise<void> {
  for (let left = size; left > 0; ) {
    const chunk = await channel.read();
    if (chunk === undefined) throw new HttpError('the connection ended inside a chunk');
    const piece = chunk.subarray(0, left);
    channel.unread(chunk.subarray(piece.length));
    left -= piece.length;
    await options.received(piece);
  }
}

async function textLine(channel: Channel): Promise<string> {
  const line = await channel.readText('\r\n', HEAD_LIMIT);
  if (line === undefined) throw new HttpError('the connection ended inside a chunked body');
  return line.slice(0, -2);
}

const HEAD_LIMIT = 64 * 1024;
