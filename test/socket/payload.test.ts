/** D2: which bytes `write(data, byteOffset, byteLength)` means. */
import { describe, expect, test } from 'vitest';
import { parsePayload } from '../../host/socket/payload.js';

const letters = new TextEncoder().encode('abcdefghij');

describe('D2: the bytes of a view', () => {
  test.each<[unknown[], string]>([
    [[letters], 'abcdefghij'],
    [[letters, 3], 'defghij'],
    [[letters, 10], ''],
    [[letters, 3, 3], 'def'],
    [[letters, 3, 0], ''],
    [[letters, undefined, 3], 'abc'],
    [[letters, 0, undefined], 'abcdefghij'],
    [[letters, 'latin1'], 'abcdefghij'],
    [[letters.subarray(2, 8), 1, 2], 'de'],
    [[letters.buffer, 2, 3], 'cde'],
    [[new DataView(letters.buffer, 4), 1, 2], 'fg'],
    [[new Uint16Array([0x6261, 0x6463]), 1, 2], 'bc'],
  ])('case %#', ([data, offset, length], expected) => {
    expect(new TextDecoder().decode(parsePayload(data, offset, length) as Uint8Array)).toBe(expected);
  });
});

describe('D2: text', () => {
  test('is UTF-8, and numbers beside it are ignored', () => {
    expect(parsePayload('abc', 2, 1)).toBe('abc');
  });

  test.each<[string, string, string]>([
    ['é', 'latin1', 'e9'],
    ['6162', 'hex', '6162'],
    ['YWI=', 'base64', '6162'],
  ])('%s with the encoding %s', (text, encoding, bytes) => {
    expect(Buffer.from(parsePayload(text, encoding, undefined) as Uint8Array).toString('hex')).toBe(bytes);
  });

  test.each(['utf8', 'UTF-8', 'nope'])('with the encoding "%s" is UTF-8', (encoding) => {
    expect(parsePayload('é', encoding, undefined)).toBe('é');
  });

  test('as a String object is text too', () => {
    expect(parsePayload(new String('boxed'), undefined, undefined)).toBe('boxed');
  });
});

describe('nothing', () => {
  test.each([[undefined], [''], [new Uint8Array(0)], [detached()]])('case %# has no bytes', (data) => {
    expect((parsePayload(data, undefined, undefined) as string).length).toBe(0);
  });
});

describe('misuse throws', () => {
  test.each<[unknown, string]>([
    [5, 'type number (5)'],
    [5n, 'type bigint (5n)'],
    [true, 'type boolean (true)'],
    [null, 'null'],
    [{}, 'an instance of Object'],
    [[1, 2], 'an instance of Array'],
    [new Date(0), 'an instance of Date'],
    [Symbol('x'), 'type symbol (Symbol(x))'],
  ])('case %# as data', (data, received) => {
    expect(() => parsePayload(data, undefined, undefined)).toThrow(
      expect.objectContaining({
        name: 'TypeError',
        code: 'ERR_INVALID_ARG_TYPE',
        message: `The "data" argument must be of type string, buffer, or blob. Received ${received}`,
      }),
    );
  });

  test.each([Number.NaN, 1.9, Number.POSITIVE_INFINITY, null, true, {}, 1n])('%s as offset', (offset) => {
    expect(() => parsePayload(letters, offset, undefined)).toThrow(
      "Expected byteOffset to be a integer for 'Socket.write'.",
    );
  });

  test.each<[unknown, unknown, string]>([
    [11, undefined, 'The value of "byteOffset" is out of range. It must be >= 0 and <= 10. Received 11'],
    [-1, undefined, 'The value of "byteOffset" is out of range. It must be >= 0 and <= 9007199254740991. Received -1'],
    [3, 8, 'The value of "byteLength" is out of range. It must be >= 0 and <= 7. Received 8'],
    [0, -1, 'The value of "byteLength" is out of range. It must be >= 0 and <= 9007199254740991. Received -1'],
  ])('offset %s with length %s', (offset, length, message) => {
    expect(() => parsePayload(letters, offset, length)).toThrow(
      expect.objectContaining({ name: 'RangeError', code: 'ERR_OUT_OF_RANGE', message }),
    );
  });
});

function detached(): ArrayBuffer {
  const buffer = new ArrayBuffer(4);
  structuredClone(buffer, { transfer: [buffer] });
  return buffer;
}
