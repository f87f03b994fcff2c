/**
 * Blocks of extensions (RFC 8446 §4.2) and the rules that hold for all of them. Not for: their contents
 * (`extension-codec.ts`).
 */
import { type AlertName, TlsError } from '../alert.js';
import type { Reader } from '../wire/reader.js';
import type { Writer } from '../wire/writer.js';

/** ExtensionType: RFC 8446 §4.2 and the RFCs that it names. */
export const EXTENSION = {
  server_name: 0,
  status_request: 5,
  supported_groups: 10,
  ec_point_formats: 11,
  signature_algorithms: 13,
  application_layer_protocol_negotiation: 16,
  signed_certificate_timestamp: 18,
  padding: 21,
  extended_master_secret: 23,
  session_ticket: 35,
  pre_shared_key: 41,
  early_data: 42,
  supported_versions: 43,
  cookie: 44,
  psk_key_exchange_modes: 45,
  certificate_authorities: 47,
  signature_algorithms_cert: 50,
  key_share: 51,
  renegotiation_info: 0xff01,
} as const;

/** The extensions of one message by type, in their order. */
export type Extensions = ReadonlyMap<number, Uint8Array>;

/**
 * Reads a block with its length.
 * @throws TlsError with `alert` when a type stands in it twice (RFC 8446 §4.2, which names no alert)
 */
export function readExtensions(reader: Reader, alert: AlertName = 'decode_error'): Extensions {
  const extensions = new Map<number, Uint8Array>();
  for (const [type, content] of reader.within(reader.vector16()).all(readExtension)) {
    if (extensions.has(type)) {
      throw new TlsError(alert, 'DUPLICATE_EXTENSION', `${reader.what} has extension ${type} twice (${alert})`);
    }
    extensions.set(type, content);
  }
  return extensions;
}

/** Writes a block with its length. */
export function writeExtensions(writer: Writer, extensions: Extensions): void {
  writer.vector16(() => {
    for (const [type, content] of extensions) writer.u16(type).vector16(content);
  });
}

/**
 * RFC 8446 §4.2: an answer has no extension that was not asked for, and none that belongs elsewhere.
 * @param allowed what may stand in this message
 * @param offered what was asked for; for a message that asks by itself, the same as `allowed`
 * @param misplaced the token for what stands in the wrong message
 * @throws TlsError `unsupported_extension` for what was not offered, `illegal_parameter` for what stands in the wrong message
 */
export function checkAnswer(
  what: string,
  extensions: Extensions,
  allowed: readonly number[],
  offered: { has(type: number): boolean },
  misplaced = 'ERROR_PARSING_EXTENSION',
): void {
  for (const type of extensions.keys()) {
    if (!offered.has(type)) {
      throw new TlsError(
        'unsupported_extension',
        'UNEXPECTED_EXTENSION',
        `${what} has extension ${type}, which was not offered (unsupported_extension)`,
      );
    }
    if (!allowed.includes(type)) {
      throw new TlsError(
        'illegal_parameter',
        misplaced,
        `${what} has extension ${type}, which does not belong there (illegal_parameter)`,
      );
    }
  }
}

function readExtension(reader: Reader): [number, Uint8Array] {
  return [reader.u16(), reader.vector16()];
}
