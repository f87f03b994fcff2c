import { describe, expect, it } from 'vitest';
import { decode, type Reader } from '../../../host/tls/wire/reader.js';
import { encode } from '../../../host/tls/wire/writer.js';

describe('A reader', () => {
  it('gives what the writer wrote', () => {
    const bytes = encode((writer) =>
      writer
        .u8(1)
        .u16(0x0203)
        .u24(0x040506)
        .u32(0xfffefdfc)
        .u48(1_700_000_000_000)
        .vector8(Buffer.from('a'))
        .vector16((inner) => inner.vector24(Buffer.from('bc'))),
    );
    decode(bytes, 'thing', (reader) => {
      expect([reader.u8(), reader.u16(), reader.u24(), reader.u32(), reader.u48()]).toEqual([
        1, 0x0203, 0x040506, 0xfffefdfc, 1_700_000_000_000,
      ]);
      expect(Buffer.from(reader.vector8()).toString()).toBe('a');
      const inner = reader.within(reader.vector16()).all((list) => Buffer.from(list.vector24()).toString());
      expect(inner).toEqual(['bc']);
    });
  });

  it.each<[string, number[], (reader: Reader) => unknown]>([
    ['a number is cut short', [1], (reader) => reader.u16()],
    ['a vector is cut short', [3, 1, 2], (reader) => reader.vector8()],
    ['a vector is too short', [1, 1], (reader) => reader.vector8(2)],
    ['a vector is too long', [3, 1, 2, 3], (reader) => reader.vector8(0, 2)],
    ['something is left over', [1, 2], (reader) => reader.u8()],
    [
      'a list ends in the middle of an element',
      [0, 3, 1, 2, 3],
      (reader) => reader.within(reader.vector16()).all((list) => list.u16()),
    ],
  ])('says decode_error when %s', (_, bytes, read) => {
    expect(() => decode(Uint8Array.from(bytes), 'thing', read)).toThrow(
      expect.objectContaining({ alert: 'decode_error', reason: 'DECODE_ERROR' }),
    );
  });
});

describe('A writer', () => {
  it('refuses a vector that its length can not say', () => {
    expect(() => encode((writer) => writer.vector8(new Uint8Array(256)))).toThrow(RangeError);
    expect(encode((writer) => writer.vector8(new Uint8Array(255)))).toHaveLength(256);
  });

  it('grows', () => {
    const long = Buffer.alloc(70_000, 7);
    expect(encode((writer) => writer.vector24(long).u8(1))).toHaveLength(70_004);
  });
});
