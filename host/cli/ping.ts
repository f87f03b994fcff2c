/** `vitrine ping`: ICMP echo (RFC 792) with the words and statistics of ping(8). */
import { setTimeout as delay } from 'node:timers/promises';
import type { SocketError } from '../socket/errors.js';
import { EXIT_FAILURE, EXIT_SUCCESS, onSignal, type Signal, signalExitCode } from './failure.js';
import { type NetworkOptions, openNetwork } from './network.js';

export interface PingOptions extends NetworkOptions {
  /** How many requests; without it until a signal comes. */
  count?: number;
  /** Seconds between them. */
  interval: number;
  /** Bytes of data. */
  size: number;
  /** Seconds to wait for a reply. */
  timeout: number;
}

/** @returns 0 when a reply came, 1 when none did, as ping(8) does */
export async function ping(host: string, options: PingOptions): Promise<number> {
  const network = await openNetwork(options);
  const stop = new AbortController();
  let signal: Signal | undefined;
  const signals = onSignal((heard) => {
    signal = heard;
    stop.abort();
  });
  const times: number[] = [];
  let sent = 0;
  const started = performance.now();
  console.log(`PING ${host}: ${options.size} bytes of data`);
  try {
    while (!stop.signal.aborted && sent < (options.count ?? Number.POSITIVE_INFINITY)) {
      if (sent > 0) await pause(options.interval * 1000, stop.signal);
      if (stop.signal.aborted) break;
      sent++;
      const echo = network.stack.ping(host, { length: options.size, timeout: options.timeout * 1000 });
      const time = await Promise.race([reply(echo, host, sent, options), aborted(stop.signal), network.failure]);
      if (time !== undefined) times.push(time);
    }
  } finally {
    signals.release();
    await network.close();
  }
  console.log(statistics(host, sent, times, performance.now() - started));
  if (signal === 'SIGTERM') return signalExitCode(signal);
  return times.length > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/** The two lines that ping(8) ends with. */
export function statistics(host: string, sent: number, times: readonly number[], milliseconds: number): string {
  const lost = sent === 0 ? 0 : ((sent - times.length) / sent) * 100;
  const percent = Number(lost.toFixed(3));
  const lines = [
    `\n--- ${host} ping statistics ---`,
    `${sent} packets transmitted, ${times.length} received, ${percent}% packet loss, time ${milliseconds.toFixed(0)}ms`,
  ];
  if (times.length > 0) {
    const average = sum(times) / times.length;
    const deviation = Math.sqrt(Math.max(sum(times.map((time) => time * time)) / times.length - average * average, 0));
    const numbers = [Math.min(...times), average, Math.max(...times), deviation].map((number) => number.toFixed(3));
    lines.push(`rtt min/avg/max/mdev = ${numbers.join('/')} ms`);
  }
  return lines.join('\n');
}

/** @returns the round-trip time, `undefined` when no reply came in time */
async function reply(
  echo: Promise<{ rtt: number; ttl: number }>,
  host: string,
  sequence: number,
  { size }: PingOptions,
): Promise<number | undefined> {
  try {
    const { rtt, ttl } = await echo;
    console.log(`${size + ICMP_HEADER} bytes from ${host}: icmp_seq=${sequence} ttl=${ttl} time=${rtt.toFixed(3)} ms`);
    return rtt;
  } catch (error) {
    if ((error as SocketError).code !== 'ETIMEDOUT') throw error;
    console.log(`no answer yet for icmp_seq=${sequence}`);
    return undefined;
  }
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await delay(milliseconds, undefined, { signal }).catch(() => {});
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(undefined), { once: true }));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

const ICMP_HEADER = 8;
