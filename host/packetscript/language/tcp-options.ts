/**
 * TCP options as a script writes them: `<mss 1460,sackOK,TS val 100 ecr 0,nop,wscale 8>`, `<...>` for any.
 * Not for: their bytes (`../packet/encode.ts`).
 */
import type { OptionSpec } from './ast.js';
import type { Place } from './errors.js';
import type { Reader } from './reader.js';

/** @returns `[]` when there are none, `'any'` for `<...>` */
export function parseTcpOptions(reader: Reader, direction: 'in' | 'out'): OptionSpec[] | 'any' {
  if (!reader.symbol('<')) return [];
  const open = reader.next();
  if (reader.take('ellipsis') !== undefined) {
    reader.expectSymbol('>');
    if (direction === 'in') reader.refuse(open, '<...> is for outbound packets only: an inbound one has to say which');
    return 'any';
  }
  const options: OptionSpec[] = [];
  do options.push(parseOption(reader));
  while (reader.take('symbol', ',') !== undefined);
  reader.expectSymbol('>', "',' or '>'");
  checkLength(reader, open, options);
  return options;
}

/** Bytes that an option takes in the header. */
export function optionLength(option: OptionSpec): number {
  switch (option.kind) {
    case 'nop':
    case 'eol':
      return 1;
    case 'sackOK':
      return 2;
    case 'wscale':
      return 3;
    case 'mss':
      return 4;
    case 'timestamps':
      return 10;
    case 'sack':
      return 2 + option.blocks.length * 8;
    case 'fastOpen':
      return (option.experimental ? 4 : 2) + option.cookie.length;
    case 'md5':
      return 2 + option.digest.length;
    case 'accEcn':
      return 2 + option.counters.length * 3;
    case 'generic':
      return 2 + option.bytes.length;
  }
}

/** The header counts in words of 32 bits, and at most 15 of them (RFC 9293 §3.1). */
function checkLength(reader: Reader, open: Place, options: readonly OptionSpec[]): void {
  const length = options.reduce((sum, option) => sum + optionLength(option), 0);
  if (length > 40) reader.refuse(open, `these options take ${length} bytes; a header has room for 40`);
  if (length % 4 !== 0) {
    reader.refuse(open, `these options take ${length} bytes, no multiple of 4: pad them with nop or eol`);
  }
}

function parseOption(reader: Reader): OptionSpec {
  const token = reader.expect('word', undefined, OPTION_NAMES);
  switch (token.text) {
    case 'nop':
    case 'eol':
    case 'sackOK':
      return { kind: token.text };
    case 'mss':
      return { kind: 'mss', value: reader.integer('the MSS', 0, 0xffff) };
    case 'wscale':
      return { kind: 'wscale', value: reader.integer('the window scale', 0, 0xff) };
    case 'sack':
      return parseSack(reader);
    case 'TS':
      return parseTimestamps(reader);
    case 'FO':
    case 'FOEXP':
      return { kind: 'fastOpen', experimental: token.text === 'FOEXP', cookie: parseBlob(reader, 'the cookie', 38) };
    case 'md5':
      return { kind: 'md5', digest: parseDigest(reader) };
    case 'ECN':
      return parseAccEcn(reader);
    case 'gen':
    case 'generic':
      return { kind: 'generic', number: reader.number('the kind', 0, 255), bytes: parseBlob(reader, 'the bytes', 38) };
  }
  return reader.refuse(token, `expected ${OPTION_NAMES}, found '${token.text}'`);
}

function parseSack(reader: Reader): OptionSpec {
  const blocks: { left: number; right: number }[] = [];
  do {
    const left = reader.integer('the left edge of a SACK block', 0, UINT32);
    reader.expectSymbol(':');
    blocks.push({ left, right: reader.integer('the right edge of a SACK block', 0, UINT32) });
  } while (reader.is('integer'));
  if (blocks.length > 4) reader.refuse(reader.last, 'an option holds at most 4 SACK blocks (RFC 2018 §3)');
  return { kind: 'sack', blocks };
}

function parseTimestamps(reader: Reader): OptionSpec {
  reader.expect('word', 'val', "'val' and the timestamp");
  const value = reader.take('ellipsis') === undefined ? reader.integer('the timestamp', 0, UINT32) : undefined;
  reader.expect('word', 'ecr', "'ecr' and the timestamp that is echoed");
  const echo = reader.integer('the timestamp that is echoed', 0, UINT32);
  return { kind: 'timestamps', value, echo, absolute: reader.take('symbol', '!') !== undefined };
}

/** `ECN e0b 1 ceb 0 e1b 1`: the counters that are there, in the order of the option (RFC 9768 §3.2.3). */
function parseAccEcn(reader: Reader): OptionSpec {
  const first = reader.take('word', 'e1b') === undefined ? 'e0b' : 'e1b';
  if (first === 'e0b') reader.expect('word', 'e0b', "'e0b' or 'e1b'");
  const counters = [reader.integer('a counter of 24 bits', 0, 0xffffff)];
  if (reader.take('word', 'ceb') !== undefined) {
    counters.push(reader.integer('a counter of 24 bits', 0, 0xffffff));
    if (reader.take('word', first === 'e0b' ? 'e1b' : 'e0b') !== undefined) {
      counters.push(reader.integer('a counter of 24 bits', 0, 0xffffff));
    }
  }
  return { kind: 'accEcn', first, counters };
}

/** A digest in hexadecimal digits, or one that the tool is to make. */
function parseDigest(reader: Reader): Uint8Array {
  if (reader.take('word', 'valid') ?? reader.take('word', 'invalid')) return new Uint8Array(16);
  return parseBlob(reader, 'the digest', 16);
}

/** Hexadecimal digits without `0x`; none at all is an empty one. */
function parseBlob(reader: Reader, what: string, limit: number): Uint8Array {
  const token = reader.take('word') ?? reader.take('integer') ?? reader.take('hex');
  const digits = token?.text ?? '';
  if (token !== undefined && (!/^[\dA-Fa-f]*$/.test(digits) || digits.length % 2 === 1)) {
    reader.refuse(token, `expected ${what} as an even number of hexadecimal digits, found '${digits}'`);
  }
  if (digits.length / 2 > limit) reader.refuse(token ?? reader.last, `${what} is longer than ${limit} bytes`);
  return Uint8Array.from({ length: digits.length / 2 }, (_, index) =>
    Number.parseInt(digits.slice(index * 2, index * 2 + 2), 16),
  );
}

const UINT32 = 0xffffffff;
const OPTION_NAMES = 'a TCP option (mss, wscale, sackOK, sack, TS, nop, eol, FO, FOEXP, ECN, md5)';
