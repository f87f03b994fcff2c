/**
 * The random values of hellos, and what they say against a downgrade (RFC 8446 §4.1.3).
 */
import { TlsError } from '../alert.js';
import { TLS12, TLS13 } from '../parameters.js';
import type { TlsVersion } from '../records.js';
import { latin1, sameBytes } from '../wire/bytes.js';
import type { HandshakeContext } from './context.js';

/** Fresh; a server that could have spoken TLS 1.3 says so in the last eight bytes. */
export function serverRandom(context: HandshakeContext, version: TlsVersion): Uint8Array<ArrayBuffer> {
  const random = context.provider.random(32);
  if (version === TLS12 && context.config.maxVersion >= TLS13) random.set(DOWNGRADE_TO_12, 24);
  return random;
}

/** @throws TlsError when a server that speaks TLS 1.3 was made to choose something older, although we offered 1.3 */
export function checkDowngrade(random: Uint8Array): void {
  const end = random.subarray(24);
  if (!sameBytes(end, DOWNGRADE_TO_12) && !sameBytes(end, DOWNGRADE_TO_11)) return;
  throw new TlsError(
    'illegal_parameter',
    'TLS13_DOWNGRADE',
    'somebody made the server choose an older version (illegal_parameter)',
  );
}

const DOWNGRADE_TO_12 = latin1('DOWNGRD\x01');
const DOWNGRADE_TO_11 = latin1('DOWNGRD\x00');
