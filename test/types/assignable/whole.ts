/**
 * Whole types beside Bun's, and values of both in one program. Not for: single members (`given.ts`, `taken.ts`).
 */
import type * as Bun from 'bun';
import * as Vitrine from 'vitrine';

interface Data {
  name: string;
}

/** Functions of ours where Bun's are expected. */
export const connect: typeof Bun.connect = Vitrine.connect;
export const listen: typeof Bun.listen = Vitrine.listen;
export const udpSocket: typeof Bun.udpSocket = Vitrine.udpSocket;

/** Values of ours where Bun's are expected. */
declare const ours: {
  socket: Vitrine.Socket<Data>;
  tcpSocket: Vitrine.TCPSocket;
  tlsSocket: Vitrine.TLSSocket;
  listener: Vitrine.TCPSocketListener<Data>;
  anyListener: Vitrine.SocketListener<Data>;
  unixListener: Vitrine.UnixSocketListener<Data>;
  handler: Vitrine.SocketHandler<Data>;
  binaryType: Vitrine.BinaryType;
  upgraded: ReturnType<Vitrine.Socket['upgradeTLS']>;
};
export const asBuns: {
  socket: Bun.Socket<Data>;
  tcpSocket: Bun.TCPSocket;
  tlsSocket: Bun.TLSSocket;
  listener: Bun.TCPSocketListener<Data>;
  anyListener: Bun.SocketListener<Data>;
  unixListener: Bun.UnixSocketListener<Data>;
  handler: Bun.SocketHandler<Data>;
  binaryType: Bun.BinaryType;
  upgraded: ReturnType<Bun.Socket['upgradeTLS']>;
} = ours;
export const unknownData: [Bun.Socket<unknown>, Vitrine.Socket<unknown>] = [ours.socket, ours.socket];
export const base: Vitrine.SocketListener<Data>[] = [ours.listener, ours.unixListener];

/** Values of Bun's where ours are expected. Its sockets are not among them: they are not connections of a stack of ours. */
declare const theirs: {
  handler: Bun.SocketHandler<Data>;
  binary: Bun.SocketHandler<Data, 'uint8array'>;
  connect: Bun.TCPSocketConnectOptions<Data>;
  listen: Bun.TCPSocketListenOptions<Data>;
  unix: Bun.UnixSocketOptions<Data>;
  fd: Bun.FdSocketOptions<Data>;
  upgrade: Bun.TLSUpgradeOptions<Data>;
  tls: Bun.TLSOptions;
  bytes: Bun.BufferSource;
};
export const asOurs: {
  handler: Vitrine.SocketHandler<Data>;
  binary: Vitrine.SocketHandler<Data, 'uint8array'>;
  connect: Vitrine.TCPSocketConnectOptions<Data>;
  listen: Vitrine.TCPSocketListenOptions<Data>;
  unix: Vitrine.UnixSocketOptions<Data>;
  fd: Vitrine.FdSocketOptions<Data>;
  upgrade: Vitrine.TLSUpgradeOptions<Data>;
  tls: Vitrine.TLSOptions;
  bytes: Vitrine.BufferSource;
} = theirs;

/** Handlers with Bun's types, as methods and as functions. */
export const open = (socket: Bun.Socket<Data>): number => socket.write(socket.data.name);
export const promise: Promise<Bun.Socket<Data>> = Vitrine.connect<Data>({
  hostname: 'localhost',
  port: 1,
  data: { name: '' },
  socket: {
    open: (socket) => void open(socket),
    data(socket: Bun.Socket<Data>, data: Buffer) {
      socket.write(data);
    },
  },
});
