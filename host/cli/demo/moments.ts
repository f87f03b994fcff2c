/**
 * What the lens has seen, for the script to show and to wait for.
 * Not for: seeing it (`lens.ts`), and how it looks (`screen.ts`).
 */
import type { Moment } from './lens.js';
import type { Screen } from './screen.js';

/** Moments go to the screen while nothing else is drawn there, and wait meanwhile. */
export class Moments {
  readonly #waiting: Moment[] = [];
  #seen: Moment[] = [];
  #open = true;
  #news: () => void = () => {};

  constructor(private readonly screen: Screen) {}

  readonly told = (moment: Moment): void => {
    this.#seen.push(moment);
    if (this.#open) this.screen.moment(moment);
    else this.#waiting.push(moment);
    this.#news();
  };

  /** From now on they wait. */
  hold(): void {
    this.#open = false;
  }

  /** Shows those that have waited. */
  release(): void {
    this.#open = true;
    for (const moment of this.#waiting.splice(0)) this.screen.moment(moment);
  }

  /** Forgets those that have waited: another story is told. */
  skip(): void {
    this.#open = true;
    this.#waiting.length = 0;
  }

  /** Resolves when a moment has led to `state`; forgets all before. */
  async until(...states: readonly string[]): Promise<void> {
    for (;;) {
      const index = this.#seen.findIndex(({ after }) => after !== undefined && states.includes(after));
      if (index >= 0) {
        this.#seen = this.#seen.slice(index + 1);
        return;
      }
      await new Promise<void>((resolve) => {
        this.#news = resolve;
      });
    }
  }
}
