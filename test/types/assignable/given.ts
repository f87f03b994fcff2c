/**
 * What a program gets from Vitrine, member by member beside what Bun declares. Not for: what it gives (`taken.ts`).
 */
import type * as Bun from 'bun';
import type * as Vitrine from 'vitrine';
import type { Given } from './table.ts';

interface Data {
  name: string;
}

export const SOCKET: Given<Vitrine.Socket<Data>, Bun.Socket<Data>> = {
  data: 'same',
  write: { more: 'takes every ArrayBufferView' },
  end: { more: 'takes every ArrayBufferView' },
  close: 'same',
  terminate: 'same',
  shutdown: 'same',
  timeout: 'same',
  flush: 'same',
  pause: 'same',
  resume: 'same',
  ref: 'same',
  unref: 'same',
  reload: { more: 'takes the handlers alone, too' },
  listener: { more: 'has port and hostname; Bun names the base of all listeners' },
  readyState: 'same',
  bytesWritten: 'same',
  localFamily: 'same',
  localAddress: 'same',
  localPort: 'same',
  remoteFamily: 'same',
  remoteAddress: 'same',
  remotePort: 'same',
  setNoDelay: 'same',
  setKeepAlive: 'same',

  authorized: 'same',
  alpnProtocol: 'same',
  getAuthorizationError: 'same',
  getCertificate: 'same',
  getPeerCertificate: 'same',
  getX509Certificate: 'same',
  getPeerX509Certificate: 'same',
  getCipher: 'same',
  getEphemeralKeyInfo: 'same',
  getSharedSigalgs: 'same',
  getTLSVersion: 'same',
  getTLSTicket: 'same',
  getTLSFinishedMessage: 'same',
  getTLSPeerFinishedMessage: 'same',
  getServername: 'same',
  setServername: 'same',
  getSession: { more: 'a Buffer: Bun declares void, and answers one' },
  setSession: { more: 'takes every ArrayBufferView' },
  isSessionReused: 'same',
  exportKeyingMaterial: { more: 'a Buffer without a context, too: Bun declares void, and answers one' },
  setMaxSendFragment: { more: 'the size may be left out, as the text beside it in Bun says' },
  setVerifyMode: 'same',
  renegotiate: 'same',
  disableRenegotiation: 'same',
  upgradeTLS: { more: 'gives sockets of ours' },
  [Symbol.dispose]: { more: 'answers what end answers, as in Bun; it declares void' },

  fd: { more: 'in Bun, though not declared' },
  getTypeOfService: { more: 'in Bun, though not declared' },
  setTypeOfService: { more: 'in Bun, though not declared' },
};

export const TCP_SOCKET_LISTENER: Given<Vitrine.TCPSocketListener<Data>, Bun.TCPSocketListener<Data>> = {
  data: 'same',
  port: 'same',
  hostname: 'same',
  stop: 'same',
  ref: 'same',
  unref: 'same',
  reload: 'same',
  [Symbol.dispose]: 'same',

  fd: { more: 'in Bun, though not declared' },
  unix: { more: 'in Bun, though not declared' },
  getsockname: { more: 'in Bun, though not declared' },
  listening: { more: 'says whether stop was called' },
  adopt: { more: 'for the stack, which is in another folder' },
};

export const SOCKET_LISTENER: Given<Vitrine.SocketListener<Data>, Bun.SocketListener<Data>> = {
  data: 'same',
  stop: 'same',
  ref: 'same',
  unref: 'same',
  reload: 'same',
  [Symbol.dispose]: 'same',
};

export const UNIX_SOCKET_LISTENER: Given<Vitrine.UnixSocketListener<Data>, Bun.UnixSocketListener<Data>> = {
  unix: 'same',
  data: 'same',
  stop: 'same',
  ref: 'same',
  unref: 'same',
  reload: 'same',
  [Symbol.dispose]: 'same',
};

export const BINARY_TYPE_LIST: Given<Vitrine.BinaryTypeList, Bun.BinaryTypeList> = {
  arraybuffer: 'same',
  buffer: 'same',
  uint8array: 'same',
};
