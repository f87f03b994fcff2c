/**
 * `redisConnector()` for ioredis: `new Redis({ Connector: redisConnector({ stack }) })`. ioredis itself is not needed here.
 * Not for: Sentinel and Cluster, which have connectors of their own.
 */

import type { ConnectOptions } from '../connect-options.js';
import { failure } from '../errors.js';
import { netOf } from '../module.js';
import type { Socket } from '../socket.js';
import { type ConnectOptions as TlsConnectOptions, tlsOf } from '../tls/module.js';

/** As much as it reads of the options of ioredis. */
export interface RedisOptions {
  host?: string | undefined;
  port?: number | undefined;
  family?: number | undefined;
  disconnectTimeout?: number | undefined;
  tls?: object | undefined;
}

/** What ioredis asks of a connector. */
export interface RedisConnector {
  /** What went wrong first. */
  firstError?: Error | undefined;
  connect(): Promise<Socket>;
  disconnect(): void;
  check(): boolean;
}

/** @param options of all sockets: `stack`, `lookup` … */
export function redisConnector(options: Partial<ConnectOptions> = {}): new (redis: RedisOptions) => RedisConnector {
  const [net, tls] = [netOf(options.stack), tlsOf(options.stack)];

  return class implements RedisConnector {
    firstError?: Error;
    #wanted = false;
    #socket: Socket | undefined;
    readonly #redis: RedisOptions;

    constructor(redis: RedisOptions) {
      this.#redis = redis;
    }

    async connect(): Promise<Socket> {
      this.#wanted = true;
      // ioredis may change its mind in the same turn.
      await new Promise<void>((resolve) => process.nextTick(resolve));
      if (!this.#wanted) throw failure('ECONNABORTED', 'Connection is closed.');
      const { host, port = 6379, family, tls: secure } = this.#redis;
      const to = { ...options, host, port, family, ...secure };
      const socket = secure ? tls.connect(to as TlsConnectOptions) : net.connect(to);
      this.#socket = socket.once('error', (error: Error) => {
        this.firstError = error;
      });
      return socket;
    }

    disconnect(): void {
      this.#wanted = false;
      const socket = this.#socket;
      if (socket === undefined) return;
      const late = setTimeout(() => socket.destroy(), this.#redis.disconnectTimeout ?? 2000);
      socket.once('close', () => clearTimeout(late));
      socket.end();
    }

    check(): boolean {
      return true;
    }
  };
}
