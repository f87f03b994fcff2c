/**
 * Alerts (RFC 8446 §6.2, RFC 5246 §7.2.2) and the one error of TLS, which says which alert goes with it.
 * Not for: sending them (`connection.ts`).
 */

/** The numbers of RFC 8446 §6 and RFC 5246 §7.2 by name. */
export const ALERT = {
  close_notify: 0,
  unexpected_message: 10,
  bad_record_mac: 20,
  record_overflow: 22,
  handshake_failure: 40,
  bad_certificate: 42,
  unsupported_certificate: 43,
  certificate_revoked: 44,
  certificate_expired: 45,
  certificate_unknown: 46,
  illegal_parameter: 47,
  unknown_ca: 48,
  access_denied: 49,
  decode_error: 50,
  decrypt_error: 51,
  protocol_version: 70,
  insufficient_security: 71,
  internal_error: 80,
  inappropriate_fallback: 86,
  user_canceled: 90,
  no_renegotiation: 100,
  missing_extension: 109,
  unsupported_extension: 110,
  unrecognized_name: 112,
  bad_certificate_status_response: 113,
  unknown_psk_identity: 115,
  certificate_required: 116,
  no_application_protocol: 120,
} as const;

export type AlertName = keyof typeof ALERT;

/** The name of an alert's number; `alert 123` for one that nobody knows. */
export function alertName(number: number): AlertName | `alert ${number}` {
  return NAMES.get(number) ?? `alert ${number}`;
}

/**
 * What ended a TLS connection. `alert` went to the peer, or came from it when `remote`; `reason` is a stable token for
 * programs and test runners; `message` is for people.
 */
export class TlsError extends Error {
  override readonly name = 'TlsError';
  /** `EPROTO` unless something says more: `ERR_TLS_TRUNCATED`, `ECONNRESET`, OpenSSL's code of a certificate's verdict. */
  readonly code: string;
  readonly errno = 0;

  constructor(
    readonly alert: AlertName | `alert ${number}`,
    /** In capitals: `NO_SHARED_CIPHER`. */
    readonly reason: string,
    message: string,
    options: { code?: string; remote?: boolean } = {},
  ) {
    super(message);
    this.code = options.code ?? 'EPROTO';
    this.remote = options.remote ?? false;
  }

  /** The peer sent the alert. */
  readonly remote: boolean;
}

const NAMES = new Map<number, AlertName>(Object.entries(ALERT).map(([name, number]) => [number, name as AlertName]));
