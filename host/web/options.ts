/**
 * What `connect` takes: an address and options, checked. Not for: the options of TLS itself (`../tls/options.ts`).
 */
import type { Stack } from '../stack/stack.js';
import type { TLSOptions } from '../tls/options.js';
import { SocketError } from './error.js';

export interface SocketAddress {
  hostname: string;
  port: number;
}

/** `starttls`: in the clear until `startTls` is called. */
export type SecureTransport = 'off' | 'on' | 'starttls';

export interface SocketOptions {
  /** `'off'` unless given. */
  secureTransport?: SecureTransport;
  /** When the peer has ended, writing may go on; `false` unless given: the socket closes. */
  allowHalfOpen?: boolean;
  /** Whom to ask for and to expect, if not `hostname`. For TLS only. */
  sni?: string | null;
  /** Application protocols, by preference. For TLS only. */
  alpn?: readonly string[];
  /** What else there is to say about TLS: `ca`, `cert`, `key`, `minVersion` … For TLS only. */
  tls?: TLSOptions;
  /** The stack to connect on; the default stack unless given. */
  stack?: Stack;
}

/** Options after checking. */
export interface Plan extends SocketAddress {
  secureTransport: SecureTransport;
  allowHalfOpen: boolean;
  /** With the server's name in it. */
  tls: TLSOptions;
}

/** @throws SocketError, TypeError for what means nothing */
export function parse(address: unknown, options: SocketOptions): Plan {
  const { secureTransport = 'off', allowHalfOpen = false, sni, alpn = [], tls = {} } = options;
  if (!KINDS.includes(secureTransport)) throw new TypeError(`'${secureTransport}' is no secureTransport`);
  const secret = sni || alpn.length > 0 || options.tls !== undefined;
  if (secureTransport === 'off' && secret) {
    throw new SocketError("sni, alpn and tls need secureTransport 'on' or 'starttls'");
  }
  const { hostname, port } = typeof address === 'string' ? split(address) : check(address);
  const serverName = sni || tls.serverName || tls.servername || hostname;
  const protocols = alpn.length > 0 ? { ALPNProtocols: [...alpn] } : {};
  return {
    hostname,
    port,
    secureTransport,
    allowHalfOpen: Boolean(allowHalfOpen),
    tls: { ...tls, ...protocols, serverName },
  };
}

/** `example.com:443`, `[::1]:443`. */
function split(address: string): SocketAddress {
  const [, literal, name, digits] = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d+)$/.exec(address) ?? [];
  const hostname = literal ?? name;
  if (hostname === undefined) throw new SocketError(`'${address}' is no address: 'hostname:port' is expected`);
  return check({ hostname, port: Number(digits) });
}

function check(address: unknown): SocketAddress {
  const { hostname, port } = (address ?? {}) as Partial<SocketAddress>;
  if (typeof hostname !== 'string' || hostname === '') throw new SocketError('the address has no hostname');
  if (!Number.isInteger(port) || (port as number) < 1 || (port as number) > 65535) {
    throw new SocketError(`${port} is no port: 1 to 65535 are`);
  }
  return { hostname, port: port as number };
}

const KINDS: readonly unknown[] = ['off', 'on', 'starttls'];
