/**
 * Distinguished names (RFC 5280 §4.1.2.4): parsing, comparison (§7.1) and text in the manner of RFC 4514.
 * Not for: names of hosts (`names.ts`).
 */
import { DerReader, decodeString, TAG } from './der.js';
import { ATTRIBUTE_NAMES } from './oids.js';

export interface Attribute {
  /** Dotted text. */
  readonly type: string;
  /** `undefined` when the value is no character string. */
  readonly text: string | undefined;
  readonly tag: number;
  readonly value: Uint8Array;
}

/** A sequence of relative names, each of one attribute or, rarely, several. */
export class Name {
  #keys: readonly string[] | undefined;
  #key: string | undefined;

  private constructor(
    /** DER. */
    readonly raw: Uint8Array,
    readonly rdns: readonly (readonly Attribute[])[],
  ) {}

  static read(from: DerReader): Name {
    const element = from.read(TAG.sequence);
    const reader = element.reader();
    const rdns: Attribute[][] = [];
    while (!reader.done) rdns.push(readRdn(reader.set()));
    return new Name(element.raw, rdns);
  }

  static parse(der: Uint8Array): Name {
    const reader = new DerReader(der);
    const name = Name.read(reader);
    reader.end();
    return name;
  }

  get empty(): boolean {
    return this.rdns.length === 0;
  }

  /** Equal for names that RFC 5280 §7.1 calls the same: letter case, spaces and string types do not count. */
  get key(): string {
    this.#key ??= this.keys.join('\u0000');
    return this.#key;
  }

  equals(other: Name): boolean {
    return this.key === other.key;
  }

  /** Whether this name is `other` or stands below it (RFC 5280 §4.2.1.10). */
  within(other: Name): boolean {
    return other.keys.every((key, index) => this.keys[index] === key);
  }

  /** The texts of all attributes of a type. */
  all(type: string): string[] {
    return this.rdns.flat().flatMap((attribute) => (attribute.type === type ? [textOf(attribute)] : []));
  }

  /** `CN=example.com, O=Example`: the last relative name first (RFC 4514 §2.1), with a space for the eye. */
  toString(separator = ', '): string {
    return this.rdns
      .map((rdn) => rdn.map((a) => `${ATTRIBUTE_NAMES.get(a.type) ?? a.type}=${escaped(textOf(a))}`).join('+'))
      .reverse()
      .join(separator);
  }

  /** For messages. */
  get shortened(): string {
    const text = this.toString();
    return text.length > 200 ? `${text.slice(0, 199)}…` : text;
  }

  private get keys(): readonly string[] {
    this.#keys ??= this.rdns.map((rdn) => rdn.map(keyOf).sort().join('\u0001'));
    return this.#keys;
  }
}

function readRdn(set: DerReader): Attribute[] {
  const rdn: Attribute[] = [];
  while (!set.done) {
    const pair = set.sequence();
    const type = pair.oid();
    const { tag, content } = pair.element();
    pair.end();
    rdn.push({ type, tag, value: content, text: decodeString(tag, content) });
  }
  if (rdn.length === 0) throw set.error('an empty relative name');
  return rdn;
}

/** RFC 5280 §7.1, RFC 4518 §2 as far as certificates need it. */
function keyOf({ type, tag, value, text }: Attribute): string {
  if (text === undefined) return `${type}#${tag}:${hex(value)}`;
  return `${type}=${text.normalize('NFKC').toLowerCase().trim().replace(/\s+/g, ' ')}`;
}

function textOf({ text, value }: Attribute): string {
  return text ?? `#${hex(value)}`;
}

/** RFC 4514 §2.4, and no character that could disturb a terminal. */
function escaped(text: string): string {
  return text
    .replace(/[",+;<>\\]/g, '\\$&')
    .replace(/^[ #]| $/g, '\\$&')
    .replace(/\p{Cc}/gu, (character) => `\\${(character.codePointAt(0) ?? 0).toString(16).padStart(2, '0')}`);
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
