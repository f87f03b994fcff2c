/**
 * The identifier octets of ASN.1 values (X.690 §8.1.2). Not for: reading them (`der.ts`).
 */

/** Identifier octets (X.690 §8.1.2): class, the constructed bit and the number in one. */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  numericString: 0x12,
  printableString: 0x13,
  teletexString: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  visibleString: 0x1a,
  universalString: 0x1c,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const;

/** The identifier octet of `[number]`: implicitly tagged primitive values. */
export function contextTag(number: number): number {
  return 0x80 | number;
}

/** The identifier octet of `[number]` around other elements: explicit tags, and implicit ones of SEQUENCE and SET. */
export function contextConstructed(number: number): number {
  return 0xa0 | number;
}
