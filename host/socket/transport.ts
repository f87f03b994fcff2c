/**
 * What a socket needs of what is below it: a connection, or TLS over one. Each word is explained where it is done:
 * `../stack/connection.ts`.
 */
import type { Connection } from '../stack/connection.js';
import type { Socket } from './socket.js';

export type Transport = Pick<
  Connection<Socket<unknown>>,
  | 'handle'
  | 'paused'
  | 'write'
  | 'writeText'
  | 'finish'
  | 'pause'
  | 'resume'
  | 'flush'
  | 'setOption'
  | 'setTimeout'
  | 'endpoints'
  | 'abandon'
  | 'abort'
>;
