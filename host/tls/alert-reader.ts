/**
 * Alerts that come in: RFC 8446 §6, RFC 5246 §7.2. Not for: sending them (`connection.ts`).
 */
import { ALERT, alertName, TlsError } from './alert.js';
import type { HandshakeContext } from './handshake/context.js';
import { TLS13 } from './parameters.js';

export class AlertReader {
  #warnings = 0;

  constructor(private readonly context: HandshakeContext) {}

  /** Something else came than an alert. */
  reset(): void {
    this.#warnings = 0;
  }

  /**
   * @param bytes the content of one record
   * @returns `'end'` for close_notify; `undefined` for what may be passed over
   * @throws TlsError, `remote` for an alert that ends the connection
   */
  read(bytes: Uint8Array): 'end' | undefined {
    const [level, number] = bytes;
    // RFC 8446 §5.1: alerts are neither fragmented nor put together.
    if (bytes.length !== 2 || level === undefined || number === undefined) {
      throw new TlsError('decode_error', 'BAD_ALERT', `an alert of ${bytes.length} bytes (decode_error)`);
    }
    if (level !== WARNING && level !== FATAL) {
      throw new TlsError('illegal_parameter', 'UNKNOWN_ALERT_TYPE', `an alert of level ${level} (illegal_parameter)`);
    }
    if (number === ALERT.close_notify) return 'end';
    if (level === FATAL) throw remote(number);
    this.#warning(number);
    return undefined;
  }

  /** TLS 1.3 has no warnings but user_canceled (RFC 8446 §6); before the hellos nobody knows the version. */
  #warning(number: number): void {
    if (this.context.facts.version === TLS13 && number !== ALERT.user_canceled) {
      throw new TlsError(
        'decode_error',
        'BAD_ALERT',
        `the peer sent ${alertName(number)} as a warning, which TLS 1.3 does not have (decode_error)`,
      );
    }
    this.#warnings++;
    if (this.#warnings <= WARNINGS_LIMIT) return;
    throw new TlsError(
      'decode_error',
      'TOO_MANY_WARNING_ALERTS',
      `more than ${WARNINGS_LIMIT} warnings in a row (decode_error)`,
    );
  }
}

function remote(number: number): TlsError {
  const name = alertName(number);
  const reason = REASONS[name] ?? `TLSV1_ALERT_${name.toUpperCase().replace(/ /g, '_')}`;
  return new TlsError(name, reason, `the peer ended the connection: ${name}`, { remote: true });
}

const WARNING = 1;
const FATAL = 2;
const WARNINGS_LIMIT = 4;
/** Tokens that differ in their beginning: these alerts are as old as SSL 3. */
const REASONS: Readonly<Record<string, string>> = Object.fromEntries(
  [
    'unexpected_message',
    'bad_record_mac',
    'handshake_failure',
    'bad_certificate',
    'unsupported_certificate',
    'certificate_revoked',
    'certificate_expired',
    'certificate_unknown',
    'illegal_parameter',
  ].map((name) => [name, `SSLV3_ALERT_${name.toUpperCase()}`]),
);
