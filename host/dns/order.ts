/**
 * In which order the addresses of a name are tried: destination address selection, RFC 6724 §6. Rules 3, 4 and 7 need what
 * nothing here knows (deprecated, home and tunnelled addresses).
 * Not for: which address to connect from; the core chooses it, and is asked for it here.
 */
import type { Address } from '../core/address.js';

/** The address from which the stack would send to this one; `undefined`: it has no route, or no address of that kind. */
export type SourceFor = (destination: Address) => Address | undefined;

/** @returns `items` in order; what no rule tells apart stays as it was */
export function orderDestinations<Item extends { bytes: Address }>(
  items: readonly Item[],
  sourceFor: SourceFor,
): Item[] {
  const ranked = items.map((item) => ({ item, ...rank(item.bytes, sourceFor(item.bytes)) }));
  return ranked.sort(compare).map(({ item }) => item);
}

interface Rank {
  usable: boolean;
  /** Whether the source has the scope of the destination. */
  scopeMatches: boolean;
  labelMatches: boolean;
  precedence: number;
  scope: number;
  /** Leading bits that source and destination share; 0 for IPv4, where they say nothing about nearness. */
  prefix: number;
}

function rank(destination: Address, source: Address | undefined): Rank {
  const { precedence, label } = policy(destination);
  const scope = scopeOf(destination);
  return {
    usable: source !== undefined,
    scopeMatches: source !== undefined && scopeOf(source) === scope,
    labelMatches: source !== undefined && policy(source).label === label,
    precedence,
    scope,
    prefix: source === undefined || isMapped(destination) ? 0 : commonPrefix(source, destination),
  };
}

/** Negative when `a` comes first. Each line is a rule: 1, 2, 5, 6, 8, 9. */
function compare(a: Rank, b: Rank): number {
  return (
    Number(b.usable) - Number(a.usable) ||
    Number(b.scopeMatches) - Number(a.scopeMatches) ||
    Number(b.labelMatches) - Number(a.labelMatches) ||
    b.precedence - a.precedence ||
    a.scope - b.scope ||
    b.prefix - a.prefix
  );
}

/** RFC 6724 §2.1: the row with the longest prefix. */
function policy(address: Address): Policy {
  return POLICIES.find(({ prefix, length }) => commonBits(prefix, address) >= length) as Policy;
}

/** RFC 6724 §3.1, §3.2. */
function scopeOf(address: Address): number {
  if (isMapped(address)) {
    const linkLocal = address[12] === 127 || (address[12] === 169 && address[13] === 254);
    return linkLocal ? SCOPE_LINK : SCOPE_GLOBAL;
  }
  const [first, second] = [address[0] as number, address[1] as number];
  if (first === 0xff) return second & 0x0f;
  if (first === 0xfe && (second & 0xc0) === 0x80) return SCOPE_LINK;
  if (first === 0xfe && (second & 0xc0) === 0xc0) return SCOPE_SITE;
  return commonBits(LOOPBACK, address) === 128 ? SCOPE_LINK : SCOPE_GLOBAL;
}

/** RFC 6724 §2.2: what lies behind the first half tells hosts apart, not networks. */
function commonPrefix(a: Address, b: Address): number {
  return Math.min(commonBits(a, b), 64);
}

function commonBits(a: Address, b: Address): number {
  for (let index = 0; index < 16; index++) {
    const difference = (a[index] as number) ^ (b[index] as number);
    if (difference !== 0) return 8 * index + Math.clz32(difference) - 24;
  }
  return 128;
}

function isMapped(address: Address): boolean {
  return commonBits(MAPPED, address) >= 96;
}

interface Policy {
  prefix: Address;
  length: number;
  precedence: number;
  label: number;
}

function row(bytes: readonly number[], length: number, precedence: number, label: number): Policy {
  const prefix = new Uint8Array(16);
  prefix.set(bytes);
  return { prefix, length, precedence, label };
}

const SCOPE_LINK = 0x2;
const SCOPE_SITE = 0x5;
const SCOPE_GLOBAL = 0xe;
const LOOPBACK = new Uint8Array(16).fill(1, 15);
const MAPPED = new Uint8Array(16).fill(0xff, 10, 12);
/** The longest prefix first. */
const POLICIES: readonly Policy[] = [
  row([...LOOPBACK], 128, 50, 0),
  row([...MAPPED], 96, 35, 4),
  row([], 96, 1, 3),
  row([0x20, 0x01], 32, 5, 5),
  row([0x20, 0x02], 16, 30, 2),
  row([0x3f, 0xfe], 16, 1, 12),
  row([0xfe, 0xc0], 10, 1, 11),
  row([0xfc], 7, 3, 13),
  row([], 0, 40, 1),
];
