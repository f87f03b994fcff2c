/** Destination address selection (RFC 6724 §6, examples of §10.2) and hosts files. */
import { describe, expect, test } from 'vitest';
import { type Address, formatAddress, parseAddress } from '../../host/core/address.js';
import { parseHosts } from '../../host/dns/hosts.js';
import { orderDestinations } from '../../host/dns/order.js';

/** @param sources the address that the stack would send from, by destination */
function order(sources: { [destination: string]: string | undefined }): string[] {
  const items = Object.keys(sources).map((text) => ({ text, bytes: parseAddress(text) as Address }));
  const sourceFor = (bytes: Address) => {
    const text = Object.keys(sources).find(
      (each) => formatAddress(parseAddress(each) as Address) === formatAddress(bytes),
    );
    const source = sources[text as string];
    return source === undefined ? undefined : parseAddress(source);
  };
  return orderDestinations(items, sourceFor).map(({ text }) => text);
}

describe('destinations are ordered', () => {
  test.each<[string, { [destination: string]: string | undefined }, string[]]>([
    [
      'rule 1: what cannot be reached comes last',
      { '2001:db8:1::1': undefined, '198.51.100.121': '198.51.100.117' },
      ['198.51.100.121', '2001:db8:1::1'],
    ],
    [
      'rule 2: the scope of the source fits',
      { '2001:db8:1::1': 'fe80::1', '198.51.100.121': '198.51.100.117' },
      ['198.51.100.121', '2001:db8:1::1'],
    ],
    [
      'rule 2, the other way round',
      { '198.51.100.121': '169.254.13.78', '2001:db8:1::1': '2001:db8:1::2' },
      ['2001:db8:1::1', '198.51.100.121'],
    ],
    [
      'rule 5: the label of the source fits',
      { '2002:c633:6401::1': '2001:db8:1::2', '2001:db8:1::1': '2001:db8:1::2' },
      ['2001:db8:1::1', '2002:c633:6401::1'],
    ],
    [
      'rule 6: IPv6 has precedence over IPv4',
      { '10.1.2.3': '10.1.2.4', '2001:db8:1::1': '2001:db8:1::2' },
      ['2001:db8:1::1', '10.1.2.3'],
    ],
    [
      'rule 6: IPv4 has precedence over unique local addresses',
      { 'fd00::1': 'fd00::2', '10.1.2.3': '10.1.2.4' },
      ['10.1.2.3', 'fd00::1'],
    ],
    [
      'rule 6: IPv4 has precedence over Teredo',
      { '2001:0:1::1': '2001:0:1::2', '10.1.2.3': '10.1.2.4' },
      ['10.1.2.3', '2001:0:1::1'],
    ],
    [
      'rule 8: the smaller scope comes first',
      { '2001:db8:1::1': '2001:db8:1::2', 'fe80::1': 'fe80::2' },
      ['fe80::1', '2001:db8:1::1'],
    ],
    [
      'rule 9: the longer prefix in common with the source comes first',
      { '2001:db8:3ffe::1': '2001:db8:3f44::2', '2001:db8:1::1': '2001:db8:1::2' },
      ['2001:db8:1::1', '2001:db8:3ffe::1'],
    ],
    [
      'rule 9 says nothing about IPv4, and rule 10 changes nothing',
      { '10.9.1.1': '10.1.0.2', '10.1.0.1': '10.1.0.2', '10.5.0.1': '10.1.0.2' },
      ['10.9.1.1', '10.1.0.1', '10.5.0.1'],
    ],
    ['loopback before all', { '127.0.0.1': '127.0.0.1', '::1': '::1' }, ['::1', '127.0.0.1']],
  ])('%s', (_, sources, expected) => {
    expect(order(sources)).toEqual(expected);
  });

  test('everything that is unreachable stays in its order of precedence', () => {
    expect(
      order({ '10.1.1.1': undefined, 'fec0::1': undefined, '2001:db8::1': undefined, '3ffe::1': undefined }),
    ).toEqual(['2001:db8::1', '10.1.1.1', 'fec0::1', '3ffe::1']);
  });
});

describe('a hosts file', () => {
  test('has addresses, their names, comments, and lines that are none of it', () => {
    const text =
      '# comment\n127.0.0.1\tlocalhost\n10.1.1.1  Router router.lab # gate\n::1 localhost\nx y\n\n10.1.1.2\n10.1.1.1 router\n1.2.3.4 a..b';
    expect(parseHosts(text)).toEqual({
      localhost: ['127.0.0.1', '::1'],
      router: ['10.1.1.1'],
      'router.lab': ['10.1.1.1'],
    });
  });

  test('may have names of all kinds', () => {
    const hosts = parseHosts('10.1.1.1 __proto__ constructor toString');
    expect(Object.keys(hosts)).toEqual(['__proto__', 'constructor', 'tostring']);
  });
});
