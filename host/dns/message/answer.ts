/**
 * What a response says about the question: records at the end of a chain of aliases (RFC 1034 §3.6.2), or that there
 * are none, and for how long that may be remembered (RFC 2308). Not for: whether to believe it (`response.ts`).
 */
import codec from 'dns-packet';
import { formatAddress } from '../../core/address.js';
import { Malformed, readName } from './name.js';
import { NAME_ERROR, type RawRecord, type Response } from './response.js';

/** A record as programs see it. */
export interface DnsRecord {
  /** Small letters, without the final dot. */
  name: string;
  /** As `MX`. */
  type: string;
  /** Seconds for which it may be remembered. */
  ttl: number;
  /** Text for addresses and names, bytes where nothing is known of the type, else an object of dns-packet's. */
  data: unknown;
}

export interface Answer {
  /** `nothing`: the name exists, without such records. */
  kind: 'records' | 'nothing' | 'no such name';
  /** Of the type that was asked for. */
  records: readonly DnsRecord[];
  /** The name at the end of the chain. */
  canonical: string;
  /** Seconds for which all of it may be remembered. */
  ttl: number;
}

/**
 * @returns `undefined` for a response that sends us elsewhere instead of answering
 * @throws Malformed
 */
export function readAnswer(response: Response, name: string, type: number): Answer | undefined {
  const { records, canonical, ttl } = followAliases(response, name.toLowerCase(), type);
  if (response.rcode === NAME_ERROR) {
    return { kind: 'no such name', records: [], canonical, ttl: Math.min(ttl, negativeTtl(response, canonical)) };
  }
  if (records.length > 0) return { kind: 'records', records, canonical, ttl };
  const { authorities, recursive, authoritative } = response;
  const referral = authorities.some((record) => record.type === NS) && !authorities.some(isSoa);
  // RFC 2308 §2.2: a server that neither knows nor asks on, and names others.
  if (referral && !recursive && !authoritative) return undefined;
  return { kind: 'nothing', records: [], canonical, ttl: Math.min(ttl, negativeTtl(response, canonical)) };
}

/** The data of a record. @throws Malformed */
export function recordOf(bytes: Uint8Array, raw: RawRecord): DnsRecord {
  const { name, ttl } = raw;
  if (raw.type === A || raw.type === AAAA) {
    const size = raw.type === A ? 4 : 16;
    if (raw.end - raw.data !== size) throw new Malformed('an address of the wrong length');
    const type = raw.type === A ? 'A' : 'AAAA';
    return { name, type, ttl, data: addressText(bytes.subarray(raw.data, raw.end)) };
  }
  const type = NAMES.get(raw.type);
  return type === undefined
    ? { name, ttl, ...decodeData(bytes, raw) }
    : { name, ttl, type, data: readTarget(bytes, raw) };
}

function followAliases(response: Response, name: string, type: number): Omit<Answer, 'kind'> {
  const answers = response.answers.filter((record) => record.class === INTERNET);
  let canonical = name;
  let ttl = Number.POSITIVE_INFINITY;
  for (let depth = 0; depth <= DEEPEST; depth++) {
    const found = answers.filter((record) => record.name === canonical && (record.type === type || type === ANY));
    if (found.length > 0) {
      const records = found.slice(0, MOST).map((record) => recordOf(response.bytes, record));
      return { records, canonical, ttl: Math.min(ttl, ...records.map((record) => record.ttl)) };
    }
    const alias = answers.find((record) => record.name === canonical && record.type === CNAME);
    if (alias === undefined) return { records: [], canonical, ttl };
    canonical = readTarget(response.bytes, alias);
    ttl = Math.min(ttl, alias.ttl);
  }
  throw new Malformed(`aliases of aliases, more than ${DEEPEST}`);
}

/** RFC 2308 §5: the smaller of the record's TTL and its MINIMUM; without one nothing is remembered. */
function negativeTtl({ authorities, bytes }: Response, name: string): number {
  const soa = authorities.find((record) => isSoa(record) && isWithin(name, record.name));
  if (soa === undefined || soa.end - soa.data < SOA_NUMBERS) return 0;
  const minimum = new DataView(bytes.buffer, bytes.byteOffset).getUint32(soa.end - 4);
  return Math.min(soa.ttl, minimum);
}

/** Nobody speaks for names outside of his zone. */
function isWithin(name: string, zone: string): boolean {
  return zone === '' || name === zone || name.endsWith(`.${zone}`);
}

function isSoa(record: RawRecord): boolean {
  return record.type === SOA && record.class === INTERNET;
}

function readTarget(bytes: Uint8Array, { data, end: limit }: RawRecord): string {
  const { name, end } = readName(bytes, data);
  if (end !== limit) throw new Malformed('a name that is not as long as its record');
  return name;
}

/** dns-packet reads what lies there, however long the record says it is: both have to agree. */
function decodeData(bytes: Uint8Array, { start, end }: RawRecord): Pick<DnsRecord, 'type' | 'data'> {
  // Behind the record there is nothing to read.
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, end);
  try {
    const { type, data } = RECORDS.decode(buffer, start);
    if (start + RECORDS.decode.bytes !== end) throw new Malformed('data that are not as long as their record');
    // RFC 3597 §5.
    return { type: type.replace('UNKNOWN_', 'TYPE'), data };
  } catch (error) {
    throw error instanceof Malformed ? error : new Malformed((error as Error).message);
  }
}

function addressText(bytes: Uint8Array): string {
  if (bytes.length === 16) return formatAddress(bytes);
  return bytes.join('.');
}

/** What dns-packet exports beside what its types say. */
const { answer: RECORDS } = codec as unknown as {
  answer: { decode: { (buffer: Buffer, offset: number): { type: string; data: unknown }; bytes: number } };
};

const A = 1;
const NS = 2;
const CNAME = 5;
const SOA = 6;
const PTR = 12;
const AAAA = 28;
const DNAME = 39;
const ANY = 255;
const INTERNET = 1;
/** Types whose data are one name. */
const NAMES = new Map([
  [NS, 'NS'],
  [CNAME, 'CNAME'],
  [PTR, 'PTR'],
  [DNAME, 'DNAME'],
]);
/** The five numbers at the end of an SOA record, and two names of one byte at least. */
const SOA_NUMBERS = 22;
/** Aliases in a row. */
const DEEPEST = 16;
/** Records of an answer; what is beyond is passed over. */
const MOST = 64;
