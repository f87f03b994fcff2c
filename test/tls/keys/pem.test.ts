/** PEM blocks (RFC 7468): what is read, and what is refused with which words. */
import { expect, test } from 'vitest';
import { isPem, readPem } from '../../../host/tls/keys/pem.js';

const BLOCK = '-----BEGIN THING-----\nAQID\n-----END THING-----\n';

test('blocks come in order, with text around them', () => {
  const text = `subject=somebody\n${BLOCK}between\n${BLOCK.replaceAll('THING', 'OTHER THING').replace('AQID', 'BAUG')}`;
  expect(readPem(text, 'ca')).toEqual([
    { label: 'THING', headers: new Map(), bytes: Uint8Array.of(1, 2, 3) },
    { label: 'OTHER THING', headers: new Map(), bytes: Uint8Array.of(4, 5, 6) },
  ]);
});

test('no block is no block', () => {
  expect(readPem('', 'ca')).toEqual([]);
  expect(readPem('nope\n', 'ca')).toEqual([]);
});

test.each([
  ['lines of other lengths', 'A\nQ\nI\nD'],
  ['blanks around lines', '  AQ  \n\tID '],
  ['an empty line at the end', 'AQID\n\n'],
  ['CRLF', 'AQ\r\nID\r'],
])('base64 with %s is read', (_, body) => {
  expect(readPem(BLOCK.replace('AQID', body), 'ca')[0]?.bytes).toEqual(Uint8Array.of(1, 2, 3));
});

test('header fields are kept by name', () => {
  const body = 'Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAQID';
  const [block] = readPem(BLOCK.replace('AQID', body), 'key');
  expect(block?.headers).toEqual(
    new Map([
      ['Proc-Type', '4,ENCRYPTED'],
      ['DEK-Info', 'AES-128-CBC,00'],
    ]),
  );
  expect(block?.bytes).toEqual(Uint8Array.of(1, 2, 3));
});

test.each([
  ['', 'BAD_BASE64_DECODE', 'cert: the block "THING" is not valid base64'],
  ['AQI', 'BAD_BASE64_DECODE', 'cert: the block "THING" is not valid base64'],
  ['AQ=D', 'BAD_BASE64_DECODE', 'cert: the block "THING" is not valid base64'],
  ['AQI*', 'BAD_BASE64_DECODE', 'cert: the block "THING" is not valid base64'],
  ['AQI_', 'BAD_BASE64_DECODE', 'cert: the block "THING" is not valid base64'],
])('"%s" is not base64', (body, reason, message) => {
  const thrown = expect.objectContaining({ code: `ERR_OSSL_PEM_${reason}`, reason, message });
  expect(() => readPem(BLOCK.replace('AQID', body), 'cert')).toThrow(thrown);
});

test.each([
  ['-----BEGIN A-----\nAQID\n', 'cert: found nothing instead of "END A"'],
  ['-----BEGIN A-----\nAQID\n-----END B-----\n', 'cert: found "-----END B-----" instead of "END A"'],
  ['-----BEGIN A-----\nAQID\n-----BEGIN A-----\n', 'cert: found "-----BEGIN A-----" instead of "END A"'],
])('a block without its end is refused', (text, message) => {
  const thrown = expect.objectContaining({ code: 'ERR_OSSL_PEM_BAD_END_LINE', message });
  expect(() => readPem(text, 'cert')).toThrow(thrown);
});

test('DER begins with a SEQUENCE, which no text does', () => {
  expect(isPem(Uint8Array.of(0x30, 0))).toBe(false);
  expect(isPem(new TextEncoder().encode(BLOCK))).toBe(true);
});
