/**
 * How the shim ends when something is not as it should be. Not for: what is checked.
 */

/** Something was asked for that the product does not have: the runner skips the test. */
export class Unimplemented extends Error {
  exitCode = 89;
}

/** The test failed. The message stands on stderr as it is: `:TOKEN:`, or a sentence where there is no token. */
export class Failure extends Error {
  exitCode = 1;
}

/**
 * The failure of a connection, in the runner's words: our reason, or the name of the alert that the peer sent.
 * @param {{ reason: string, alert: string, remote: boolean, message: string }} error a `TlsError`
 */
export function failureOf(error) {
  const tokens = error.remote ? remoteTokens(error.alert) : [error.reason];
  // What can't be read has a token of its own beside that of what it was.
  if (error.alert === 'decode_error' && !error.remote) tokens.push('DECODE_ERROR');
  return new Failure(`${tokens.map((token) => `:${token}:`).join(' ')} ${error.message}`);
}

/**
 * Alerts that SSL 3.0 had carry its name. A server that refuses our ClientHello says what it always says.
 * @param {string} alert
 */
function remoteTokens(alert) {
  const name = alert === 'alert 30' ? 'decompression_failure' : alert;
  const token = `${SSL3_ALERTS.includes(name) ? 'SSLV3' : 'TLSV1'}_ALERT_${name.toUpperCase()}`;
  return alert === 'handshake_failure' ? [token, 'HANDSHAKE_FAILURE_ON_CLIENT_HELLO'] : [token];
}

/** The stream ended without close_notify: in the words that the runner looks for. */
export const TRUNCATED = 'Unexpected SSL_shutdown result: -1 != 1';

const SSL3_ALERTS = [
  'unexpected_message',
  'bad_record_mac',
  'decompression_failure',
  'bad_certificate',
  'unsupported_certificate',
  'certificate_revoked',
  'certificate_expired',
  'certificate_unknown',
  'handshake_failure',
  'illegal_parameter',
];
