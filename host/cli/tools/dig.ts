/** `vitrine dig`: asks name servers over Vitrine's own UDP and TCP, and prints what they say in the shape of dig(1). */
import { parseAddress } from '../../core/address.js';
import { rcodeName } from '../../dns/exchange.js';
import { recordOf } from '../../dns/message/answer.js';
import { Malformed } from '../../dns/message/name.js';
import type { RawRecord, Response } from '../../dns/message/response.js';
import { type NameServer, parseServer } from '../../dns/transport.js';
import { EXIT_FAILURE, EXIT_SUCCESS, UsageError } from '../failure.js';
import { openNetwork } from '../network.js';
import { kernelAddressesOf, type NetworkOptions } from '../network-options.js';
import { dataText } from './dns-text.js';

export interface DigOptions extends NetworkOptions {
  /** An address, whose name is wanted. */
  reverse?: string;
}

/** What the words of the command line ask for. */
export interface DigQuestion {
  name: string;
  type: string;
  server: NameServer | undefined;
  short: boolean;
  tcp: boolean;
  /** Milliseconds for each attempt. */
  timeout: number;
  attempts: number;
}

/** @returns 0 when a server answered, whatever it said, 1 when none did */
export async function dig(words: readonly string[], options: DigOptions): Promise<number> {
  const question = readWords(words, options.reverse);
  const { name, type, timeout, attempts, tcp } = question;
  const server = question.server ?? firstServer(options);
  const network = await openNetwork(options);
  try {
    const started = performance.now();
    const asked = network.stack.resolver.exchange(name, type, { servers: [server], timeout, attempts, tcp });
    const { response } = await Promise.race([asked, network.failure]);
    const time = performance.now() - started;
    console.log(question.short ? shortText(response) : longText(response, question, server, time));
    return EXIT_SUCCESS;
  } catch (error) {
    const { cause } = error as { cause?: Error };
    if (cause === undefined) throw error;
    console.log(`;; no answer: ${cause.message}`);
    return EXIT_FAILURE;
  } finally {
    await network.close();
  }
}

/**
 * `[@server] [name] [type] [+short] [+tcp] [+time=seconds] [+tries=number]`, in any order, as dig(1) takes them.
 * @throws UsageError
 */
export function readWords(words: readonly string[], reverse?: string): DigQuestion {
  const question: DigQuestion = {
    name: reverse === undefined ? '.' : reverseName(reverse),
    type: reverse === undefined ? 'NS' : 'PTR',
    server: undefined,
    short: false,
    tcp: false,
    timeout: 5000,
    attempts: 3,
  };
  let named = reverse !== undefined;
  for (const word of words) {
    if (word.startsWith('@')) question.server = readServer(word.slice(1));
    else if (word.startsWith('+')) readSwitch(word.slice(1), question);
    else if (named && isType(word)) question.type = word.toUpperCase();
    else if (named) throw new UsageError(`${word} is no type of records; the name is ${question.name}`);
    else {
      question.name = word;
      question.type = 'A';
      named = true;
    }
  }
  return question;
}

function readSwitch(word: string, question: DigQuestion): void {
  const [name, value] = word.split('=');
  const number = /^[1-9]\d{0,3}$/.test(value ?? '') ? Number(value) : undefined;
  if (word === 'short') question.short = true;
  else if (word === 'tcp' || word === 'vc') question.tcp = true;
  else if (name === 'time' && number !== undefined) question.timeout = number * 1000;
  else if (name === 'tries' && number !== undefined) question.attempts = number;
  else throw new UsageError(`+${word}: there are +short, +tcp, +time=<seconds> and +tries=<number>`);
}

function readServer(text: string): NameServer {
  try {
    return parseServer(text);
  } catch {
    throw new UsageError(`@${text}: the server has to be an IP address, as @10.9.0.1 or @[fd00::53]:5353`);
  }
}

/** The first of --dns, else the kernel, at the other end of the device. */
function firstServer(options: NetworkOptions): NameServer {
  const { dns } = options;
  const named = dns === undefined || dns === 'host' ? undefined : dns.split(',')[0];
  return readServer(named ?? (kernelAddressesOf(options)[0]?.split('/')[0] as string));
}

/** RFC 1035 §3.5, RFC 3596 §2.5. */
function reverseName(text: string): string {
  const bytes = parseAddress(text);
  if (bytes === undefined) throw new UsageError(`-x ${text}: that is no address`);
  if (!text.includes(':')) return `${[...bytes.subarray(12)].reverse().join('.')}.in-addr.arpa`;
  const nibbles = [...bytes].flatMap((byte) => [byte >> 4, byte & 15]);
  return `${nibbles
    .reverse()
    .map((nibble) => nibble.toString(16))
    .join('.')}.ip6.arpa`;
}

function isType(word: string): boolean {
  return /^(TYPE\d{1,5}|[A-Z][A-Z0-9]{0,9})$/i.test(word);
}

/** The data of the answers, a line each: `+short`. */
export function shortText(response: Response): string {
  return response.answers.map((raw) => line(response, raw).data).join('\n');
}

/** The whole message. @param time in milliseconds */
export function longText(response: Response, { name, type }: DigQuestion, server: NameServer, time: number): string {
  const { answers, authorities, additionals, flags, bytes, rcode, over } = response;
  const id = new DataView(bytes.buffer, bytes.byteOffset).getUint16(0);
  const shown = FLAGS.filter(([bit]) => (flags & bit) !== 0).map(([, text]) => text);
  const counts = `QUERY: 1, ANSWER: ${answers.length}, AUTHORITY: ${authorities.length}, ADDITIONAL: ${additionals.length}`;
  const question = `;${absolute(name)}\t\tIN\t${type}`;
  return [
    `;; ->>HEADER<<- opcode: QUERY, status: ${rcodeName(rcode)}, id: ${id}`,
    `;; flags: ${shown.join(' ')}; ${counts}`,
    ...section('QUESTION', [question]),
    ...section('ANSWER', lines(response, answers)),
    ...section('AUTHORITY', lines(response, authorities)),
    ...section('ADDITIONAL', lines(response, additionals)),
    `\n;; Query time: ${time.toFixed(0)} msec`,
    `;; SERVER: ${server.address}#${server.port} (${over.toUpperCase()})`,
    `;; MSG SIZE  rcvd: ${bytes.length}`,
  ].join('\n');
}

function section(title: string, records: readonly string[]): string[] {
  return records.length === 0 ? [] : [`\n;; ${title} SECTION:`, ...records];
}

function lines(response: Response, records: readonly RawRecord[]): string[] {
  return records
    .filter(({ type }) => type !== OPT)
    .map((raw) => {
      const { type, data } = line(response, raw);
      return `${absolute(raw.name)}\t${raw.ttl}\tIN\t${type}\t${data}`;
    });
}

/** What can't be read is shown as bytes. */
function line({ bytes }: Response, raw: RawRecord): { type: string; data: string } {
  try {
    const { type, data } = recordOf(bytes, raw);
    return { type, data: dataText(type, data) };
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return { type: `TYPE${raw.type}`, data: dataText('', Buffer.from(bytes.subarray(raw.data, raw.end))) };
  }
}

function absolute(name: string): string {
  return name.endsWith('.') ? name : `${name}.`;
}

const OPT = 41;
const FLAGS: readonly (readonly [bit: number, text: string])[] = [
  [0x8000, 'qr'],
  [0x0400, 'aa'],
  [0x0200, 'tc'],
  [0x0100, 'rd'],
  [0x0080, 'ra'],
  [0x0020, 'ad'],
  [0x0010, 'cd'],
];
