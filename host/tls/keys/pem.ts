/**
 * The textual encoding of keys and certificates (RFC 7468): blocks between BEGIN and END lines, text around them ignored,
 * with the header fields of RFC 1421 that old encrypted keys have. Not for: what stands inside (`private-key.ts`, `../x509/`).
 */
import { keyMaterialError } from './errors.js';

export interface PemBlock {
  /** `CERTIFICATE`, `PRIVATE KEY` … */
  readonly label: string;
  /** RFC 1421 §4.4 fields such as `DEK-Info`, by name. */
  readonly headers: ReadonlyMap<string, string>;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * All blocks in the order in which they stand.
 * @param what for messages: `key`, `cert`
 * @throws KeyMaterialError for a block that is broken; no block at all is no error
 */
export function readPem(text: string, what: string): readonly PemBlock[] {
  const blocks: PemBlock[] = [];
  const lines = text.split(/\r\n|\n|\r/).map((line) => line.trim());
  for (let at = 0; at < lines.length; at += 1) {
    const label = BEGIN.exec(lines[at] ?? '')?.[1];
    if (label === undefined) continue;
    const end = lines.findIndex((line, index) => index > at && line.startsWith('-----'));
    if (lines[end] !== `-----END ${label}-----`) {
      const found = end < 0 ? 'nothing' : `"${lines[end]}"`;
      throw keyMaterialError('ERR_OSSL_PEM_BAD_END_LINE', `${what}: found ${found} instead of "END ${label}"`);
    }
    blocks.push(readBlock(label, lines.slice(at + 1, end), what));
    at = end;
  }
  return blocks;
}

/** Whether bytes are text, and not DER, whose first byte is that of a SEQUENCE. */
export function isPem(bytes: Uint8Array): boolean {
  return bytes[0] !== 0x30;
}

function readBlock(label: string, lines: readonly string[], what: string): PemBlock {
  const headers = new Map<string, string>();
  let at = 0;
  for (let field = FIELD.exec(lines[at] ?? ''); field !== null; field = FIELD.exec(lines[at] ?? '')) {
    headers.set(field[1] ?? '', field[2] ?? '');
    at += 1;
  }
  return { label, headers, bytes: decodeBase64(lines.slice(at).join(''), label, what) };
}

function decodeBase64(text: string, label: string, what: string): Uint8Array<ArrayBuffer> {
  const packed = text.replace(/[ \t]/g, '');
  if (packed === '' || packed.length % 4 !== 0 || !BASE64.test(packed)) {
    throw keyMaterialError('ERR_OSSL_PEM_BAD_BASE64_DECODE', `${what}: the block "${label}" is not valid base64`);
  }
  return Uint8Array.from(atob(packed), (character) => character.charCodeAt(0));
}

const BEGIN = /^-----BEGIN ([A-Z0-9][A-Z0-9 -]*)-----$/;
const FIELD = /^([A-Za-z-]+): *(.*)$/;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
