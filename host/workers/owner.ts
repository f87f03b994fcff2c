/**
 * Whose a packet is. Linux gives each queue of a device the flows that were last written to it, and spreads all others by a
 * hash of addresses and ports (drivers/net/tun.c). So connections that began outside stay with one worker, and these come to
 * the wrong one:
 *
 *   a connection or socket on a port that a worker has chosen, once it was silent for seconds   → to that worker, by its port
 *   fragments, whose hash knows no ports                                        → as the first of them says; of TCP to all
 *   ICMP errors and echo replies; IGMP and MLD; datagrams to groups             → to all
 *
 * Not for: how packets get there (`queue.ts`). Nothing is checked here: what is malformed stays, and the core drops it.
 */
import { CHOSEN_PORTS } from '../../assembly/abi/constants.js';

/** The packet is for whoever got it. */
export const HERE = -1;
/** For every worker, whoever got it included. */
export const ALL = -2;

export class Owners {
  /** Of datagrams whose first fragment has come and which do not stay here, the oldest first. */
  readonly #fragmented = new Map<string, number>();

  /**
   * @param count of the workers
   * @param shared ports that all of them listen on, though stacks choose among such
   */
  constructor(
    private readonly count: number,
    private readonly shared: ReadonlySet<number>,
  ) {}

  /** The number of a worker, HERE or ALL, for the packet of `length` bytes at `at`. */
  of(bytes: Uint8Array, at: number, length: number): number {
    const version = (bytes[at] as number) >> 4;
    const end = at + length;
    if (version === 4) return this.#of4(bytes, at, end);
    return version === 6 ? this.#of6(bytes, at, end) : HERE;
  }

  /** Whether it is a segment for a port that all workers listen on. */
  isForAny(bytes: Uint8Array, at: number): boolean {
    const four = (bytes[at] as number) >> 4 === 4;
    const protocol = bytes[at + (four ? 9 : 6)];
    const payload = at + (four ? ((bytes[at] as number) & 15) * 4 : HEADER6);
    return protocol === TCP && this.shared.has(word(bytes, payload + 2));
  }

  #of4(bytes: Uint8Array, at: number, end: number): number {
    const protocol = bytes[at + 9] as number;
    const payload = at + ((bytes[at] as number) & 15) * 4;
    const group = (bytes[at + 16] as number) >= FIRST_GROUP;
    const offset = word(bytes, at + 6) & FRAGMENT4;
    if (offset === 0) return this.#whole(bytes, payload, end, protocol, group);
    const key = text(bytes, at + 4, at + 6) + text(bytes, at + 12, at + 20) + protocol;
    const first = (offset & OFFSET4) === 0;
    return this.#fragment(key, protocol, first ? this.#whole(bytes, payload, end, protocol, group) : undefined);
  }

  /** RFC 8200 §4: past the headers that may stand before the protocol's. */
  #of6(bytes: Uint8Array, at: number, end: number): number {
    const group = bytes[at + 24] === FIRST_GROUP6;
    let header = bytes[at + 6] as number;
    let payload = at + HEADER6;
    let fragment = -1;
    while (payload + 8 <= end && EXTENSIONS.has(header)) {
      const here = payload;
      payload += header === FRAGMENT ? 8 : ((bytes[here + 1] as number) + 1) * 8;
      if (header === FRAGMENT) fragment = here;
      header = bytes[here] as number;
      // Behind any fragment but the first there are no headers.
      if (fragment >= 0 && word(bytes, fragment + 2) >= 8) break;
    }
    if (fragment < 0) return this.#whole(bytes, payload, end, header, group);
    const key = text(bytes, at + 8, at + HEADER6) + text(bytes, fragment + 4, fragment + 8);
    const first = word(bytes, fragment + 2) < 8;
    return this.#fragment(key, header, first ? this.#whole(bytes, payload, end, header, group) : undefined);
  }

  #whole(bytes: Uint8Array, payload: number, end: number, protocol: number, group: boolean): number {
    if (payload + 4 > end) return HERE;
    if (protocol === TCP || (protocol === UDP && !group)) return this.#onPort(word(bytes, payload + 2));
    if (protocol === UDP || protocol === IGMP) return ALL;
    if (protocol === ICMP) return bytes[payload] === ECHO ? HERE : ALL;
    return protocol === ICMP6 && bytes[payload] !== ECHO6 ? ALL : HERE;
  }

  #onPort(port: number): number {
    return port < CHOSEN_PORTS || this.shared.has(port) ? HERE : (port - CHOSEN_PORTS) % this.count;
  }

  /** @param whole whose a packet of the same protocol and ports would be, known of a first fragment alone */
  #fragment(key: string, protocol: number, whole: number | undefined): number {
    if (whole === undefined) return this.#fragmented.get(key) ?? (protocol === TCP ? ALL : HERE);
    const owner = protocol === TCP ? ALL : whole;
    this.#fragmented.delete(key);
    if (owner !== HERE) this.#remember(key, owner);
    return owner;
  }

  #remember(key: string, owner: number): void {
    const [oldest] = this.#fragmented.keys();
    if (this.#fragmented.size === MOST_FRAGMENTED && oldest !== undefined) this.#fragmented.delete(oldest);
    this.#fragmented.set(key, owner);
  }
}

function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

function text(bytes: Uint8Array, from: number, to: number): string {
  return String.fromCharCode(...bytes.subarray(from, to));
}

const HEADER6 = 40;
const ICMP = 1;
const IGMP = 2;
const TCP = 6;
const UDP = 17;
const FRAGMENT = 44;
const ICMP6 = 58;
/** Hop-by-hop options, routing, fragment, destination options (RFC 8200 §4). */
const EXTENSIONS: ReadonlySet<number> = new Set([0, 43, FRAGMENT, 60]);
const ECHO = 8;
const ECHO6 = 128;
/** MF and the offset (RFC 791 §3.1). */
const FRAGMENT4 = 0x3fff;
const OFFSET4 = 0x1fff;
/** First bytes of addresses of groups, the limited broadcast included. */
const FIRST_GROUP = 224;
const FIRST_GROUP6 = 0xff;
const MOST_FRAGMENTED = 256;
