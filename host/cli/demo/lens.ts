/**
 * Picks out of all packets those that open and close connections, and puts beside each what it did to the state: the
 * packets come from a tap, the states from the stack's trace.
 * Not for: how that looks (`screen.ts`).
 */
import { decodePacket } from '../../packet/packet.js';
import { formatTcp } from '../../packet/print.js';
import type { TcpSegment } from '../../packet/tcp.js';
import type { StateName, TraceRecord } from '../../stack/observation.js';
import type { Stack } from '../../stack/stack.js';

export interface Moment {
  /** A packet that came in or went out, or a call of the program that changed the state without one. */
  kind: 'in' | 'out' | 'call';
  /** Milliseconds since the first packet of the connection. */
  time: number;
  /** The packet in words, with sequence numbers from 0. */
  text: string;
  before?: StateName;
  after?: StateName;
}

export class Lens {
  readonly #connections = new Map<number, Watched>();
  readonly #seen: Seen[] = [];
  /** Taken from the trace while moments wait to be told, and calls since the last that was told. */
  readonly #records: TraceRecord[] = [];
  /** Packets since records were taken, while moments wait to be told. */
  #passed = 0;
  /** Some connection waits for the ACK of a SYN or FIN, so every packet may matter. */
  #watching = 0;
  #stack: Stack | undefined;
  #scheduled = false;

  /** @param told gets moments in order, soon after they happened, never inside a call of the stack */
  constructor(private readonly told: (moment: Moment) => void) {}

  attach(stack: Stack): void {
    this.#stack = stack;
    stack.trace(true);
  }

  /** For `tap`. While data flows this is three comparisons a packet. */
  readonly listener = (bytes: Uint8Array, inbound: boolean, time: number): void => {
    const first = bytes[0] as number;
    const six = first >> 4 === 6;
    if (bytes[six ? 6 : 9] !== PROTOCOL_TCP) return;
    if (this.#seen.length > 0 && ++this.#passed === PASSED_LIMIT) this.#take();
    const flags = bytes[(six ? 40 : (first & 15) << 2) + 13] as number;
    if (this.#watching === 0 && (flags & (SYN | FIN | RST)) === 0) return;
    const packet = decodePacket(bytes.slice());
    if (packet.kind !== 'tcp') return;
    const connection = this.#connectionOf(packet.tcp, inbound, time);
    if (!this.#matters(connection, packet.tcp, inbound)) return;
    this.#seen.push({ connection, tcp: packet.tcp, inbound, time });
    this.#schedule();
  };

  #connectionOf(tcp: TcpSegment, inbound: boolean, time: number): Watched {
    const key = inbound ? tcp.sourcePort * 65536 + tcp.destinationPort : tcp.destinationPort * 65536 + tcp.sourcePort;
    const known = this.#connections.get(key);
    if (known !== undefined && (tcp.flags & (SYN | ACK)) !== SYN) return known;
    const connection: Watched = { start: time, in: newSide(), out: newSide() };
    this.#connections.set(key, connection);
    return connection;
  }

  #matters(connection: Watched, tcp: TcpSegment, inbound: boolean): boolean {
    const [own, other] = inbound ? [connection.in, connection.out] : [connection.out, connection.in];
    const acknowledges =
      (tcp.flags & ACK) !== 0 && other.awaited !== undefined && (tcp.ack - other.awaited) >> 31 === 0;
    if (acknowledges || (tcp.flags & RST) !== 0) this.#await(other, undefined);
    if ((tcp.flags & RST) !== 0) this.#await(own, undefined);
    if ((tcp.flags & SYN) !== 0) own.initial = tcp.seq;
    if ((tcp.flags & (SYN | FIN)) !== 0) this.#await(own, (tcp.seq + tcp.payload.length + 1) >>> 0);
    return acknowledges || (tcp.flags & (SYN | FIN | RST)) !== 0;
  }

  #await(side: Side, sequence: number | undefined): void {
    this.#watching += Number(sequence !== undefined) - Number(side.awaited !== undefined);
    side.awaited = sequence;
  }

  /** The core has to see a packet before it can say what it did. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#take();
      this.#tell();
    });
  }

  /** A turn of the event loop can have more segments than the trace keeps. */
  #take(): void {
    this.#passed = 0;
    for (const record of this.#stack?.takeTrace() ?? []) this.#records.push(record);
  }

  /** A call may come in this turn, and what it sends in a later one: it is told with that. */
  #tell(): void {
    const records = this.#records.splice(0);
    let at = 0;
    for (const seen of this.#seen.splice(0)) {
      const index = records.findIndex((record, position) => position >= at && describes(record, seen));
      if (index >= 0) this.#tellCalls(records.slice(at, index), seen.connection);
      if (index >= 0) at = index + 1;
      const record = records[index];
      const states = record === undefined ? {} : { before: record.before, after: record.after };
      this.told({
        kind: seen.inbound ? 'in' : 'out',
        time: seen.time - seen.connection.start,
        text: describe(seen, record),
        ...states,
      });
    }
    this.#records.push(...records.slice(at).filter(({ kind }) => kind === 'state'));
  }

  #tellCalls(records: readonly TraceRecord[], connection: Watched): void {
    for (const { kind, before, after, time } of records) {
      if (kind === 'state' && !UNCALLED.has(before)) {
        this.told({ kind: 'call', time: time - connection.start, text: CALLS.get(after) ?? '', before, after });
      }
    }
  }
}

function describes(record: TraceRecord, { tcp, inbound }: Seen): boolean {
  const [local, remote] = inbound ? [tcp.destinationPort, tcp.sourcePort] : [tcp.sourcePort, tcp.destinationPort];
  const acknowledges = (tcp.flags & ACK) !== 0;
  return (
    record.kind === (inbound ? 'in' : 'out') &&
    record.localPort === local &&
    record.remotePort === remote &&
    record.seq === tcp.seq &&
    (record.flags & DECISIVE) === (tcp.flags & DECISIVE) &&
    (!acknowledges || record.ack === tcp.ack)
  );
}

/** Sequence numbers from 0; the window in bytes, which only the trace knows: the scale is agreed in the handshake. */
function describe({ connection, tcp, inbound }: Seen, record: TraceRecord | undefined): string {
  const [own, other] = inbound ? [connection.in, connection.out] : [connection.out, connection.in];
  const isSyn = (tcp.flags & SYN) !== 0;
  const shown = {
    ...tcp,
    window: isSyn ? tcp.window : (record?.window ?? tcp.window),
    options: isSyn ? tcp.options : [],
  };
  return formatTcp(shown, { seq: own.initial, ack: other.initial }).replace(/ts \d+ \d+/, 'ts');
}

function newSide(): Side {
  return { initial: 0, awaited: undefined };
}

interface Watched {
  readonly start: number;
  readonly in: Side;
  readonly out: Side;
}

interface Side {
  /** Initial sequence number. */
  initial: number;
  /** What the other side has to acknowledge: the number behind our SYN or FIN. */
  awaited: number | undefined;
}

interface Seen {
  readonly connection: Watched;
  readonly tcp: TcpSegment;
  readonly inbound: boolean;
  readonly time: number;
}

/** With what a batch in and a batch out may hold besides, less than the trace keeps. */
const PASSED_LIMIT = 256;
const PROTOCOL_TCP = 6;
const FIN = 1;
const SYN = 2;
const RST = 4;
const ACK = 16;
const DECISIVE = FIN | SYN | RST | ACK;

/** The calls that change a state, by where they lead (RFC 9293 §3.3.2). */
const CALLS = new Map<StateName, string>([
  ['SynSent', 'connect()'],
  ['FinWait1', 'end()'],
  ['LastAck', 'end()'],
]);
/** What happens after these is the work of a timer. */
const UNCALLED = new Set<StateName>(['TimeWait']);
