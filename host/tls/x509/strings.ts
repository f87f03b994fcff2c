/**
 * The character strings of ASN.1 (X.680 §41). Not for: comparing them as names do (`name.ts`).
 */
import { TAG } from './tags.js';

/** The text of a character string (X.680 §41); `undefined` when it is none, or has characters that its type has not. */
export function decodeString(tag: number, content: Uint8Array): string | undefined {
  switch (tag) {
    case TAG.utf8String:
      return utf8(content);
    case TAG.printableString:
      return matching(content, /^[A-Za-z0-9 '()+,\-./:=?*&@_]*$/); // `*`, `&`, `@`, `_` are not of the type, but certificates have them.
    case TAG.numericString:
      return matching(content, /^[0-9 ]*$/);
    case TAG.ia5String:
    case TAG.visibleString:
      return content.every((byte) => byte < 0x80) ? latin1(content) : undefined;
    case TAG.teletexString:
      return latin1(content); // T.61 as everybody reads it
    case TAG.bmpString:
      return wide(content, 2);
    case TAG.universalString:
      return wide(content, 4);
    default:
      return undefined;
  }
}

/** Bytes as characters U+0000 … U+00FF. */
export function latin1(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

function utf8(content: Uint8Array): string | undefined {
  try {
    return UTF8.decode(content);
  } catch {
    return undefined;
  }
}

function matching(content: Uint8Array, pattern: RegExp): string | undefined {
  const text = latin1(content);
  return pattern.test(text) ? text : undefined;
}

function wide(content: Uint8Array, width: number): string | undefined {
  if (content.length % width !== 0) return undefined;
  let text = '';
  for (let index = 0; index < content.length; index += width) {
    const point = content.subarray(index, index + width).reduce((sum, byte) => sum * 256 + byte, 0);
    if (point > 0x10ffff) return undefined;
    text += String.fromCodePoint(point);
  }
  return text;
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
