/**
 * Name servers that a test plays: a transport on a manual clock that writes down every question and answers as told.
 * Not for: the transport over a real stack (`transport.test.ts`).
 */
import codec, { type DecodedPacket, type Packet, type Answer as Record } from 'dns-packet';
import { type ManualClock, manualClock } from '../../host/core/clock.js';
import { SeededRandom } from '../../host/device/random.js';
import { type DnsOptions, readDnsOptions } from '../../host/dns/options.js';
import { Resolver } from '../../host/dns/resolver.js';
import { type Hearing, type NameServer, serverName, type Transport } from '../../host/dns/transport.js';
import type { SocketError } from '../../host/socket/errors.js';
import { turn } from '../kit/stacks.js';

export const SERVER = '10.0.0.53';
export const OTHER = '10.0.0.54';

/** A question as its server sees it. */
export interface Asked {
  over: 'udp' | 'tcp';
  server: string;
  /** Milliseconds since the test began. */
  at: number;
  message: DecodedPacket;
  bytes: Buffer;
  /** In small letters. */
  name: string;
  type: string;
  edns: boolean;
  hearing: Hearing;
  cancelled: boolean;
  /** Sends this, now or so many milliseconds later. */
  send(bytes: Uint8Array, after?: number): void;
  /** Answers the question, whose ID, name and flags are filled in. */
  answer(given: Partial<Packet> & { rcode?: number; tc?: boolean; ra?: boolean }, after?: number): void;
  fail(message: string): void;
}

export class Network implements Transport {
  readonly clock: ManualClock = manualClock(1000);
  readonly asked: Asked[] = [];
  /** What each server does, by its name; one that is not here says nothing. */
  readonly servers: { [name: string]: (asked: Asked) => void } = {};
  held = 0;
  named: string[] = [];
  readonly #random = new SeededRandom(7);

  resolver(options: DnsOptions = { servers: [SERVER] }): Resolver {
    const port = {
      clock: this.clock,
      transport: this,
      random: () => Math.floor(this.#random.fraction() * 2 ** 32),
      sourceFor: (address: Uint8Array) => address,
      nameServers: () => this.named,
      hold: () => void this.held++,
      release: () => void this.held--,
    };
    return new Resolver(port, readDnsOptions(options));
  }

  udp(server: NameServer, query: Uint8Array, heard: Hearing) {
    return this.#ask('udp', server, query, heard);
  }

  tcp(server: NameServer, query: Uint8Array, heard: Hearing) {
    return this.#ask('tcp', server, query, heard);
  }

  /** `10.0.0.53 udp A host.test 0`: whom, how, what, when. */
  get log(): string[] {
    return this.asked.map(({ server, over, type, name, at }) => `${server} ${over} ${type} ${name} ${at}`);
  }

  /** Lets time pass until the promise is settled. @returns its value, or the error */
  async settled<T>(promise: Promise<T>): Promise<T | SocketError> {
    let outcome: { value: T | SocketError } | undefined;
    promise.then(
      (value) => {
        outcome = { value };
      },
      (value) => {
        outcome = { value };
      },
    );
    for (let step = 0; step < 10_000; step++) {
      await turn();
      if (outcome !== undefined) return outcome.value;
      if (!this.clock.step()) throw new Error('nothing is left to happen');
    }
    throw new Error('10000 steps without an end');
  }

  /** Questions that nobody has cancelled. */
  get open(): number {
    return this.asked.filter(({ cancelled }) => !cancelled).length;
  }

  #ask(over: 'udp' | 'tcp', server: NameServer, query: Uint8Array, hearing: Hearing): () => void {
    const bytes = Buffer.from(query);
    const message = codec.decode(bytes);
    const question = message.questions?.[0];
    const asked: Asked = {
      over,
      server: serverName(server),
      at: this.clock.now() - 1000,
      message,
      bytes,
      name: question?.name.toLowerCase() ?? '',
      type: question?.type ?? '',
      edns: (message.additionals ?? []).length > 0,
      hearing,
      cancelled: false,
      send: (reply, after = 0) => this.#after(after, () => !asked.cancelled && hearing.message(reply)),
      answer: ({ rcode = 0, tc = false, ra = true, ...given }, after) =>
        asked.send(reply(message, { ...given, flags: (ra ? 0x80 : 0) | (tc ? 0x200 : 0) | rcode }), after),
      fail: (reason) => this.#after(0, () => !asked.cancelled && hearing.failed(new Error(reason))),
    };
    this.asked.push(asked);
    queueMicrotask(() => !asked.cancelled && this.servers[asked.server]?.(asked));
    return () => {
      asked.cancelled = true;
    };
  }

  #after(milliseconds: number, task: () => void): void {
    if (milliseconds === 0) queueMicrotask(task);
    else this.clock.timer(task).arm(this.clock.now() + milliseconds);
  }
}

/** A response to `query`, whose flags are added to those of a response. */
export function reply(query: Packet, given: Partial<Packet>): Buffer {
  return codec.encode({ id: query.id, questions: query.questions, ...given, type: 'response' } as Packet);
}

/** A zone as a function: addresses and aliases by name; the rest does not exist, and its SOA says for how long. */
export function zone(names: { [name: string]: readonly string[] }, ttl = 60): (asked: Asked) => void {
  return (asked) => {
    const answers: Record[] = [];
    let name = asked.name;
    let known = names[name];
    for (let alias = known?.[0]; alias?.startsWith('CNAME '); alias = known?.[0]) {
      const data = alias.slice(6);
      answers.push({ type: 'CNAME', name, ttl, data });
      name = data;
      known = names[name];
    }
    for (const data of known ?? []) {
      const type = data.includes(':') ? 'AAAA' : 'A';
      if (type === asked.type) answers.push({ type, name, ttl, data });
    }
    const found = answers.some(({ type }) => type === asked.type);
    const authorities = found ? [] : [soa(name)];
    asked.answer({ answers, authorities, rcode: known === undefined ? 3 : 0 });
  };
}

export function soa(name: string, { ttl = 900, minimum = 30 } = {}): Record {
  const domain = name.split('.').slice(-1).join('.');
  const data = { mname: 'ns.test', rname: 'root.test', serial: 1, refresh: 1, retry: 1, expire: 1, minimum };
  return { type: 'SOA', name: domain, ttl, data };
}
