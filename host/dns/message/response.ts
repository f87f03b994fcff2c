/**
 * What came back: whether it answers the question at all (RFC 5452 §9.1), and if so its records, each within its bounds.
 * Not for: what the records mean (`answer.ts`), where the message came from (the transport takes from nobody but the
 * server that was asked).
 */
import { Malformed, readName } from './name.js';
import { HEADER_SIZE, type Query } from './query.js';

/** A record whose data nobody has looked at yet. */
export interface RawRecord {
  /** Small letters, without the final dot. */
  name: string;
  type: number;
  class: number;
  /** In seconds. */
  ttl: number;
  /** Where it begins in the message, and where its data does. */
  start: number;
  data: number;
  /** Behind its data. */
  end: number;
}

export interface Response {
  bytes: Uint8Array;
  over: 'udp' | 'tcp';
  /** RFC 6895 §2.3, with the upper bits of EDNS. */
  rcode: number;
  authoritative: boolean;
  recursive: boolean;
  /** The other bits of the header, for who shows them. */
  flags: number;
  answers: RawRecord[];
  authorities: RawRecord[];
  additionals: RawRecord[];
}

export type Verdict =
  /** Something else, or forged. */
  | { kind: 'stranger' }
  /** The answer, but for the case of letters: from a server that does not keep it, or forged. */
  | { kind: 'case' }
  /** Only a part fitted: RFC 2181 §9. */
  | { kind: 'truncated' }
  /** The server did not understand the question; it need not repeat it then. */
  | { kind: 'misunderstood'; rcode: number }
  | { kind: 'malformed'; reason: string }
  | { kind: 'response'; response: Response };

/** @param over `tcp`, where nobody can forge: the case of letters does not matter, and nothing is truncated */
export function readResponse(bytes: Uint8Array, query: Query, over: 'udp' | 'tcp'): Verdict {
  if (bytes.length < HEADER_SIZE || bytes.length > LARGEST) return { kind: 'stranger' };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const flags = view.getUint16(2);
  const isResponse = (flags & RESPONSE) !== 0 && (flags & OPCODE) === 0;
  if (view.getUint16(0) !== query.id || !isResponse) return { kind: 'stranger' };
  const rcode = flags & RCODE;
  const questions = view.getUint16(4);
  const bare = questions === 0 && bytes.length === HEADER_SIZE;
  if (bare && (rcode === FORMAT_ERROR || rcode === NOT_IMPLEMENTED)) return { kind: 'misunderstood', rcode };
  const match = questions === 1 ? matchQuestion(bytes, query.question) : 'different';
  if (match === 'different') return { kind: 'stranger' };
  if (match === 'case' && over === 'udp') return { kind: 'case' };
  if ((flags & TRUNCATED) !== 0 && over === 'udp') return { kind: 'truncated' };
  try {
    const sections = readSections(bytes, view, flags, HEADER_SIZE + query.question.length);
    return { kind: 'response', response: { ...sections, over } };
  } catch (error) {
    if (error instanceof Malformed) return { kind: 'malformed', reason: error.message };
    throw error;
  }
}

/** A question is never compressed: there is nothing before it to point to. */
function matchQuestion(bytes: Uint8Array, question: Uint8Array): 'same' | 'case' | 'different' {
  let match: 'same' | 'case' = 'same';
  if (bytes.length < HEADER_SIZE + question.length) return 'different';
  for (let index = 0; index < question.length; index++) {
    const [ours, theirs] = [question[index] as number, bytes[HEADER_SIZE + index] as number];
    if (ours === theirs) continue;
    // Type and class are no letters.
    const isLetter = /[a-z]/i.test(String.fromCharCode(ours)) && index < question.length - 4;
    if (!isLetter || (ours ^ theirs) !== 0x20) return 'different';
    match = 'case';
  }
  return match;
}

function readSections(bytes: Uint8Array, view: DataView, flags: number, start: number): Omit<Response, 'over'> {
  let at = start;
  const section = (count: number): RawRecord[] => {
    const records: RawRecord[] = [];
    for (let index = 0; index < count; index++) {
      const record = readRecord(bytes, view, at);
      records.push(record);
      at = record.end;
    }
    return records;
  };
  const answers = section(view.getUint16(6));
  const authorities = section(view.getUint16(8));
  const additionals = section(view.getUint16(10));
  // The upper byte of an OPT record's TTL is the upper eight bits of the code: RFC 6891 §6.1.3.
  const opt = additionals.find(({ type }) => type === OPT);
  const extended = opt === undefined ? 0 : view.getUint8(opt.data - 6) << 4;
  return {
    bytes,
    rcode: (flags & RCODE) | extended,
    authoritative: (flags & AUTHORITATIVE) !== 0,
    recursive: (flags & RECURSION_AVAILABLE) !== 0,
    flags,
    answers,
    authorities,
    additionals,
  };
}

function readRecord(bytes: Uint8Array, view: DataView, start: number): RawRecord {
  const { name, end: fixed } = readName(bytes, start);
  const data = fixed + FIXED_SIZE;
  if (data > bytes.length) throw new Malformed('a record that is cut off');
  const end = data + view.getUint16(data - 2);
  if (end > bytes.length) throw new Malformed('a record that is longer than its message');
  const ttl = view.getUint32(fixed + 4);
  return {
    name,
    type: view.getUint16(fixed),
    class: view.getUint16(fixed + 2),
    // RFC 2181 §8: with the highest bit set it is 0.
    ttl: ttl > 0x7fff_ffff ? 0 : ttl,
    start,
    data,
    end,
  };
}

export const FORMAT_ERROR = 1;
export const NAME_ERROR = 3;
export const NOT_IMPLEMENTED = 4;
/** An EDNS version that the server does not know. */
export const BAD_VERSION = 16;

const RESPONSE = 0x8000;
const OPCODE = 0x7800;
const AUTHORITATIVE = 0x0400;
const TRUNCATED = 0x0200;
const RECURSION_AVAILABLE = 0x0080;
const RCODE = 0x000f;
const OPT = 41;
/** Type, class, TTL and length of the data. */
const FIXED_SIZE = 10;
/** TCP's two bytes of length can say no more. */
const LARGEST = 65_535;
