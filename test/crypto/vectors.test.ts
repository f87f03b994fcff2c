/** The core's ciphers and their twins against the examples that the standards print. */
import { describe, expect, test } from 'vitest';
import { type CipherName, cipherNamed, ciphers, fromHex, toHex } from './kit.js';

interface Vector {
  from: string;
  cipher: CipherName;
  key: string;
  nonce: string;
  data: string;
  text: string;
  sealed: string;
  tag: string;
}

const hexOf = (text: string) => Buffer.from(text).toString('hex');

const GCM_KEY = 'feffe9928665731c6d6a8f9467308308';
const GCM_NONCE = 'cafebabefacedbaddecaf888';
const GCM_DATA = 'feedfacedeadbeeffeedfacedeadbeefabaddad2';
const GCM_TEXT =
  'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72' +
  '1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255';
const GCM_128 =
  '42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e' +
  '21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091473f5985';
const GCM_256 =
  '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa' +
  '8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad';

/** Test cases of "The Galois/Counter Mode of Operation (GCM)" (McGrew & Viega), appendix B, with nonces of 96 bits. */
function gcmCase(number: number, cipher: CipherName, length: number, sealed: string, tag: string, extra: object = {}) {
  const zeros = { key: '00'.repeat(cipher === 'aes-128-gcm' ? 16 : 32), nonce: '00'.repeat(12), data: '' };
  const text = '00'.repeat(length);
  return { from: `GCM test case ${number}`, cipher, ...zeros, text, sealed, tag, ...extra };
}

const LONG_128 = { key: GCM_KEY, nonce: GCM_NONCE, text: GCM_TEXT };
const LONG_256 = { ...LONG_128, key: GCM_KEY + GCM_KEY };
const WITH_DATA = { data: GCM_DATA, text: GCM_TEXT.slice(0, 120) };

const VECTORS: readonly Vector[] = [
  {
    from: 'RFC 8439 §2.8.2',
    cipher: 'chacha20-poly1305',
    key: '808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f',
    nonce: '070000004041424344454647',
    data: '50515253c0c1c2c3c4c5c6c7',
    text: hexOf(
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
    ),
    sealed:
      'd31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6' +
      '3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36' +
      '92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc' +
      '3ff4def08e4b7a9de576d26586cec64b6116',
    tag: '1ae10b594f09e26a7e902ecbd0600691',
  },
  {
    from: 'RFC 8439 §A.5',
    cipher: 'chacha20-poly1305',
    key: '1c9240a5eb55d38af333888604f6b5f0473917c1402b80099dca5cbc207075c0',
    nonce: '000000000102030405060708',
    data: 'f33388860000000000004e91',
    text: hexOf(
      'Internet-Drafts are draft documents valid for a maximum of six months and may be updated, replaced, or obsoleted by ' +
        'other documents at any time. It is inappropriate to use Internet-Drafts as reference material or to cite them ' +
        'other than as /“work in progress./”',
    ),
    sealed:
      '64a0861575861af460f062c79be643bd5e805cfd345cf389f108670ac76c8cb2' +
      '4c6cfc18755d43eea09ee94e382d26b0bdb7b73c321b0100d4f03b7f355894cf' +
      '332f830e710b97ce98c8a84abd0b948114ad176e008d33bd60f982b1ff37c855' +
      '9797a06ef4f0ef61c186324e2b3506383606907b6a7c02b0f9f6157b53c867e4' +
      'b9166c767b804d46a59b5216cde7a4e99040c5a40433225ee282a1b0a06c523e' +
      'af4534d7f83fa1155b0047718cbc546a0d072b04b3564eea1b422273f548271a' +
      '0bb2316053fa76991955ebd63159434ecebb4e466dae5a1073a6727627097a10' +
      '49e617d91d361094fa68f0ff77987130305beaba2eda04df997b714d6c6f2c29' +
      'a6ad5cb4022b02709b',
    tag: 'eead9d67890cbb22392336fea1851f38',
  },
  gcmCase(1, 'aes-128-gcm', 0, '', '58e2fccefa7e3061367f1d57a4e7455a'),
  gcmCase(2, 'aes-128-gcm', 16, '0388dace60b6a392f328c2b971b2fe78', 'ab6e47d42cec13bdf53a67b21257bddf'),
  gcmCase(3, 'aes-128-gcm', 64, GCM_128, '4d5c2af327cd64a62cf35abd2ba6fab4', LONG_128),
  gcmCase(4, 'aes-128-gcm', 60, GCM_128.slice(0, 120), '5bc94fbc3221a5db94fae95ae7121a47', {
    ...LONG_128,
    ...WITH_DATA,
  }),
  gcmCase(13, 'aes-256-gcm', 0, '', '530f8afbc74536b9a963b4f1c4cb738b'),
  gcmCase(14, 'aes-256-gcm', 16, 'cea7403d4d606b6e074ec5d3baf39d18', 'd0d1c8a799996bf0265b98b5d48ab919'),
  gcmCase(15, 'aes-256-gcm', 64, GCM_256, 'b094dac5d93471bdec1a502270e3cc6c', LONG_256),
  gcmCase(16, 'aes-256-gcm', 60, GCM_256.slice(0, 120), '76fc6ece0f4e1768cddf8853bb2d551b', {
    ...LONG_256,
    ...WITH_DATA,
  }),
];

describe.each(VECTORS)('$from, $cipher', (vector) => {
  const { cipher, twin } = cipherNamed(vector.cipher);
  const parts = { key: fromHex(vector.key), nonce: fromHex(vector.nonce), data: fromHex(vector.data) };

  test('is what the core seals and opens', async () => {
    const { seal, open } = await ciphers();
    expect(toHex(seal(cipher, parts, fromHex(vector.text)))).toBe(vector.sealed + vector.tag);
    expect(toHex(open(cipher, parts, fromHex(vector.sealed + vector.tag)))).toBe(vector.text);
  });

  test('is what the twin seals', () => {
    expect(toHex(twin(parts.key, parts.nonce, parts.data, fromHex(vector.text)))).toBe(vector.sealed + vector.tag);
  });
});
