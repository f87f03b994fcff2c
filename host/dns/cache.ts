/**
 * What servers have said, for as long as they said it holds: answers, and that there is none (RFC 2308). Nothing is
 * served beyond its time. Not for: failures, which are tried again at once.
 */
import type { Clock } from '../core/clock.js';
import type { Answer } from './message/answer.js';

export class Cache {
  /** The one that was used last is the last. */
  readonly #entries = new Map<string, Entry>();

  constructor(private readonly clock: Clock) {}

  get(name: string, type: string): Answer | undefined {
    const key = keyOf(name, type);
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    const age = Math.floor((this.clock.now() - entry.since) / 1000);
    if (age >= entry.answer.ttl) return undefined;
    this.#entries.set(key, entry);
    return older(entry.answer, age);
  }

  /** @param size of the message that said so, in bytes */
  put(name: string, type: string, answer: Answer, size: number): void {
    const most = answer.kind === 'records' ? LONGEST : LONGEST_NEGATIVE;
    const ttl = Math.min(answer.ttl, most);
    if (!(ttl > 0) || size > LARGEST) return;
    const key = keyOf(name, type);
    this.#entries.delete(key);
    this.#entries.set(key, { answer: { ...answer, ttl }, since: this.clock.now() });
    if (this.#entries.size > ENTRIES) this.#entries.delete(this.#entries.keys().next().value as string);
  }

  clear(): void {
    this.#entries.clear();
  }

  get size(): number {
    return this.#entries.size;
  }
}

interface Entry {
  answer: Answer;
  /** When it was said. */
  since: number;
}

function older(answer: Answer, age: number): Answer {
  const records = answer.records.map((record) => ({ ...record, ttl: Math.min(record.ttl, answer.ttl) - age }));
  return { ...answer, records, ttl: answer.ttl - age };
}

function keyOf(name: string, type: string): string {
  return `${type} ${name}`;
}

/** Answers; the one that was used longest ago gives way. */
const ENTRIES = 1000;
/** Bytes of a message that is remembered. */
const LARGEST = 4096;
/** Seconds: whatever a server says, it is asked once a day. */
const LONGEST = 86_400;
/** RFC 2308 §5 recommends hours. */
const LONGEST_NEGATIVE = 10_800;
