/**
 * What may change between two ClientHellos: RFC 8446 §4.1.2. Not for: reading either of them.
 */
import { TlsError } from '../alert.js';
import type { ClientHello } from '../messages/client-hello.js';
import { EXTENSION } from '../messages/extension.js';
import { sameBytes } from '../wire/bytes.js';

/**
 * @param wanted the number of the group that was asked for, and whether the PSK of the first has to be there again
 * @throws TlsError for a second ClientHello that is not the first with what was asked for
 */
export function checkSecondHello(
  first: ClientHello,
  second: ClientHello,
  wanted: { readonly group: number; readonly psk: boolean },
): void {
  const { keyShares } = second;
  if (keyShares === undefined) {
    throw new TlsError('missing_extension', 'MISSING_KEY_SHARE', 'ClientHello has no key_share (missing_extension)');
  }
  // RFC 8446 §4.2.8: one share, of this group.
  if (keyShares.length !== 1 || keyShares[0]?.group !== wanted.group) {
    throw new TlsError(
      'illegal_parameter',
      'WRONG_CURVE',
      'the second ClientHello has not the one key share that was asked for (illegal_parameter)',
    );
  }
  if (isSame(first, second) && (second.psks !== undefined || !wanted.psk)) return;
  throw new TlsError(
    'illegal_parameter',
    'INCONSISTENT_CLIENT_HELLO',
    'the second ClientHello differs from the first where it must not (illegal_parameter)',
  );
}

function isSame(first: ClientHello, second: ClientHello): boolean {
  return (
    first.legacyVersion === second.legacyVersion &&
    sameBytes(first.random, second.random) &&
    sameBytes(first.sessionId, second.sessionId) &&
    sameBytes(first.compression, second.compression) &&
    first.suites.length === second.suites.length &&
    first.suites.every((suite, i) => suite === second.suites[i]) &&
    !second.earlyData &&
    !second.extensions.has(EXTENSION.cookie) &&
    hasSameExtensions(first, second)
  );
}

function hasSameExtensions(first: ClientHello, second: ClientHello): boolean {
  const types = new Set([...first.extensions.keys(), ...second.extensions.keys()]);
  return [...types]
    .filter((type) => !MAY_CHANGE.has(type))
    .every((type) => {
      const [before, after] = [first.extensions.get(type), second.extensions.get(type)];
      return before !== undefined && after !== undefined && sameBytes(before, after);
    });
}

const MAY_CHANGE: ReadonlySet<number> = new Set([
  EXTENSION.key_share,
  EXTENSION.early_data,
  EXTENSION.cookie,
  EXTENSION.pre_shared_key,
  EXTENSION.padding,
]);
