/**
 * Where time enters: `systemClock` for real life, `manualClock` for tests and simulations. Nothing else in the host
 * reads a clock or starts a timer for the protocol.
 */
export interface Clock {
  /** Milliseconds on a clock that never goes back, with a fraction. Its zero is arbitrary. */
  now(): number;
  /** Milliseconds since 1970-01-01T00:00Z, for certificates and captures. */
  wall(): number;
  /**
   * A timer of its own for whoever asks; `alarm` runs at or shortly after the armed deadline, once for each arming. `first`: it
   * begins a turn of the event loop, so that no microtasks wait.
   */
  timer(alarm: (first?: boolean) => void): Timer;
}

export interface Timer {
  /**
   * Sets the deadline, on `now()`'s scale, in place of the earlier one; `Infinity` cancels. A deadline that has come
   * already runs the alarm soon, but never inside this call.
   */
  arm(deadline: number): void;
  /** Whether the armed timer keeps the process alive; a timer starts unref'd. */
  ref(): void;
  unref(): void;
}

/** A clock that only its owner moves; several stacks and devices may share it. */
export interface ManualClock extends Clock {
  /** Moves time forward by `milliseconds`, running every alarm that falls due, each at its exact moment. */
  advance(milliseconds: number): void;
  /** Jumps to the earliest deadline and runs its alarm. Returns false when nothing is armed. */
  step(): boolean;
  /** The earliest deadline, `Infinity` when nothing is armed. */
  readonly next: number;
}

/** The runtime's monotonic clock. */
export function systemClock(): Clock {
  return {
    now: () => time.now(),
    wall: () => Date.now(),
    timer: (alarm) => new SystemTimer(alarm),
  };
}

/**
 * `start` is the first `now()`, `wallStart` the calendar time of that moment. Alarms of one moment run in the order
 * in which they were armed.
 */
export function manualClock(start = 0, wallStart = Date.UTC(2026, 0, 1)): ManualClock {
  let time = start;
  const armed = new Map<object, { deadline: number; alarm: () => void }>();

  const fireUntil = (limit: number): boolean => {
    let first: object | undefined;
    let deadline = Number.POSITIVE_INFINITY;
    for (const [timer, entry] of armed) {
      if (entry.deadline < deadline) {
        first = timer;
        deadline = entry.deadline;
      }
    }
    if (first === undefined || deadline > limit) return false;
    const { alarm } = armed.get(first) as { alarm: () => void };
    armed.delete(first);
    time = Math.max(time, deadline);
    alarm();
    return true;
  };

  return {
    now: () => time,
    wall: () => wallStart + (time - start),
    timer: (alarm) => {
      const key = {};
      return {
        arm(deadline) {
          armed.delete(key);
          if (deadline !== Number.POSITIVE_INFINITY) armed.set(key, { deadline, alarm });
        },
        ref() {},
        unref() {},
      };
    },
    advance(milliseconds) {
      const end = time + milliseconds;
      while (fireUntil(end)) {}
      time = Math.max(time, end);
    },
    step: () => fireUntil(Number.POSITIVE_INFINITY),
    get next() {
      return Math.min(...Array.from(armed.values(), ({ deadline }) => deadline));
    },
  };
}

/**
 * Node's `setTimeout` has a floor of 1 ms, may fire 1 ms early and turns delays of 2³¹ ms or more into 1 ms: so delays
 * are rounded up and clamped, a later deadline leaves the running timeout alone, and one that fires early arms again.
 * A deadline that has come already runs on the next turn of the event loop instead of a millisecond later; that turn
 * comes whether or not the timer is ref'd.
 */
class SystemTimer implements Timer {
  #timeout: ReturnType<typeof setTimeout> | undefined;
  #immediate: ReturnType<typeof setImmediate> | undefined;
  #deadline = Number.POSITIVE_INFINITY;
  #firesAt = Number.POSITIVE_INFINITY;
  #reffed = false;

  /** Made once, so that arming leaves nothing of ours behind. */
  readonly #fired = () => this.#fire();

  constructor(private readonly alarm: (first: boolean) => void) {}

  arm(deadline: number): void {
    this.#deadline = deadline;
    if (deadline === Number.POSITIVE_INFINITY) this.#cancel();
    else if (deadline < this.#firesAt) this.#start(deadline);
  }

  ref(): void {
    this.#reffed = true;
    this.#timeout?.ref?.();
  }

  unref(): void {
    this.#reffed = false;
    this.#timeout?.unref?.();
  }

  #start(deadline: number): void {
    this.#cancel();
    this.#firesAt = deadline;
    const delay = Math.ceil(deadline - time.now());
    if (delay <= 0) {
      this.#immediate = setImmediate(this.#fired);
      return;
    }
    this.#timeout = setTimeout(this.#fired, Math.min(delay, LONGEST_DELAY));
    if (!this.#reffed) this.#timeout.unref?.();
  }

  #fire(): void {
    this.#firesAt = Number.POSITIVE_INFINITY;
    const deadline = this.#deadline;
    if (time.now() < deadline) {
      this.#start(deadline);
    } else {
      this.#deadline = Number.POSITIVE_INFINITY;
      this.alarm(true);
    }
  }

  #cancel(): void {
    clearTimeout(this.#timeout);
    clearImmediate(this.#immediate);
    this.#timeout = undefined;
    this.#immediate = undefined;
    this.#firesAt = Number.POSITIVE_INFINITY;
  }
}

/** Asked for once: Node computes such names of its global object anew at each use. */
const { performance: time } = globalThis;
/** The longest delay that `setTimeout` takes without wrapping to 1 ms. */
const LONGEST_DELAY = 2 ** 31 - 1;
