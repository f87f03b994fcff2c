/**
 * The error of the Sockets API: a TypeError whose message says what it is. Not for: what happened on the network, which
 * is its `cause` (`../socket/errors.ts`).
 */
export class SocketError extends TypeError {
  /** The `code` of the cause: `ECONNREFUSED`, `CERT_HAS_EXPIRED`. */
  readonly code: string | undefined;

  constructor(message: string, options?: { cause: unknown }) {
    super(`SocketError: ${message}`, options);
    this.code = (options?.cause as { code?: string } | undefined)?.code;
  }

  /** What went wrong below, as an error of the Sockets API. */
  static from(cause: unknown): SocketError {
    if (cause instanceof SocketError) return cause;
    return new SocketError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}
