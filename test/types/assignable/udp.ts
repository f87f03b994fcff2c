/**
 * UDP sockets, their handlers and options, member by member beside what Bun declares. Not for: TCP (`given.ts`, `taken.ts`).
 */
import type * as Bun from 'bun';
import type * as Vitrine from 'vitrine';
import type { Given, Taken } from './table.ts';

export const SOCKET: Given<Vitrine.udp.Socket<'buffer'>, Bun.udp.Socket<'buffer'>> = {
  hostname: 'same',
  port: 'same',
  address: 'same',
  binaryType: 'same',
  closed: 'same',
  ref: 'same',
  unref: 'same',
  close: 'same',
  setBroadcast: 'same',
  setTTL: 'same',
  setMulticastTTL: 'same',
  setMulticastLoopback: 'same',
  setMulticastInterface: 'same',
  addMembership: 'same',
  dropMembership: 'same',
  addSourceSpecificMembership: 'same',
  dropSourceSpecificMembership: 'same',
  send: { more: 'takes every ArrayBufferView' },
  sendMany: { more: 'takes every ArrayBufferView' },
  reload: 'same',
};

export const CONNECTED_SOCKET: Given<Vitrine.udp.ConnectedSocket<'buffer'>, Bun.udp.ConnectedSocket<'buffer'>> = {
  ...SOCKET,
  remoteAddress: 'same',
  send: { more: 'takes every ArrayBufferView' },
  sendMany: { more: 'takes every ArrayBufferView' },
  reload: 'same',
};

export const OPTIONS: Taken<Vitrine.udp.SocketOptions<'buffer'>, Bun.udp.SocketOptions<'buffer'>> = {
  hostname: 'same',
  port: 'same',
  binaryType: 'same',
  socket: 'same',
  reuseAddress: { more: 'beyond Bun' },
  reusePort: { more: 'beyond Bun' },
  ipv6Only: { more: 'beyond Bun' },
  receiveBuffer: { more: 'beyond Bun' },
  interface: { more: 'beyond Bun' },
};

export const HANDLER: Taken<Vitrine.udp.SocketHandler<'buffer'>, Bun.udp.SocketHandler<'buffer'>> = {
  data: 'same',
  drain: 'same',
  error: 'same',
};
