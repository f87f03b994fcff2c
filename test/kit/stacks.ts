/**
 * Two stacks on one wire and one manual clock, and handlers that write down what they hear.
 * Not for: weather and seeds; simulations make their own wires.
 */
import { afterEach } from 'vitest';
import type { ManualClock } from '../../host/core/clock.js';
import { manualClock } from '../../host/core/clock.js';
import type { Device } from '../../host/device/device.js';
import { memoryWire } from '../../host/device/memory.js';
import type { SocketHandler } from '../../host/socket/handlers.js';
import type { TCPSocketListener } from '../../host/socket/listener.js';
import type { TCPSocketConnectOptions, TCPSocketListenOptions } from '../../host/socket/options.js';
import type { Socket } from '../../host/socket/socket.js';
import type { StackOptions } from '../../host/stack/settings.js';
import { createStack, type Stack } from '../../host/stack/stack.js';
import { neighbor, PREFIX_LENGTH, WIDER } from './family.js';

export const CLIENT_ADDRESS = neighbor(1);
export const SERVER_ADDRESS = neighbor(2);

export interface Lab {
  clock: ManualClock;
  client: Stack;
  server: Stack;
  /** Moves the clock from alarm to alarm until `condition` holds. @throws Error when nothing is left to happen first */
  until(condition: () => boolean, what?: string): Promise<void>;
  /** Lets `milliseconds` pass. */
  pass(milliseconds: number): Promise<void>;
  close(): void;
}

/** Makes the lab. `wire` may wrap the ends. */
export async function lab(
  options: {
    both?: StackOptions;
    client?: StackOptions;
    server?: StackOptions;
    wire?: [Device, Device];
    /** Calendar time at the beginning. */
    wall?: number;
  } = {},
): Promise<Lab> {
  const clock = manualClock(1000, options.wall);
  const [left, right] = options.wire ?? memoryWire({ mtu: 1500 + WIDER });
  const common = { clock, seed: 1, ...options.both };
  const client = await createStack({
    ...common,
    device: left,
    addresses: [`${CLIENT_ADDRESS}/${PREFIX_LENGTH}`],
    ...options.client,
  });
  const server = await createStack({
    ...common,
    device: right,
    addresses: [`${SERVER_ADDRESS}/${PREFIX_LENGTH}`],
    ...options.server,
    seed: 2,
  });
  return {
    clock,
    client,
    server,
    until: (condition, what) => until(clock, condition, what),
    pass: (milliseconds) => pass(clock, milliseconds),
    close() {
      client.close();
      server.close();
    },
  };
}

/** Makes stacks on one clock, each with a seed of its own, which are closed behind each test of the file. */
export function stacksOf(clock: ManualClock): (options: StackOptions) => Promise<Stack> {
  const made: Stack[] = [];
  afterEach(() => {
    for (const stack of made.splice(0)) stack.close();
  });
  return async (options) => {
    const stack = await createStack({ clock, seed: made.length + 1, ...options });
    made.push(stack);
    return stack;
  };
}

/** Everything that is due now, handlers and their microtasks included. */
export async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

export async function until(clock: ManualClock, condition: () => boolean, what = 'the condition'): Promise<void> {
  for (let step = 0; step < 100_000; step++) {
    await turn();
    if (condition()) return;
    if (!clock.step()) {
      await turn();
      if (condition()) return;
      throw new Error(`nothing is left to happen before ${what}`);
    }
  }
  throw new Error(`100000 steps without ${what}`);
}

export async function pass(clock: ManualClock, milliseconds: number): Promise<void> {
  const end = clock.now() + milliseconds;
  for (let left = milliseconds; left > 0; left = end - clock.now()) {
    await turn();
    clock.advance(Math.min(left, 1));
  }
  await turn();
}

/** What one socket heard, in order: `open`, `data:text`, `close`, `close:ECONNRESET` … */
export class Recorder {
  readonly events: string[] = [];
  readonly errors: unknown[] = [];
  /** `readyState` inside each handler. */
  readonly states: number[] = [];
  socket: Socket<unknown> | undefined;
  received = 0;
  readonly chunks: Uint8Array[] = [];

  constructor(protected readonly extra: Partial<SocketHandler<unknown>> = {}) {}

  get handlers(): SocketHandler<unknown> {
    const { extra } = this;
    return {
      open: (socket) => this.#note(socket, 'open', () => extra.open?.(socket)),
      data: (socket, data) => {
        this.received += data.length;
        this.chunks.push(data);
        return this.#note(socket, `data:${data.length > 40 ? data.length : data}`, () => extra.data?.(socket, data));
      },
      drain: (socket) => this.#note(socket, 'drain', () => extra.drain?.(socket)),
      end: (socket) => this.#note(socket, 'end', () => extra.end?.(socket)),
      close: (socket, error) => {
        if (error !== undefined) this.errors.push(error);
        const code = error === undefined ? '' : `:${(error as Error & { code?: string }).code}`;
        return this.#note(socket, `close${code}`, () => extra.close?.(socket, error));
      },
      error: (socket, error) => {
        this.errors.push(error);
        return this.#note(socket, 'error', () => extra.error?.(socket, error));
      },
      connectError: (socket, error) => {
        this.errors.push(error);
        return this.#note(socket, 'connectError', () => extra.connectError?.(socket, error));
      },
      timeout: (socket) => this.#note(socket, 'timeout', () => extra.timeout?.(socket)),
    };
  }

  has(event: string): boolean {
    return this.events.includes(event);
  }

  get closed(): boolean {
    return this.events.some((event) => event.startsWith('close'));
  }

  /** The bytes received so far. */
  get bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }

  protected note(socket: Socket<unknown>, event: string): void {
    this.socket = socket;
    this.events.push(event);
    this.states.push(socket.readyState);
  }

  #note<T>(socket: Socket<unknown>, event: string, then: () => T): T {
    this.note(socket, event);
    return then();
  }
}

export interface Conversation {
  client: Socket<unknown>;
  server: Socket<unknown>;
  listener: TCPSocketListener<unknown>;
}

/** Connects a client to a listener; both sockets are open when it resolves. */
export async function converse(
  lab: Lab,
  heard: { client: Recorder; server: Recorder },
  options: {
    client?: Partial<TCPSocketConnectOptions<unknown>>;
    server?: Partial<TCPSocketListenOptions<unknown>>;
  } = {},
): Promise<Conversation> {
  const listener = lab.server.listen<unknown>({
    hostname: SERVER_ADDRESS,
    port: 0,
    socket: heard.server.handlers,
    ...options.server,
  });
  let client: Socket<unknown> | undefined;
  const connected = lab.client.connect<unknown>({
    hostname: SERVER_ADDRESS,
    port: listener.port,
    socket: heard.client.handlers,
    ...options.client,
  });
  connected.then(
    (socket) => {
      client = socket;
    },
    () => {},
  );
  await lab.until(() => client !== undefined && heard.server.has('open'), 'both sockets being open');
  return { client: client as Socket<unknown>, server: heard.server.socket as Socket<unknown>, listener };
}
