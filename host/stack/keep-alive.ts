/**
 * Keeps the process alive while a stack has something ref'd: a socket, a listener, a pending connect, or bytes that it
 * accepted and has not delivered. Devices and protocol timers never do; between two packets nothing else would.
 * Not for: protocol time.
 */
export class KeepAlive {
  #holders = 0;
  #timeout: ReturnType<typeof setTimeout> | undefined;

  hold(): void {
    if (this.#holders++ === 0) this.#start();
  }

  release(): void {
    if (--this.#holders === 0) clearTimeout(this.#timeout);
  }

  #start(): void {
    this.#timeout = setTimeout(() => this.#start(), LONGEST_DELAY);
  }
}

/** The longest delay that `setTimeout` takes. */
const LONGEST_DELAY = 2 ** 31 - 1;
