/**
 * The server awaits a ClientHello and finds out which version is to be spoken: RFC 8446 §4.1.2, §4.2.1, appendix D.2.
 * Not for: what follows in TLS 1.3 (`negotiate.ts`) and 1.2 (`../tls12/server/`).
 */
import { TlsError } from '../alert.js';
import type { Selected, TlsConfig } from '../config.js';
import type { HandshakeContext } from '../handshake/context.js';
import { type Expect, expectType, unexpectedMessage } from '../handshake/expect.js';
import { type ClientHello, readClientHello } from '../messages/client-hello.js';
import { HANDSHAKE, type HandshakeMessage } from '../messages/handshake.js';
import { TLS12, TLS13 } from '../parameters.js';
import type { TlsVersion } from '../records.js';
import { beginServer12 } from '../tls12/server/begin.js';
import { beginServer13 } from './negotiate.js';

export class ExpectClientHello implements Expect {
  readonly awaits = 'ClientHello';

  constructor(private readonly context: HandshakeContext) {}

  handle(message: HandshakeMessage): Expect {
    expectType(message, HANDSHAKE.client_hello, this);
    const { context } = this;
    const hello = readClientHello(message);
    context.clientRandom = hello.random.slice();
    const selected = askForConfig(context, hello);
    if (!(selected instanceof Promise)) return begin(context, hello, selected);
    return new ExpectDecision(selected.then((config) => () => begin(context, hello, config)));
  }
}

/** A configuration is being chosen. */
class ExpectDecision implements Expect {
  readonly awaits = 'nothing before the server has chosen a configuration';

  constructor(readonly decided: Promise<() => Expect>) {}

  handle(message: HandshakeMessage): Expect {
    throw unexpectedMessage(message, this);
  }
}

/** RFC 6066 §3: the name may lead to other certificates and rules. */
function askForConfig(context: HandshakeContext, { serverName }: ClientHello): Selected | Promise<Selected> {
  context.facts.serverName = serverName;
  const { named, select } = context.config;
  if (serverName !== undefined) named?.(serverName);
  return select?.(serverName);
}

function begin(context: HandshakeContext, hello: ClientHello, selected: Selected): Expect {
  if (selected !== undefined) useConfig(context, selected);
  const version = chooseVersion(context, hello);
  context.facts.version = version;
  context.records.setRecordVersion(TLS12);
  context.checkBoundary();
  context.transcript.add(hello.bytes);
  const isNamed = selected !== undefined && hello.serverName !== undefined;
  return version === TLS13 ? beginServer13(context, hello, isNamed) : beginServer12(context, hello);
}

/** What belongs to the connection stays. */
function useConfig(context: HandshakeContext, selected: TlsConfig): void {
  const { chooseProtocol, keylog, verifyModeSet, requestCert, rejectUnauthorized } = context.config;
  const verifyMode = verifyModeSet === true ? { requestCert, rejectUnauthorized } : {};
  context.config = { ...selected, ...verifyMode, keylog, chooseProtocol };
  context.records.setMaxSendFragment(selected.maxSendFragment);
}

/** RFC 8446 §4.2.1: supported_versions counts alone where it is there; appendix D.5: but SSL 3.0 is refused all the same. */
function chooseVersion({ config }: HandshakeContext, hello: ClientHello): TlsVersion {
  const { versions, legacyVersion } = hello;
  const offers = (version: TlsVersion) =>
    versions === undefined ? version === TLS12 && legacyVersion >= TLS12 : versions.includes(version);
  const known = legacyVersion > SSL3 ? [TLS13, TLS12] : [];
  const version = known.find(
    (candidate) => candidate <= config.maxVersion && candidate >= config.minVersion && offers(candidate),
  );
  if (version === undefined) {
    throw new TlsError(
      'protocol_version',
      'UNSUPPORTED_PROTOCOL',
      'the client speaks no version that is spoken here (protocol_version)',
    );
  }
  // RFC 7507 §3: the client gave up on a higher version, which would have worked.
  if (hello.suites.includes(FALLBACK_SCSV) && version < config.maxVersion) {
    throw new TlsError(
      'inappropriate_fallback',
      'INAPPROPRIATE_FALLBACK',
      'the client fell back to an older version without need (inappropriate_fallback)',
    );
  }
  return version;
}

const SSL3 = 0x0300;
const FALLBACK_SCSV = 0x5600;
