/** Choices that follow from a seed. Not for: secrets. */
import { SeededRandom } from '../../../host/device/random.js';

export class Dice {
  readonly #random: SeededRandom;

  /** @param stream tells apart sequences of one seed */
  constructor(seed: number, stream: number) {
    this.#random = new SeededRandom(seed, stream);
  }

  /** A whole number from 0 up to, not including, `limit`. */
  below(limit: number): number {
    return Math.floor(this.#random.fraction() * limit);
  }

  /** True once in so many times. */
  once(times: number): boolean {
    return this.below(times) === 0;
  }

  /** @throws RangeError when there is nothing to choose from */
  pick<T>(list: readonly T[]): T {
    if (list.length === 0) throw new RangeError('nothing to choose from');
    return list[this.below(list.length)] as T;
  }

  bytes(length: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(length);
    for (let index = 0; index < length; index++) bytes[index] = this.below(256);
    return bytes;
  }
}
