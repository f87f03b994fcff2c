/**
 * `vitrine nc`: what comes from stdin goes to a connection, what comes from the connection goes to stdout, and the end of
 * stdin closes that half alone. Not for: datagrams (`nc-udp.ts`), looking for open ports (`scan.ts`).
 */
import { once } from 'node:events';
import type { Stack } from '../../stack/stack.js';
import type { TLSOptions } from '../../tls/options.js';
import {
  CommandError,
  EXIT_FAILURE,
  EXIT_SUCCESS,
  onSignal,
  type Signal,
  signalExitCode,
  UsageError,
} from '../failure.js';
import { type Channel, channelHandlers, connectChannel } from '../http/channel.js';
import { openNetwork } from '../network.js';
import { addressesOf, type FamilyOptions, type NetworkOptions } from '../network-options.js';
import type { PortRange } from '../parse.js';
import { type ClientTlsOptions, clientTls, type ServerTlsOptions, serverTls } from '../tls-option.js';
import { Input } from './input.js';
import { datagrams } from './nc-udp.js';
import { scan } from './scan.js';
import { familyOf, hostAddress } from './target.js';

export interface NcOptions extends NetworkOptions, FamilyOptions, ClientTlsOptions, ServerTlsOptions {
  /** The port to listen on. */
  listen?: number;
  keep?: true;
  udp?: true;
  scan?: true;
  /** Seconds to connect in, and that may pass without a byte. */
  timeout?: number;
  verbose?: true;
}

/** @returns 0 when something was connected to, 1 otherwise */
export async function nc(host: string | undefined, ports: PortRange | undefined, options: NcOptions): Promise<number> {
  checkUsage(host, ports, options);
  const secure = options.listen === undefined ? undefined : serverTls(options, bareAddresses(options));
  const trust = options.listen === undefined && options.tls === true ? clientTls(options) : undefined;
  const network = await openNetwork(options);
  let interrupt!: (signal: Signal) => void;
  const interrupted = new Promise<Signal>((resolve) => {
    interrupt = resolve;
  });
  const signals = onSignal(interrupt);
  try {
    const work = talk(network.stack, host, ports, options, secure?.tls ?? trust);
    work.catch(() => {});
    const ended = await Promise.race([work, interrupted, network.failure]);
    if (typeof ended === 'string') return signalExitCode(ended);
    return ended ? EXIT_SUCCESS : EXIT_FAILURE;
  } finally {
    signals.release();
    await network.close();
    process.stdin.destroy();
  }
}

/** @returns whether anything was connected to */
async function talk(
  stack: Stack,
  host: string | undefined,
  ports: PortRange | undefined,
  options: NcOptions,
  tls: TLSOptions | undefined,
): Promise<boolean> {
  if (options.listen !== undefined) {
    if (options.udp === true) {
      await datagrams(stack, { port: options.listen, any: anyAddress(options) }, options);
      return true;
    }
    await serve(stack, options.listen, options, tls);
    return true;
  }
  const hostname = await hostAddress(stack, host as string, familyOf(options));
  const { first: port } = ports as PortRange;
  if (options.scan === true) return scan(stack, hostname, ports as PortRange, options);
  if (options.udp === true) {
    await datagrams(stack, { peer: { hostname, port }, any: anyAddress(options) }, options);
    return true;
  }
  const connecting = connectChannel(stack, { hostname, port, ...(tls !== undefined && { tls }) });
  const channel = await inTime(connecting, options.timeout, `${hostname} port ${port}`);
  say(options, `connected to ${hostname} port ${port}`);
  await exchange(channel, new Input(), options.timeout);
  return true;
}

/** One connection, or with `keep` one after the other for ever; those that come meanwhile wait. */
async function serve(stack: Stack, port: number, options: NcOptions, tls: TLSOptions | undefined): Promise<void> {
  const input = new Input();
  const arrived: Channel[] = [];
  let ring = (): void => {};
  const socket = channelHandlers((channel) => {
    arrived.push(channel);
    ring();
  });
  const hostname = anyAddress(options);
  const listener = stack.listen<Channel | undefined>({
    hostname,
    port,
    allowHalfOpen: true,
    socket,
    ...(tls !== undefined && { tls }),
  });
  say(options, `listening on port ${port}`);
  do {
    const channel =
      arrived.shift() ??
      (await new Promise<Channel>((resolve) => {
        ring = () => resolve(arrived.shift() as Channel);
      }));
    ring = () => {};
    if (options.keep !== true) listener.stop();
    say(options, `connection from ${channel.remoteAddress}`);
    try {
      await exchange(channel, input, options.timeout);
    } catch (error) {
      if (options.keep !== true) throw error;
      say(options, (error as Error).message);
    }
  } while (options.keep === true);
}

/** Until the peer has ended; what it still has to take is sent first. */
async function exchange(channel: Channel, input: Input, timeout: number | undefined): Promise<void> {
  if (timeout !== undefined) channel.timeout(timeout);
  const over = new AbortController();
  const sending = send(channel, input, over.signal);
  sending.catch(() => {});
  try {
    for (;;) {
      const chunk = await channel.read();
      if (chunk === undefined) break;
      if (!process.stdout.write(chunk)) await once(process.stdout, 'drain');
    }
    over.abort();
    await sending;
    channel.end();
  } finally {
    over.abort();
  }
  await channel.whenClosed();
}

/** Until stdin ends, which closes our half, or nobody wants more. */
async function send(channel: Channel, input: Input, over: AbortSignal): Promise<void> {
  for (;;) {
    const chunk = await input.next(over);
    if (chunk === 'over') return;
    if (chunk === 'end') break;
    await channel.write(chunk);
  }
  channel.end();
}

function inTime<Value>(promise: Promise<Value>, seconds: number | undefined, what: string): Promise<Value> {
  if (seconds === undefined) return promise;
  return new Promise((resolve, reject) => {
    const late = () => reject(new CommandError(`${what} did not answer within ${seconds} s`));
    const timer = setTimeout(late, seconds * 1000);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

function checkUsage(host: string | undefined, ports: PortRange | undefined, options: NcOptions): void {
  const { listen, scan, tls, keep, udp } = options;
  if (listen !== undefined && host !== undefined) throw new UsageError('a host is for connecting, -l for waiting');
  if (listen === undefined && (host === undefined || ports === undefined)) {
    throw new UsageError('it takes a host and a port, or -l <port>');
  }
  if (keep === true && listen === undefined) throw new UsageError('-k needs -l');
  if (scan === true && listen !== undefined) throw new UsageError('-z and -l exclude each other');
  if (scan !== true && ports !== undefined && ports.first !== ports.last) throw new UsageError('several ports need -z');
  if (udp === true && (tls === true || keep === true || scan === true)) {
    throw new UsageError('-u goes with none of --tls, -k and -z');
  }
  if (tls === true && scan === true) throw new UsageError('-z only opens connections: no --tls');
}

function anyAddress({ ipv4 }: NcOptions): string {
  return ipv4 === true ? '0.0.0.0' : '::';
}

function bareAddresses(options: NcOptions): string[] {
  return addressesOf(options).map((address) => address.replace(/\/.*/, ''));
}

function say({ verbose }: NcOptions, text: string): void {
  if (verbose === true) process.stderr.write(`${text}\n`);
}
