/** Stdin, a chunk at a time for whoever is connected: what one connection has not taken is there for the next. */
export class Input {
  readonly #chunks: AsyncIterator<Uint8Array> = process.stdin[Symbol.asyncIterator]();
  #pending: Promise<IteratorResult<Uint8Array>> | undefined;
  #ended = false;

  /** The next chunk; `'end'` when there will be none; `'over'` as soon as `signal` says so, and then nothing is lost. */
  async next(signal: AbortSignal): Promise<Uint8Array | 'end' | 'over'> {
    if (this.#ended) return 'end';
    this.#pending ??= this.#chunks.next();
    const result = await Promise.race([this.#pending, aborted(signal)]);
    if (result === undefined) return 'over';
    this.#pending = undefined;
    this.#ended = result.done === true;
    return this.#ended ? 'end' : result.value;
  }
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}
