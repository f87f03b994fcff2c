/**
 * Handshakes of which one end gets something else than its peer sent. A seed says which handshake, which end, and what becomes
 * of which record; the same seed does the same in every process. Not for: record streams by themselves
 * (`../../tls/records/fuzz.test.ts`).
 */
import { COUNTER_BUFFER_BYTES } from '../../../assembly/abi/constants.js';
import { Core } from '../../../host/core/core.js';
import { compileCore } from '../../../host/core/load.js';
import { HANDSHAKE_RECORD } from '../../../host/tls/records.js';
import { concat } from '../../../host/tls/wire/bytes.js';
import { TEST_CORE } from '../../kit/driver.js';
import { checkCore, checkPair, converse, deliver, type Line, type Pair, startsWith } from './conversation.js';
import { Dice } from './dice.js';
import { End, Violation } from './end.js';
import { type Extension, extensionsOf, type Pool, splitMessages } from './mutation/message.js';
import { meddler } from './mutation/record.js';
import { lineMeddler, splitRecords } from './mutation/wire.js';
import type { Meddle } from './records.js';
import { type Role, SCENARIOS, type Scenario } from './scenarios.js';

/** What became of an input. */
export interface Outcome {
  readonly scenario: string;
  readonly victim: Role;
  readonly where: 'record' | 'wire';
  /** The victim's alert, or what else it came to. */
  readonly end: string;
  /** Whether both ends were there; else the victim was alone with what its peer says when nothing happens. */
  readonly together: boolean;
}

/** What one end gets when nothing happens. */
interface Course {
  readonly pieces: readonly Uint8Array[];
  /** What it answers to them. */
  readonly answer: Buffer;
  /** What it reads in them, and the keying material that it exports in the end. */
  readonly messages: Buffer;
  readonly data: Buffer;
  readonly exported: Uint8Array | undefined;
  /** How many records are opened, and which of them carry handshake messages. */
  readonly opened: number;
  readonly handshake: readonly number[];
  /** How many pass on the wire, those of ciphers' changes included. */
  readonly passed: number;
}

interface Case {
  readonly scenario: Scenario;
  readonly session: Uint8Array | undefined;
  readonly courses: Readonly<Record<Role, Course>>;
}

export class Fuzzer {
  #core: Core;
  readonly #idle: number;
  readonly #cases: readonly Case[];
  readonly #pool: Pool;

  static async create(): Promise<Fuzzer> {
    const compiled = await compileCore(TEST_CORE);
    return new Fuzzer(() => Core.initialized(compiled.instantiate(1)));
  }

  private constructor(private readonly freshCore: () => Core) {
    this.#core = freshCore();
    this.#idle = this.#core.calls.counter(COUNTER_BUFFER_BYTES);
    const messages: Uint8Array<ArrayBuffer>[] = [];
    this.#cases = SCENARIOS.map((scenario) => this.#rehearse(scenario, messages));
    const extensions = messages.flatMap((message) => extensionsOf(message)?.extensions ?? []);
    this.#pool = { messages, extensions: [...extensions, ...OTHERS] };
  }

  /** Bytes of linear memory. */
  get memory(): number {
    return this.#core.memory.buffer.byteLength;
  }

  /** @throws Violation, CoreFault or whatever came out of a call that must not throw */
  run(seed: number): Outcome {
    try {
      return this.#run(seed);
    } catch (error) {
      // What a broken run leaves behind says nothing about the next one.
      this.#core = this.freshCore();
      throw error;
    }
  }

  #run(seed: number): Outcome {
    const dice = new Dice(seed, 0);
    const chosen = dice.pick(this.#cases);
    const victim: Role = seed % 2 === 0 ? 'server' : 'client';
    const where = dice.below(10) < 7 ? 'record' : 'wire';
    const common = { scenario: chosen.scenario.name, victim, where } as const;
    // Whoever fails alone fails in company; now and then the company is looked at all the same.
    if (!dice.once(50)) {
      const end = this.#runAlone(chosen, victim, this.#plan(seed, chosen.courses[victim], where));
      if (end !== undefined) return { ...common, end, together: false };
    }
    const end = this.#runTogether(chosen, victim, this.#plan(seed, chosen.courses[victim], where));
    return { ...common, end, together: true };
  }

  #plan(seed: number, course: Course, where: 'record' | 'wire'): Plan {
    const dice = new Dice(seed, 1);
    if (where === 'wire') return { meddle: undefined, line: lineMeddler(early(course.passed, dice), dice), ending: -1 };
    const ending = dice.once(40) ? dice.below(5) : -1;
    const { opened, handshake } = course;
    const target = dice.once(8) ? dice.below(opened) : (handshake[early(handshake.length, dice)] as number);
    return { meddle: meddler(target, this.#pool, dice), line: straight, ending };
  }

  /** @returns what became of the victim; `undefined` when that depends on what its peer says to an answer that is another one */
  #runAlone({ scenario, session, courses }: Case, role: Role, { meddle, line, ending }: Plan): string | undefined {
    const { pieces, answer } = courses[role];
    const end = new End(this.#core, role, scenario, { session: role === 'client' ? session : undefined, meddle });
    const answers: Uint8Array[] = takeAll(end);
    for (const [turn, piece] of pieces.entries()) {
      if (turn === ending) end.end();
      for (const part of line(piece)) deliver(end, part);
      answers.push(...takeAll(end));
      if (end.isOver) break;
    }
    const became = end.outcome;
    end.close();
    checkCore(this.#core, this.#idle);
    checkAlone(end, courses[role]);
    return end.error !== undefined || Buffer.concat(answers).equals(answer) ? became : undefined;
  }

  #runTogether({ scenario, session }: Case, victim: Role, { meddle, line, ending }: Plan): string {
    const make = (role: Role, given: Uint8Array | undefined) =>
      new End(this.#core, role, scenario, { session: given, meddle: role === victim ? meddle : undefined });
    const pair = { client: make('client', session), server: make('server', undefined) };
    let turn = 0;
    const meddled: Line = (bytes) => {
      if (turn++ === ending) pair[victim].end();
      return line(bytes);
    };
    converse(pair, victim === 'client' ? meddled : straight, victim === 'server' ? meddled : straight);
    checkPair(pair, victim);
    return this.#close(pair, victim);
  }

  #close(pair: Pair, victim: Role): string {
    const became = pair[victim].outcome;
    pair.client.close();
    pair.server.close();
    checkCore(this.#core, this.#idle);
    return became;
  }

  /** Runs a scenario as it is meant to be, and takes down what was said. */
  #rehearse(scenario: Scenario, messages: Uint8Array<ArrayBuffer>[]): Case {
    const session = scenario.resumes && this.#perform(scenario, undefined).pair.client.session;
    const { pair, pieces, exported } = this.#perform(scenario, session);
    if (pair.client.connection.resumed !== (scenario.resumes ?? false))
      throw new Violation(`${scenario.name}: resumed?`);
    const course = (role: Role): Course => {
      const { records } = pair[role];
      messages.push(...splitMessages(concat(...records.received.handshake)));
      const handshake = records.opened.flatMap((type, index) => (type === HANDSHAKE_RECORD ? [index] : []));
      const passed = pieces[role].flatMap(splitRecords).length;
      const answer = Buffer.concat(pieces[role === 'client' ? 'server' : 'client']);
      const [heard, data] = [records.received.handshake, records.received.data].map((parts) =>
        Buffer.concat(parts),
      ) as [Buffer, Buffer];
      return {
        pieces: pieces[role],
        answer,
        messages: heard,
        data,
        exported,
        opened: records.opened.length,
        handshake,
        passed,
      };
    };
    return { scenario, session, courses: { client: course('client'), server: course('server') } };
  }

  #perform(scenario: Scenario, session: Uint8Array | undefined) {
    const make = (role: Role, given: Uint8Array | undefined) =>
      new End(this.#core, role, scenario, { session: given, meddle: undefined });
    const pair = { client: make('client', session), server: make('server', undefined) };
    const pieces: Record<Role, Uint8Array[]> = { client: [], server: [] };
    const line = (role: Role) => (bytes: Uint8Array) => {
      pieces[role].push(bytes);
      return [bytes];
    };
    converse(pair, line('client'), line('server'));
    checkPair(pair, 'client');
    const heard = `${pair.client.peerEnded} ${pair.server.peerEnded}`;
    const ends = this.#close(pair, 'client');
    if (heard !== 'true true' || ends !== 'end') throw new Violation(`${scenario.name}: ${ends}`);
    return { pair, pieces, exported: pair.client.view?.exported };
  }
}

/** What happens in one input. */
interface Plan {
  readonly meddle: Meddle | undefined;
  readonly line: Line;
  /** Before which piece the victim's user ends the connection; −1: never. */
  readonly ending: number;
}

/** A place in a list, rather at its beginning: hellos have most that may be wrong, and cost least. */
function early(length: number, dice: Dice): number {
  return Math.min(dice.below(length), dice.below(length));
}

/** A handshake is complete only when all of it came as its peer sent it; then the keys are the peer's, too. */
function checkAlone(end: End, { messages, data, exported }: Course): void {
  const { role, view, records, isMeddled } = end;
  if (view !== undefined) {
    const came = Buffer.concat(records.received.handshake.slice(0, view.records));
    if (!startsWith(messages, came)) throw new Violation(`${role}: complete with changed messages`);
    if (String(view.exported) !== String(exported)) throw new Violation(`${role}: other keys than its peer`);
  }
  const source = isMeddled ? Buffer.concat(records.received.data) : data;
  if (!startsWith(source, Buffer.concat(end.data))) throw new Violation(`${role}: data that nobody sent`);
}

function straight(bytes: Uint8Array): readonly Uint8Array[] {
  return [bytes];
}

/** All that is to go out. */
function takeAll(end: End): Uint8Array[] {
  const all: Uint8Array[] = [];
  for (let bytes = end.records.core.pull(); bytes !== undefined; bytes = end.records.core.pull()) all.push(bytes);
  return all;
}

/** Extensions that none of the handshakes has. */
const OTHERS: readonly Extension[] = [
  { type: 5, content: Uint8Array.of(1, 0, 0, 0, 0) },
  { type: 18, content: new Uint8Array(0) },
  { type: 21, content: new Uint8Array(100) },
  { type: 42, content: new Uint8Array(0) },
  { type: 44, content: Uint8Array.of(0, 2, 1, 2) },
  { type: 47, content: Uint8Array.of(0, 5, 0, 3, 0x30, 1, 0) },
  { type: 49, content: new Uint8Array(0) },
  { type: 50, content: Uint8Array.of(0, 2, 8, 4) },
  { type: 0xff01, content: Uint8Array.of(2, 1, 2) },
];
