/** The cipher-list language: each list beside what the `openssl ciphers` command makes of it, as far as both speak the suites. */
import { describe, expect, test } from 'vitest';
import { parseCiphers } from '../../../host/tls/options/ciphers.js';
import { parseClientTls } from '../../../host/tls/options.js';
import { SUITES } from '../../../host/tls/parameters.js';
import { NO_OPENSSL, run } from '../keys/openssl.js';

const CLASSIC = SUITES.filter(({ version }) => version === 0x0303).map(({ name }) => name as string);
const MODERN = SUITES.filter(({ version }) => version === 0x0304).map(({ name }) => name as string);

describe.skipIf(NO_OPENSSL)('selects what OpenSSL selects', () => {
  test.each([
    'ALL',
    'DEFAULT',
    'HIGH',
    'HIGH:!aNULL:!MD5',
    'ECDHE+AESGCM',
    'ECDHE+AESGCM:ECDHE+CHACHA20',
    'EECDH+AESGCM:EDH+AESGCM',
    'kECDHE+aRSA',
    'aECDSA',
    'ECDSA+AES256',
    'AES128',
    'AESGCM:!AES256',
    'CHACHA20:AES128:!aRSA',
    'ALL:!CHACHA20',
    'TLSv1.2:-aRSA',
    'ECDHE-RSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256',
    'NO-SUCH-CIPHER:ECDHE-RSA-CHACHA20-POLY1305',
    'AES128-SHA:ECDHE-RSA-AES256-GCM-SHA384',
    'ECDHE-RSA-AES128-GCM-SHA256 ECDHE-RSA-AES256-GCM-SHA384',
    'ECDHE-RSA-AES128-GCM-SHA256,ECDHE-RSA-AES256-GCM-SHA384',
    'DEFAULT:@SECLEVEL=1',
    'HIGH:!ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256',
    'aRSA:-AES256:AES256',
  ])('%s', (list) => {
    // OpenSSL's own order of what a word selects is not ours: the sets are compared, and the order of single names below.
    expect([...classic(list)].sort()).toEqual([...byOpenssl(list)].sort());
  });

  test.each([
    'ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-CHACHA20-POLY1305',
    'ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:+ECDHE-RSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:-aRSA:ECDHE-RSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384:@STRENGTH',
    'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256',
  ])('in this order: %s', (list) => {
    expect(classic(list)).toEqual(byOpenssl(list));
  });
});

test('without names of TLS 1.3 all its suites are there, in our order', () => {
  expect(parseCiphers('ECDHE-RSA-AES128-GCM-SHA256').slice(0, 3)).toEqual(MODERN);
  expect(parseCiphers('HIGH:!TLS_AES_128_GCM_SHA256')).not.toContain('TLS_AES_128_GCM_SHA256');
});

test('names of TLS 1.3 are taken in their order, and leave TLS 1.2 out when they are alone, as in Node', () => {
  const list = 'TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256';
  expect(parseCiphers(list)).toEqual(list.split(':'));
  expect(parseClientTls({ ciphers: list }, { wall: Date.now })).toMatchObject({
    minVersion: 0x0304,
    maxVersion: 0x0304,
  });
  expect(parseCiphers(`ECDHE+CHACHA20+aRSA:${list}`)).toEqual([
    ...list.split(':'),
    'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256',
  ]);
});

test('registry names of TLS 1.2 suites do as well as OpenSSL’s', () => {
  expect(parseCiphers('TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256')).toEqual(parseCiphers('ECDHE-RSA-AES128-GCM-SHA256'));
});

test('BoringSSL’s groups of equals are taken one after the other', () => {
  const list = '[ECDHE-ECDSA-AES128-GCM-SHA256|ECDHE-ECDSA-CHACHA20-POLY1305]:ECDHE-RSA-AES128-GCM-SHA256';
  expect(classic(list)).toEqual(list.slice(1).split(/[|\]:]+/));
});

test.each(['NO-SUCH-CIPHER', 'AES128-SHA', 'kRSA:3DES', '!ALL', 'HIGH:!HIGH', '@STRENGTH', ':'])(
  '%s is nothing',
  (list) => {
    expect(() => parseCiphers(list)).toThrow(
      expect.objectContaining({ message: 'Invalid ciphers', code: 'ERR_BORINGSSL' }),
    );
  },
);

test('an empty list is no list; one that fits no version throws', () => {
  const parse = (options: object) => parseClientTls(options, { wall: Date.now });
  expect(parse({ ciphers: '' })?.suites).toHaveLength(SUITES.length);
  for (const options of [
    { ciphers: 'TLS_AES_128_GCM_SHA256', maxVersion: 'TLSv1.2' },
    {
      ciphers: 'HIGH:!TLS_AES_128_GCM_SHA256:!TLS_AES_256_GCM_SHA384:!TLS_CHACHA20_POLY1305_SHA256',
      minVersion: 'TLSv1.3',
    },
  ]) {
    expect(() => parse(options)).toThrow('Invalid ciphers');
  }
});

/** OpenSSL's names of the TLS 1.2 suites in a list. */
function classic(list: string): string[] {
  const names = parseCiphers(list).map((name) => SUITES.find(({ standardName }) => standardName === name)?.name);
  return names.filter((name) => name !== undefined).filter((name) => CLASSIC.includes(name));
}

function byOpenssl(list: string): string[] {
  const printed = run(['ciphers', '-s', '-tls1_2', list], '').toString();
  return printed
    .trim()
    .split(':')
    .filter((name) => CLASSIC.includes(name));
}
