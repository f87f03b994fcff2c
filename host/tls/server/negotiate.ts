/**
 * What a server makes of a ClientHello of TLS 1.3: suite, group, key share, PSK, and HelloRetryRequest where the share is
 * missing. RFC 8446 §4.1.1. Not for: sending the flight that follows (`flight.ts`).
 */
import { TlsError } from '../alert.js';
import type { GroupName } from '../crypto/provider.js';
import type { HandshakeContext } from '../handshake/context.js';
import { type Expect, expectType } from '../handshake/expect.js';
import { type ClientHello, readClientHello } from '../messages/client-hello.js';
import { EXTENSION } from '../messages/extension.js';
import { writeU16 } from '../messages/extension-codec.js';
import { HANDSHAKE, type HandshakeMessage } from '../messages/handshake.js';
import { RETRY_RANDOM, writeServerHello } from '../messages/server-hello.js';
import { type CipherSuite, GROUPS, SUITES, TLS12, TLS13 } from '../parameters.js';
import { sendFlight } from './flight.js';
import { findPsk } from './psk.js';
import { checkSecondHello } from './second-hello.js';

/** What is settled before the server answers. */
export interface Choice {
  readonly suite: CipherSuite;
  readonly group: GroupName;
  /** Whether the client's server name led somewhere, which the answer says (RFC 6066 §3). */
  readonly isNamed: boolean;
}

/** The ClientHello is in the transcript already. */
export function beginServer13(context: HandshakeContext, hello: ClientHello, isNamed: boolean): Expect {
  checkHello(hello);
  const choice = { suite: chooseSuite(context, hello), group: chooseGroup(context, hello), isNamed };
  context.records.passChangeCipherSpec(true);
  if (hello.earlyData) context.records.skipEarlyData(EARLY_DATA_LIMIT);
  const hasShare = hello.keyShares?.some(({ group }) => group === GROUPS[choice.group]) ?? false;
  if (hasShare) return proceed(context, hello, choice, false);
  const hadPsk = findPsk(context, hello, choice.suite, false) !== undefined;
  sendRetry(context, hello, choice);
  return new ExpectSecondClientHello(context, hello, choice, hadPsk);
}

class ExpectSecondClientHello implements Expect {
  readonly awaits = 'a second ClientHello';

  /** @param hadPsk whether the first ClientHello had a PSK that would do, so that the second must have it, too */
  constructor(
    private readonly context: HandshakeContext,
    private readonly first: ClientHello,
    private readonly choice: Choice,
    private readonly hadPsk: boolean,
  ) {}

  handle(message: HandshakeMessage): Expect {
    expectType(message, HANDSHAKE.client_hello, this);
    const { context, choice } = this;
    const hello = readClientHello(message);
    checkSecondHello(this.first, hello, { group: GROUPS[choice.group], psk: this.hadPsk });
    context.checkBoundary();
    return proceed(context, hello, choice, true);
  }
}

/** @param afterRetry then the ClientHello is not in the transcript yet, and change_cipher_spec went out */
function proceed(context: HandshakeContext, hello: ClientHello, choice: Choice, afterRetry: boolean): Expect {
  const { facts, transcript } = context;
  const psk = findPsk(context, hello, choice.suite, afterRetry);
  if (afterRetry) transcript.add(hello.bytes);
  transcript.start(choice.suite.hash);
  transcript.forget();
  facts.suite = choice.suite;
  facts.group = choice.group;
  return sendFlight(context, { hello, choice, psk, afterRetry });
}

function checkHello(hello: ClientHello): void {
  const { compression, keyShares, groups, schemes, psks, pskModes } = hello;
  // RFC 8446 §4.1.2
  if (compression.length !== 1 || compression[0] !== 0) {
    throw new TlsError(
      'illegal_parameter',
      'INVALID_COMPRESSION_LIST',
      'the client offers compression (illegal_parameter)',
    );
  }
  // RFC 8446 §9.2, §4.2.9
  if (keyShares === undefined) throw missing('key_share', 'MISSING_KEY_SHARE');
  if (groups === undefined) throw missing('supported_groups');
  if (schemes === undefined && psks === undefined) throw missing('signature_algorithms');
  if (psks !== undefined && pskModes === undefined) throw missing('psk_key_exchange_modes');
}

function chooseSuite({ config }: HandshakeContext, hello: ClientHello): CipherSuite {
  const ours = config.suites
    .map((name) => SUITES.find(({ standardName }) => standardName === name))
    .filter((suite) => suite?.version === TLS13);
  const common = ours.filter((suite) => suite !== undefined && hello.suites.includes(suite.id));
  const suite = config.honorClientOrder
    ? hello.suites.map((id) => common.find((candidate) => candidate?.id === id)).find((found) => found !== undefined)
    : common[0];
  if (suite !== undefined) return suite;
  throw new TlsError('handshake_failure', 'NO_SHARED_CIPHER', 'no cipher suite in common (handshake_failure)');
}

/** By our preference, even at the cost of a round trip: the favourite is the one that resists quantum computers. */
function chooseGroup({ config }: HandshakeContext, { groups = [] }: ClientHello): GroupName {
  const group = config.groups.find((name) => groups.includes(GROUPS[name]));
  if (group !== undefined) return group;
  throw new TlsError('handshake_failure', 'NO_SHARED_GROUP', 'no group in common (handshake_failure)');
}

/** RFC 8446 §4.1.4. */
function sendRetry(context: HandshakeContext, hello: ClientHello, { suite, group }: Choice): void {
  context.transcript.replaceByHash(suite.hash);
  const extensions = new Map([
    [EXTENSION.supported_versions, writeU16(TLS13)],
    [EXTENSION.key_share, writeU16(GROUPS[group])],
  ]);
  const { sessionId } = hello;
  const retry = { legacyVersion: TLS12, random: RETRY_RANDOM, sessionId, suite: suite.id, compression: 0, extensions };
  context.send(HANDSHAKE.server_hello, writeServerHello(retry));
  context.sendChangeCipherSpec(); // RFC 8446 §D.4
}

function missing(extension: string, reason = 'MISSING_EXTENSION'): TlsError {
  return new TlsError('missing_extension', reason, `ClientHello has no ${extension} (missing_extension)`);
}

/** Bytes of refused early data that are passed over. */
const EARLY_DATA_LIMIT = 16_384;
