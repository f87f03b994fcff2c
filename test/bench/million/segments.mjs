/**
 * The packets of a crowd's connections, written and read at fixed places: IPv4 without options, TCP with timestamps
 * (RFC 7323), SACK and window scaling offered on the SYN. The index of a connection is its address and its port.
 * Not for: judging answers (`crowd.mjs`), any other packet (the packet twin, `host/packet/`).
 */

/** Bytes from one packet to the next where several lie in a row. */
export const SLOT = 128;
/** Bytes of payload of each segment that carries any. */
export const PAYLOAD = 32;

export const FIN = 1;
export const SYN = 2;
export const RST = 4;
export const PSH = 8;
export const ACK = 16;

/** Connections that addresses and ports are there for: 16,384 addresses with 4,096 ports each. */
export const MOST = 1 << 26;

/**
 * Writes a segment.
 * @param {DataView} view
 * @param {number} at
 * @param {{ server: number, port: number }} to
 * @param {number} index the connection
 * @param {number} control
 * @param {number} sequence
 * @param {number} acknowledgment
 * @param {number} tsVal
 * @param {number} tsEcr
 * @param {number} turn counts the segments with payload; −1: none
 * @returns {number} its length
 */
export function writeSegment(view, at, to, index, control, sequence, acknowledgment, tsVal, tsEcr, turn) {
  const options = (control & SYN) !== 0 ? SYN_OPTIONS : STAMPS;
  const tcp = at + IP;
  const data = tcp + TCP + options;
  const length = data - at + (turn < 0 ? 0 : PAYLOAD);
  view.setUint32(at, 0x45000000 | length);
  view.setUint32(at + 4, 0x00004000); // don't fragment
  view.setUint32(at + 8, 0x40060000); // 64 hops, TCP, the checksum's place
  view.setUint32(at + 12, FIRST_ADDRESS + (index >>> PORT_BITS));
  view.setUint32(at + 16, to.server);
  view.setUint16(at + 10, checksum(sumOf(view, at, IP)));
  view.setUint32(tcp, (((FIRST_PORT + (index & PORT_MASK)) << 16) | to.port) >>> 0);
  view.setUint32(tcp + 4, sequence);
  view.setUint32(tcp + 8, acknowledgment);
  view.setUint32(tcp + 12, (((TCP + options) << 26) | (control << 16) | WINDOW) >>> 0);
  view.setUint32(tcp + 16, 0);
  writeOptions(view, tcp + TCP, (control & SYN) !== 0, tsVal, tsEcr);
  if (turn >= 0) writePayload(view, data, index, turn);
  const size = length - IP;
  const pseudo = sumOf(view, at + 12, 8) + PROTOCOL + size;
  view.setUint16(tcp + 16, checksum(pseudo + sumOf(view, tcp, size)));
  return length;
}

/** The connection that a packet from the stack is for. */
export function indexOf(view, at) {
  return ((view.getUint32(at + 16) - FIRST_ADDRESS) << PORT_BITS) | (view.getUint16(at + IP + 2) - FIRST_PORT);
}

/**
 * Reads a segment of the stack into `into`.
 * @returns {string | undefined} what is wrong with it by itself
 */
export function readSegment(view, at, length, into) {
  if (view.getUint8(at) !== 0x45 || view.getUint16(at + 2) !== length) return 'its IP header is not what it should be';
  if (checksum(sumOf(view, at, IP)) !== 0) return "the IP header's checksum is wrong";
  const tcp = at + IP;
  const size = length - IP;
  if (checksum(sumOf(view, at + 12, 8) + PROTOCOL + size + sumOf(view, tcp, size)) !== 0)
    return 'its checksum is wrong';
  const header = (view.getUint8(tcp + 12) >> 4) * 4;
  into.control = view.getUint8(tcp + 13);
  into.sequence = view.getUint32(tcp + 4);
  into.acknowledgment = view.getUint32(tcp + 8);
  into.data = tcp + header;
  into.length = size - header;
  into.tsVal = (into.control & SYN) !== 0 ? stampOf(view, tcp + TCP, tcp + header) : view.getUint32(tcp + TCP + 4);
  return undefined;
}

/** Whether the payload of a segment is what `writeSegment` has put there. */
export function isPayload(view, at, index, turn) {
  for (let word = 0; word < PAYLOAD / 4; word++) {
    if (view.getUint32(at + 4 * word) !== wordOf(index, turn, word)) return false;
  }
  return true;
}

function writePayload(view, at, index, turn) {
  for (let word = 0; word < PAYLOAD / 4; word++) view.setUint32(at + 4 * word, wordOf(index, turn, word));
}

function wordOf(index, turn, word) {
  return word === 0 ? index : (Math.imul(index + 1, 0x9e3779b1) ^ Math.imul(turn * 8 + word, 0x85ebca6b)) >>> 0;
}

function writeOptions(view, at, first, tsVal, tsEcr) {
  if (first) {
    view.setUint32(at, 0x020405b4); // MSS 1460
    view.setUint32(at + 4, 0x01030307); // windows are scaled by 7
    view.setUint32(at + 8, 0x0101_0402); // SACK permitted
  }
  const stamps = at + (first ? 12 : 0);
  view.setUint32(stamps, 0x0101080a);
  view.setUint32(stamps + 4, tsVal);
  view.setUint32(stamps + 8, tsEcr);
}

/** TSval among options that stand in any order; 0 without them. */
function stampOf(view, from, end) {
  for (let at = from; at < end; ) {
    const kind = view.getUint8(at);
    if (kind === 8) return view.getUint32(at + 2);
    at += kind === 1 ? 1 : Math.max(view.getUint8(at + 1), 2);
  }
  return 0;
}

function sumOf(view, at, length) {
  let sum = 0;
  for (let offset = 0; offset < length; offset += 2) sum += view.getUint16(at + offset);
  return sum;
}

function checksum(sum) {
  const once = (sum & 0xffff) + (sum >>> 16);
  return ~((once & 0xffff) + (once >>> 16)) & 0xffff;
}

const IP = 20;
const TCP = 20;
const STAMPS = 12;
const SYN_OPTIONS = 24;
const PROTOCOL = 6;
const WINDOW = 512;
/** 10.64.0.0 */
const FIRST_ADDRESS = 0x0a400000;
const FIRST_PORT = 8192;
const PORT_BITS = 12;
const PORT_MASK = (1 << PORT_BITS) - 1;
