/** The core's ciphers against the vectors of their standards. */
import { describe, expect, test } from 'vitest';
import { CIPHER_CHACHA20_POLY1305 } from '../../assembly/abi/constants.js';
import { ciphers, fromHex } from './kit.js';

async function expectVector(cipher: number, vector: Vector): Promise<void> {
  const { seal, open } = await ciphers();
  const key = fromHex(vector.key);
  const parts = { nonce: fromHex(vector.nonce), data: fromHex(vector.data) };
  const [text, sealed] = [fromHex(vector.text), fromHex(vector.sealed + vector.tag)];
  expect(seal(cipher, key, parts, text)).toEqual(sealed);
  expect(open(cipher, key, parts, sealed)).toEqual(text);
}

interface Vector {
  key: string;
  nonce: string;
  data: string;
  text: string;
  sealed: string;
  tag: string;
}

describe('ChaCha20-Poly1305', () => {
  test('seals and opens the example of RFC 8439 §2.8.2', async () => {
    const text =
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.";
    await expectVector(CIPHER_CHACHA20_POLY1305, {
      key: '808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f',
      nonce: '070000004041424344454647',
      data: '50515253c0c1c2c3c4c5c6c7',
      text: Buffer.from(text).toString('hex'),
      sealed:
        'd31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b1a71de0a9e060b29' +
        '05d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc3ff4def08e4b7a9de576d26586cec64b' +
        '6116',
      tag: '1ae10b594f09e26a7e902ecbd0600691',
    });
  });
});
