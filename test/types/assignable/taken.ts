/**
 * What a program gives to Vitrine, member by member beside what Bun declares. Not for: what it gets (`given.ts`).
 */
import type * as Bun from 'bun';
import type * as Vitrine from 'vitrine';
import type { Taken } from './table.ts';

interface Data {
  name: string;
}

export const SOCKET_HANDLER: Taken<Vitrine.SocketHandler<Data>, Bun.SocketHandler<Data>> = {
  open: 'same',
  data: 'same',
  drain: 'same',
  end: 'same',
  timeout: 'same',
  error: 'same',
  close: 'same',
  connectError: 'same',
  handshake: 'same',
  binaryType: 'same',

  session: { more: 'in Bun, though not declared' },
  keylog: { more: 'in Bun, though not declared' },
  serverName: { more: 'in Bun, though not declared' },
  alpnCallback: { more: 'in Bun, though not declared' },
};

export const SOCKET_OPTIONS: Taken<Vitrine.SocketOptions<Data>, Bun.SocketOptions<Data>> = {
  socket: 'same',
  data: 'same',
  allowHalfOpen: 'same',
};

export const CONNECT_OPTIONS: Taken<Vitrine.TCPSocketConnectOptions<Data>, Bun.TCPSocketConnectOptions<Data>> = {
  hostname: 'same',
  port: 'same',
  socket: 'same',
  data: 'same',
  allowHalfOpen: 'same',
  exclusive: 'same',
  reusePort: 'same',
  ipv6Only: 'same',
  tls: { more: 'as TLS_OPTIONS below' },

  localAddress: { more: 'in Bun, though not declared' },
  pauseOnConnect: { more: 'in Bun, though not declared' },
};

export const LISTEN_OPTIONS: Taken<Vitrine.TCPSocketListenOptions<Data>, Bun.TCPSocketListenOptions<Data>> = {
  hostname: 'same',
  port: 'same',
  socket: 'same',
  data: 'same',
  allowHalfOpen: 'same',
  exclusive: 'same',
  tls: { more: 'an array chooses by the name that the client asks for, as in Bun, which does not declare it here' },

  reusePort: { more: 'in Bun, though declared for connect only' },
  ipv6Only: { more: 'in Bun, though declared for connect only' },
  pauseOnConnect: { more: 'in Bun, though not declared' },
};

export const UNIX_OPTIONS: Taken<Vitrine.UnixSocketOptions<Data>, Bun.UnixSocketOptions<Data>> = {
  unix: 'same',
  socket: 'same',
  data: 'same',
  allowHalfOpen: 'same',
  tls: { more: 'as TLS_OPTIONS below' },
};

export const FD_OPTIONS: Taken<Vitrine.FdSocketOptions<Data>, Bun.FdSocketOptions<Data>> = {
  fd: 'same',
  socket: 'same',
  data: 'same',
  allowHalfOpen: 'same',
  tls: { more: 'as TLS_OPTIONS below' },
};

export const UPGRADE_OPTIONS: Taken<Vitrine.TLSUpgradeOptions<Data>, Bun.TLSUpgradeOptions<Data>> = {
  socket: 'same',
  data: 'same',
  tls: { more: 'as TLS_OPTIONS below' },
};

export const TLS_OPTIONS: Taken<Vitrine.TLSOptions, Bun.TLSOptions> = {
  key: { more: 'null, arrays that are readonly, pairs of pem and passphrase, every Blob' },
  cert: { more: 'null, arrays that are readonly, every Blob' },
  ca: { more: 'null, arrays that are readonly, every Blob' },
  crl: { more: 'null, arrays that are readonly, every Blob' },
  passphrase: 'same',
  serverName: 'same',
  servername: 'same',
  rejectUnauthorized: 'same',
  requestCert: 'same',
  ALPNProtocols: { more: 'null, and an array of names, which is what Node takes' },
  ciphers: 'same',
  secureOptions: 'same',
  keyFile: 'same',
  certFile: 'same',
  caFile: 'same',
  dhParamsFile: 'same',
  lowMemoryMode: 'same',
  clientRenegotiationLimit: 'same',
  clientRenegotiationWindow: 'same',

  session: { more: 'as in Node' },
  honorCipherOrder: { more: 'as in Node' },
  groups: { more: 'as in OpenSSL' },
  ecdhCurve: { more: 'as in Node' },
  sigalgs: { more: 'as in Node' },
  minVersion: { more: 'as in Node' },
  maxVersion: { more: 'as in Node' },
};
