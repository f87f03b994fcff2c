/**
 * The client awaits ServerHello, in either version, or HelloRetryRequest: RFC 8446 §4.1.3, §4.1.4, appendix D.1.
 * Not for: what follows in TLS 1.3 (`encrypted.ts`) and 1.2 (`../tls12/client/`).
 */
import { TlsError } from '../alert.js';
import type { HandshakeContext } from '../handshake/context.js';
import { type Expect, expectType, unexpectedMessage } from '../handshake/expect.js';
import { checkDowngrade } from '../handshake/random.js';
import { checkAnswer, EXTENSION } from '../messages/extension.js';
import { readCookie, readU16 } from '../messages/extension-codec.js';
import { HANDSHAKE, type HandshakeMessage } from '../messages/handshake.js';
import { isHelloRetryRequest, readServerHello, type ServerHello } from '../messages/server-hello.js';
import { type CipherSuite, groupById, suiteById, TLS12, TLS13 } from '../parameters.js';
import type { TlsVersion } from '../records.js';
import { beginClient12 } from '../tls12/client/begin.js';
import { sameBytes } from '../wire/bytes.js';
import { type ClientOffer, makeOffer, makeRetryOffer } from './offer.js';
import { beginClient13 } from './server-hello.js';

/** Sends the first ClientHello. */
export function beginClient(context: HandshakeContext): Expect {
  const offer = makeOffer(context);
  context.clientRandom = offer.random;
  context.facts.serverName = context.config.serverName;
  context.records.setRecordVersion(0x0301); // RFC 8446 §5.1: for servers of long ago.
  context.sendFramed(offer.bytes);
  context.flush();
  context.records.setRecordVersion(TLS12);
  // RFC 8446 §5: from the first ClientHello on, before anybody knows which version it will be.
  context.records.passChangeCipherSpec(offer.versions.includes(TLS13));
  return new ExpectServerHello(context, offer);
}

class ExpectServerHello implements Expect {
  readonly awaits = 'ServerHello';

  /** @param retrySuite the suite of the HelloRetryRequest that came before */
  constructor(
    private readonly context: HandshakeContext,
    private readonly offer: ClientOffer,
    private readonly retrySuite?: CipherSuite,
  ) {}

  handle(message: HandshakeMessage): Expect {
    expectType(message, HANDSHAKE.server_hello, this);
    const hello = readServerHello(message);
    const { context, offer } = this;
    if (isHelloRetryRequest(hello)) return this.#retry(message, hello);
    const version = this.#version(hello);
    if (this.retrySuite !== undefined && version !== TLS13) throw secondMismatch();
    context.facts.version = version;
    if (version === TLS12) {
      if (offer.versions.includes(TLS13)) checkDowngrade(hello.random);
      context.transcript.add(message.bytes);
      return beginClient12(context, offer, hello);
    }
    const suite = this.#checkCommon(hello);
    context.transcript.start(suite.hash);
    context.transcript.add(message.bytes);
    return beginClient13(context, { offer, hello, suite, sentChangeCipherSpec: this.retrySuite !== undefined });
  }

  /** RFC 8446 §4.2.1: supported_versions says TLS 1.3 or is absent. */
  #version(hello: ServerHello): TlsVersion {
    const selected = hello.extensions.get(EXTENSION.supported_versions);
    const version = selected === undefined ? hello.legacyVersion : readU16(selected, 'supported_versions');
    if (this.retrySuite !== undefined && (selected === undefined || version !== TLS13)) throw secondMismatch();
    if (selected !== undefined && !(version === TLS13 && this.offer.versions.includes(TLS13))) {
      throw new TlsError(
        'illegal_parameter',
        version === TLS12 || !this.offer.versions.includes(TLS13) ? 'UNEXPECTED_EXTENSION' : 'UNSUPPORTED_PROTOCOL',
        `the server's supported_versions says 0x${version.toString(16)} (illegal_parameter)`,
      );
    }
    const offered = this.offer.versions.find((candidate) => candidate === version);
    if (offered !== undefined && (selected !== undefined || offered === TLS12)) return offered;
    throw new TlsError(
      'protocol_version',
      'UNSUPPORTED_PROTOCOL',
      `the server chose version 0x${version.toString(16)}, which was not offered (protocol_version)`,
    );
  }

  /** What holds for ServerHello and HelloRetryRequest of TLS 1.3 alike. */
  #checkCommon(hello: ServerHello): CipherSuite {
    if (hello.compression !== 0) {
      throw new TlsError('decode_error', 'DECODE_ERROR', 'the server wants compression (decode_error)');
    }
    if (hello.legacyVersion !== TLS12) {
      throw new TlsError(
        'illegal_parameter',
        'UNSUPPORTED_PROTOCOL',
        "the server's legacy_version is wrong (illegal_parameter)",
      );
    }
    if (!sameBytes(hello.sessionId, this.offer.sessionId)) {
      throw new TlsError(
        'illegal_parameter',
        'SERVER_ECHOED_INVALID_SESSION_ID',
        'the server echoed another session id (illegal_parameter)',
      );
    }
    const suite = suiteById(hello.suite);
    const offered = suite?.version === TLS13 && this.offer.suites.includes(suite.id);
    if (suite === undefined || !offered || (this.retrySuite !== undefined && suite !== this.retrySuite)) {
      throw new TlsError(
        'illegal_parameter',
        'WRONG_CIPHER_RETURNED',
        `the server chose cipher suite 0x${hello.suite.toString(16)} (illegal_parameter)`,
      );
    }
    return suite;
  }

  /** RFC 8446 §4.1.4. */
  #retry(message: HandshakeMessage, hello: ServerHello): Expect {
    const { context, offer } = this;
    if (this.retrySuite !== undefined || !offer.versions.includes(TLS13)) throw unexpectedMessage(message, this);
    const isRight = hello.extensions.has(EXTENSION.supported_versions) && this.#version(hello) === TLS13;
    if (!isRight) {
      throw new TlsError(
        'illegal_parameter',
        'DECODE_ERROR',
        'HelloRetryRequest is not of TLS 1.3 (illegal_parameter)',
      );
    }
    const suite = this.#checkCommon(hello);
    const retry = { ...readRetry(context, offer, hello), hash: suite.hash };
    context.checkBoundary();
    context.transcript.replaceByHash(suite.hash);
    context.transcript.add(message.bytes);
    const second = makeRetryOffer(context, offer, retry);
    context.sendChangeCipherSpec(); // RFC 8446 §D.4
    context.sendFramed(second.bytes);
    context.flush();
    return new ExpectServerHello(context, second, suite);
  }
}

function readRetry(context: HandshakeContext, offer: ClientOffer, hello: ServerHello) {
  const allowed = [EXTENSION.supported_versions, EXTENSION.key_share, EXTENSION.cookie];
  checkAnswer(
    'HelloRetryRequest',
    hello.extensions,
    allowed,
    new Set<number>([...offer.extensions.keys(), ...allowed]),
  );
  const cookie = hello.extensions.get(EXTENSION.cookie);
  const share = hello.extensions.get(EXTENSION.key_share);
  if (cookie === undefined && share === undefined) {
    throw new TlsError(
      'illegal_parameter',
      'EMPTY_HELLO_RETRY_REQUEST',
      'HelloRetryRequest changes nothing (illegal_parameter)',
    );
  }
  return {
    cookie: cookie === undefined ? undefined : readCookie(cookie),
    group: share === undefined ? undefined : readRetryGroup(context, offer, readU16(share, 'key_share')),
  };
}

/** RFC 8446 §4.2.8: a group that was offered, and without a share. */
function readRetryGroup(context: HandshakeContext, offer: ClientOffer, number: number) {
  const group = groupById(number);
  if (group !== undefined && context.config.groups.includes(group) && !offer.keyOffers.has(group)) return group;
  throw new TlsError(
    'illegal_parameter',
    'WRONG_CURVE',
    `HelloRetryRequest wants group 0x${number.toString(16)} (illegal_parameter)`,
  );
}

function secondMismatch(): TlsError {
  return new TlsError(
    'illegal_parameter',
    'SECOND_SERVERHELLO_VERSION_MISMATCH',
    'ServerHello has another version than HelloRetryRequest (illegal_parameter)',
  );
}
