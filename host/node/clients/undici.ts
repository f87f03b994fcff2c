/**
 * `connector()` for undici: `new Agent({ connect: connector({ stack }) })`. undici itself is not needed here. Not for:
 * requests.
 */
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ConnectOptions } from '../connect-options.js';
import { failure } from '../errors.js';
import { netOf } from '../module.js';
import type { Socket } from '../socket.js';
import { type ClientTlsOptions, contextOf } from '../tls/config.js';
import { tlsOf } from '../tls/module.js';

/** Options of sockets and of TLS, for all connections of an agent. */
export interface ConnectorOptions extends Omit<Partial<ConnectOptions>, 'host' | 'port'>, ClientTlsOptions {
  /** Milliseconds until the connection, TLS included, has to be there; 10 s unless given. */
  timeout?: number | undefined;
  /** Offers HTTP/2. */
  allowH2?: boolean | undefined;
}

/** What undici asks for. */
export interface Asked {
  hostname: string;
  host?: string | undefined;
  protocol: string;
  port: string | number;
  servername?: string | null | undefined;
  localAddress?: string | null | undefined;
  /** A tunnel, over which TLS is to be spoken. */
  httpSocket?: unknown;
}

export type Connector = (
  asked: Asked,
  told: (...answer: [error: Error, none: null] | [none: null, made: Socket]) => void,
) => void;

/** @throws TypeError, KeyMaterialError, Error for options that mean nothing */
export function connector(options: ConnectorOptions = {}): Connector {
  const { stack, timeout = PATIENCE, allowH2 = false, ...own } = options;
  const [net, tls] = [netOf(stack), tlsOf(stack)];
  const secureContext = contextOf(own);
  const ALPNProtocols = allowH2 ? ['http/1.1', 'h2'] : ['http/1.1'];
  const sessions = new Sessions();

  return ({ hostname, protocol, port, servername, localAddress, httpSocket }, told) => {
    const isSecure = protocol === 'https:';
    const to = { host: bare(hostname), port: Number(port) || (isSecure ? 443 : 80) };
    const common = { ...own, ...to, ...(localAddress && { localAddress }) };
    const name = servername || own.servername || (isIP(to.host) === 0 ? to.host : undefined);
    const key = name ?? to.host;
    const made = isSecure
      ? tls
          .connect({
            ...common,
            secureContext,
            ALPNProtocols,
            servername: name,
            session: own.session ?? sessions.get(key),
            socket: httpSocket as Duplex | undefined,
          })
          .on('session', (session: Buffer) => sessions.set(key, session))
      : net.connect(common);
    if (own.keepAlive ?? true) made.setKeepAlive(true, own.keepAliveInitialDelay ?? KEEP_ALIVE);
    const late = setTimeout(() => made.destroy(timedOut(to)), timeout);
    const fail = (error: Error) => {
      clearTimeout(late);
      told(error, null);
    };
    made.setNoDelay(true).once('error', fail);
    made.once(isSecure ? 'secureConnect' : 'connect', () => {
      clearTimeout(late);
      made.off('error', fail);
      told(null, made);
    });
  };
}

/** The latest session of each server. */
class Sessions {
  readonly #sessions = new Map<string, Buffer>();

  get(name: string): Buffer | undefined {
    return this.#sessions.get(name);
  }

  set(name: string, session: Buffer): void {
    this.#sessions.delete(name);
    this.#sessions.set(name, session);
    const [oldest] = this.#sessions.keys();
    if (this.#sessions.size > MOST_SESSIONS && oldest !== undefined) this.#sessions.delete(oldest);
  }
}

/** Without the brackets that an IPv6 address has in a URL. */
function bare(hostname: string): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}

function timedOut({ host, port }: { host: string; port: number }): Error {
  return failure('ETIMEDOUT', `no connection to ${host}:${port} in time`);
}

/** In milliseconds. */
const PATIENCE = 10_000;
const KEEP_ALIVE = 60_000;
const MOST_SESSIONS = 100;
