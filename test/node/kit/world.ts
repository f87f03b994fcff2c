/**
 * Two worlds for the same script: Node's own `net` and `tls` over the kernel's loopback, and Vitrine's over two stacks and
 * a wire in memory. A script writes down what it hears; both worlds have to tell it the same.
 */
import nodeNet from 'node:net';
import nodeTls from 'node:tls';
import { memoryWire } from '../../../host/device/memory.js';
import { netOf } from '../../../host/node/net.js';
import { tlsOf } from '../../../host/node/tls.js';
import { createStack } from '../../../host/stack/stack.js';
import { CLIENT_ADDRESS, SERVER_ADDRESS } from '../../kit/stacks.js';

/** As much of both modules as scripts use, in Node's types. */
export interface World {
  client: { net: typeof nodeNet; tls: typeof nodeTls };
  server: { net: typeof nodeNet; tls: typeof nodeTls };
  /** Where servers listen. */
  host: string;
  close(): void;
}

export function kernel(): World {
  const side = { net: nodeNet, tls: nodeTls };
  return { client: side, server: side, host: '127.0.0.1', close: () => {} };
}

export async function vitrine(): Promise<World> {
  const [left, right] = memoryWire();
  const client = await createStack({ device: left, addresses: [`${CLIENT_ADDRESS}/24`] });
  const server = await createStack({ device: right, addresses: [`${SERVER_ADDRESS}/24`] });
  const side = (stack: typeof client) => ({ net: netOf(stack), tls: tlsOf(stack) }) as unknown as World['client'];
  return {
    client: side(client),
    server: side(server),
    host: SERVER_ADDRESS,
    close() {
      client.close();
      server.close();
    },
  };
}

/** What was heard, by who heard it: the order between two ends is a matter of time. */
export class Transcript {
  readonly lines: Record<string, unknown[]> = {};
  readonly #ends: Promise<void>[] = [];

  constructor(private readonly world: World) {}

  note(who: string, ...what: unknown[]): void {
    this.lines[who] ??= [];
    this.lines[who].push(what.length === 1 ? what[0] : what);
  }

  /** Notes the events of a socket; the script is not over before it is closed. @param data whether to read, too */
  watch<S extends nodeNet.Socket>(who: string, socket: S, data: 'data' | 'no data' = 'data'): S {
    for (const event of EVENTS) socket.on(event, (...told: unknown[]) => this.note(who, event, ...told.map(plain)));
    // Which direction ends first is a matter of time.
    socket.on('finish', () => this.note(`${who}, writing`, 'finish'));
    socket.on('error', (error: Error) => this.note(who, 'error', this.error(error)));
    this.#ends.push(
      new Promise((resolve) => {
        socket.on('close', (hadError: boolean) => {
          this.note(who, 'close', Boolean(hadError));
          resolve();
        });
      }),
    );
    let text = '';
    if (data === 'data') {
      // Where TCP cuts the stream is a matter of time, too.
      socket.on('data', (chunk: Buffer | string) => {
        text += chunk;
      });
      socket.on('end', () => this.note(who, 'read', text.length > 100 ? text.length : text));
    }
    return socket;
  }

  /** All sockets that were watched are closed. */
  async over(): Promise<void> {
    for (let count = -1; count !== this.#ends.length; ) {
      count = this.#ends.length;
      await Promise.all(this.#ends);
    }
  }

  /** An error without what differs from run to run; its `advice` is ours. */
  error(error: Error): object {
    const { name, message, code, errno, syscall, address, port, hostname } = error as Error & Record<string, unknown>;
    const text = message.replaceAll(this.world.host, 'HOST').replaceAll(/HOST:\d+/g, 'HOST:PORT');
    const where = address === this.world.host ? 'HOST' : address;
    const found = { name, message: text, code, errno, syscall, address: where, port: port && 'PORT', hostname };
    return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
  }
}

export type Script = (world: World, transcript: Transcript) => Promise<void>;

/** Runs a script in one world. */
export async function run(world: World, script: Script): Promise<Record<string, unknown[]>> {
  const transcript = new Transcript(world);
  try {
    await script(world, transcript);
    await transcript.over();
    return transcript.lines;
  } finally {
    world.close();
  }
}

/** A server that listens; its port. */
export function listening(server: nodeNet.Server, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.on('error', reject);
    server.listen(0, host, () => resolve((server.address() as nodeNet.AddressInfo).port));
  });
}

export function event(emitter: NodeJS.EventEmitter, name: string): Promise<unknown> {
  return new Promise((resolve) => emitter.once(name, resolve));
}

/** @returns what it throws, as text */
export function thrown(work: () => unknown): string {
  try {
    work();
    return 'nothing';
  } catch (error) {
    const { name, code, message } = error as Error & { code?: string };
    return `${name} ${code}: ${message}`;
  }
}

function plain(value: unknown): unknown {
  return value instanceof Error ? value.name : value;
}

const EVENTS = ['lookup', 'connect', 'ready', 'secureConnect', 'timeout', 'drain', 'end'];
