/**
 * What the script on Vitrine's side can tell the process on the kernel's side to do, and what it answers.
 */

/** By the name of the order. */
export type OrderTable<Table> = { [Name in keyof Table]: { order: unknown; answer: unknown } };

/** Those of `kernel-peer.ts`. */
export interface Orders {
  /** Listens. Answers with the port. */
  listen: { order: { behaviour: Behaviour; length?: number }; answer: number };
  /** Connects to a port of Vitrine's and behaves so. Answers when the connection has closed. */
  connect: { order: { port: number; behaviour: Behaviour; length?: number }; answer: Outcome };
  /** As many connections at once; each sends its number, waits for the echo, and for all others, and ends. */
  crowd: { order: { port: number; count: number }; answer: { echoes: number; atOnce: number } };
  /** What has happened to the connection that was accepted last, or made last. */
  look: { order: object; answer: Outcome };
  /** Lets a stalled connection read. */
  resume: { order: object; answer: null };
}

export type Behaviour =
  /** Sends back what comes, and ends when the peer does. */
  | 'echo'
  /** Reads to the end, then sends the SHA-256 of what came as text, and ends. */
  | 'digest'
  /** Sends `length` bytes, ends, and reads what the peer answers. */
  | 'send'
  /** Sends `length` bytes and nothing else: the connection stays. */
  | 'send and stay'
  /** Reads nothing until `resume`, then behaves like `digest`. */
  | 'stall'
  /** Resets the connection when the first byte comes. */
  | 'reset'
  /** Says nothing. With keep-alive after a second. */
  | 'idle';

export interface Outcome {
  /** Of what came. */
  bytes: number;
  sha256: string;
  /** What came, when it is short. */
  text: string;
  /** Bytes that the kernel has taken from us. */
  taken: number;
  /** Of the error that ended it. */
  code: string | null;
  open: boolean;
}

/** What travels under this name, the same on both sides. */
export const CONTENT = 'interop';
