/**
 * One echo request and what came of it, in words for people: what `ping` and `traceroute` share.
 * Not for: the request itself (`stack.ping`).
 */
import type { SocketError } from '../../socket/errors.js';
import type { Stack } from '../../stack/stack.js';

export type Answer =
  | { readonly kind: 'reply'; readonly from: string; readonly rtt: number; readonly ttl: number }
  /** Somebody on the way, or the host, says that it can't be. `mark` is that of traceroute(8), '' for time exceeded. */
  | {
      readonly kind: 'error';
      readonly from: string;
      readonly rtt: number;
      readonly words: string;
      readonly mark: string;
    }
  | { readonly kind: 'none' };

export interface ProbeOptions {
  /** Bytes of data. */
  readonly length: number;
  /** In milliseconds. */
  readonly timeout: number;
  readonly ttl?: number;
}

/** @throws SocketError for what stands in the way on this side: no route, no address of the family, a size that can't be */
export async function probe(stack: Stack, address: string, options: ProbeOptions): Promise<Answer> {
  const sent = performance.now();
  try {
    const { rtt, ttl } = await stack.ping(address, options);
    return { kind: 'reply', from: address, rtt, ttl };
  } catch (error) {
    const { code, from, exceeded, rtt } = error as PingError;
    if (from === undefined && code === 'ETIMEDOUT') return { kind: 'none' };
    if (from === undefined) throw error;
    const [words, mark] = exceeded === true ? ['Time to live exceeded', ''] : (REASONS[code] ?? [code, '!']);
    return { kind: 'error', from, rtt: rtt ?? performance.now() - sent, words, mark };
  }
}

/** What ICMP errors add to the error of a ping. */
type PingError = SocketError & { from?: string; rtt?: number; exceeded?: boolean };

const REASONS: Readonly<Record<string, readonly [words: string, mark: string]>> = {
  EHOSTUNREACH: ['Destination Host Unreachable', '!H'],
  ENETUNREACH: ['Destination Net Unreachable', '!N'],
  ENOPROTOOPT: ['Destination Protocol Unreachable', '!P'],
  ECONNREFUSED: ['Destination Port Unreachable', ''],
  EMSGSIZE: ['Packet too large', '!F'],
  EACCES: ['Packet filtered', '!X'],
};
