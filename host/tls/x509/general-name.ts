/**
 * GeneralName (RFC 5280 §4.2.1.6): the names that a certificate can be for.
 * Not for: matching them (`names.ts`, `path/constraints.ts`).
 */
import { contextConstructed, contextTag, DerError, DerReader, latin1 } from './der.js';
import { Name } from './name.js';

export type GeneralName = { readonly raw: Uint8Array } & (
  | { readonly kind: 'dns' | 'email' | 'uri'; readonly text: string }
  /** 4 or 16 bytes; in name constraints 8 or 32, address and mask. */
  | { readonly kind: 'ip'; readonly bytes: Uint8Array }
  | { readonly kind: 'directory'; readonly name: Name }
  | { readonly kind: 'other'; readonly type: string; readonly value: Uint8Array }
  | { readonly kind: 'registered'; readonly type: string }
  | { readonly kind: 'x400' | 'edi' }
);

/** GeneralNames: a SEQUENCE of at least one. */
export function readGeneralNames(sequence: DerReader): GeneralName[] {
  const names = [readGeneralName(sequence)];
  while (!sequence.done) names.push(readGeneralName(sequence));
  return names;
}

export function readGeneralName(from: DerReader): GeneralName {
  const at = from.offset;
  const element = from.element();
  const { raw, content } = element;
  switch (element.tag) {
    case contextConstructed(0): {
      const inside = element.reader();
      const type = inside.oid();
      const value = inside.explicit(0).element().raw;
      inside.end();
      return { raw, kind: 'other', type, value };
    }
    case contextTag(1):
    case contextTag(2):
    case contextTag(6):
      if (!content.every((byte) => byte < 0x80)) throw new DerError('a bad name', at);
      return {
        raw,
        kind: element.tag === contextTag(1) ? 'email' : element.tag === contextTag(2) ? 'dns' : 'uri',
        text: latin1(content),
      };
    case contextConstructed(3):
      return { raw, kind: 'x400' };
    case contextConstructed(4): {
      const inside = element.reader();
      const name = Name.read(inside);
      inside.end();
      return { raw, kind: 'directory', name };
    }
    case contextConstructed(5):
      return { raw, kind: 'edi' };
    case contextTag(7):
      return { raw, kind: 'ip', bytes: content };
    case contextTag(8):
      return { raw, kind: 'registered', type: new DerReader(raw).oid(contextTag(8)) };
    default:
      throw new DerError('a bad name', at);
  }
}

/** As OpenSSL and Node print them: `DNS:example.com, IP Address:192.0.2.1`. */
export function altNameText(names: readonly GeneralName[]): string {
  return names.map(generalNameText).join(', ');
}

export function generalNameText(name: GeneralName): string {
  switch (name.kind) {
    case 'dns':
      return `DNS:${quoted(name.text)}`;
    case 'email':
      return `email:${quoted(name.text)}`;
    case 'uri':
      return `URI:${quoted(name.text)}`;
    case 'ip':
      return `IP Address:${addressText(name.bytes)}`;
    case 'directory':
      return `DirName:${quoted(name.name.toString(','))}`;
    case 'registered':
      return `Registered ID:${name.type}`;
    case 'x400':
      return 'X400Name:<unsupported>';
    case 'edi':
      return 'EdiPartyName:<unsupported>';
    case 'other':
      return 'othername:<unsupported>';
  }
}

/** As Node does: in quotes when it could be taken for more than one name, or is not plain ASCII. */
function quoted(text: string): string {
  if (/^[ !#-&(-+\--[\]-~]*$/.test(text)) return text;
  const escaped = text.replace(/[\\"]/g, '\\$&').replace(/[,\p{Cc}]/gu, (character) => {
    return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;
  });
  return `"${escaped}"`;
}

/** IPv6 in full, as OpenSSL prints it. */
function addressText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.length !== 16) return '<invalid>';
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: 8 }, (_, index) =>
    view
      .getUint16(2 * index)
      .toString(16)
      .toUpperCase(),
  ).join(':');
}
