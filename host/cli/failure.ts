/**
 * How a command ends: exit codes, errors in one line, signals.
 * Not for: the words of the errors; whoever throws them chose those.
 */

/** What a command says when it can't go on and nothing else has been thrown. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

/** Options that do not go together, which the command line alone does not show. */
export class UsageError extends CommandError {}

/** Says in one line on stderr what went wrong. @returns the exit code */
export function reportFailure(error: unknown): number {
  const { message, code } = error instanceof Error ? (error as NodeJS.ErrnoException) : { message: String(error) };
  const reason = typeof code !== 'string' || message.includes(code) ? '' : ` (${code})`;
  process.stderr.write(`vitrine: ${message}${reason}\n`);
  return error instanceof UsageError ? EXIT_USAGE : EXIT_FAILURE;
}

/** Until `release` is called, SIGINT and SIGTERM call `handler`, once, and do nothing else. */
export function onSignal(handler: (signal: Signal) => void): { release(): void } {
  let heard = false;
  const listener = (signal: NodeJS.Signals): void => {
    if (heard || !isSignal(signal)) return;
    heard = true;
    handler(signal);
  };
  for (const signal of SIGNALS) process.on(signal, listener);
  return {
    release() {
      for (const signal of SIGNALS) process.off(signal, listener);
    },
  };
}

export function isSignal(name: string | null): name is Signal {
  return SIGNALS.some((signal) => signal === name);
}

/** What shells report for a program that a signal ended: 128 and the signal's number. */
export function signalExitCode(signal: Signal): number {
  return signal === 'SIGINT' ? 130 : 143;
}

export type Signal = 'SIGINT' | 'SIGTERM';

export const EXIT_SUCCESS = 0;
export const EXIT_FAILURE = 1;
/** The command line made no sense. */
export const EXIT_USAGE = 2;

const SIGNALS: readonly Signal[] = ['SIGINT', 'SIGTERM'];
