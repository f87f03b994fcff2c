/**
 * What a row of the table of clients has at hand, and how much it moves. Not for: setting it up (`script.ts`).
 */
import type * as NodeNet from 'node:net';
import type * as NodeTls from 'node:tls';
import type { Kernel } from '../kernel.js';
import type { KernelPorts, Tasks } from './tasks.js';

/** As much of the modules as the clients use; packages are typed for Node's own. */
export type Net = Pick<typeof NodeNet, 'connect' | 'createServer' | 'Socket'>;
export type Tls = Pick<typeof NodeTls, 'connect' | 'createServer'>;

export interface Lab {
  readonly net: Net;
  readonly tls: Tls;
  /** The process on the kernel's side, and the ports of the servers in it. */
  readonly kernel: Kernel<Tasks>;
  readonly ports: KernelPorts;
  readonly volume: Volume;
  /** Of the files that the programs have. */
  readonly directory: string;
}

export interface Row {
  readonly name: string;
  /** @returns what came, in counts and hashes */
  play(lab: Lab): Promise<unknown>;
  /** What has to come. */
  expected(volume: Volume): unknown;
}

export interface Volume {
  /** Requests on one connection, one after the other. */
  readonly requests: number;
  /** Bytes of a large body, and of the largest. */
  readonly large: number;
  readonly largest: number;
  /** Messages of a WebSocket, and bytes in each. */
  readonly messages: number;
  readonly message: number;
  /** Queries to PostgreSQL, and to PostgreSQL with TLS. */
  readonly queries: number;
  readonly secureQueries: number;
  /** Bytes of a large value in PostgreSQL and Redis. */
  readonly value: number;
  /** Pipelines to Redis, of a hundred commands each. */
  readonly pipelines: number;
  /** Streams of HTTP/2 at once, and bytes in each. */
  readonly streams: number;
  readonly stream: number;
  /** Requests of curl, and seconds of wrk. */
  readonly curls: number;
  readonly seconds: number;
}

const MIB = 1024 * 1024;

export const FULL: Volume = {
  requests: 1000,
  large: 16 * MIB,
  largest: 64 * MIB,
  messages: 32,
  message: MIB,
  queries: 10_000,
  secureQueries: 1000,
  value: 8 * MIB,
  pipelines: 100,
  streams: 100,
  stream: 64 * 1024,
  curls: 200,
  seconds: 2,
};

/** Chance that a packet is lost, each way. */
export const LOSS = 0.02;

/** Where a lost packet costs a fifth of a second and more. */
export const LIGHT: Volume = {
  requests: 50,
  large: 4 * MIB,
  largest: 4 * MIB,
  messages: 4,
  message: MIB,
  queries: 200,
  secureQueries: 50,
  value: MIB,
  pipelines: 10,
  streams: 100,
  stream: 8 * 1024,
  curls: 20,
  seconds: 2,
};
