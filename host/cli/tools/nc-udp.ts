/** `vitrine nc -u`: each chunk of stdin is a datagram, each datagram goes to stdout. Not for: connections (`nc.ts`). */
import type { Stack } from '../../stack/stack.js';
import { Input } from './input.js';

export interface DatagramOptions {
  /** Seconds without a datagram, after which it ends. */
  timeout?: number;
}

/** Where datagrams go. */
export interface Peer {
  hostname: string;
  port: number;
}

/**
 * Speaks with `peer`; without one, with whoever sends to `port` first. Ends when nothing has come for the time given and
 * stdin is at its end; without such a time, never.
 * @throws SocketError when nobody listens there, as ICMP says
 */
export async function datagrams(
  stack: Stack,
  { peer, port, any }: { peer?: Peer; port?: number; any: string },
  { timeout }: DatagramOptions,
): Promise<void> {
  const over = new AbortController();
  let fail!: (error: Error) => void;
  const failure = new Promise<never>((_, reject) => {
    fail = reject;
  });
  let arrived = (): void => {};
  const met = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const silence = quiet(timeout, () => over.abort());
  const heard = (data: Uint8Array): void => {
    silence.restart();
    process.stdout.write(data);
    arrived();
  };
  const send =
    peer === undefined ? await answering(stack, any, port ?? 0, heard) : await speaking(stack, peer, heard, fail);
  try {
    if (peer === undefined) await Promise.race([met, failure]);
    await Promise.race([pass(new Input(), send, over.signal), failure]);
    await Promise.race([silence.over, failure]);
  } finally {
    silence.stop();
  }
}

async function speaking(
  stack: Stack,
  connect: Peer,
  heard: (data: Uint8Array) => void,
  fail: (error: Error) => void,
): Promise<(data: Uint8Array) => void> {
  const socket = await stack.udpSocket({
    connect,
    socket: { data: (_socket, data) => heard(data), error: (_socket, error) => fail(error) },
  });
  return (data) => void socket.send(data);
}

/** Answers go to whoever was heard last. */
async function answering(
  stack: Stack,
  hostname: string,
  port: number,
  heard: (data: Uint8Array) => void,
): Promise<(data: Uint8Array) => void> {
  let last: Peer | undefined;
  const socket = await stack.udpSocket({
    hostname,
    port,
    socket: {
      data(_socket, data, from, address) {
        last = { hostname: address, port: from };
        heard(data);
      },
    },
  });
  return (data) => {
    if (last !== undefined) socket.send(data, last.port, last.hostname);
  };
}

async function pass(input: Input, send: (data: Uint8Array) => void, over: AbortSignal): Promise<void> {
  for (let chunk = await input.next(over); typeof chunk !== 'string'; chunk = await input.next(over)) send(chunk);
}

/** `over` resolves when nothing has restarted it for so many seconds. */
function quiet(seconds: number | undefined, ended: () => void) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let end!: () => void;
  const over = new Promise<void>((resolve) => {
    end = resolve;
  });
  const restart = (): void => {
    clearTimeout(timer);
    if (seconds === undefined) return;
    timer = setTimeout(() => {
      ended();
      end();
    }, seconds * 1000);
  };
  restart();
  return { over, restart, stop: () => clearTimeout(timer) };
}
