/**
 * `vitrine traceroute`: echo requests that may go one hop, two hops and so on; the routers that end them tell who they are
 * by Time Exceeded (RFC 1812 §5.3.1, RFC 4443 §3.3). Printed as traceroute(8) does.
 */
import type { Stack } from '../../stack/stack.js';
import { EXIT_FAILURE, EXIT_SUCCESS, onSignal, type Signal, signalExitCode } from '../failure.js';
import { openNetwork } from '../network.js';
import type { FamilyOptions, NetworkOptions } from '../network-options.js';
import { type Answer, probe } from './probe.js';
import { familyOf, hostAddress } from './target.js';

export interface TracerouteOptions extends NetworkOptions, FamilyOptions {
  maxHops: number;
  /** Requests for each hop. */
  queries: number;
  /** Seconds to wait for an answer. */
  timeout: number;
  /** Bytes of data. */
  size: number;
}

/** @returns 0 when the host was reached, 1 otherwise */
export async function traceroute(host: string, options: TracerouteOptions): Promise<number> {
  const network = await openNetwork(options);
  let interrupt!: (signal: Signal) => void;
  const interrupted = new Promise<Signal>((resolve) => {
    interrupt = resolve;
  });
  const signals = onSignal(interrupt);
  try {
    const address = await hostAddress(network.stack, host, familyOf(options));
    console.log(`traceroute to ${host} (${address}), ${options.maxHops} hops max, ${options.size} bytes of data`);
    const ended = await Promise.race([hops(network.stack, address, options), interrupted, network.failure]);
    if (typeof ended === 'string') return signalExitCode(ended);
    return ended ? EXIT_SUCCESS : EXIT_FAILURE;
  } finally {
    signals.release();
    await network.close();
  }
}

/** One line of traceroute(8): the routers in the order of their answers, each named before its first time. */
export function hopLine(number: number, answers: readonly Answer[]): string {
  let line = `${number}`.padStart(2);
  let from = '';
  for (const answer of answers) {
    if (answer.kind === 'none') {
      line += ' *';
      continue;
    }
    if (answer.from !== from) line += `  ${answer.from}`;
    from = answer.from;
    line += `  ${answer.rtt.toFixed(3)} ms${answer.kind === 'error' && answer.mark !== '' ? ` ${answer.mark}` : ''}`;
  }
  return line;
}

/** @returns whether the host was reached; false also when a router says that it can't be */
async function hops(stack: Stack, address: string, options: TracerouteOptions): Promise<boolean> {
  const request = { length: options.size, timeout: options.timeout * 1000 };
  for (let ttl = 1; ttl <= options.maxHops; ttl++) {
    const probes = Array.from({ length: options.queries }, () => probe(stack, address, { ...request, ttl }));
    const answers = await Promise.all(probes);
    console.log(hopLine(ttl, answers));
    if (answers.some(({ kind }) => kind === 'reply')) return true;
    if (answers.some((answer) => answer.kind === 'error' && answer.mark !== '')) return false;
  }
  return false;
}
