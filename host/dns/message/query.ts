/**
 * A question to a name server, as bytes (RFC 1035 §4.1, EDNS0 of RFC 6891). Not for: deciding whom to ask (`../exchange.ts`).
 */
import codec, { type OptAnswer, type RecordType } from 'dns-packet';

/** What identifies the answer to it: RFC 5452 §9.1. */
export interface Query {
  readonly id: number;
  readonly bytes: Uint8Array;
  /** The question section as it was sent, letters in the case that was chosen for them. */
  readonly question: Uint8Array;
  /** Number of the type that was asked for. */
  readonly type: number;
  readonly name: string;
}

export interface QueryOptions {
  id: number;
  /** In ASCII, without the final dot. */
  name: string;
  /** A name of dns-packet's, or `TYPE` and a number (RFC 3597 §5). */
  type: string;
  /** Says that answers of 1232 bytes are welcome; without it 512 is the most that fits (RFC 1035 §2.3.4). */
  edns: boolean;
}

export function makeQuery({ id, name, type, edns }: QueryOptions): Query {
  const known = type.replace(/^TYPE(?=\d)/i, 'UNKNOWN_').toUpperCase() as RecordType;
  const bytes = codec.encode({
    type: 'query',
    id,
    flags: codec.RECURSION_DESIRED,
    questions: [{ name: name === '' ? '.' : name, type: known, class: 'IN' }],
    ...(edns && { additionals: [OPT] }),
  });
  const question = bytes.subarray(HEADER_SIZE, bytes.length - (edns ? OPT_SIZE : 0));
  return { id, name, bytes, question, type: question.readUInt16BE(question.length - 4) };
}

/**
 * The same name with every letter in a case of its own (0x20, draft-vixie-dnsext-dns0x20): servers echo it, and who forges an
 * answer without having seen the question has to guess it, too.
 * @param random 32 random bits a call
 */
export function mixCase(name: string, random: () => number): string {
  let bits = 0;
  let left = 0;
  let mixed = '';
  for (const letter of name) {
    if (left === 0) [bits, left] = [random(), 32];
    mixed += bits & 1 ? letter.toUpperCase() : letter.toLowerCase();
    bits >>>= 1;
    left--;
  }
  return mixed;
}

/** Avoids fragments on every path (DNS flag day 2020; RFC 9715). */
const PAYLOAD_SIZE = 1232;
const OPT: OptAnswer = {
  type: 'OPT',
  name: '.',
  udpPayloadSize: PAYLOAD_SIZE,
  extendedRcode: 0,
  ednsVersion: 0,
  flags: 0,
  flag_do: false,
  options: [],
};
/** Root name, type, class, TTL, length: no options. */
const OPT_SIZE = 11;
export const HEADER_SIZE = 12;
