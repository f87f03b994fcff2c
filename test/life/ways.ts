/**
 * Ways in which a connection lives and ends: what its client and its server do. Not for: how often (`leak-script.ts`).
 */
import type { SocketHandler } from '../../host/socket/handlers.js';
import { writeAll } from '../../host/socket/output/write-all.js';
import type { Socket } from '../../host/socket/socket.js';
import type { TLSOptions } from '../../host/tls/options.js';
import { CLIENT_TLS, SERVER_TLS } from '../kit/secure.js';

export interface Way {
  client: Partial<SocketHandler<unknown>>;
  /** Without `data` it answers with what it gets. */
  server?: Partial<SocketHandler<unknown>>;
  allowHalfOpen?: boolean;
  tls?: { client?: TLSOptions; server?: TLSOptions };
  /** There is no listener. */
  refused?: boolean;
  /** At once, while it is connecting. */
  connecting?(socket: Socket<unknown>): void;
}

export const echo = { data: (socket: Socket<unknown>, chunk: Buffer) => void socket.write(chunk) };
const asks = { open: (socket: Socket<unknown>) => void socket.write('question') };
const SECURE = { client: CLIENT_TLS, server: SERVER_TLS };

export const plainWays: Readonly<Record<string, Way>> = {
  'the client ends after an answer': { client: { ...asks, data: (socket) => void socket.end() } },
  'the server ends after a question': { client: asks, server: { data: (socket) => void socket.end('answer') } },
  'the client closes with something unread': {
    client: {
      open(socket) {
        socket.pause();
        socket.timeout(0.01);
      },
    },
    server: { open: (socket) => void socket.end('unread') },
  },
  'the client closes': { client: { open: (socket) => socket.close() } },
  'the client terminates': { client: { open: (socket) => socket.terminate() } },
  'the server terminates under a write': { client: asks, server: { data: (socket) => socket.terminate() } },
  'both shut down': {
    client: { open: (socket) => socket.shutdown() },
    server: { end: (socket) => socket.shutdown(true) },
  },
  'half-open: the server goes on after the end of its client': {
    allowHalfOpen: true,
    client: { open: (socket) => void socket.end('question') },
    server: { data() {}, end: (socket) => void socket.end('answer') },
  },
  'disposal, without ref, with keep-alive and without delay': {
    client: {
      open(socket) {
        socket.unref();
        socket.setKeepAlive(true, 1000);
        socket.setNoDelay(true);
        socket[Symbol.dispose]();
      },
    },
  },
  'its timeout comes': { client: { open: (socket) => socket.timeout(0.001) } },
  'its timeout would come much later': {
    client: {
      open(socket) {
        socket.timeout(3600);
        socket.end();
      },
    },
  },
  'its handlers are replaced': {
    client: {
      open(socket) {
        socket.reload({ socket: { data: (reloaded) => void reloaded.end() } });
        socket.write('question');
      },
    },
  },
  'a handler throws': {
    client: {
      open() {
        throw new Error('from a handler');
      },
      error() {},
    },
  },
  'more than fits, by end': { client: { open: (socket) => void socket.end(MUCH) }, server: { data() {} } },
  'more than fits, by writeAll': {
    client: { open: (socket) => void writeAll(socket, MUCH).then(() => socket.end()) },
    server: { data() {} },
  },
  'more than fits, and closed before it has left': {
    client: {
      open(socket) {
        socket.end(MUCH);
        socket.close();
      },
    },
    server: { data() {} },
  },
  'writeAll under which the server terminates': {
    client: { open: (socket) => void writeAll(socket, MUCH).catch(() => {}) },
    server: { data: (socket) => socket.terminate() },
  },
  refused: { client: {}, refused: true },
  'given up while connecting': { client: {}, connecting: (socket) => socket.terminate() },
};

export const secureWays: Readonly<Record<string, Way>> = {
  'TLS 1.3': { tls: SECURE, client: { ...asks, handshake: (socket) => void socket.end('question') } },
  'TLS 1.2': {
    tls: { client: { ...CLIENT_TLS, maxVersion: 0x0303 }, server: SERVER_TLS },
    client: { handshake: (socket) => void socket.write('question'), data: (socket) => void socket.end() },
  },
  'TLS, resumed': {
    tls: SECURE,
    client: {
      open: (socket) => void (session && socket.setSession(session)),
      handshake: (socket) => void socket.end(),
      session: keep,
    },
  },
  'TLS without a handshake handler': { tls: SECURE, client: { ...asks, data: (socket) => void socket.end() } },
  'TLS, terminated before the handshake': { tls: SECURE, client: { ...asks, open: (socket) => socket.terminate() } },
  'TLS, terminated after the handshake': { tls: SECURE, client: { handshake: (socket) => socket.terminate() } },
  'TLS with a certificate of another name': {
    tls: { client: { ...CLIENT_TLS, serverName: 'another.test' }, server: SERVER_TLS },
    client: { handshake() {} },
  },
  'TLS against a server that speaks none': { tls: { client: CLIENT_TLS }, client: { handshake() {} } },
  'TLS against a client that speaks none': { tls: { server: SERVER_TLS }, client: asks, server: { handshake() {} } },
  'more than fits over TLS': {
    tls: SECURE,
    client: { handshake: (socket) => void socket.end(MUCH) },
    server: { data() {} },
  },
  'upgradeTLS on both sides': {
    client: { open: (socket) => upgradeClient(socket) },
    server: { open: (socket) => void socket.upgradeTLS<unknown>({ tls: SERVER_TLS, socket: echo }) },
  },
  'upgradeTLS, terminated in the handshake': {
    client: {
      open: (socket) => socket.upgradeTLS<unknown>({ tls: CLIENT_TLS, socket: { data() {} } })[1].terminate(),
    },
    server: { open: (socket) => void socket.upgradeTLS<unknown>({ tls: SERVER_TLS, socket: echo }) },
  },
};

function upgradeClient(socket: Socket<unknown>): void {
  const handlers = { handshake: (secure: Socket<unknown>) => void secure.write('question'), data: ends };
  socket.upgradeTLS<unknown>({ tls: CLIENT_TLS, socket: handlers });
}

let session: Buffer | undefined;

function keep(_: unknown, latest: Buffer): void {
  session = latest;
}

function ends(socket: Socket<unknown>): void {
  socket.end();
}

/** More than the first send buffer of a connection has room for. */
const MUCH = Buffer.alloc(100_000);
