/**
 * A client and a server that speak TLS on two stacks and one wire. Not for: the handshake by itself (`../tls/`).
 */
import type { SocketHandler } from '../../host/socket/handlers.js';
import type { TCPSocketConnectOptions, TCPSocketListenOptions } from '../../host/socket/options.js';
import type { Socket } from '../../host/socket/socket.js';
import type { TLSOptions } from '../../host/tls/options.js';
import { ca, server } from './certificates/certificates.js';
import { type Lab, Recorder, SERVER_ADDRESS } from './stacks.js';

/** Also hears of the handshake: `handshake:true`, `handshake:false:CERT_HAS_EXPIRED`. */
export class SecureRecorder extends Recorder {
  constructor(
    extra: Partial<SocketHandler<unknown>> = {},
    /** Without a `handshake` handler `open` waits for the handshake. */
    private readonly listens = true,
  ) {
    super(extra);
  }

  override get handlers(): SocketHandler<unknown> {
    const handlers = super.handlers;
    if (!this.listens) return handlers;
    return {
      ...handlers,
      handshake: (socket, success, error) => {
        if (error !== null) this.errors.push(error);
        const code = error === null ? '' : `:${(error as Error & { code?: string }).code}`;
        this.note(socket, `handshake:${success}${code}`);
        return this.extra.handshake?.(socket, success, error);
      },
    };
  }
}

export interface SecureOptions {
  client?: TLSOptions | boolean;
  server?: TLSOptions | readonly TLSOptions[];
  connect?: Partial<TCPSocketConnectOptions<unknown>>;
  listen?: Partial<TCPSocketListenOptions<unknown>>;
}

export interface SecurePair {
  client: Socket<unknown>;
  server: Socket<unknown>;
}

/** What a server needs, and whom a client trusts. */
export const SERVER_TLS = { cert: server.cert, key: server.key };
export const CLIENT_TLS = { ca: ca.cert, serverName: 'server.test' };

/** Starts both; resolves when both handshakes have ended, well or not. */
export async function secure(
  net: Lab,
  heard: { client: Recorder; server: Recorder },
  options: SecureOptions = {},
): Promise<SecurePair> {
  const listener = net.server.listen<unknown>({
    hostname: SERVER_ADDRESS,
    port: 0,
    tls: options.server ?? SERVER_TLS,
    socket: heard.server.handlers,
    ...options.listen,
  });
  net.client.connect<unknown>({
    hostname: SERVER_ADDRESS,
    port: listener.port,
    tls: options.client ?? CLIENT_TLS,
    socket: heard.client.handlers,
    ...options.connect,
  });
  const ended = (recorder: Recorder) =>
    recorder.closed || recorder.events.some((event) => /^(handshake|drain)/.test(event));
  await net.until(() => ended(heard.client) && ended(heard.server), 'the end of both handshakes');
  return { client: heard.client.socket as Socket<unknown>, server: heard.server.socket as Socket<unknown> };
}

/** Lets everything that is under way arrive. */
export async function settle(net: Lab): Promise<void> {
  await net.pass(300);
}
