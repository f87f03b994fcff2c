/**
 * A small HTTP/1.1 file server on Vitrine's sockets, RFC 9112: GET and HEAD, keep-alive, pipelining, with TLS or without.
 * Not for: uploads, ranges.
 */
import type { SocketError } from '../../socket/errors.js';
import type { SocketHandler } from '../../socket/handlers.js';
import type { TCPSocketListener } from '../../socket/listener.js';
import type { Stack } from '../../stack/stack.js';
import type { TLSOptions } from '../../tls/options.js';
import { isOfTls } from '../tls-option.js';
import { type Channel, channelHandlers } from './channel.js';
import { formatHead, HttpError, parseRequest, type Request } from './message.js';
import type { Resource, Site } from './site.js';

export interface HttpServerOptions extends Omit<HttpService, 'secure'> {
  hostname: string;
  port: number;
  /** With it, https. */
  tls?: TLSOptions | undefined;
}

/** What is served, and who hears of it. */
export interface HttpService {
  site: Site;
  /** Whether connections speak TLS. */
  secure: boolean;
  /** Hears of every connection, once it is secure if it is to be. */
  connected?(channel: Channel): void;
  /** Hears of every connection on which TLS failed, and why. */
  failed?(client: string, error: SocketError): void;
  /** Hears of every request that was answered, or broken off. */
  served?(record: ServedRecord): void;
}

export interface ServedRecord {
  client: string;
  method: string;
  path: string;
  status: number;
  /** Bytes of body that were handed to the socket. */
  bytes: number;
  milliseconds: number;
  /** Why it was broken off. */
  error?: Error;
}

/** @throws SocketError when nothing can listen there */
export function serveHttp(stack: Stack, options: HttpServerOptions): TCPSocketListener<Channel | undefined> {
  const service = { ...options, secure: options.tls !== undefined };
  return stack.listen<Channel | undefined>({
    hostname: options.hostname,
    port: options.port,
    tls: options.tls ?? false,
    allowHalfOpen: true,
    socket: httpHandlers(() => service),
  });
}

/** The handlers of a listener with `allowHalfOpen`. @param service asked for at each connection */
export function httpHandlers(service: () => HttpService): SocketHandler<Channel | undefined> {
  return channelHandlers((channel) => {
    const client = channel.remoteAddress;
    const options = service();
    // A connection that broke has ended; who was served is told by `served`.
    converse(channel, options).catch((error) => {
      if (isOfTls(error)) options.failed?.(client, error);
    });
  });
}

async function converse(channel: Channel, options: HttpService): Promise<void> {
  if (channel.security !== undefined || !options.secure) options.connected?.(channel);
  for (let open = true; open; ) {
    channel.timeout(IDLE_SECONDS);
    const request = await nextRequest(channel);
    channel.timeout(0);
    open = request !== undefined && (await answer(channel, request, options));
  }
  channel.end();
}

/** @returns `undefined` when the client has ended, or a sentence for a client that does not speak HTTP */
async function nextRequest(channel: Channel): Promise<Request | string | undefined> {
  try {
    const head = await channel.readText('\r\n\r\n', HEAD_LIMIT);
    return head === undefined ? undefined : parseRequest(head.replace(/^(\r\n)+/, ''));
  } catch (error) {
    if (error instanceof HttpError) return error.message;
    throw error;
  }
}

/** @returns whether the connection stays open for another request */
async function answer(channel: Channel, request: Request | string, options: HttpService): Promise<boolean> {
  if (typeof request === 'string') return refuse(channel, 400, request);
  const { method, path } = request;
  const started = performance.now();
  const record: ServedRecord = { client: channel.remoteAddress, method, path, status: 200, bytes: 0, milliseconds: 0 };
  try {
    return await respond(channel, request, options.site, record);
  } catch (error) {
    record.error = error instanceof Error ? error : new Error(String(error));
    channel.terminate();
    return false;
  } finally {
    record.milliseconds = performance.now() - started;
    options.served?.(record);
  }
}

async function respond(channel: Channel, request: Request, site: Site, record: ServedRecord): Promise<boolean> {
  const { method, path, headers } = request;
  const hasBody = headers.has('transfer-encoding') || Number(headers.get('content-length') ?? 0) !== 0;
  if ((method !== 'GET' && method !== 'HEAD') || hasBody) {
    record.status = 405;
    return refuse(channel, 405, 'only GET and HEAD, without a body', { Allow: 'GET, HEAD' });
  }
  const found = await site(path);
  const [status, resource, more] = representation(found);
  record.status = status;
  await channel.write(
    formatHead(`HTTP/1.1 ${status} ${REASONS[status]}`, {
      'Content-Type': resource.type,
      'Content-Length': resource.length,
      Connection: request.keepAlive ? 'keep-alive' : 'close',
      ...more,
    }),
  );
  if (method === 'GET') {
    for await (const chunk of resource.chunks()) {
      await channel.write(chunk);
      record.bytes += chunk.length;
    }
  }
  return request.keepAlive;
}

function representation(
  found: Awaited<ReturnType<Site>>,
): [status: 200 | 301 | 404, resource: Resource, headers: Record<string, string>] {
  if (found === undefined) return [404, text('There is nothing here.\n'), {}];
  if ('location' in found) return [301, text(`It is at ${found.location}\n`), { Location: found.location }];
  return [200, found, {}];
}

/** Answers and closes: what follows on this connection can't be told apart any more. */
async function refuse(
  channel: Channel,
  status: 400 | 405,
  reason: string,
  headers: Record<string, string> = {},
): Promise<boolean> {
  const { type, length, chunks } = text(`${reason}\n`);
  const fields = { 'Content-Type': type, 'Content-Length': length, Connection: 'close', ...headers };
  await channel.write(formatHead(`HTTP/1.1 ${status} ${REASONS[status]}`, fields));
  for await (const chunk of chunks()) await channel.write(chunk);
  return false;
}

function text(content: string): Resource {
  const bytes = Buffer.from(content);
  return { type: 'text/plain; charset=utf-8', length: bytes.length, chunks: () => [bytes] };
}

const HEAD_LIMIT = 16 * 1024;
const IDLE_SECONDS = 60;
const REASONS = {
  200: 'OK',
  301: 'Moved Permanently',
  400: 'Bad Request',
  404: 'Not Found',
  405: 'Method Not Allowed',
} as const;
