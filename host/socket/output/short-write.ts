/**
 * The warning for programs that lose bytes because they did not look at what `write` answered. Once a process, and not
 * in production. Not for: noticing it (`members.ts`).
 */

/** @param left the bytes that `write` did not take and that nobody gave it again */
export function warnOfShortWrite(left: number): void {
  if (warned || typeof process === 'undefined' || process.env?.NODE_ENV === 'production') return;
  warned = true;
  process.emitWarning(`${left} bytes were lost: write() did not take them, and the socket ended without them`, {
    type: 'VitrineWarning',
    code: 'VITRINE_SHORT_WRITE',
    detail:
      'write() answers how many bytes it took. Send the rest in the drain handler, or use writeAll(socket, data).',
  });
}

let warned = false;
