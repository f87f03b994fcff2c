/** Reads the arguments of the command line: each function here answers what commander hands to a command. */
import { InvalidArgumentError } from 'commander';
import { addressFamily, parseAddress, parseAddressWithPrefix } from '../core/address.js';

export interface RouteOption {
  /** As `10.0.0.0/8`, or `default`. */
  to: string;
  /** The next hop. */
  via: string;
}

/** Ports from `first` to `last`, both of them too. */
export interface PortRange {
  first: number;
  last: number;
}

export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It is a whole number from ${least} to ${most}.`);
  };
}

export function positiveNumber(text: string): number {
  const value = Number(text);
  if (/^\d*\.?\d+$/.test(text) && value > 0 && value <= 86_400) return value;
  throw new InvalidArgumentError('It is a number of seconds, more than 0.');
}

export function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw new InvalidArgumentError('It begins with http:// or https://');
}

/** `80`, or `20-25`. */
export function parsePorts(text: string): PortRange {
  const [, from = '', to = from] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
  const [first, last] = [Number(from), Number(to)];
  if (from !== '' && first >= 1 && first <= last && last <= 65_535) return { first, last };
  throw new InvalidArgumentError('It is a port from 1 to 65535, or a range as 20-25.');
}

/** An option that may come again; the first takes the place of the defaults. */
export function addressesWithPrefix(text: string, earlier: readonly string[] | undefined): readonly string[] {
  try {
    parseAddressWithPrefix(text);
  } catch {
    throw new InvalidArgumentError('It is as 10.9.0.2/24 or fd00:9::2/64.');
  }
  return [...(earlier ?? []), text];
}

/** An option that may come again. */
export function addresses(text: string, earlier: readonly string[] | undefined): readonly string[] {
  if (parseAddress(text) === undefined) throw new InvalidArgumentError('It is an IP address.');
  return [...(earlier ?? []), text];
}

/** An option that may come again: `10.0.0.0/8=10.9.0.1`, `default=fd00:9::1`. */
export function routes(text: string, earlier: readonly RouteOption[] | undefined): readonly RouteOption[] {
  const [to = '', via = '', ...rest] = text.split('=');
  const address = parseAddress(via);
  if (address === undefined || rest.length > 0) throw new InvalidArgumentError(ROUTE);
  if (to === 'default') return [...(earlier ?? []), { to: addressFamily(via) === 'IPv4' ? '0.0.0.0/0' : '::/0', via }];
  try {
    parseAddressWithPrefix(to);
  } catch {
    throw new InvalidArgumentError(ROUTE);
  }
  return [...(earlier ?? []), { to, via }];
}

/** An option that may come again: `NAME=value`. */
export function definition(text: string, earlier: Record<string, string>): Record<string, string> {
  const sign = text.indexOf('=');
  if (sign < 1) throw new InvalidArgumentError('It is as NAME=value.');
  return { ...earlier, [text.slice(0, sign)]: text.slice(sign + 1) };
}

const ROUTE = 'It is as 10.0.0.0/8=10.9.0.1 or default=10.9.0.1.';
