/** `vitrine ping`: ICMP echo (RFC 792, RFC 4443 §4) with the words and statistics of ping(8). */
import { setTimeout as delay } from 'node:timers/promises';
import type { Stack } from '../../stack/stack.js';
import { EXIT_FAILURE, EXIT_SUCCESS, onSignal, type Signal, signalExitCode } from '../failure.js';
import { openNetwork } from '../network.js';
import type { FamilyOptions, NetworkOptions } from '../network-options.js';
import { type Answer, probe } from './probe.js';
import { familyOf, hostAddress } from './target.js';

export interface PingOptions extends NetworkOptions, FamilyOptions {
  /** How many requests; without it until a signal comes. */
  count?: number;
  /** Seconds between them. */
  interval: number;
  /** Bytes of data. */
  size: number;
  /** Time to live, or hop limit. */
  ttl?: number;
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
  const tally: Tally = { sent: 0, errors: 0, times: [] };
  const started = performance.now();
  try {
    const address = await hostAddress(network.stack, host, familyOf(options));
    console.log(`PING ${host}${address === host ? '' : ` (${address})`}: ${options.size} bytes of data`);
    await Promise.race([echoes(network.stack, address, options, tally, stop.signal), network.failure]);
  } finally {
    signals.release();
    await network.close();
  }
  console.log(statistics(host, tally, performance.now() - started));
  if (signal === 'SIGTERM') return signalExitCode(signal);
  return tally.times.length > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/** What a run of ping has come to. */
export interface Tally {
  sent: number;
  /** Answers that were ICMP errors. */
  errors: number;
  /** Round trips, in milliseconds. */
  times: number[];
}

/** The lines that ping(8) ends with. */
export function statistics(host: string, { sent, errors, times }: Tally, milliseconds: number): string {
  const lost = sent === 0 ? 0 : ((sent - times.length) / sent) * 100;
  const percent = Number(lost.toFixed(3));
  const failed = errors === 0 ? '' : ` +${errors} errors,`;
  const lines = [
    `\n--- ${host} ping statistics ---`,
    `${sent} packets transmitted, ${times.length} received,${failed} ${percent}% packet loss, time ${milliseconds.toFixed(0)}ms`,
  ];
  if (times.length > 0) {
    const average = sum(times) / times.length;
    const deviation = Math.sqrt(Math.max(sum(times.map((time) => time * time)) / times.length - average * average, 0));
    const numbers = [Math.min(...times), average, Math.max(...times), deviation].map((number) => number.toFixed(3));
    lines.push(`rtt min/avg/max/mdev = ${numbers.join('/')} ms`);
  }
  return lines.join('\n');
}

/** Sends at the interval, whatever has been answered; ends when the last answer is there or overdue, or at `signal`. */
async function echoes(
  stack: Stack,
  address: string,
  options: PingOptions,
  tally: Tally,
  signal: AbortSignal,
): Promise<void> {
  const { count = Number.POSITIVE_INFINITY, interval, size, timeout } = options;
  const underWay = new Set<Promise<void>>();
  let failure: unknown;
  while (!signal.aborted && tally.sent < count && failure === undefined) {
    if (tally.sent > 0) await delay(interval * 1000, undefined, { signal }).catch(() => {});
    if (signal.aborted) break;
    const sequence = ++tally.sent;
    const request = { length: size, timeout: timeout * 1000, ...(options.ttl !== undefined && { ttl: options.ttl }) };
    const answered = probe(stack, address, request)
      .then((answer) => tell(answer, sequence, options, tally))
      .catch((error: unknown) => {
        failure = error;
      })
      .finally(() => underWay.delete(answered));
    underWay.add(answered);
  }
  await Promise.race([Promise.all(underWay), aborted(signal)]);
  if (failure !== undefined) throw failure;
}

function tell(answer: Answer, sequence: number, { size }: PingOptions, tally: Tally): void {
  if (answer.kind === 'none') {
    console.log(`no answer yet for icmp_seq=${sequence}`);
  } else if (answer.kind === 'error') {
    tally.errors++;
    console.log(`From ${answer.from} icmp_seq=${sequence} ${answer.words}`);
  } else {
    tally.times.push(answer.rtt);
    const { from, ttl, rtt } = answer;
    console.log(`${size + ICMP_HEADER} bytes from ${from}: icmp_seq=${sequence} ttl=${ttl} time=${rtt.toFixed(3)} ms`);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

const ICMP_HEADER = 8;
