/**
 * `vitrine demo`: real packets between Vitrine and the kernel, explained as they pass. Plays in a network namespace of
 * its own, in a second run of this program; where that can't be, here, on a wire in memory.
 */
import { EXIT_FAILURE, EXIT_SUCCESS, onSignal, signalExitCode } from '../failure.js';
import { Terminal } from '../terminal.js';
import { Lens } from './lens.js';
import { Moments } from './moments.js';
import { namespaceObstacle, raiseLoopback, runInside, whenAbandoned } from './namespace.js';
import { Screen } from './screen.js';
import { epilogue, play } from './script.js';
import { discardCapture, openStage, type Stage } from './stage.js';

/**
 * @param inside whether this is the second run
 * @returns the exit code
 */
export async function demo(inside: boolean): Promise<number> {
  if (inside) {
    raiseLoopback();
    return perform(undefined);
  }
  const obstacle = namespaceObstacle();
  return obstacle === undefined ? runInside(['demo', '--inside']) : perform(obstacle);
}

async function perform(obstacle: string | undefined): Promise<number> {
  const screen = new Screen(new Terminal(process.stdout));
  const moments = new Moments(screen);
  let stage: Stage | undefined;
  const interruption = new Interruption();
  try {
    screen.title();
    const opened = await openStage(obstacle, new Lens(moments.told), (error) => interruption.fail(error));
    stage = opened;
    const whole = await interruption.orEnd(play(opened, screen, moments));
    if (typeof whole === 'number') {
      await opened.close();
      discardCapture(opened);
      return whole;
    }
    await opened.close();
    epilogue(opened, screen);
    return whole ? EXIT_SUCCESS : EXIT_FAILURE;
  } catch (error) {
    await stage?.close();
    if (stage !== undefined) screen.say(`what was captured until then: ${stage.capturePath}`);
    throw error;
  } finally {
    interruption.release();
  }
}

/** What can end the play early: a signal, the end of the first run, a failure that nobody waits for. */
class Interruption {
  #end!: (code: number) => void;
  #fail!: (error: Error) => void;
  readonly #ended = new Promise<number>((resolve, reject) => {
    this.#end = resolve;
    this.#fail = reject;
  });
  readonly #signals = onSignal((signal) => this.#end(signalExitCode(signal)));
  readonly #abandonment = whenAbandoned(() => this.#end(EXIT_FAILURE));

  constructor() {
    this.#ended.catch(() => {});
  }

  fail(error: Error): void {
    this.#fail(error);
  }

  /** @returns what `play` gave, or the exit code when it was interrupted */
  orEnd<Result>(play: Promise<Result>): Promise<Result | number> {
    play.catch(() => {});
    return Promise.race([play, this.#ended]);
  }

  release(): void {
    this.#signals.release();
    this.#abandonment.release();
  }
}
