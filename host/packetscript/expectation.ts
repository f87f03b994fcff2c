/**
 * Waits for the packet that a script expects next, and compares it. Packets of connections that the script does not know
 * are passed over, as both families' tools do.
 */
import type { Configuration } from './configuration.js';
import { Mismatch } from './failure.js';
import type { PacketSpec, TcpSpec } from './language/ast.js';
import { compareIcmp, compareSegment, type Difference, merged } from './packet/compare.js';
import type { Endpoint } from './packet/endpoint.js';
import type { Sent } from './packet/segment.js';
import { showExpected, showPacket } from './packet/show.js';
import { type Span, seconds } from './timing.js';
import type { World } from './world.js';

export class Expectation {
  constructor(
    readonly world: World,
    readonly configuration: Configuration,
    readonly spec: PacketSpec,
    /** When it should come; undefined: whenever. */
    readonly span: Span | undefined,
    /** Microseconds that it may be off. */
    readonly tolerance: number,
  ) {}

  /** @returns what came, in the script's words. @throws Mismatch */
  await(): string {
    const endpoint = this.world.endpoints.forOutbound(this.spec);
    if (endpoint === undefined) throw this.#mismatch('there is no connection that could send it', undefined, []);
    const first = this.#next(endpoint, this.#limit());
    if (first === undefined) throw this.#mismatch(`nothing was sent${this.#deadline()}`, 'nothing', []);
    const { packet, time } = this.#merge(endpoint, first);
    const got = packet.kind === 'tcp' ? endpoint.outbound(packet, this.#sequence()) : packet;
    const text = showPacket(got);
    const differences = this.#compare(endpoint, packet, got);
    if (differences.length > 0) {
      const names = differences.map(({ field }) => field).join(', ');
      throw this.#mismatch(`another packet was sent: ${names}`, text, differences, time);
    }
    this.#checkTime(time, text);
    return text;
  }

  /** Takes the oldest packet of the connection, letting time pass up to `limit` until one is there. */
  #next(endpoint: Endpoint, limit: number): Sent | undefined {
    const { world } = this;
    for (;;) {
      const { sent } = world.device;
      const index = sent.findIndex(({ packet }) => world.endpoints.claims(endpoint, packet, this.spec));
      if (index !== -1) return sent.splice(index, 1)[0];
      if (!world.step(limit)) return undefined;
    }
  }

  /** Adds the segments behind the first one, as long as the script expects one longer than they are. */
  #merge(endpoint: Endpoint, first: Sent): Sent {
    const { spec, configuration } = this;
    let { packet, time } = first;
    if (spec.kind !== 'tcp' || !configuration.merge) return first;
    while (packet.kind === 'tcp' && packet.payload.length > 0 && packet.payload.length < spec.seq.length) {
      const more = this.#next(endpoint, this.#limit());
      const sum = more?.packet.kind === 'tcp' ? merged(packet, more.packet, spec.seq.length) : undefined;
      if (more === undefined) break;
      if (sum === undefined) {
        this.world.device.sent.unshift(more);
        break;
      }
      packet = sum;
      time = more.time;
    }
    return { packet, time };
  }

  #compare(endpoint: Endpoint, live: Sent['packet'], got: Sent['packet']): Difference[] {
    const { spec } = this;
    if (spec.kind === 'foreign') return [];
    if (got.kind !== spec.kind) return [{ field: 'protocol', expected: spec.kind, got: got.kind }];
    if (spec.kind === 'icmp') return got.kind === 'icmp' ? compareIcmp(spec, got) : [];
    if (got.kind !== 'tcp' || live.kind !== 'tcp') return [];
    if (spec.options !== 'any') endpoint.learnTimestamp(live, spec.options);
    const translated = endpoint.outbound(live, spec.seq);
    return compareSegment(spec, translated, this.#rules());
  }

  #rules() {
    const { mode, timestampTick, tolerance, tolerancePercent } = this.configuration;
    const slack = Math.max(tolerance, (tolerancePercent / 100) * this.world.time);
    return {
      echo: mode === 'exact',
      timestampSlack: timestampTick === 0 ? undefined : slack / timestampTick,
    };
  }

  #checkTime(time: number, text: string): void {
    const { span, tolerance, world } = this;
    if (span === undefined) return;
    const at = world.scriptTime(time);
    if (at >= span.from - tolerance && at <= span.to + tolerance) return;
    const off = at < span.from ? span.from - at : at - span.to;
    const message = `the packet came ${seconds(off)} too ${at < span.from ? 'early' : 'late'}`;
    const want = span.from === span.to ? seconds(span.from) : `${seconds(span.from)} to ${seconds(span.to)}`;
    const slack = tolerance === 0 ? '' : ` (tolerance ${seconds(tolerance)})`;
    throw new Mismatch({
      kind: 'time',
      message,
      expected: showExpected(this.spec),
      got: text,
      differences: [{ field: 'time', expected: `${want}${slack}`, got: seconds(at) }],
    });
  }

  #limit(): number {
    const { span, tolerance, world } = this;
    return span === undefined ? world.time + LONGEST : span.to + Math.max(tolerance, PATIENCE);
  }

  #deadline(): string {
    return this.span === undefined ? '' : ` by ${seconds(this.#limit())}`;
  }

  #sequence(): TcpSpec['seq'] {
    return this.spec.kind === 'tcp' ? this.spec.seq : { start: 0, length: 0, absolute: false, any: true };
  }

  #mismatch(message: string, got: string | undefined, differences: Difference[], time?: number): Mismatch {
    const late = time === undefined ? '' : ` at ${seconds(this.world.scriptTime(time))}`;
    const failure = {
      kind: 'packet' as const,
      message: `${message}${late}`,
      expected: showExpected(this.spec),
      got,
      differences,
    };
    return new Mismatch(failure);
  }
}

/** How far behind its time a packet is still looked for, so that a report can tell a late one from none: two seconds. */
const PATIENCE = 2_000_000;
/** How far `*` reaches: an hour. */
const LONGEST = 3_600_000_000;
