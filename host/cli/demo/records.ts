/**
 * What can be seen of a handshake of TLS from outside: the records that pass, RFC 8446 §5.1. Both hellos are readable, what
 * follows is sealed.
 * Not for: the segments that carry them (`lens.ts`), decrypting (Wireshark does that, with the keys in the capture).
 */
import type { Moment } from './lens.js';

export class RecordLens {
  #moments: Moment[] = [];
  #start = 0;
  #in: Stream | undefined;
  #out: Stream | undefined;
  #done: () => void = () => {};
  #complete: Promise<void> = Promise.resolve();

  /** Looks at the connection that is opened next. */
  watch(): void {
    this.#moments = [];
    this.#in = new Stream();
    this.#out = new Stream();
    this.#complete = new Promise((resolve) => {
      this.#done = resolve;
    });
  }

  /** What both sides said until each had sealed something, as far as it came before `end` was settled. */
  async handshake(end: Promise<unknown>): Promise<readonly Moment[]> {
    await Promise.race([this.#complete, end]);
    this.#in = undefined;
    this.#out = undefined;
    return this.#moments;
  }

  /** For `tap`. */
  readonly listener = (packet: Uint8Array, inbound: boolean, time: number): void => {
    const stream = inbound ? this.#in : this.#out;
    if (stream === undefined || packet[9] !== PROTOCOL_TCP) return;
    const records = stream.take(packet.subarray(((packet[0] as number) & 15) << 2));
    if (records.length === 0) return;
    if (this.#moments.length === 0) this.#start = time;
    this.#moments.push({ kind: inbound ? 'in' : 'out', time: time - this.#start, text: describe(records) });
    if (!records.some(({ type }) => type === APPLICATION_DATA)) return;
    if (inbound) this.#in = undefined;
    else this.#out = undefined;
    if (this.#in === undefined && this.#out === undefined) this.#done();
  };
}

interface TlsRecord {
  type: number;
  /** Type of the first handshake message. */
  message: number;
  length: number;
}

/** One direction: payload in order becomes records. A segment that is out of order is passed over. */
class Stream {
  #next: number | undefined;
  #bytes = Buffer.alloc(0);

  /** @returns the records that `segment` completes */
  take(segment: Uint8Array): TlsRecord[] {
    const view = new DataView(segment.buffer, segment.byteOffset, segment.length);
    const [sequence, flags] = [view.getUint32(4), view.getUint8(13)];
    if ((flags & SYN) !== 0) this.#next = (sequence + 1) >>> 0;
    const payload = segment.subarray((view.getUint8(12) >> 4) << 2);
    if (sequence !== this.#next || payload.length === 0) return [];
    this.#next = (sequence + payload.length) >>> 0;
    this.#bytes = Buffer.concat([this.#bytes, payload]);
    return this.#records();
  }

  #records(): TlsRecord[] {
    const records: TlsRecord[] = [];
    while (this.#bytes.length > HEADER) {
      const length = this.#bytes.readUInt16BE(3);
      if (this.#bytes.length < HEADER + length) break;
      records.push({ type: this.#bytes.readUInt8(0), message: this.#bytes.readUInt8(HEADER), length });
      this.#bytes = this.#bytes.subarray(HEADER + length);
    }
    return records;
  }
}

/** `ServerHello, ChangeCipherSpec, 614 bytes sealed` */
function describe(records: readonly TlsRecord[]): string {
  const words = records.filter(({ type }) => type !== APPLICATION_DATA).map(nameOf);
  const sealed = records.filter(({ type }) => type === APPLICATION_DATA).reduce((sum, { length }) => sum + length, 0);
  return [...words, ...(sealed === 0 ? [] : [`${sealed} bytes sealed`])].join(', ');
}

function nameOf({ type, message }: TlsRecord): string {
  if (type === HANDSHAKE) return MESSAGES.get(message) ?? `handshake message ${message}`;
  return type === CHANGE_CIPHER_SPEC ? 'ChangeCipherSpec' : 'Alert';
}

const PROTOCOL_TCP = 6;
const SYN = 2;
const HEADER = 5;
const CHANGE_CIPHER_SPEC = 20;
const HANDSHAKE = 22;
const APPLICATION_DATA = 23;
const MESSAGES = new Map([
  [1, 'ClientHello'],
  [2, 'ServerHello'],
]);
