/**
 * Reading names in messages, with everything a liar can do to them (RFC 1035 §4.1.4): a pointer leads to an earlier place
 * only, so every walk ends, and a name has 255 bytes at the most. Letters are made small; what has a
 * meaning in texts is escaped as in zone files, so that two names are equal exactly when their texts are.
 * Not for: names that programs write (`../names.ts`).
 */

/** A message that does not keep the rules. */
export class Malformed extends Error {
  override readonly name = 'Malformed';
}

export interface NameRead {
  name: string;
  /** Where the message goes on behind it. */
  end: number;
}

/** @throws Malformed */
export function readName(bytes: Uint8Array, start: number): NameRead {
  const labels: string[] = [];
  let [at, limit, length] = [start, start, 0];
  let end: number | undefined;
  for (;;) {
    const first = byteAt(bytes, at);
    if (first === 0) return { name: labels.join('.'), end: end ?? at + 1 };
    if (first >= 0xc0) {
      const target = ((first & 0x3f) << 8) | byteAt(bytes, at + 1);
      if (target >= limit) throw new Malformed('a pointer that does not lead back');
      end ??= at + 2;
      [at, limit] = [target, target];
      continue;
    }
    if (first >= 0x40) throw new Malformed('a label of no known kind');
    length += first + 1;
    if (length >= LONGEST) throw new Malformed('a name of more than 255 bytes');
    if (at + 1 + first > bytes.length) throw new Malformed('a label that is cut off');
    labels.push(labelText(bytes.subarray(at + 1, at + 1 + first)));
    at += 1 + first;
  }
}

function labelText(label: Uint8Array): string {
  let text = '';
  for (const byte of label) text += TEXTS[byte];
  return text;
}

/** RFC 1035 §5.1. */
function byteText(byte: number): string {
  const letter = String.fromCharCode(byte).toLowerCase();
  const plain = byte > 0x20 && byte < 0x7f && !'."\\;@$()'.includes(letter);
  return plain ? letter : `\\${String(byte).padStart(3, '0')}`;
}

function byteAt(bytes: Uint8Array, at: number): number {
  const byte = bytes[at];
  if (byte === undefined) throw new Malformed('a name that is cut off');
  return byte;
}

/** Bytes of a name, its final zero included: RFC 1035 §2.3.4. */
const LONGEST = 255;
const TEXTS = Array.from({ length: 256 }, (_, byte) => byteText(byte));
