/**
 * As much of HTTP/1.0 as the peers speak among themselves, over a channel. Not for: the CLI's HTTP (`host/cli/http/`).
 */
import { createHash } from 'node:crypto';
import type { Channel } from '../../../host/cli/http/channel.js';

/** What a request carried: its path, and length and SHA-256 of its body. */
export interface Received {
  readonly path: string;
  readonly length: number;
  readonly sha256: string;
}

/** The head of a request; a body of `length` bytes follows. */
export function requestHead(path: string, length: number | undefined): string {
  const method = length === undefined ? 'GET' : 'PUT';
  const body = length === undefined ? '' : `Content-Length: ${length}\r\n`;
  return `${method} ${path} HTTP/1.0\r\nHost: vitrine.test\r\n${body}\r\n`;
}

/** Reads a request whole. @returns `undefined` when the peer ends without one */
export async function readRequest(channel: Channel): Promise<Received | undefined> {
  const head = await channel.readText('\r\n\r\n', 8192);
  if (head === undefined) return undefined;
  const expected = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
  return { path: head.split(' ')[1] ?? '', ...(await readBody(channel, expected)) };
}

/** Answers a request, and ends. */
export async function answer(channel: Channel, body: Uint8Array): Promise<void> {
  await channel.write(`HTTP/1.0 200 OK\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`);
  if (body.length > 0) await channel.write(body);
  channel.end();
}

/** Length and SHA-256 of what comes, up to so many bytes, or to the end. */
export async function readBody(channel: Channel, limit: number): Promise<{ length: number; sha256: string }> {
  const hash = createHash('sha256');
  let length = 0;
  while (length < limit) {
    const chunk = await channel.read();
    if (chunk === undefined) break;
    hash.update(chunk);
    length += chunk.length;
  }
  return { length, sha256: hash.digest('hex') };
}
