/**
 * Two stacks on one wire and one manual clock, used by BSD sockets alone: nothing here waits, `settle` lets everything
 * happen that is due. Not for: the everyday socket (`stacks.ts`).
 */
import { expect } from 'vitest';
import { AF_INET, AF_INET6 } from '../../host/bsd/constants.js';
import type { Bsd, OptionValue } from '../../host/bsd/contract.js';
import { EINPROGRESS } from '../../host/bsd/errno.js';
import { ANY, perFamily } from './family.js';
import type { Lab } from './stacks.js';
import { lab, SERVER_ADDRESS } from './stacks.js';

export const PORT = 8080;
/** The domain of the family at hand. */
export const INET = perFamily(AF_INET, AF_INET6);

export interface Sockets {
  net: Lab;
  client: Bsd;
  server: Bsd;
  /** Lets `milliseconds` pass, 0 by default. */
  settle(milliseconds?: number): void;
  close(): void;
}

export interface Pair extends Sockets {
  listener: number;
  /** The client's descriptor and the server's, of one connection. */
  near: number;
  far: number;
}

export async function sockets(options?: Parameters<typeof lab>[0]): Promise<Sockets> {
  const net = await lab(options);
  return {
    net,
    client: net.client.bsd,
    server: net.server.bsd,
    settle: (milliseconds = 0) => net.clock.advance(milliseconds),
    close: () => net.close(),
  };
}

/** A listening socket. */
export function listening(bsd: Bsd, backlog = 8, port = PORT): number {
  const fd = bsd.socket(INET);
  expect(bsd.bind(fd, ANY, port)).toBe(0);
  expect(bsd.listen(fd, backlog)).toBe(0);
  return fd;
}

/** A connection, open at both ends. */
export async function pair(options?: Parameters<typeof lab>[0]): Promise<Pair> {
  const all = await sockets(options);
  const listener = listening(all.server);
  const near = all.client.socket(INET);
  expect(all.client.connect(near, SERVER_ADDRESS, PORT)).toBe(-EINPROGRESS);
  all.settle();
  expect(all.client.connect(near, SERVER_ADDRESS, PORT)).toBe(0);
  return { ...all, listener, near, far: all.server.accept(listener) };
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** What `recv` takes, as text, or its negative answer. */
export function read(bsd: Bsd, fd: number, length = 1000, flags = 0): string | number {
  const buffer = new Uint8Array(length);
  const taken = bsd.recv(fd, buffer, flags);
  return taken < 0 ? taken : new TextDecoder().decode(buffer.subarray(0, taken));
}

/** Sends until the buffer is full. @returns how many bytes it took */
export function fill(bsd: Bsd, fd: number): number {
  const chunk = new Uint8Array(65536);
  let total = 0;
  for (let taken = bsd.send(fd, chunk); taken > 0; taken = bsd.send(fd, chunk)) total += taken;
  return total;
}

/** Takes all there is. @returns how many bytes */
export function drain(bsd: Bsd, fd: number): number {
  const buffer = new Uint8Array(65536);
  let total = 0;
  for (let taken = bsd.recv(fd, buffer); taken > 0; taken = bsd.recv(fd, buffer)) total += taken;
  return total;
}

export function ready(bsd: Bsd, fd: number, events = 0xffff): number {
  const entry = { fd, events, revents: 0 };
  bsd.poll([entry]);
  return entry.revents;
}

export function optionOf(bsd: Bsd, fd: number, level: number, name: number): OptionValue | undefined {
  const option: { value?: OptionValue } = {};
  const done = bsd.getsockopt(fd, level, name, option);
  return done < 0 ? done : option.value;
}
