import { describe, expect, it } from 'vitest';
import { contextTag, DerError, DerReader, TAG } from '../../../host/tls/x509/der.js';
import {
  writeBitString,
  writeElement,
  writeInteger,
  writeNull,
  writeOctetString,
  writeOid,
  writeSequence,
} from '../../../host/tls/x509/der-writer.js';

describe('what the writer writes, the reader reads', () => {
  it.each(['1.2.840.113549.1.1.11', '2.5.29.17', '1.3.101.112', '2.999.3', '0.9.2342.19200300.100.1.25'])(
    'OID %s',
    (text) => {
      expect(reader(writeOid(text)).oid()).toBe(text);
    },
  );

  it.each([0, 1, 127, 128, 255, 256, 65_535, 0x7fffffff])('INTEGER %d', (value) => {
    expect(reader(writeInteger(value)).smallInteger()).toBe(value);
  });

  it.each([0, 1, 127, 128, 255, 256, 70_000])('content of %d bytes', (length) => {
    const content = new Uint8Array(length).fill(7);
    const element = reader(writeOctetString(content)).element();
    expect(element.content).toEqual(content);
  });

  it('a sequence, in order and to its end', () => {
    const inside = reader(
      writeSequence(writeInteger(5), writeNull(), writeBitString(Uint8Array.of(0xa0), 5)),
    ).sequence();
    expect(inside.smallInteger()).toBe(5);
    inside.null();
    expect(inside.bitString()).toEqual({ bytes: Uint8Array.of(0xa0), unused: 5 });
    expect(inside.done).toBe(true);
    inside.end();
  });
});

describe('lengths (X.690 §10.1)', () => {
  it.each([
    ['04 80 00 00', 'indefinite'],
    ['04 81 01 00', 'not minimal'],
    ['04 82 00 80', 'not minimal'],
    ['04 85 00 00 00 00 01 00', 'beyond the end'],
    ['04 02 00', 'beyond the end'],
    ['04 84 ff ff ff ff', 'beyond the end'],
    ['04 82 01', 'the end inside'],
    ['04', 'the end inside'],
    ['1f 21 00', 'several bytes'],
  ])('%s is refused: %s', (bytes, why) => {
    expect(() => read(bytes).element()).toThrow(why);
  });

  it('what lies behind is refused', () => {
    const r = read('05 00 00');
    r.null();
    expect(() => r.end()).toThrow(DerError);
  });

  it('elements within elements end at 32', () => {
    let value = writeNull();
    for (let index = 0; index < 40; index += 1) value = writeSequence(value);
    expect(() => {
      let r = reader(value);
      for (;;) r = r.sequence();
    }).toThrow('too deeply nested');
  });
});

describe('values', () => {
  it.each([
    ['02 00', 'empty'],
    ['02 02 00 7f', 'not minimal'],
    ['02 02 ff 80', 'not minimal'],
    ['02 01 80', 'negative'],
  ])('INTEGER %s is refused: %s', (bytes, why) => {
    expect(() => read(bytes).unsigned()).toThrow(why);
  });

  it('a magnitude comes without the zero in front', () => {
    expect(read('02 02 00 80').unsigned()).toEqual(Uint8Array.of(0x80));
    expect(() => read('02 05 00 80 00 00 00').smallInteger()).toThrow('too large');
  });

  it('TRUE is 0xff', () => {
    expect(read('01 01 ff').boolean()).toBe(true);
    expect(read('01 01 00').boolean()).toBe(false);
    expect(() => read('01 01 01').boolean()).toThrow('bad BOOLEAN');
    expect(() => read('01 02 ff ff').boolean()).toThrow('bad BOOLEAN');
  });

  it('unused bits are zero', () => {
    expect(read('03 02 05 a0').namedBits()).toBe(0b101);
    expect(read('03 03 07 06 80').namedBits()).toBe(0b1_0110_0000);
    expect(read('03 01 00').namedBits()).toBe(0);
    expect(() => read('03 02 05 a1').bitString()).toThrow('unused bits');
    expect(read('03 02 04 a0').namedBits()).toBe(0b101);
    expect(() => read('03 05 00 01 02 03 04').namedBits()).toThrow('more named bits');
    expect(() => read('03 02 08 00').bitString()).toThrow('bad BIT STRING');
    expect(() => read('03 00').bitString()).toThrow('bad BIT STRING');
    expect(() => read('03 01 01').bitString()).toThrow('bad BIT STRING');
  });

  it.each(['06 00', '06 02 80 01', '06 01 80', '06 0a 2a ff ff ff ff ff ff ff ff 7f'])('OID %s is refused', (bytes) => {
    expect(() => read(bytes).oid()).toThrow('OID');
  });

  it('context tags stand for what they replace', () => {
    expect(reader(writeElement(contextTag(1), Uint8Array.of(9))).smallInteger(contextTag(1))).toBe(9);
    expect(reader(writeElement(0xa3, writeNull())).explicit(3).element().tag).toBe(TAG.null);
    expect(reader(writeNull()).optionalExplicit(3)).toBeUndefined();
  });
});

describe('times (RFC 5280 §4.1.2.5)', () => {
  it.each([
    ['500101000000Z', Date.UTC(1950, 0, 1)],
    ['491231235959Z', Date.UTC(2049, 11, 31, 23, 59, 59)],
    ['240229120000Z', Date.UTC(2024, 1, 29, 12)],
  ])('UTCTime %s', (text, time) => {
    expect(reader(ascii(TAG.utcTime, text)).time()).toBe(time);
  });

  it('GeneralizedTime reaches from year 0 to year 9999', () => {
    expect(reader(ascii(TAG.generalizedTime, '99991231235959Z')).time()).toBe(253_402_300_799_000);
    expect(new Date(reader(ascii(TAG.generalizedTime, '00450101000000Z')).time()).getUTCFullYear()).toBe(45);
  });

  it.each([
    '2401010000Z',
    '240101000000',
    '240101000000+0100',
    '240230000000Z',
    '241301000000Z',
    '240101240000Z',
    '240101006000Z',
  ])('UTCTime %s is refused', (text) => {
    expect(() => reader(ascii(TAG.utcTime, text)).time()).toThrow(DerError);
  });

  it.each(['20240101000000.5Z', '20240101000000', '202401010000Z', '20230229000000Z'])(
    'GeneralizedTime %s is refused',
    (text) => {
      expect(() => reader(ascii(TAG.generalizedTime, text)).time()).toThrow(DerError);
    },
  );
});

describe('strings', () => {
  it.each([
    [TAG.utf8String, 'c3 a9', 'é'],
    [TAG.printableString, '41 20', 'A '],
    [TAG.teletexString, 'e9', 'é'],
    [TAG.bmpString, '00 e9', 'é'],
    [TAG.universalString, '00 01 f6 00', '😀'],
  ])('tag %d, bytes %s', (tag, bytes, text) => {
    expect(reader(writeElement(tag, hex(bytes))).string()).toBe(text);
  });

  it.each([
    [TAG.utf8String, 'c3'],
    [TAG.printableString, '3c'],
    [TAG.ia5String, '80'],
    [TAG.bmpString, '00'],
    [TAG.universalString, '00 11 00 00'],
    [TAG.octetString, '00'],
  ])('tag %d, bytes %s: refused', (tag, bytes) => {
    expect(() => reader(writeElement(tag, hex(bytes))).string()).toThrow('bad string');
  });
});

function reader(bytes: Uint8Array): DerReader {
  return new DerReader(bytes);
}

function read(text: string): DerReader {
  return reader(hex(text));
}

function hex(text: string): Uint8Array {
  return Uint8Array.from(text.split(' '), (byte) => Number.parseInt(byte, 16));
}

function ascii(tag: number, text: string): Uint8Array {
  return writeElement(tag, new TextEncoder().encode(text));
}
