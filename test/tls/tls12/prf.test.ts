/** The derivations of TLS 1.2 against published vectors and what `openssl kdf` computes. */
import { expect, test } from 'vitest';
import { nodeProvider } from '../../../host/tls/crypto/node.js';
import { type CipherSuite, SUITES, type SuiteName } from '../../../host/tls/parameters.js';
import { prf } from '../../../host/tls/tls12/prf.js';
import {
  exporter,
  extendedMasterSecret,
  finishedData,
  keyBlock,
  masterSecret,
} from '../../../host/tls/tls12/secrets.js';

test('P_SHA256 gives the vector of the TLS working group', () => {
  const output = prf(provider, 'sha256', hex('9bbe436ba940f017b17652849a71db35'), 'test label', SEED_256, 100);
  expect(text(output)).toBe(
    'e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf9af' +
      '0fa022f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff701' +
      '87347b66',
  );
});

test('P_SHA384 gives the vector of the TLS working group', () => {
  const seed = hex('cd665cf6a8447dd6ff8b27555edb7465');
  const output = prf(provider, 'sha384', hex('b80b733d6ceefcdc71566ea48e5567df'), 'test label', seed, 148);
  expect(text(output)).toBe(
    '7b0c18e9ced410ed1804f2cfa34a336a1c14dffb4900bb5fd7942107e81c83cde9ca0faa60be9fe34f82b1233c9146a0' +
      'e534cb400fed2700884f9dc236f80edd8bfa961144c9e8d792eca722a7b32fc3d416d473ebc2c5fd4abfdad05d918425' +
      '9b5bf8cd4d90fa0d31e2dec479e4f1a26066f2eea9a69236a3e52655c9e9aee691c8f3a26854308d5eaa3be85e099070' +
      '3d73e56f',
  );
});

test('a short output is the beginning of a long one, and none is empty', () => {
  const secret = hex('9bbe436ba940f017b17652849a71db35');
  const long = prf(provider, 'sha256', secret, 'test label', SEED_256, 100);
  for (const length of [0, 1, 31, 32, 33, 64]) {
    expect(prf(provider, 'sha256', secret, 'test label', SEED_256, length)).toEqual(long.slice(0, length));
  }
});

test.each(CAVP())('the master secret of CAVP with $hash', ({ hash, premaster, helloRandoms, master }) => {
  expect(text(masterSecret(provider, hash, premaster, helloRandoms))).toBe(master);
});

test.each(CAVP())('AES-GCM cuts the key block of CAVP into keys and salts, $hash', (vector) => {
  const { suite, master, randoms, block, keyLength } = vector;
  const keys = keyBlock(provider, suiteOf(suite), hex(master), randoms);
  const expected = [keys.client.key, keys.server.key, keys.client.iv, keys.server.iv].map(text);
  expect(expected.join('')).toBe(block.slice(0, 4 * keyLength + 16));
  expect(expected.map((part) => part.length / 2)).toEqual([keyLength, keyLength, 4, 4]);
});

test('ChaCha20-Poly1305 takes 32 bytes of key and 12 of IV', () => {
  const [vector] = CAVP();
  const suite = suiteOf('TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256');
  const keys = keyBlock(provider, suite, hex(vector.master), vector.randoms);
  const expected = [keys.client.key, keys.server.key, keys.client.iv, keys.server.iv].map(text);
  expect(expected.join('')).toBe(vector.block.slice(0, 2 * 88));
  expect(expected.map((part) => part.length / 2)).toEqual([32, 32, 12, 12]);
});

test('the extended master secret is what openssl kdf computes', () => {
  const premaster = new Uint8Array(48).fill(0x11);
  expect(text(extendedMasterSecret(provider, 'sha256', premaster, new Uint8Array(32).fill(0x22)))).toBe(
    '709780eb872a90b4347bc270e19c2a638ca787b51a832ce6bfda8053a59680b94ae183d7c37c5d693d7e3ea3a25736b5',
  );
  expect(text(extendedMasterSecret(provider, 'sha384', premaster, new Uint8Array(48).fill(0x33)))).toBe(
    'ad4bfb8757ce97b9376706dd97ffd2fa93259ff5ba253b64a95ce382e2485fcfb1ec8729b79582684b1dabda87349270',
  );
});

test('verify_data is what openssl kdf computes', () => {
  const master = new Uint8Array(48).fill(0x11);
  const ofServer = finishedData(provider, 'sha256', master, 'server', new Uint8Array(32).fill(0x22));
  const ofClient = finishedData(provider, 'sha384', master, 'client', new Uint8Array(48).fill(0x33));
  expect(text(ofServer)).toBe('c99aaf62b94b3b3bffd1c68e');
  expect(text(ofClient)).toBe('00ebc5d439fd3c69ab08ed54');
});

test('an exporter without context, with an empty one and with another differ', () => {
  const make = (context?: Uint8Array) => text(exporter(provider, 'sha256', MASTER, RANDOMS, 32, 'EXPORTER-a', context));
  const values = [make(), make(new Uint8Array()), make(Uint8Array.of(1))];
  expect(new Set(values).size).toBe(3);
  // RFC 5705 §4: the seed is client random, server random, and the context behind its length.
  const seed = Uint8Array.from([...RANDOMS.client, ...RANDOMS.server, 0, 1, 1]);
  expect(values[2]).toBe(text(prf(provider, 'sha256', MASTER, 'EXPORTER-a', seed, 32)));
});

test('an exporter refuses the labels of the handshake and a context that its length field cannot say', () => {
  const make = (label: string, context?: Uint8Array) => () =>
    exporter(provider, 'sha256', MASTER, RANDOMS, 32, label, context);
  for (const label of ['client finished', 'server finished', 'master secret', 'extended master secret']) {
    expect(make(label)).toThrow(RangeError);
  }
  expect(make('key expansion')).toThrow("'key expansion' is the handshake's own");
  expect(make('EXPORTER-a', new Uint8Array(0x10000))).toThrow(RangeError);
  expect(make('EXPORTER-a', new Uint8Array(0xffff))).not.toThrow();
});

/** NIST CAVP, SP 800-135 TLS, the first case of each hash. */
function CAVP() {
  return [
    {
      hash: 'sha256',
      suite: 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
      keyLength: 16,
      premaster: hex(
        'f8938ecc9edebc5030c0c6a441e213cd24e6f770a50dda07876f8d55da062bcadb386b411fd4fe4313a604fce6c17fbc',
      ),
      helloRandoms: {
        client: hex('36c129d01a3200894b9179faac589d9835d58775f9b5ea3587cb8fd0364cae8c'),
        server: hex('f6c9575ed7ddd73e1f7d16eca115415812a43c2b747daaaae043abfb50053fce'),
      },
      randoms: {
        client: hex('62e1fd91f23f558a605f28478c58cf72637b89784d959df7e946d3f07bd1b616'),
        server: hex('ae6c806f8ad4d80784549dff28a4b58fd837681a51d928c3e30ee5ff14f39868'),
      },
      master: '202c88c00f84a17a20027079604787461176455539e705be730890602c289a5001e34eeb3a043e5d52a65e66125188bf',
      block:
        'd06139889fffac1e3a71865f504aa5d0d2a2e89506c6f2279b670c3e1b74f531016a2530c51a3a0f7e1d6590d0f0566b' +
        '2f387f8d11fd4f731cdd572d2eae927f6f2f81410b25e6960be68985add6c38445ad9f8c64bf8068bf9a6679485d966f' +
        '1ad6f68b43495b10a683755ea2b858d70ccac7ec8b053c6bd41ca299d4e51928',
    },
    {
      hash: 'sha384',
      suite: 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384',
      keyLength: 32,
      premaster: hex(
        'a5e2642633f5b8c81ad3fe0c2fe3a8e5ef806b06121dd10df4bb0fe857bfdcf522558e05d2682c9a80c741a3aab1716f',
      ),
      helloRandoms: {
        client: hex('abe4bf5527429ac8eb13574d2709e8012bd1a113c6d3b1d3aa2c3840518778ac'),
        server: hex('cb6e0b3eb02976b6466dfa9651c2919414f1648fd3a7838d02153e5bd39535b6'),
      },
      randoms: {
        client: hex('954b5fe1849c2ede177438261f099a2fcd884d001b9fe1de754364b1f6a6dd8e'),
        server: hex('1b1c8568344a65c30828e7483c0e353e2c68641c9551efae6927d9cd627a107c'),
      },
      master: 'b4d49bfa87747fe815457bc3da15073d6ac73389e703079a3503c09e14bd559a5b3c7c601c7365f6ea8c68d3d9596827',
      block:
        '10fd89ef689c7ef033387b8a8f3e5e8e7c11f680f6bdd71fbac3246a73e98d45d03185dde686e6b2369e4503e9dc5a6d' +
        '2cee3e2bf2fa3f41d3de57dff3e197c8a9d5f74cc2d277119d894f8584b07a0a5822f0bd68b3433ec6adaf5c9406c5f3' +
        'ddbb71bbe17ce98f3d4d5893d3179ef369f57aad908e2bf710639100c3ce7e0c',
    },
  ] as const;
}

function suiteOf(name: SuiteName): CipherSuite {
  const suite = SUITES.find(({ standardName }) => standardName === name);
  if (suite === undefined) throw new Error(name);
  return suite;
}

function hex(digits: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.from(digits, 'hex'));
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

const provider = requireProvider();

function requireProvider() {
  const found = nodeProvider();
  if (found === undefined) throw new Error('node:crypto is missing');
  return found;
}

const SEED_256 = hex('a0ba9f936cda311827a6f796ffd5198c');
const MASTER = new Uint8Array(48).fill(5);
const RANDOMS = { client: new Uint8Array(32).fill(1), server: new Uint8Array(32).fill(2) };
