/**
 * Traffic keys of TLS 1.3 put in place, and their secrets written to the key log: RFC 8446 §7.3.
 * Not for: deriving the secrets (`../schedule/`); KeyUpdate (`post-handshake.ts`).
 */
import { logSecret } from '../keylog.js';
import { type CipherSuite, TLS13 } from '../parameters.js';
import type { Hash } from '../schedule/hkdf.js';
import { exportSecret, type KeySchedule, type TrafficSecrets, trafficKeys } from '../schedule/key-schedule.js';
import { EMPTY } from '../wire/bytes.js';
import type { HandshakeContext } from './context.js';

export function hashOf(context: HandshakeContext, suite: CipherSuite): Hash {
  return { provider: context.provider, name: suite.hash };
}

/** What comes next is opened with this secret's keys. */
export function readWith(context: HandshakeContext, suite: CipherSuite, secret: Uint8Array): void {
  context.readKeys(TLS13, trafficKeys(hashOf(context, suite), suite, secret));
}

/** What is sent next is sealed with this secret's keys. */
export function writeWith(context: HandshakeContext, suite: CipherSuite, secret: Uint8Array): void {
  context.writeKeys(TLS13, trafficKeys(hashOf(context, suite), suite, secret));
}

/** The handshake's traffic secrets, after ServerHello was added; wiped when the handshake is over. */
export function handshakeSecrets(context: HandshakeContext, schedule: KeySchedule): TrafficSecrets {
  const secrets = schedule.handshakeTrafficSecrets(context.transcript.hash());
  context.own(secrets.client);
  context.own(secrets.server);
  logSecret(context.config, 'CLIENT_HANDSHAKE_TRAFFIC_SECRET', context.clientRandom, secrets.client);
  logSecret(context.config, 'SERVER_HANDSHAKE_TRAFFIC_SECRET', context.clientRandom, secrets.server);
  return secrets;
}

/** The application's traffic secrets and the exporter, after the server's Finished was added. */
export function applicationSecrets(context: HandshakeContext, schedule: KeySchedule): TrafficSecrets {
  schedule.enterMaster();
  const hash = context.transcript.hash();
  const secrets = schedule.applicationTrafficSecrets(hash);
  const exporterSecret = schedule.exporterMasterSecret(hash);
  logSecret(context.config, 'CLIENT_TRAFFIC_SECRET_0', context.clientRandom, secrets.client);
  logSecret(context.config, 'SERVER_TRAFFIC_SECRET_0', context.clientRandom, secrets.server);
  logSecret(context.config, 'EXPORTER_SECRET', context.clientRandom, exporterSecret);
  context.keep(exporterSecret);
  context.exporter = (length, label, data) => exportSecret(schedule.hash, exporterSecret, label, data ?? EMPTY, length);
  return secrets;
}
