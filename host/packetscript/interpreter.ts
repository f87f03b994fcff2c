/**
 * Runs the events of a script, one after the other, on a clock that moves only as they say.
 * Not for: what an event does to the stack (`world.ts`), waiting for packets (`expectation.ts`).
 */
import { errorName } from '../bsd/errno.js';
import type { CompiledCore } from '../core/load.js';
import type { Configuration } from './configuration.js';
import { Expectation } from './expectation.js';
import { type Failure, Mismatch } from './failure.js';
import type { Call, Code, Command, Event, PacketAction, Script } from './language/ast.js';
import { UnsupportedError } from './language/errors.js';
import { showExpected, showPacket } from './packet/show.js';
import { encodeIcmp, encodeSegment } from './packet/wire.js';
import type { ProfileName } from './profiles.js';
import { checkOutcome } from './system/answer.js';
import { type Attempt, prepare } from './system/calls.js';
import { runCode } from './system/code.js';
import { CodeError } from './system/code-reader.js';
import { runCommand } from './system/commands.js';
import type { Scope, Value } from './system/formula.js';
import { numberOf } from './system/names.js';
import { type Span, seconds, spanOf, toleranceOf } from './timing.js';
import { World } from './world.js';

/** A call that blocks. */
interface Blocked {
  event: Event;
  call: Call;
  attempt: Attempt;
  /** When the script says that it ends. */
  until: number;
  tolerance: number;
}

export class Interpreter {
  readonly world: World;
  /** What happened, a line for each event. */
  readonly log: string[] = [];
  /** What is not as the script says, but does not fail it (`--non_fatal`). */
  readonly warnings: string[] = [];
  /** The event that runs, for reports. */
  event: Event | undefined;
  #blocked: Blocked | undefined;
  /** Microseconds of the script at which the last event was over, and whether it was an inbound packet. */
  #last = 0;
  readonly #names = new Map<string, Value>();

  constructor(
    core: CompiledCore,
    readonly script: Script,
    readonly configuration: Configuration,
    profile: ProfileName,
    /** Where relative paths in commands begin. */
    readonly directory: string,
  ) {
    this.world = new World(core, configuration, profile);
    this.world.moved = () => this.#retry();
  }

  /** @throws Mismatch, UnsupportedError, ScriptError */
  run(): void {
    const { prologue, events, epilogue } = this.script;
    if (prologue !== undefined) this.#command(prologue);
    for (const event of events) this.#event(event);
    const blocked = this.#blocked;
    if (blocked !== undefined) this.world.waitUntil(blocked.until + blocked.tolerance);
    if (this.#blocked !== undefined) throw this.#stillBlocked(this.#blocked);
    if (epilogue !== undefined) this.#command(epilogue);
    if (this.configuration.mode === 'exact') this.#nothingLeft();
  }

  #event(event: Event): void {
    this.event = event;
    const span = spanOf(event.time, this.world.time);
    const outbound = event.action.kind === 'packet' && event.action.direction === 'out';
    if (!outbound && span !== undefined) this.#waitFor(span);
    const { action } = event;
    if (action.kind === 'packet') this.#packet(action, span);
    else if (action.kind === 'call') this.#call(event, action);
    else if (action.kind === 'command') this.#command(action);
    else this.#code(action);
    this.#last = span === undefined ? this.world.time : span.from;
  }

  #waitFor(span: Span): void {
    if (span.from < this.world.time) {
      const message = `this event is due at ${seconds(span.from)}, but it is ${seconds(this.world.time)} already`;
      throw new Mismatch({ kind: 'time', message });
    }
    this.world.waitUntil(span.from);
  }

  #packet(action: PacketAction, span: Span | undefined): void {
    const { packet, direction } = action;
    if (packet.kind === 'foreign') throw new UnsupportedError(packet.name, this.event);
    if (direction === 'out') {
      const tolerance = span === undefined ? 0 : toleranceOf(this.configuration, span.from - this.#last);
      const got = new Expectation(this.world, this.configuration, packet, span, tolerance).await();
      this.#note(`> ${got}`);
      return;
    }
    const endpoint = this.world.endpoints.forInbound(packet);
    if (endpoint === undefined) {
      throw new Mismatch({ kind: 'packet', message: 'there is no connection that this packet could belong to' });
    }
    const live =
      packet.kind === 'icmp' ? endpoint.inboundIcmp(packet) : endpoint.inbound(packet, this.configuration.looseEcho);
    if (typeof live === 'string') throw new Mismatch({ kind: 'packet', message: live });
    this.#note(`< ${showExpected(packet)}`);
    this.world.inject(live.kind === 'icmp' ? encodeIcmp(live) : encodeSegment(live));
  }

  #call(event: Event, call: Call): void {
    if (this.#blocked !== undefined) {
      this.world.waitUntil(Math.max(this.world.time, this.#blocked.until + this.#blocked.tolerance));
    }
    if (this.#blocked !== undefined) throw this.#stillBlocked(this.#blocked);
    const start = this.world.time;
    const attempt = prepare(call, this.world);
    const base = event.time.kind === 'relative' ? start - event.time.at : 0;
    const until = call.until === undefined ? start : base + call.until;
    const tolerance = toleranceOf(this.configuration, until - start);
    const outcome = attempt();
    this.world.called();
    if (outcome !== undefined) {
      this.#answered(event, call, outcome, until, tolerance);
      return;
    }
    this.#blocked = { event, call, attempt, until, tolerance };
    if (call.until === undefined) throw this.#stillBlocked(this.#blocked);
  }

  /** Something has happened: a call that blocks is tried again. */
  #retry(): void {
    const blocked = this.#blocked;
    if (blocked === undefined) return;
    this.#blocked = undefined;
    const outcome = blocked.attempt();
    if (outcome === undefined) {
      this.#blocked = blocked;
      return;
    }
    const { event } = this;
    this.event = blocked.event;
    this.#answered(blocked.event, blocked.call, outcome, blocked.until, blocked.tolerance);
    this.event = event;
    this.world.stack.pump();
  }

  #answered(
    event: Event,
    call: Call,
    outcome: { result: number; wrong?: string },
    until: number,
    tolerance: number,
  ): void {
    const at = this.world.time;
    this.#note(`${call.name} = ${outcome.result < 0 ? `-1 ${errorName(outcome.result)}` : outcome.result}`);
    const failure = checkOutcome(call, outcome) ?? lateness(at, until, tolerance);
    if (failure === undefined) return;
    if (!this.configuration.nonFatal.has('syscall')) throw new Mismatch(failure);
    this.warnings.push(`line ${event.line}: ${failure.message}`);
  }

  #command(command: Command): void {
    const result = runCommand(command.text, this.directory, this.world);
    if ('unsupported' in result) throw new UnsupportedError(result.unsupported, command);
    this.world.called();
    if (!result.ok) throw new Mismatch({ kind: 'command', message: `the command failed: ${command.text.trim()}` });
  }

  #code(code: Code): void {
    try {
      const { printed, failed } = runCode(code.text, this.#scope());
      for (const line of printed) this.#note(`print ${line}`);
      if (failed !== undefined) throw new Mismatch({ kind: 'code', message: `the assertion does not hold: ${failed}` });
    } catch (error) {
      if (error instanceof CodeError) throw new UnsupportedError(`${error.message} in %{ }%`, code);
      throw error;
    }
  }

  /** The script's own names, the fields of `tcp_info` of the connection under test, and constants. */
  #scope(): Scope {
    const fd = this.world.endpoints.current?.fd;
    const live = fd === undefined ? undefined : this.world.descriptors.live(fd);
    const info = live === undefined ? undefined : (this.world.bsd.tcpInfo(live) as Record<string, number> | undefined);
    return {
      get: (name) => {
        if (name.startsWith('tcpi_') && info === undefined)
          throw new CodeError('no socket of the script has the connection');
        return this.#names.get(name) ?? info?.[name] ?? numberOf(name);
      },
      set: (name, value) => this.#names.set(name, value),
    };
  }

  #nothingLeft(): void {
    const left = this.world.device.sent.find(({ packet }) => packet.kind !== 'unreadable');
    if (left === undefined) return;
    const { endpoints } = this.world;
    const { packet } = left;
    const endpoint = endpoints.current;
    const got = packet.kind === 'tcp' && endpoint?.sends(packet) ? endpoint.outbound(packet, NO_SEQUENCE) : packet;
    const message = `a packet is left that the script does not expect, sent at ${seconds(this.world.scriptTime(left.time))}`;
    throw new Mismatch({ kind: 'packet', message, expected: 'nothing', got: showPacket(got) });
  }

  #stillBlocked({ event, call, until }: Blocked): Mismatch {
    this.event = event;
    const end = call.until === undefined ? 'at once' : `by ${seconds(until)}`;
    const failure: Failure = { kind: 'call', message: `${call.name} should return ${end}, but it blocks` };
    return new Mismatch(failure);
  }

  #note(text: string): void {
    this.log.push(`${(this.world.time / 1e6).toFixed(6)} ${text}`);
  }
}

function lateness(at: number, until: number, tolerance: number): Failure | undefined {
  if (Math.abs(at - until) <= tolerance) return undefined;
  const way = at < until ? 'early' : 'late';
  return { kind: 'time', message: `the call returned ${seconds(Math.abs(at - until))} too ${way}, at ${seconds(at)}` };
}

const NO_SEQUENCE = { start: 0, length: 0, absolute: false, any: true };
