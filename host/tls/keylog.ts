/**
 * Lines of a key log in the format of NSS (draft-ietf-tls-keylogfile), with which Wireshark decrypts. A program has to
 * ask for them. Not for: writing them anywhere.
 */
import type { TlsConfig } from './config.js';
import { hex } from './wire/bytes.js';

export type KeyLogLabel =
  | 'CLIENT_RANDOM'
  | 'CLIENT_HANDSHAKE_TRAFFIC_SECRET'
  | 'SERVER_HANDSHAKE_TRAFFIC_SECRET'
  | 'CLIENT_TRAFFIC_SECRET_0'
  | 'SERVER_TRAFFIC_SECRET_0'
  | 'EXPORTER_SECRET';

/** @param clientRandom the 32 bytes of the ClientHello, which name the connection */
export function logSecret(
  config: Pick<TlsConfig, 'keylog'>,
  label: KeyLogLabel,
  clientRandom: Uint8Array,
  secret: Uint8Array,
): void {
  config.keylog?.(`${label} ${hex(clientRandom)} ${hex(secret)}`);
}
