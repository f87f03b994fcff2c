/**
 * One question to several servers, until one of them answers it: attempts and timeouts as resolv.conf(5) has them, without
 * EDNS where it is not understood (RFC 6891 §7), over TCP where an answer did not fit (RFC 7766 §5) or may be forged.
 * What identifies an answer is chosen afresh each time it is asked: RFC 5452 §9.
 * Not for: what is remembered (`cache.ts`), what the answer means (`message/answer.ts`).
 */
import type { Clock, Timer } from '../core/clock.js';
import { Malformed } from './message/name.js';
import { makeQuery, mixCase, type Query } from './message/query.js';
import { BAD_VERSION, FORMAT_ERROR, NOT_IMPLEMENTED, type Response, readResponse } from './message/response.js';
import { type Cancel, type NameServer, serverName, type Transport } from './transport.js';

export interface ExchangePort {
  readonly clock: Clock;
  readonly transport: Transport;
  /** 32 bits that nobody can guess. */
  random(): number;
}

export interface ExchangeOptions {
  readonly servers: readonly NameServer[];
  /** Milliseconds that a server has for each attempt. */
  readonly timeout: number;
  /** How often each server is asked that has said nothing. */
  readonly attempts: number;
  /** Asks over TCP from the beginning. */
  readonly tcp?: boolean;
}

export interface Question<Reply> {
  readonly name: string;
  readonly type: string;
  /**
   * What is made of a response.
   * @returns a text that says why it is none, and another server has to be asked
   * @throws Malformed
   */
  accept(response: Response, query: Query, server: NameServer): Reply | string;
  /** Is never called before the exchange is there, nor after `cancel`. */
  done(outcome: Reply | Error): void;
}

export class Exchange<Reply extends object> {
  readonly #port: ExchangePort;
  readonly #options: ExchangeOptions;
  readonly #question: Question<Reply>;
  readonly #timer: Timer;
  /** Those that may still answer, in the order in which they are asked. */
  readonly #silent: NameServer[];
  /** What became of each server. */
  readonly #stories = new Map<NameServer, string>();
  #turn = -1;
  #attempt = 1;
  #cancel: Cancel = () => {};
  #over = false;

  constructor(port: ExchangePort, options: ExchangeOptions, question: Question<Reply>) {
    this.#port = port;
    this.#options = options;
    this.#question = question;
    this.#silent = [...options.servers];
    this.#timer = port.clock.timer(() => this.#late());
    this.#next();
  }

  cancel(): void {
    this.#over = true;
    this.#timer.arm(Number.POSITIVE_INFINITY);
    this.#cancel();
  }

  /** The server whose turn it is, or the next one; none left: the end. */
  #next(): void {
    this.#turn++;
    if (this.#turn >= this.#silent.length) {
      this.#turn = 0;
      this.#attempt++;
    }
    const server = this.#silent[this.#turn];
    if (server === undefined || this.#attempt > this.#options.attempts) this.#finish(this.#failure());
    else this.#ask(server, this.#options.tcp ? 'tcp' : 'udp', true);
  }

  #ask(server: NameServer, over: 'udp' | 'tcp', edns: boolean): void {
    const { clock, transport } = this.#port;
    const random = () => this.#port.random();
    const { name, type } = this.#question;
    const query = makeQuery({ id: random() & 0xffff, name: mixCase(name, random), type, edns });
    let strangers = 0;
    this.#cancel();
    this.#timer.arm(clock.now() + this.#options.timeout);
    this.#cancel = transport[over](server, query.bytes, {
      failed: (error) => this.#drop(server, error.message),
      message: (bytes) => {
        const verdict = readResponse(bytes, query, over);
        if (verdict.kind === 'response') this.#answered(server, over, edns, query, verdict.response);
        else if (verdict.kind === 'malformed') this.#drop(server, `answered with ${verdict.reason}`);
        else if (verdict.kind === 'misunderstood') this.#misunderstood(server, over, edns, verdict.rcode);
        else if (over === 'tcp') this.#drop(server, 'answered something else');
        // A stranger's datagram means nothing; a flood of them, that somebody is guessing (RFC 5452 §9.1, §10).
        else if (verdict.kind !== 'stranger' || ++strangers === STRANGERS) this.#ask(server, 'tcp', edns);
      },
    });
  }

  #answered(server: NameServer, over: 'udp' | 'tcp', edns: boolean, query: Query, response: Response): void {
    const { rcode } = response;
    if (rcode === FORMAT_ERROR || rcode === NOT_IMPLEMENTED || rcode === BAD_VERSION) {
      this.#misunderstood(server, over, edns, rcode);
      return;
    }
    try {
      const reply = this.#question.accept(response, query, server);
      if (typeof reply === 'string') this.#drop(server, reply);
      else this.#finish(reply);
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      this.#drop(server, `answered with ${error.message}`);
    }
  }

  #misunderstood(server: NameServer, over: 'udp' | 'tcp', edns: boolean, rcode: number): void {
    if (edns) this.#ask(server, over, false);
    else this.#drop(server, `answered ${rcodeName(rcode)}`);
  }

  /** There is no point in asking this one again. */
  #drop(server: NameServer, story: string): void {
    this.#stories.set(server, story);
    this.#silent.splice(this.#turn, 1);
    this.#turn--;
    this.#next();
  }

  #late(): void {
    const server = this.#silent[this.#turn];
    if (server !== undefined) this.#stories.set(server, `did not answer within ${this.#options.timeout} ms`);
    this.#next();
  }

  #failure(): Error {
    const stories = [...this.#stories].map(([server, story]) => `${serverName(server)} ${story}`);
    return new Error(stories.join('; '));
  }

  #finish(outcome: Reply | Error): void {
    if (this.#over) return;
    this.cancel();
    this.#question.done(outcome);
  }
}

/** As dig(1) prints it. */
export function rcodeName(rcode: number): string {
  return RCODES[rcode] ?? `RCODE${rcode}`;
}

const RCODES = [
  'NOERROR',
  'FORMERR',
  'SERVFAIL',
  'NXDOMAIN',
  'NOTIMP',
  'REFUSED',
  'YXDOMAIN',
  'YXRRSET',
  'NXRRSET',
  'NOTAUTH',
  'NOTZONE',
];
/** Wrong answers to one question before it is asked over TCP. */
const STRANGERS = 16;
