/** Addresses as text and as the core's 16 bytes. */
import { describe, expect, test } from 'vitest';
import { addressFamily, formatAddress, isAny, parseAddress, parseAddressWithPrefix } from '../../host/core/address.js';

describe('an address', () => {
  test.each([
    ['10.9.0.2', '10.9.0.2'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['2001:0db8:0:0:0:0:0:1', '2001:db8::1'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
  ])('%s becomes bytes and %s again', (text, canonical) => {
    expect(formatAddress(parseAddress(text) as Uint8Array)).toBe(canonical);
  });

  test('of IPv4 is kept IPv4-mapped', () => {
    expect([...(parseAddress('10.9.0.2') as Uint8Array)]).toEqual([
      0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 9, 0, 2,
    ]);
  });

  test.each(['0.0.0.0', '::'])('%s means any', (text) => {
    const parsed = parseAddress(text) as Uint8Array;
    expect(isAny(parsed)).toBe(true);
    expect(formatAddress(parsed)).toBe(text);
  });

  test('a zone belongs to a link-local address, and is the number of an interface (RFC 4007 §11)', () => {
    expect(formatAddress(parseAddress('fe80::1%3') as Uint8Array)).toBe('fe80::1%3');
    expect(formatAddress(parseAddress('[ff02::1%2]') as Uint8Array)).toBe('ff02::1%2');
    for (const text of [
      '2001:db8::1%1',
      'fe80::1%',
      'fe80::1%0',
      'fe80::1%256',
      'fe80::1%eth0',
      '10.0.0.1%1',
      'fe80::1%1%1',
    ]) {
      expect(parseAddress(text), text).toBeUndefined();
    }
  });

  test.each(['localhost', '', '10.0.0.256', 'fe80::1%eth0', '1.2.3.4.5'])('is not made of "%s"', (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });

  test('tells its family', () => {
    expect([addressFamily('10.0.0.1'), addressFamily('::1')]).toEqual(['IPv4', 'IPv6']);
  });
});

describe('an address with a prefix', () => {
  test('keeps the length of the prefix', () => {
    expect(parseAddressWithPrefix('10.9.0.2/24').prefixLength).toBe(24);
  });

  test('without one stands alone', () => {
    expect(parseAddressWithPrefix('10.9.0.2').prefixLength).toBe(32);
  });

  test.each(['10.9.0.2/33', '10.9.0.2/', '10.9.0.2/-1', '10.9.0.2/24/1', '10.9', 'here/24'])(
    'is not made of "%s"',
    (text) => {
      expect(() => parseAddressWithPrefix(text)).toThrow(`"${text}" is no address`);
    },
  );
});
