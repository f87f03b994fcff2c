/**
 * Fragments of either version of IP, right or wrong as a test wants them, and ICMP messages to put in them (RFC 791 §3.2,
 * RFC 8200 §4.5). Not for: what a stack does about them.
 */
import { buildIp, headerLength, internetChecksum, parseIp, transportChecksum } from './packet.js';

export interface FragmentFields {
  source: string;
  destination: string;
  /** Of the packet that is cut. */
  protocol: number;
  identification?: number;
  /** Where the bytes belong. */
  at: number;
  /** Whether more follow. */
  more: boolean;
  data: Uint8Array;
  tos?: number;
}

/** One fragment. `at` need not be a multiple of eight: what does not fit the field is cut off. */
export function fragment(fields: FragmentFields): Uint8Array {
  const { source, destination, protocol, identification = 7, at, more, data } = fields;
  const six = source.includes(':');
  if (six) {
    const payload = new Uint8Array(8 + data.length);
    const view = new DataView(payload.buffer);
    view.setUint8(0, protocol);
    view.setUint16(2, (at & ~7) | (more ? 1 : 0));
    view.setUint32(4, identification);
    payload.set(data, 8);
    return buildIp({ ...fields, protocol: 44, payload });
  }
  const bytes = buildIp({ source, destination, protocol, payload: data, tos: fields.tos ?? 0 });
  const view = new DataView(bytes.buffer);
  view.setUint16(4, identification);
  view.setUint16(6, (at >> 3) | (more ? 0x2000 : 0));
  view.setUint16(10, 0);
  view.setUint16(10, internetChecksum(bytes.subarray(0, 20)));
  return bytes;
}

/** A packet cut into fragments whose payloads are of `size` bytes, a multiple of eight. */
export function cut(packet: Uint8Array, size: number, identification = 7): Uint8Array[] {
  const { source, destination, protocol, payload, tos } = parseIp(packet);
  const fragments: Uint8Array[] = [];
  for (let at = 0; at < payload.length; at += size) {
    const data = payload.subarray(at, at + size);
    const more = at + size < payload.length;
    fragments.push(fragment({ source, destination, protocol, identification, at, more, data, tos }));
  }
  return fragments;
}

export interface FragmentView {
  source: string;
  destination: string;
  protocol: number;
  identification: number;
  at: number;
  more: boolean;
  data: Uint8Array;
  lifetime: number;
  tos: number;
  dontFragment: boolean;
}

/** What a fragment says; of a packet that is whole, `at` is 0 and `more` is false. */
export function viewFragment(bytes: Uint8Array): FragmentView {
  const { source, destination, protocol, payload, lifetime, tos } = parseIp(bytes);
  const common = { source, destination, lifetime, tos };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (headerLength(bytes) === 20 && bytes[0] === 0x45) {
    const field = view.getUint16(6);
    const dontFragment = (field & 0x4000) !== 0;
    const [at, more] = [(field & 0x1fff) * 8, (field & 0x2000) !== 0];
    return { ...common, protocol, identification: view.getUint16(4), at, more, data: payload, dontFragment };
  }
  if (protocol !== 44) {
    return { ...common, protocol, identification: 0, at: 0, more: false, data: payload, dontFragment: true };
  }
  const field = view.getUint16(42);
  return {
    ...common,
    protocol: bytes[40] as number,
    identification: view.getUint32(44),
    at: field & ~7,
    more: (field & 1) !== 0,
    data: payload.subarray(8),
    dontFragment: false,
  };
}

/**
 * The packet that fragments were cut from.
 * @throws Error unless they are of one packet, in order, without gap or overlap
 */
export function join(fragments: readonly Uint8Array[]): Uint8Array {
  const views = fragments.map(viewFragment);
  const [first] = views as [FragmentView];
  let at = 0;
  views.forEach((view, index) => {
    if (view.at !== at) throw new Error(`a fragment of ${view.at}, and not of ${at}`);
    if (view.more !== index < views.length - 1) throw new Error(`whether more follows is wrong at ${at}`);
    if (view.identification !== first.identification) throw new Error('two identifications');
    at += view.data.length;
  });
  return buildIp({ ...first, payload: Buffer.concat(views.map(({ data }) => data)) });
}

export interface IcmpFields {
  source: string;
  destination: string;
  type: number;
  code?: number;
  /** The four bytes behind the checksum: identifier and sequence number of an echo, what an error says. */
  rest?: number;
  data?: Uint8Array;
  tos?: number;
  lifetime?: number;
}

/** An ICMP message of the version that its addresses are of, with a right checksum. */
export function icmp(fields: IcmpFields): Uint8Array {
  const { source, type, code = 0, rest = 0, data = new Uint8Array(0) } = fields;
  const payload = new Uint8Array(8 + data.length);
  const view = new DataView(payload.buffer);
  payload.set([type, code]);
  view.setUint32(4, rest);
  payload.set(data, 8);
  const six = source.includes(':');
  const bytes = buildIp({ ...fields, protocol: six ? 58 : 1, payload });
  const header = six ? 40 : 20;
  const checksum = six ? transportChecksum(bytes, 58) : internetChecksum(payload);
  bytes.set([checksum >> 8, checksum & 255], header + 2);
  return bytes;
}

export interface IcmpView {
  source: string;
  destination: string;
  type: number;
  code: number;
  rest: number;
  data: Uint8Array;
  lifetime: number;
  tos: number;
}

/** @throws Error when it is no ICMP message, or its checksum is wrong */
export function viewIcmp(bytes: Uint8Array): IcmpView {
  const { source, destination, protocol, payload, lifetime, tos } = parseIp(bytes);
  if (protocol !== 1 && protocol !== 58) throw new Error(`protocol ${protocol} is not ICMP`);
  const sum = protocol === 58 ? transportChecksum(bytes, 58) : internetChecksum(payload);
  if (sum !== 0) throw new Error('wrong ICMP checksum');
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  const [type, code] = payload as unknown as [number, number];
  return { source, destination, type, code, rest: view.getUint32(4), data: payload.slice(8), lifetime, tos };
}

/** Bytes that differ from their neighbours. */
export function pattern(length: number, seed = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 7 + (index >> 8) * 13 + seed) & 255);
}
