/**
 * The values of extensions, read (RFC 5280 §4.2). Not for: what they mean for a path (`path/`).
 */
import { contextConstructed, contextTag, DerError, type DerReader, TAG } from './der.js';
import { type GeneralName, readGeneralName, readGeneralNames } from './general-name.js';

export interface Extension {
  readonly oid: string;
  readonly critical: boolean;
  /** The content of the OCTET STRING. */
  readonly value: Uint8Array;
  reader(): DerReader;
}

export interface BasicConstraints {
  readonly ca: boolean;
  readonly pathLength: number | undefined;
}

/** Bits of the key usage extension, §4.2.1.3. */
export const KEY_USAGE = {
  digitalSignature: 1 << 0,
  keyEncipherment: 1 << 2,
  keyAgreement: 1 << 4,
  keyCertSign: 1 << 5,
  crlSign: 1 << 6,
} as const;

export interface AuthorityKeyIdentifier {
  readonly keyIdentifier: Uint8Array | undefined;
  readonly issuer: readonly GeneralName[] | undefined;
  readonly serialNumber: Uint8Array | undefined;
}

export interface NameConstraints {
  readonly permitted: readonly GeneralName[];
  readonly excluded: readonly GeneralName[];
}

export interface AccessDescription {
  readonly method: string;
  readonly location: GeneralName;
}

/** Extensions, a SEQUENCE of at least one, no two of the same kind (§4.2). */
export function readExtensions(sequence: DerReader): Map<string, Extension> {
  const extensions = new Map<string, Extension>();
  do {
    const reader = sequence.sequence();
    const at = reader.offset;
    const oid = reader.oid();
    // X.690 §11.5 wants FALSE left out; so many certificates have it that nobody insists.
    const critical = reader.nextTag === TAG.boolean && reader.boolean();
    const element = reader.read(TAG.octetString);
    reader.end();
    if (extensions.has(oid)) throw new DerError('an extension that is there twice', at);
    extensions.set(oid, { oid, critical, value: element.content, reader: element.reader });
  } while (!sequence.done);
  return extensions;
}

/** §4.2.1.9 */
export function readBasicConstraints(from: DerReader): BasicConstraints {
  const reader = from.sequence();
  const ca = reader.nextTag === TAG.boolean && reader.boolean();
  const pathLength = reader.done ? undefined : reader.smallInteger();
  reader.end();
  return { ca, pathLength };
}

/** §4.2.1.3: at least one bit. */
export function readKeyUsage(from: DerReader): number {
  return from.namedBits();
}

/** §4.2.1.12: at least one. */
export function readExtendedKeyUsage(from: DerReader): string[] {
  const reader = from.sequence();
  const usages = [reader.oid()];
  while (!reader.done) usages.push(reader.oid());
  return usages;
}

/** §4.2.1.6 */
export function readAltName(from: DerReader): GeneralName[] {
  return readGeneralNames(from.sequence());
}

/** §4.2.1.1 */
export function readAuthorityKeyIdentifier(from: DerReader): AuthorityKeyIdentifier {
  const reader = from.sequence();
  const keyIdentifier = reader.optional(contextTag(0))?.content;
  const issuer = reader.optional(contextConstructed(1))?.reader();
  const serialNumber = reader.nextTag === contextTag(2) ? reader.integer(contextTag(2)) : undefined;
  reader.end();
  return { keyIdentifier, issuer: issuer && readGeneralNames(issuer), serialNumber };
}

/** §4.2.1.10: not both lists absent. */
export function readNameConstraints(from: DerReader): NameConstraints {
  const reader = from.sequence();
  const [permitted, excluded] = [0, 1].map((number) => readSubtrees(reader.optionalExplicit(number)));
  reader.end();
  if (permitted === undefined && excluded === undefined) throw reader.error('name constraints without any name');
  return { permitted: permitted ?? [], excluded: excluded ?? [] };
}

/** §4.2.2.1: at least one. */
export function readAuthorityInfoAccess(from: DerReader): AccessDescription[] {
  const reader = from.sequence();
  const descriptions: AccessDescription[] = [];
  do {
    const description = reader.sequence();
    descriptions.push({ method: description.oid(), location: readGeneralName(description) });
    description.end();
  } while (!reader.done);
  return descriptions;
}

/** §4.2.1.13: the names of all distribution points that have full names and give CRLs of the certificate's own issuer. */
export function readDistributionPoints(from: DerReader): GeneralName[] {
  const reader = from.sequence();
  const names: GeneralName[] = [];
  do {
    const point = reader.sequence();
    const found = readDistributionPointName(point.optionalExplicit(0));
    const someReasons = point.optional(contextTag(1)) !== undefined;
    const otherIssuer = point.optional(contextConstructed(2)) !== undefined;
    point.end();
    if (!someReasons && !otherIssuer) names.push(...found);
  } while (!reader.done);
  return names;
}

/** DistributionPointName: its full names, or none when it is relative to the issuer's. */
export function readDistributionPointName(choice: DerReader | undefined): GeneralName[] {
  if (choice === undefined) return [];
  const full = choice.optional(contextConstructed(0));
  if (full === undefined) choice.read(contextConstructed(1));
  choice.end();
  return full === undefined ? [] : readGeneralNames(full.reader());
}

/** §4.2.1.11: whether an acceptable policy is asked for below some certificate. */
export function readPolicyConstraints(from: DerReader): { readonly requiresPolicy: boolean } {
  const reader = from.sequence();
  if (reader.done) throw reader.error('policy constraints without any');
  const requiresPolicy = reader.nextTag === contextTag(0);
  if (requiresPolicy) reader.unsigned(contextTag(0));
  if (reader.nextTag === contextTag(1)) reader.unsigned(contextTag(1));
  reader.end();
  return { requiresPolicy };
}

/** GeneralSubtrees: at least one; minimum is 0 and maximum absent in this profile (§4.2.1.10). */
function readSubtrees(reader: DerReader | undefined): GeneralName[] | undefined {
  if (reader === undefined) return undefined;
  const bases: GeneralName[] = [];
  do {
    const subtree = reader.sequence();
    bases.push(readGeneralName(subtree));
    subtree.end();
  } while (!reader.done);
  return bases;
}
