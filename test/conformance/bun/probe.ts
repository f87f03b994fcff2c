/**
 * What a scenario gets: it makes listeners and clients whose handlers write down what they hear, makes calls and notes
 * whose results are written down, and waits. Names no runtime: the system under test is an `Implementation`.
 * Not for: running a scenario to its end (`run.ts`).
 */
import type { Clock } from '../../../host/core/clock.js';
import { bytesOf, concatenate, Normaliser, summary } from './normalise.js';
import type { Scenario } from './scenarios/registry.js';
import type { Actors, Entry } from './transcript.js';

/** The two functions under test, and where they are. Scenarios call them with anything, on purpose. */
export interface Implementation {
  connect(...args: unknown[]): Promise<ProbedSocket>;
  listen(...args: unknown[]): ProbedListener;
  /** What scenarios may need. */
  readonly capabilities: readonly string[];
  readonly environment: Readonly<Record<string, string>> & { readonly host: string };
  /** What scenarios wait by. */
  readonly clock: Clock;
}

export interface ProbedSocket {
  readyState: number;
  terminate(): void;
  [member: string]: unknown;
}

export interface ProbedListener {
  readonly port: number;
  stop(closes?: boolean): void;
}

type Handler = (this: unknown, ...args: unknown[]) => unknown;
type Handlers = Record<string, Handler>;
type Timed = Entry & { actor: string; raw?: Uint8Array };
interface Choice {
  /** Handlers that are left out, and that are there besides the usual ones. */
  omit?: string[];
  add?: string[];
}
type Options = Record<string, unknown> & { actor?: string; tls?: unknown };

export class Probe {
  readonly env: Readonly<Record<string, string>>;
  /** The sockets by their actor. */
  readonly sockets: Record<string, ProbedSocket> = {};
  readonly #normaliser: Normaliser;
  #timeline: Timed[] = [];
  readonly #counts = new Map<string, number>();
  readonly #cleanup: (() => void)[] = [];
  #listeners = 0;
  #ended = false;

  constructor(
    readonly impl: Implementation,
    private readonly scenario: Scenario,
  ) {
    this.env = { host6: '::1', hostname: 'localhost', ...impl.environment };
    this.#normaliser = new Normaliser(impl.environment.host, this.env.host6 as string);
  }

  norm(value: unknown): unknown {
    return this.#normaliser.value(value);
  }

  port(port: unknown): unknown {
    return this.#normaliser.port(port);
  }

  push(actor: string, entry: Entry & { raw?: Uint8Array }): void {
    if (!this.#ended) this.#timeline.push({ actor, ...entry });
  }

  log(actor: string, label: string, value: unknown): void {
    this.push(actor, { s: label, r: this.norm(value) });
  }

  note(label: string, value: unknown): void {
    this.log('main', label, value);
  }

  call<T>(actor: string, label: string, run: () => T): T | undefined {
    try {
      const result = run();
      this.push(actor, { c: label, r: this.norm(result) });
      return result;
    } catch (error) {
      this.push(actor, { c: label, threw: this.norm(error) });
      return undefined;
    }
  }

  /** Tells an exception at once from a promise that is rejected. */
  async callAsync<T>(actor: string, label: string, run: () => T): Promise<Awaited<T> | undefined> {
    let result: T;
    try {
      result = run();
    } catch (error) {
      this.push(actor, { c: label, threwSync: this.norm(error) });
      return undefined;
    }
    const promised = typeof (result as { then?: unknown } | null | undefined)?.then === 'function';
    try {
      const value = await result;
      this.push(actor, { c: label, [promised ? 'resolved' : 'r']: this.norm(value) });
      return value;
    } catch (error) {
      this.push(actor, { c: label, rejected: this.norm(error) });
      return undefined;
    }
  }

  /** The actor of a socket; one that is new gets `actor`, or the next number of it. */
  name(socket: unknown, actor: string): string {
    if (typeof socket !== 'object' || socket === null) return actor;
    const known = this.#normaliser.names.get(socket);
    if (known !== undefined) return known;
    const count = (this.#counts.get(actor) ?? 0) + 1;
    this.#counts.set(actor, count);
    const name = count === 1 ? actor : `${actor}#${count}`;
    this.#normaliser.names.set(socket, name);
    this.sockets[name] = socket as ProbedSocket;
    return name;
  }

  /** Calls a socket by this name, which was not met in a handler. */
  nameAs(socket: object, name: string): void {
    this.#normaliser.names.set(socket, name);
    this.#counts.set(name, Math.max(1, this.#counts.get(name) ?? 0));
  }

  /** Handlers that write down every event under `actor`, then run those of `extra`. */
  rec(actor: string, extra: Record<string, unknown> = {}, { omit = [], add = [] }: Choice = {}): object {
    const { binaryType, ...own } = extra;
    const names = new Set([...HANDLERS, ...add, ...Object.keys(own)].filter((name) => !omit.includes(name)));
    const handlers: Handlers = {};
    for (const event of names) handlers[event] = this.#handler(actor, event, own[event] as Handler | undefined);
    return binaryType === undefined ? handlers : { binaryType, ...handlers };
  }

  listen(options: object): ProbedListener {
    const listener = this.impl.listen(options);
    this.track(listener);
    return listener;
  }

  connect(options: object): Promise<ProbedSocket> {
    return this.impl.connect(options);
  }

  /** Names a listener and its port, and stops it at the end. */
  track(listener: ProbedListener): void {
    const { ports, names } = this.#normaliser;
    if (listener.port) ports.set(listener.port, `<lport${ports.size === 0 ? '' : ports.size + 1}>`);
    names.set(listener, `listener${++this.#listeners}`);
    this.#cleanup.push(() => listener.stop(true));
  }

  server(extra: object = {}, options: Options = {}, choice: Choice = {}): ProbedListener {
    return this.listen({ port: 0, ...this.#options('server', extra, options, choice) });
  }

  /** Starts a connection, and writes down how its promise is settled. @returns its socket, or `null` */
  async client(port: unknown, extra: object = {}, options: Options = {}, choice: Choice = {}) {
    const { actor = 'client' } = options;
    let promise: Promise<ProbedSocket>;
    try {
      promise = this.connect({ port, ...this.#options('client', extra, options, choice) });
    } catch (error) {
      this.push(actor, { e: 'connect() threw', v: [this.norm(error)] });
      return null;
    }
    return promise.then(
      (socket) => {
        this.push(this.name(socket, actor), { e: 'connect() resolved', rs: socket?.readyState });
        this.#cleanup.push(() => socket.terminate());
        return socket;
      },
      (error) => {
        this.push(actor, { e: 'connect() rejected', v: [this.norm(error)] });
        return null;
      },
    );
  }

  now(): number {
    return this.impl.clock.now();
  }

  after(milliseconds: number, run: () => void): void {
    const timer = this.impl.clock.timer(run);
    timer.ref();
    timer.arm(this.now() + milliseconds);
  }

  /** In steps, each a turn of the event loop at least: so little of it passes while a busy machine does not let this process run. */
  async sleep(milliseconds: number): Promise<void> {
    for (let left = milliseconds; ; left -= STEP) {
      await new Promise<void>((resolve) => this.after(Math.min(left, STEP), resolve));
      if (left <= STEP) return;
    }
  }

  /** Long enough for what is under way to happen. */
  settle(milliseconds = 60): Promise<void> {
    return this.sleep(milliseconds);
  }

  async until(condition: () => boolean, milliseconds = 1500): Promise<boolean> {
    for (let left = milliseconds; left > 0; left -= LOOK) {
      if (condition()) return true;
      await this.sleep(LOOK);
    }
    return false;
  }

  has(actor: string, event: string): boolean {
    return this.#timeline.some((entry) => entry.actor === actor && entry.e === event);
  }

  /** Waits for each `actor:event`, by default for 1.5 s, and notes those that did not come. */
  async saw(...wanted: (string | number)[]): Promise<void> {
    const limit = wanted.filter((each) => typeof each === 'number')[0];
    const events = wanted.filter((each) => typeof each === 'string');
    const seen = (spec: string) => {
      const colon = spec.indexOf(':');
      return this.has(spec.slice(0, colon), spec.slice(colon + 1));
    };
    await this.until(() => events.every(seen), limit);
    for (const spec of events) if (!seen(spec)) this.note('never saw', spec);
  }

  get timeline(): readonly Timed[] {
    return this.#timeline;
  }

  /** Forgets what differs from run to run and is not asked for. */
  keep(condition: (entry: Timed, index: number, all: readonly Timed[]) => boolean): void {
    this.#timeline = this.#timeline.filter(condition);
  }

  received(actor: string): Uint8Array {
    return concatenate(this.#chunks(actor));
  }

  /** How many bytes were received. */
  count(actor: string): number {
    return this.#chunks(actor).reduce((length, chunk) => length + chunk.length, 0);
  }

  /** Writes down every property of a socket. */
  snap(actor: string, socket: ProbedSocket, label: string): void {
    const values = PROPERTIES.map((property) => {
      try {
        const value = socket[property];
        return [property, property.endsWith('Port') ? this.port(value) : this.norm(value)];
      } catch (error) {
        return [property, { threw: this.norm(error) }];
      }
    });
    this.push(actor, { s: label, r: Object.fromEntries(values) });
  }

  /** Calls one after the other, and writes down all the answers. */
  methods(actor: string, socket: ProbedSocket, label: string, list: [string, (s: ProbedSocket) => unknown][]): void {
    const answers = list.map(([name, run]) => {
      try {
        return [name, this.norm(run(socket))];
      } catch (error) {
        return [name, { threw: this.norm(error) }];
      }
    });
    this.push(actor, { s: label, r: Object.fromEntries(answers) });
  }

  /** Nothing is written down from now on. Adjacent chunks are joined, unless the scenario asks for them. */
  finish(): Actors {
    this.#ended = true;
    const actors: Record<string, Timed[]> = {};
    for (const entry of this.#timeline) {
      actors[entry.actor] ??= [];
      const list = actors[entry.actor] as Timed[];
      const last = list.at(-1);
      const joins = !this.scenario.keepChunks && entry.e === 'data' && last?.e === 'data' && last.rs === entry.rs;
      if (joins) list[list.length - 1] = joined(last, entry);
      else list.push(entry);
    }
    const clean = Object.entries(actors).map(([actor, list]) => [
      actor,
      list.map(({ actor: _, raw, ...rest }) => rest),
    ]);
    return Object.fromEntries(clean);
  }

  /** Ends what is left open. */
  clean(): void {
    for (const run of this.#cleanup.reverse()) {
      try {
        run();
      } catch {
        // A scenario may have broken it.
      }
    }
  }

  #options(role: string, extra: object, { actor = role, ...options }: Options, choice: Choice): object {
    const { add = options.tls ? ['handshake'] : [] } = choice;
    const socket = this.rec(actor, extra as Record<string, unknown>, { ...choice, add });
    return { hostname: this.env.host, socket, ...options };
  }

  #handler(actor: string, event: string, then: Handler | undefined): Handler {
    const probe = this;
    return function (socket, ...args) {
      const entry: Entry & { raw?: Uint8Array } = { e: event };
      if (event === 'data') entry.raw = bytesOf(args[0]).slice();
      if (SECRET.has(event)) entry.v = args.map(kindOf);
      else if (args.length > 0) entry.v = (event === 'data' ? args.slice(0, 1) : args).map((each) => probe.norm(each));
      if (typeof socket === 'object' && socket !== null) entry.rs = (socket as ProbedSocket).readyState;
      probe.push(probe.name(socket, actor), entry);
      return then?.call(this, socket, ...args);
    };
  }

  #chunks(actor: string): Uint8Array[] {
    return this.#timeline.flatMap(({ actor: of, e, raw }) => (of === actor && e === 'data' && raw ? [raw] : []));
  }
}

/** Of what differs by nature, only what kind of thing it is. */
function kindOf(value: unknown): unknown {
  return ArrayBuffer.isView(value) ? { $bytes: value.constructor.name } : typeof value;
}

function joined(first: Timed, second: Timed): Timed {
  const raw = concatenate([first.raw as Uint8Array, second.raw as Uint8Array]);
  const { $bytes } = (first.v as [{ $bytes: string }])[0];
  return { ...first, raw, v: [{ $bytes, ...summary(raw) }] };
}

/** In milliseconds. */
const STEP = 10;
const LOOK = 2;
const HANDLERS = ['open', 'close', 'error', 'data', 'drain', 'end', 'timeout', 'connectError'];
const SECRET = new Set(['session', 'keylog']);
const PROPERTIES = [
  'readyState',
  'bytesWritten',
  'data',
  'localAddress',
  'localFamily',
  'localPort',
  'remoteAddress',
  'remoteFamily',
  'remotePort',
  'alpnProtocol',
  'authorized',
  'listener',
];
