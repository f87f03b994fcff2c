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

/** One holder's part in it, which counts once: while it is live and nobody has called `unref`. */
export class Hold {
  #held = false;
  #live = false;
  #reffed = true;

  constructor(readonly keepAlive: KeepAlive) {}

  get held(): boolean {
    return this.#held;
  }

  set live(live: boolean) {
    this.#live = live;
    this.#update();
  }

  ref(): void {
    this.#reffed = true;
    this.#update();
  }

  unref(): void {
    this.#reffed = false;
    this.#update();
  }

  #update(): void {
    const wanted = this.#live && this.#reffed;
    if (wanted === this.#held) return;
    this.#held = wanted;
    if (wanted) this.keepAlive.hold();
    else this.keepAlive.release();
  }
}

/** The longest delay that `setTimeout` takes. */
const LONGEST_DELAY = 2 ** 31 - 1;
