/**
 * What a socket is made of, and what a snapshot keeps of it. Not for: programs.
 */
import type { KeepAlive } from '../stack/keep-alive.js';
import type { HandlerBox } from './handlers.js';
import type { TCPSocketListener } from './listener.js';
import type { Phase } from './ready-state.js';
import type { TlsTransport } from './tls/transport.js';
import type { Transport } from './transport.js';

export interface SocketParts<Data> {
  connection: Transport | undefined;
  /** TLS, when `connection` is it. */
  tls?: TlsTransport | undefined;
  keepAlive: KeepAlive;
  box: HandlerBox;
  data: Data;
  allowHalfOpen: boolean;
  /** It starts paused. */
  paused?: boolean;
  listener?: TCPSocketListener<unknown> | undefined;
  settle?: Settle;
  /** For a socket that goes on where a snapshot was taken. */
  resumed?: Pick<SocketState, 'phase' | 'bytesWritten' | 'discarding'>;
}

/** Both ends of the promise of `connect`. */
export interface Settle {
  resolve(socket: unknown): void;
  reject(error: unknown): void;
}

export interface SocketState {
  phase: Phase;
  bytesWritten: number;
  discarding: boolean;
  allowHalfOpen: boolean;
  listener: TCPSocketListener<unknown> | undefined;
}
