/**
 * Looks over the shoulder of a connection: what the hellos said, read from the plain records of both sides. So the shim
 * can check what the product's own interface does not tell, or tells about itself.
 */
import { createHash } from 'node:crypto';

/** @typedef {{ random: Buffer, suites: Buffer, extensions: Map<number, Buffer> }} Hello */

export class Hellos {
  /** @type {Hello[]} of a client: one, or two around a HelloRetryRequest */
  client = [];
  /** @type {Hello[]} */
  server = [];
  #sides = { client: Buffer.alloc(0), server: Buffer.alloc(0) };

  /**
   * @param {'client' | 'server'} from
   * @param {Uint8Array} bytes of the stream
   */
  see(from, bytes) {
    if (this.#sides[from].length > LIMIT) return;
    this.#sides[from] = Buffer.concat([this.#sides[from], bytes]);
    this[from] = [...hellos(handshakeBytes(this.#sides[from]))];
  }

  /** Whether the server asked for another ClientHello (RFC 8446 §4.1.3). */
  get retried() {
    return this.server.some(({ random }) => random.equals(HELLO_RETRY));
  }

  /**
   * What the last hello of a side says in an extension.
   * @param {'client' | 'server'} side
   * @param {number} extension
   */
  extension(side, extension) {
    return this[side].at(-1)?.extensions.get(extension);
  }
}

/** @param {Buffer} stream */
function handshakeBytes(stream) {
  const pieces = [];
  for (let at = 0; at + 5 <= stream.length; at += 5 + stream.readUInt16BE(at + 3)) {
    if (stream[at] === HANDSHAKE_RECORD) pieces.push(stream.subarray(at + 5, at + 5 + stream.readUInt16BE(at + 3)));
    else if (stream[at] !== CHANGE_CIPHER_SPEC) break;
  }
  return Buffer.concat(pieces);
}

/** @param {Buffer} bytes */
function* hellos(bytes) {
  for (let at = 0; at + 4 <= bytes.length; at += 4 + bytes.readUIntBE(at + 1, 3)) {
    const type = bytes[at];
    const body = bytes.subarray(at + 4, at + 4 + bytes.readUIntBE(at + 1, 3));
    if ((type !== 1 && type !== 2) || body.length < bytes.readUIntBE(at + 1, 3)) return;
    try {
      yield hello(body, type === 1);
    } catch {
      return; // The peer may send nonsense: to judge it is the product's part.
    }
  }
}

/**
 * @param {Buffer} body of a ClientHello or ServerHello, RFC 8446 §4.1.2 and §4.1.3
 * @param {boolean} isClient
 * @returns {Hello}
 */
function hello(body, isClient) {
  const random = body.subarray(2, 34);
  let at = 35 + body.readUInt8(34);
  const suitesLength = isClient ? body.readUInt16BE(at) : 2;
  if (isClient) at += 2;
  const suites = body.subarray(at, at + suitesLength);
  at += suitesLength;
  at += isClient ? 1 + body.readUInt8(at) : 1;
  const extensions = new Map();
  for (at += 2; at < body.length; at += 4 + body.readUInt16BE(at + 2)) {
    extensions.set(body.readUInt16BE(at), body.subarray(at + 4, at + 4 + body.readUInt16BE(at + 2)));
  }
  return { random, suites, extensions };
}

const CHANGE_CIPHER_SPEC = 20;
const HANDSHAKE_RECORD = 22;
/** More than two hellos of any size that the product takes. */
const LIMIT = 0x30000;
const HELLO_RETRY = createHash('sha256').update('HelloRetryRequest').digest();
