/**
 * Vitrine as the client of a row: connects to the peer's server, moves what the row says, and compares what was agreed upon.
 * Not for: the peer's programs (`program.ts`).
 */
import { rmSync } from 'node:fs';
import { sha256 } from '../../../host/cli/demo/content.js';
import { type Channel, channelHandlers } from '../../../host/cli/http/channel.js';
import type { Socket } from '../../../host/socket/socket.js';
import type { Stack } from '../../../host/stack/stack.js';
import type { TLSOptions } from '../../../host/tls/options.js';
import { KERNEL } from '../addresses.js';
import { type Agreed, agreed, check } from './agreed.js';
import { type Files, isLargeText, LARGE_HASH, LARGE_TEXT, SERVER_NAME } from './files.js';
import { readBody, requestHead } from './http.js';
import type { ServerWish } from './peer.js';
import { Program } from './program.js';
import { PROTOCOL, RETRIED, type Row } from './rows.js';

interface Connected {
  readonly channel: Channel;
  readonly agreed: Agreed;
  /** The latest that came. */
  readonly session: () => Buffer | undefined;
}

export class VitrineClient {
  readonly #servers = new Map<string, { program: Program; port: number }>();
  #port = 5000;

  constructor(
    private readonly stack: Stack,
    private readonly files: Files,
  ) {}

  /** @throws Error that says what went wrong */
  async play(row: Row): Promise<void> {
    const { program, port } = this.#server(row);
    await program.listens(port);
    const first = await this.#connect(port, row);
    if (row.feature === 'up') await this.#upload(row, program, first);
    else await this.#download(row, first);
    if (row.feature !== 'resume') return check(row, first.agreed);
    const second = await this.#connect(port, row, first.session());
    await this.#download(row, second);
    check(row, second.agreed);
  }

  /** Ends the peers' servers. */
  close(): void {
    for (const { program } of this.#servers.values()) program.stop();
  }

  /** The peer's server for a row, which is started when it is needed first. */
  #server({ peer, key, feature }: Row): { program: Program; port: number } {
    const wish: Omit<ServerWish, 'port'> = {
      key,
      mutual: feature === 'mutual',
      alpn: feature === 'alpn' ? PROTOCOL : undefined,
      group: feature === 'retry' ? RETRIED : undefined,
      bulk: feature === 'up' || feature === 'down' ? feature : undefined,
    };
    const name = `${peer.name} ${JSON.stringify(wish)}`;
    let server = this.#servers.get(name);
    if (server === undefined) {
      const port = this.#port++;
      const command = peer.server?.(this.files, { ...wish, port });
      if (command === undefined) throw new Error(`${peer.name} is no server`);
      server = { program: new Program(command, this.files.directory), port };
      this.#servers.set(name, server);
    }
    return server;
  }

  /** Connects and shakes hands. */
  #connect(port: number, row: Row, session?: Buffer): Promise<Connected> {
    return new Promise((resolve, reject) => {
      let channel: Channel | undefined;
      let latest: Buffer | undefined;
      const base = channelHandlers((opened) => {
        channel = opened;
      });
      const socket = {
        ...base,
        open: (socket: Socket<Channel | undefined>) => {
          base.open?.(socket);
          if (session !== undefined) socket.setSession(session);
        },
        handshake: (socket: Socket<Channel | undefined>, success: boolean, error: Error | null) => {
          if (!success || channel === undefined) return reject(error ?? new Error('the handshake failed'));
          resolve({ channel, agreed: agreed(socket), session: () => latest });
        },
        session: (_socket: Socket<Channel | undefined>, session: Buffer) => {
          latest = session;
        },
        close: (socket: Socket<Channel | undefined>, error?: Error) => {
          base.close?.(socket, error);
          reject(error ?? new Error('the connection was closed'));
        },
      };
      const tls = this.#clientOptions(row);
      this.stack
        .connect<Channel | undefined>({ hostname: KERNEL, port, allowHalfOpen: true, tls, socket })
        .catch(reject);
    });
  }

  #clientOptions({ version, suite, group, feature }: Row): TLSOptions {
    return {
      ca: this.files.text('ca.pem'),
      serverName: SERVER_NAME,
      minVersion: version,
      maxVersion: version,
      ...(suite === undefined ? {} : { ciphers: suite }),
      ...(feature === 'retry' ? { groups: `X25519:${RETRIED}` } : group === undefined ? {} : { groups: group }),
      ...(feature === 'alpn' ? { ALPNProtocols: ['h2', PROTOCOL] } : {}),
      ...(feature === 'mutual' ? { key: this.files.text('client.key'), cert: this.files.text('client.pem') } : {}),
    };
  }

  async #download({ peer, feature }: Row, { channel }: Connected): Promise<void> {
    const large = feature === 'down';
    const serves = peer.serves;
    if (serves?.upload === 'echo') return this.#echo(channel, large ? LARGE_TEXT : Buffer.from('one line\n'));
    await channel.write(requestHead(large ? (serves?.large ?? '/') : '/who', undefined));
    if ((await channel.readText('\r\n\r\n', 8192)) === undefined) throw new Error('there was no answer');
    const body = await readBody(channel, Number.POSITIVE_INFINITY);
    await finish(channel);
    if (body.length === 0) throw new Error('the answer is empty');
    if (!large) return;
    if (serves?.large === undefined ? body.length < LARGE_TEXT.length : body.sha256 !== LARGE_HASH) throw garbled(body);
  }

  async #upload({ peer, name }: Row, program: Program, { channel }: Connected): Promise<void> {
    if (peer.serves?.upload === 'echo') return this.#echo(channel, LARGE_TEXT);
    if (peer.serves?.upload === 'print') {
      await channel.write(LARGE_TEXT);
      await finish(channel);
      await program.finish(PATIENCE);
      if (!isLargeText(program.output)) throw garbled(program.output);
      return;
    }
    const path = `/upload/${name.replaceAll(/\W/g, '-')}`;
    await channel.write(requestHead(path, LARGE_TEXT.length));
    await channel.write(LARGE_TEXT);
    const head = await channel.readText('\r\n\r\n', 8192);
    await finish(channel);
    if (!head?.includes(' 201 ')) throw new Error(`the upload was answered by ${head}`);
    const found = this.files.text(path);
    rmSync(this.files.path(path));
    if (!isLargeText(found)) throw garbled(found);
  }

  async #echo(channel: Channel, bytes: Uint8Array): Promise<void> {
    const [back] = await Promise.all([readBody(channel, bytes.length), channel.write(bytes)]);
    await finish(channel);
    if (back.sha256 !== sha256(bytes)) throw garbled(back);
  }
}

/** Something else came than what was sent. */
function garbled({ length }: { length: number }): Error {
  return new Error(`${length} bytes came, and not those that were sent`);
}

async function finish(channel: Channel): Promise<void> {
  channel.end();
  await channel.whenClosed();
}

/** Milliseconds for a program of a peer. */
const PATIENCE = 60_000;
