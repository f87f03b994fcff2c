/**
 * Numbers that look random and are the same for the same seed, in every runtime: sfc32 by Chris Doty-Humphrey
 * (PractRand). For simulations. Not for: secrets.
 */
export class SeededRandom {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** @param stream tells apart sequences of one seed */
  constructor(seed: number, stream = 0) {
    this.#a = stream | 0;
    this.#b = Math.floor(seed / 2 ** 32) | 0;
    this.#c = seed | 0;
    for (let round = 0; round < WARM_UP; round++) this.#next();
  }

  /** From 0 up to, not including, 1. */
  fraction(): number {
    return (this.#next() >>> 0) / 2 ** 32;
  }

  #next(): number {
    const result = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + result;
    return result;
  }
}

/** Rounds until every bit of the seed has reached every bit of the state, as PractRand does. */
const WARM_UP = 12;
