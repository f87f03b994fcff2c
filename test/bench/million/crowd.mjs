/**
 * The other side of very many TCP connections: a device for a stack, which plays the peer of each with seventeen bytes of
 * memory. What it says is prepared beforehand and what it hears is judged afterwards, so that in between only the stack
 * works, beside a copy of the packet. Every answer is judged: sequence numbers, checksums, the bytes.
 * Not for: losses and time; a packet that should have come and did not is a failure.
 */
import { ACK, FIN, indexOf, isPayload, PAYLOAD, PSH, RST, readSegment, SLOT, SYN, writeSegment } from './segments.mjs';

/** Packets that can be prepared before they are handed over. */
export const PREPARED = 4096;

export class Crowd {
  mtu = 1500;
  linkType = 'ip';
  offloads = 0;
  addresses = [];
  /** Answers judged so far. */
  judged = 0;
  /** Whether to look at the clock whenever the stack looks at its device. */
  watches = false;
  /** The longest time, in milliseconds, in which it did not, though it had something to do. */
  longestPause = 0;
  #port;
  #looked = 0;
  // What is to be said: packets in slots.
  #input = slots(PREPARED);
  #inputLengths = new Uint8Array(PREPARED);
  #inputHead = 0;
  #inputCount = 0;
  // What was heard.
  #output = slots(HEARD);
  #outputLengths = new Uint8Array(HEARD);
  #outputCount = 0;
  // The connections.
  #phases;
  #next;
  #expected;
  #stamps;
  #turns;
  #segment = { control: 0, sequence: 0, acknowledgment: 0, data: 0, length: 0, tsVal: 0 };
  #to;
  #witness;

  /**
   * @param {number} limit how many connections there may be
   * @param {{ server: number, port: number }} to whom they are with, the address as a number
   * @param {(packet: Uint8Array) => string | undefined} [witness] says what is wrong with a packet; asked about every 1,000th
   */
  constructor(limit, to, witness = () => undefined) {
    this.#to = to;
    this.#witness = witness;
    this.#phases = new Uint8Array(limit).fill(IDLE);
    this.#next = new Uint32Array(limit).fill(1);
    this.#expected = new Uint32Array(limit).fill(1);
    this.#stamps = new Uint32Array(limit).fill(1);
    this.#turns = new Uint32Array(limit).fill(1);
  }

  // As a device.

  attach(port) {
    this.#port = port;
  }

  read(address) {
    if (this.#inputHead === this.#inputCount) return 0;
    if (this.watches) this.#look();
    const slot = this.#inputHead++;
    const length = this.#inputLengths[slot];
    const from = slot * SLOT;
    this.#memory().set(this.#input.bytes.subarray(from, from + length), address);
    return length;
  }

  write(address, length) {
    if (this.watches) this.#look();
    if (length > SLOT) throw new Error(`an answer of ${length} bytes`);
    if (this.#outputCount === HEARD) throw new Error('more answers than were asked for');
    const slot = this.#outputCount++;
    this.#outputLengths[slot] = length;
    this.#output.bytes.set(this.#memory().subarray(address, address + length), slot * SLOT);
    return true;
  }

  ref() {}
  unref() {}
  close() {}

  // To prepare: one packet of a connection.

  /** A SYN. */
  open(index) {
    this.#expect(index, IDLE, 'open');
    this.#next[index] = (Math.imul(index, 0x9e3779b1) ^ this.#turns[index]) >>> 0;
    this.#phases[index] = OPENING;
    this.#say(index, SYN, 0, -1);
    this.#next[index]++;
  }

  /** Acknowledges what was heard. */
  acknowledge(index) {
    this.#say(index, ACK, this.#expected[index], -1);
    if (this.#phases[index] === CLOSED) this.#phases[index] = IDLE;
  }

  /** Something that is to be echoed. */
  speak(index) {
    this.#expect(index, OPEN, 'speak');
    this.#say(index, ACK | PSH, this.#expected[index], ++this.#turns[index]);
    this.#next[index] += PAYLOAD;
    this.#phases[index] = WAITING;
  }

  /** A FIN. */
  end(index) {
    this.#expect(index, OPEN, 'end');
    this.#say(index, ACK | FIN, this.#expected[index], -1);
    this.#next[index]++;
    this.#phases[index] = CLOSING;
  }

  /** Packets prepared and not read yet. */
  get waiting() {
    return this.#inputCount - this.#inputHead;
  }

  /** Packets heard and not judged yet. */
  get heard() {
    return this.#outputCount;
  }

  /** Bytes of the stack's linear memory. */
  get linear() {
    return this.#port.memory.buffer.byteLength;
  }

  /** Tells the stack that there is something to read. */
  ring() {
    this.#looked = performance.now();
    this.#port.onReadable();
  }

  /**
   * Judges what was heard, and makes room to prepare more.
   * @throws Error saying which answer is wrong and why
   */
  judge() {
    for (let slot = 0; slot < this.#outputCount; slot++) this.#judge(slot * SLOT, this.#outputLengths[slot]);
    this.judged += this.#outputCount;
    this.#outputCount = 0;
    this.#inputHead = 0;
    this.#inputCount = 0;
  }

  #look() {
    const now = performance.now();
    if (now - this.#looked > this.longestPause) this.longestPause = now - this.#looked;
    this.#looked = now;
  }

  #memory() {
    if (this.#view === undefined || this.#view.length === 0) this.#view = new Uint8Array(this.#port.memory.buffer);
    return this.#view;
  }
  #view;

  #expect(index, phase, what) {
    if (this.#phases[index] !== phase) {
      throw new Error(`connection ${index} can't ${what}: it is ${PHASES[this.#phases[index]]}`);
    }
  }

  #say(index, control, acknowledgment, turn) {
    const slot = this.#inputCount++;
    const stamp = this.#port.clock.now() >>> 0;
    this.#inputLengths[slot] = writeSegment(
      this.#input.view,
      slot * SLOT,
      this.#to,
      index,
      control,
      this.#next[index],
      acknowledgment,
      stamp,
      (control & SYN) === 0 ? this.#stamps[index] : 0,
      turn,
    );
  }

  #judge(at, length) {
    const { view, bytes } = this.#output;
    const segment = this.#segment;
    const fault = readSegment(view, at, length, segment);
    const index = indexOf(view, at);
    const wrong = fault ?? this.#fault(index, segment);
    if (wrong !== undefined) this.#fail(index, wrong);
    this.#stamps[index] = segment.tsVal;
    if (this.judged % SAMPLED !== 0) return;
    const doubt = this.#witness(bytes.subarray(at, at + length));
    if (doubt !== undefined) this.#fail(index, doubt);
  }

  /** What is wrong with an answer to a connection; where nothing is, the connection goes on. */
  #fault(index, { control, sequence, acknowledgment, data, length }) {
    const phase = this.#phases[index];
    if ((control & RST) !== 0) return 'it was reset';
    if (acknowledgment !== this.#next[index]) return `ack ${acknowledgment}, not ${this.#next[index]}`;
    if (phase === OPENING) {
      if (control !== (SYN | ACK)) return `control bits ${control}, not those of a SYN-ACK`;
      this.#phases[index] = OPEN;
      this.#expected[index] = sequence + 1;
      return undefined;
    }
    if (sequence !== this.#expected[index]) return `seq ${sequence}, not ${this.#expected[index]}`;
    if (length > 0) {
      if (phase !== WAITING) return `${length} bytes that nobody asked for`;
      if (length !== PAYLOAD || !isPayload(this.#output.view, data, index, this.#turns[index])) return 'not its echo';
      this.#phases[index] = OPEN;
      this.#expected[index] += length;
    }
    if ((control & FIN) !== 0) {
      if (phase !== CLOSING) return 'an end that nobody asked for';
      this.#phases[index] = CLOSED;
      this.#expected[index]++;
    }
    return undefined;
  }

  #fail(index, what) {
    throw new Error(`connection ${index}, ${PHASES[this.#phases[index]]}: ${what}`);
  }
}

function slots(count) {
  const bytes = new Uint8Array(count * SLOT).fill(1);
  return { bytes, view: new DataView(bytes.buffer) };
}

/** Answers between two judgements: an ACK and a FIN, where one packet is answered by two. */
const HEARD = 2 * PREPARED;
const SAMPLED = 1000;

const IDLE = 0;
const OPENING = 1;
const OPEN = 2;
const WAITING = 3;
const CLOSING = 4;
const CLOSED = 5;
const PHASES = ['not there', 'opening', 'open', 'waiting for its echo', 'closing', 'closed'];
