/**
 * Vitrine as the server of a row: listens, runs the peer's client, and compares what was agreed upon.
 * Not for: the peer's programs (`program.ts`).
 */
import { statSync } from 'node:fs';
import { type Channel, channelHandlers } from '../../../host/cli/http/channel.js';
import type { Socket } from '../../../host/socket/socket.js';
import type { Stack } from '../../../host/stack/stack.js';
import type { TLSOptions } from '../../../host/tls/options.js';
import { VITRINE } from '../addresses.js';
import { type Agreed, agreed, check } from './agreed.js';
import { type Files, isLargeText, LARGE_HASH, LARGE_TEXT } from './files.js';
import { answer, readRequest, requestHead } from './http.js';
import type { ClientWish } from './peer.js';
import { Program } from './program.js';
import { PROTOCOL, RETRIED, type Row } from './rows.js';

export class VitrineServer {
  readonly #listeners = new Map<string, number>();

  constructor(
    private readonly stack: Stack,
    private readonly files: Files,
  ) {}

  /** @throws Error that says what went wrong */
  async play(row: Row): Promise<void> {
    const wish = { ...clientWish(row), port: this.#listener(row) };
    const twice = row.feature === 'resume' && !row.peer.resumesItself;
    if (twice) await this.#run(row, { ...wish, session: 'save' });
    const told = await this.#run(row, twice ? { ...wish, session: 'offer' } : wish);
    if (told !== undefined) check(row, told);
  }

  /** Vitrine's server for a row. */
  #listener({ key, feature }: Row): number {
    const mutual = feature === 'mutual';
    const group = feature === 'retry' ? RETRIED : undefined;
    const name = `${key} ${mutual} ${group}`;
    const known = this.#listeners.get(name);
    if (known !== undefined) return known;
    const files = this.files;
    const tls: TLSOptions = {
      key: files.text(`${key}.key`),
      cert: files.text(`${key}.pem`),
      ALPNProtocols: [PROTOCOL],
      ...(mutual ? { ca: files.text('ca.pem'), requestCert: true } : {}),
      ...(group === undefined ? {} : { groups: group }),
    };
    const sockets = new WeakMap<Channel, Socket<Channel | undefined>>();
    const base = channelHandlers((channel) => void serve(channel, () => sockets.get(channel)).catch(() => {}));
    const socket = {
      ...base,
      open: (socket: Socket<Channel | undefined>) => {
        base.open?.(socket);
        if (socket.data !== undefined) sockets.set(socket.data, socket);
      },
    };
    const options = { hostname: VITRINE, port: 0, allowHalfOpen: true, tls, socket };
    const { port } = this.stack.listen<Channel | undefined>(options);
    this.#listeners.set(name, port);
    return port;
  }

  /** Runs the peer's client. @returns what Vitrine told it of the connection, unless it got the large text instead */
  async #run({ peer, feature }: Row, wish: ClientWish): Promise<Agreed | undefined> {
    const path = feature === 'down' ? '/large' : '/who';
    const upload = feature === 'up' ? this.files.path('large') : undefined;
    const command = peer.client?.(this.files, wish);
    if (command === undefined) throw new Error(`${peer.name} is no client`);
    const args = [...command.args, ...(peer.requests?.(path, upload) ?? [])];
    const program = new Program({ ...command, args }, this.files.directory);
    if (peer.requests === undefined) {
      const head = requestHead(path, upload === undefined ? undefined : statSync(upload).size);
      program.type(head, upload, peer.endsInput ?? false);
    }
    const output = await program.finish(PATIENCE);
    if (feature === 'down') {
      const body = output.slice(output.indexOf('\r\n\r\n') + 4);
      if (!isLargeText(peer.requests === undefined ? body : output))
        throw new Error(`${output.length} bytes came, not those`);
      return undefined;
    }
    const line = output.trimEnd().split('\n').at(-1) ?? '';
    if (!line.startsWith('{')) throw new Error(`${peer.name} says: ${output.slice(-500)}${program.complaints}`);
    const told = JSON.parse(line);
    if (upload !== undefined && told.sha256 !== LARGE_HASH) throw new Error(`${told.length} bytes came, not those`);
    return told;
  }
}

/** Answers one request: `/large`, or what was agreed upon. */
async function serve(channel: Channel, socket: () => Socket<Channel | undefined> | undefined): Promise<void> {
  const request = await readRequest(channel);
  const found = socket();
  if (request === undefined || found === undefined) return channel.end();
  if (request.path === '/large') return answer(channel, LARGE_TEXT);
  await answer(channel, Buffer.from(`${JSON.stringify({ ...request, ...agreed(found) })}\n`));
}

function clientWish({ version, suite, group, feature }: Row): Omit<ClientWish, 'port'> {
  return {
    version,
    suite,
    group,
    alpn: feature === 'alpn' ? PROTOCOL : undefined,
    mutual: feature === 'mutual',
    session: feature === 'resume' ? 'both' : undefined,
  };
}

/** Milliseconds for a program of a peer. */
const PATIENCE = 60_000;
