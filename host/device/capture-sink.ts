/**
 * Takes a capture away to a file or a function without holding up the one who captures: writes all that has come
 * together, one write at a time, and keeps a bounded amount meanwhile.
 * Not for: what the bytes mean (`pcapng.ts`).
 */
import { closeSync, openSync, writeSync, writev } from 'node:fs';

/** Gets the capture in pieces, in order. A promise delays the next piece. The bytes are the receiver's to keep. */
export type CaptureWriter = (bytes: Uint8Array) => void | Promise<void>;

export class CaptureSink {
  /** Settles when everything has been handed over and the file is closed; rejects with what went wrong. */
  readonly finished: Promise<void>;
  readonly #target: Target;
  #chunk = new Uint8Array(CHUNK);
  /** Bytes of `#chunk` in use. */
  #used = 0;
  #full: Uint8Array[] = [];
  /** Goes before all of these. */
  #ahead: Uint8Array[] = [];
  /** Bytes that wait or are being written. */
  #pending = 0;
  #writing = false;
  #scheduled = false;
  #ended = false;
  #failed = false;
  #settle!: (error?: unknown) => void;

  /**
   * @param first what the capture begins with
   * @throws Error of `node:fs` when the file can't be opened
   */
  constructor(to: { path: string } | { write: CaptureWriter }, first: Uint8Array) {
    this.#target = 'path' in to ? new FileTarget(to.path) : new FunctionTarget(to.write);
    this.finished = new Promise((resolve, reject) => {
      this.#settle = (error) => (error === undefined ? resolve() : reject(error));
    });
    this.finished.catch(() => {});
    this.insert(first);
    open.add(this);
    if (open.size === 1) globalThis.process?.on('exit', endAll);
  }

  /** Room for `size` bytes, to be filled at once; `undefined` when too much waits already or writing has failed. */
  reserve(size: number): Uint8Array | undefined {
    if (!this.#has(size, PENDING_LIMIT)) return undefined;
    if (this.#used + size > this.#chunk.length) this.#seal(size);
    const room = this.#chunk.subarray(this.#used, this.#used + size);
    this.#used += size;
    this.#wait(size);
    return room;
  }

  /**
   * Puts `bytes` before everything that still waits, behind what was inserted before. There is room for some more than
   * `reserve` has, so that packets can't keep it out.
   * @returns whether it was kept
   */
  insert(bytes: Uint8Array): boolean {
    if (!this.#has(bytes.length, PENDING_LIMIT + INSERTED_LIMIT)) return false;
    this.#ahead.push(bytes);
    this.#wait(bytes.length);
    return true;
  }

  /** Hands over everything that waits, `last` at the end. Idempotent. */
  end(last: Uint8Array): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#seal(0);
    open.delete(this);
    if (open.size === 0) globalThis.process?.off('exit', endAll);
    this.#target.end(this.#failed ? [] : [...this.#take(), last], this.#settle);
  }

  /** What `process.exit` does to a capture that nobody closed. */
  static abandon(sink: CaptureSink): void {
    sink.end(new Uint8Array(0));
  }

  #has(size: number, limit: number): boolean {
    return !this.#ended && !this.#failed && this.#pending + size <= limit;
  }

  #wait(size: number): void {
    this.#pending += size;
    this.#schedule();
  }

  #take(): Uint8Array[] {
    const pieces = [...this.#ahead, ...this.#full];
    this.#ahead = [];
    this.#full = [];
    return pieces;
  }

  #seal(size: number): void {
    if (this.#used > 0) this.#full.push(this.#chunk.subarray(0, this.#used));
    this.#chunk = new Uint8Array(Math.max(size, CHUNK));
    this.#used = 0;
  }

  /** Not in this turn of the event loop: more packets are likely to follow. */
  #schedule(): void {
    if (this.#scheduled || this.#writing) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#next();
    });
  }

  #next(): void {
    if (this.#ended || this.#writing || this.#pending === 0) return;
    this.#seal(0);
    const pieces = this.#take();
    const size = this.#pending;
    this.#writing = true;
    this.#target.write(pieces, (error) => {
      this.#writing = false;
      this.#pending -= size;
      if (error !== undefined) this.#fail(error);
      else this.#next();
    });
  }

  #fail(error: unknown): void {
    this.#failed = true;
    this.#take();
    this.#settle(error);
  }
}

type Done = (error?: unknown) => void;

interface Target {
  /** Not called again before `done`. */
  write(pieces: readonly Uint8Array[], done: Done): void;
  /** May be called while a write is under way. */
  end(pieces: readonly Uint8Array[], done: Done): void;
}

/**
 * Writes at positions of its own, so that at the end everything can be written in one go even if an asynchronous write
 * is still under way: whoever closes the capture, or exits, finds the file complete.
 */
class FileTarget implements Target {
  readonly #file: number;
  #position = 0;
  #underWay: readonly Uint8Array[] = [];
  #ended: Done | undefined;

  constructor(path: string) {
    this.#file = openSync(path, 'w');
  }

  write(pieces: readonly Uint8Array[], done: Done): void {
    this.#underWay = pieces;
    writev(this.#file, pieces, this.#position, (error, written) => {
      if (this.#ended !== undefined) {
        this.#close(this.#ended);
        return;
      }
      this.#underWay = [];
      this.#position += written;
      if (error !== null) done(error);
      else this.#rest(pieces, written, done);
    });
  }

  end(pieces: readonly Uint8Array[], done: Done): void {
    try {
      for (const piece of [...this.#underWay, ...pieces]) this.#writeAll(piece);
    } catch (error) {
      done(error);
    }
    // A number that is closed under a running write might mean another file by the time it is used.
    if (this.#underWay.length === 0) this.#close(done);
    else this.#ended = done;
  }

  /** A nearly full disk takes less than it is given, before it takes nothing. */
  #rest(pieces: readonly Uint8Array[], written: number, done: Done): void {
    let skip = written;
    const left = pieces.flatMap((piece) => {
      const taken = Math.min(skip, piece.length);
      skip -= taken;
      return taken < piece.length ? [piece.subarray(taken)] : [];
    });
    if (left.length === 0) done();
    else this.write(left, done);
  }

  #writeAll(piece: Uint8Array): void {
    for (let at = 0; at < piece.length; ) {
      const written = writeSync(this.#file, piece, at, piece.length - at, this.#position);
      at += written;
      this.#position += written;
    }
  }

  #close(done: Done): void {
    closeSync(this.#file);
    done();
  }
}

class FunctionTarget implements Target {
  #last: Promise<void> = Promise.resolve();

  constructor(private readonly writer: CaptureWriter) {}

  write(pieces: readonly Uint8Array[], done: Done): void {
    for (const piece of pieces) {
      if (piece.length > 0) this.#last = this.#last.then(() => this.writer(piece));
    }
    this.#last.then(() => done(), done);
  }

  end(pieces: readonly Uint8Array[], done: Done): void {
    this.write(pieces, done);
  }
}

function endAll(): void {
  for (const sink of open) CaptureSink.abandon(sink);
}

const open = new Set<CaptureSink>();
const CHUNK = 256 * 1024;
/** Bytes that may wait for a slow disk; then packets are dropped and counted. */
const PENDING_LIMIT = 32 * 1024 * 1024;
const INSERTED_LIMIT = 1024 * 1024;
