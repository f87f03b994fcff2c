/**
 * A server that settled on TLS 1.2: it answers the ClientHello with an abbreviated handshake if it can, else with the full one.
 * Not for: settling on the version, FALLBACK_SCSV, the configuration of a name (`../../server/`).
 */
import { type AlertName, TlsError } from '../../alert.js';
import { chooseAlpn, sharedSchemes } from '../../handshake/choose.js';
import type { HandshakeContext } from '../../handshake/context.js';
import type { Expect } from '../../handshake/expect.js';
import { confirmPeer } from '../../handshake/peer.js';
import { serverRandom } from '../../handshake/random.js';
import type { ClientHello } from '../../messages/client-hello.js';
import { EXTENSION } from '../../messages/extension.js';
import { writeAlpn, writeRenegotiationInfo, writeU8List } from '../../messages/extension-codec.js';
import { HANDSHAKE } from '../../messages/handshake.js';
import { writeServerHello } from '../../messages/server-hello.js';
import { GROUPS, SCHEMES, TLS12 } from '../../parameters.js';
import { restorePeer } from '../../session/resumption.js';
import { EMPTY } from '../../wire/bytes.js';
import { choose } from '../choice.js';
import type { Exchange } from '../exchange.js';
import { ExpectChangeCipherSpec, ExpectFinished, Open } from '../finish.js';
import {
  signedParams,
  writeCertificate,
  writeCertificateRequest,
  writeParams,
  writeServerKeyExchange,
} from '../messages.js';
import { Protection } from '../protection.js';
import type { Randoms } from '../secrets.js';
import { ExpectClientCertificate, ExpectClientKeyExchange } from './flight.js';
import { findSession, givesTickets, type Resumable, sendTicket } from './ticket.js';

/**
 * @param hello in the transcript already, the configuration of its server name in place
 * @returns the state that awaits what follows it
 * @throws TlsError when it can't be answered
 */
export function beginServer12(context: HandshakeContext, hello: ClientHello): Expect {
  checkHello(hello);
  context.records.passChangeCipherSpec(false);
  context.facts.sharedSignatureSchemes = sharedSchemes(context, hello.schemes ?? []);
  chooseAlpn(context, hello.alpn);
  const session = findSession(context, hello);
  const randoms = { client: hello.random.slice(), server: serverRandom(context, TLS12) };
  return session === undefined ? full(context, hello, randoms) : resume(context, hello, randoms, session);
}

function checkHello({ compression, pointFormats, renegotiationInfo }: ClientHello): void {
  if (!compression.includes(0)) {
    throw failure('illegal_parameter', 'INVALID_COMPRESSION_LIST', 'the client insists on compression');
  }
  // RFC 8422 §5.1.2.
  if (pointFormats !== undefined && !pointFormats.includes(UNCOMPRESSED)) {
    throw failure('illegal_parameter', 'ERROR_PARSING_EXTENSION', "the client doesn't take uncompressed points");
  }
  // RFC 5746 §3.6: in a first handshake there is nothing to bind to.
  if (renegotiationInfo !== undefined && renegotiationInfo.length > 0) {
    throw failure('handshake_failure', 'RENEGOTIATION_MISMATCH', 'the client speaks of an earlier handshake');
  }
}

/** RFC 5246 §7.3, figure 1: everything up to ServerHelloDone goes out at once. */
function full(context: HandshakeContext, hello: ClientHello, randoms: Randoms): Expect {
  const { suite, group, credentials, scheme } = choose(context, hello);
  const { config, facts } = context;
  facts.group = group;
  facts.extendedMasterSecret = hello.extendedMasterSecret;
  const exchange: Exchange = { context, suite, randoms, ticketPromised: givesTickets(context, hello) };
  sendServerHello(exchange, hello, EMPTY);
  context.send(HANDSHAKE.certificate, writeCertificate(credentials.chain.map(({ raw }) => raw)));
  facts.localChain = credentials.chain;
  const offer = context.provider.offer(group);
  const params = writeParams(GROUPS[group], offer.share);
  const { id, kind } = SCHEMES[scheme];
  const signature = context.provider.sign(credentials.key, kind, signedParams(randoms, params));
  context.send(HANDSHAKE.server_key_exchange, writeServerKeyExchange(params, id, signature));
  if (config.requestCert) {
    const schemes = config.signatureSchemes.map((name) => SCHEMES[name].id);
    context.send(HANDSHAKE.certificate_request, writeCertificateRequest(schemes));
  }
  context.send(HANDSHAKE.server_hello_done, EMPTY);
  context.flush();
  if (config.requestCert) return new ExpectClientCertificate(exchange, offer);
  return new ExpectClientKeyExchange(exchange, offer, undefined);
}

/** RFC 5246 §7.3, figure 2, and RFC 5077 §3.1, figure 2: the server finishes first. */
function resume(context: HandshakeContext, hello: ClientHello, randoms: Randoms, session: Resumable): Expect {
  restorePeer(context, session);
  confirmPeer(context);
  const exchange: Exchange = {
    context,
    suite: session.cipherSuite,
    randoms,
    ticketPromised: givesTickets(context, hello),
  };
  sendServerHello(exchange, hello, hello.sessionId);
  const protection = new Protection(context, exchange.suite, session.secret.slice(), randoms);
  if (exchange.ticketPromised) sendTicket(protection, session);
  protection.sendFinished();
  const finished = new ExpectFinished(protection, () => {
    protection.finish();
    return new Open('server');
  });
  return new ExpectChangeCipherSpec(protection, finished);
}

/** @param sessionId what the client sent, when its session is resumed (RFC 5077 §3.4) */
function sendServerHello(exchange: Exchange, hello: ClientHello, sessionId: Uint8Array): void {
  const { context, suite, randoms, ticketPromised } = exchange;
  const { facts } = context;
  facts.suite = suite;
  context.transcript.start(suite.hash);
  const extensions = new Map<number, Uint8Array>();
  // RFC 6066 §3: not when a session is resumed.
  if (hello.serverName !== undefined && !facts.resumed) extensions.set(EXTENSION.server_name, EMPTY);
  if (hello.renegotiationInfo !== undefined || hello.suites.includes(RENEGOTIATION_SCSV)) {
    extensions.set(EXTENSION.renegotiation_info, writeRenegotiationInfo(EMPTY));
  }
  if (facts.extendedMasterSecret) extensions.set(EXTENSION.extended_master_secret, EMPTY);
  if (ticketPromised) extensions.set(EXTENSION.session_ticket, EMPTY);
  if (hello.pointFormats !== undefined && !facts.resumed) {
    extensions.set(EXTENSION.ec_point_formats, writeU8List([UNCOMPRESSED]));
  }
  if (facts.alpnProtocol !== undefined) {
    extensions.set(EXTENSION.application_layer_protocol_negotiation, writeAlpn([facts.alpnProtocol]));
  }
  const { server: random } = randoms;
  const body = { legacyVersion: TLS12, random, sessionId, suite: suite.id, compression: 0, extensions };
  context.send(HANDSHAKE.server_hello, writeServerHello(body));
}

function failure(alert: AlertName, reason: string, message: string): TlsError {
  return new TlsError(alert, reason, `${message} (${alert})`);
}

const UNCOMPRESSED = 0;
/** TLS_EMPTY_RENEGOTIATION_INFO_SCSV (RFC 5746 §3.3). */
const RENEGOTIATION_SCSV = 0x00ff;
