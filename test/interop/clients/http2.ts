/** Both ends of HTTP/2 whose streams come back, of `node:http2`. Not for: whose sockets they use. */
import { once } from 'node:events';
import {
  type ClientHttp2Session,
  type ClientSessionOptions,
  connect,
  type Http2Server,
  type SecureClientSessionOptions,
  type ServerHttp2Stream,
} from 'node:http2';
import { piece, read } from './content.js';

/** Sends a stream back only when as many are open as its headers announce: so they are open at the same time. */
export function echoTogether(server: Pick<Http2Server, 'on'>): void {
  let open: ServerHttp2Stream[] = [];
  server.on('stream', (stream, headers) => {
    open.push(stream);
    if (open.length < Number(headers[TOGETHER])) return;
    for (const waiting of open) {
      waiting.respond({ ':status': 200 });
      waiting.pipe(waiting);
    }
    open = [];
  });
}

export async function connectHttp2(
  url: string,
  options: ClientSessionOptions | SecureClientSessionOptions,
): Promise<ClientHttp2Session> {
  const session = connect(url, options);
  await once(session, 'connect');
  return session;
}

/** @returns how many streams came back as they were */
export async function echoAll(session: ClientHttp2Session, streams: number, length: number): Promise<number> {
  const echoes = Array.from({ length: streams }, async (_, number) => {
    const stream = session.request({ ':method': 'POST', ':path': '/', [TOGETHER]: streams });
    const sent = piece(number, length);
    stream.end(sent);
    return (await read(stream)).equals(sent);
  });
  return (await Promise.all(echoes)).filter(Boolean).length;
}

const TOGETHER = 'x-together';
