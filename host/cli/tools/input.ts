/** Stdin, a chunk at a time for whoever is connected: what one connection has not taken is there for the next. */
export class Input {
  readonly #chunks: AsyncIterator<Uint8Array> = process.stdin[Symbol.asyncIterator]();
  #pending: Promise<IteratorResult<Uint8Array>> | undefined;
  #ended = false;

  /** The next chunk; `'end'` when there will be none; `'over'` as soon as `signal` says so, and then nothing is lost. */
  async next(signal: AbortSignal): Promise<Uint8Array | 'end' | 'over'> {
    if (this.#ended) return 'end';
    this.#pending ??= this.#chunks.next();
    const result = await unlessAborted(this.#pending, signal);
    if (result === undefined) return 'over';
    this.#pending = undefined;
    this.#ended = result.done === true;
    return this.#ended ? 'end' : result.value;
  }
}

/** `undefined` when `signal` comes first. */
async function unlessAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value | undefined> {
  let stop = (): void => {};
  const aborted = new Promise<undefined>((resolve) => {
    stop = () => resolve(undefined);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
