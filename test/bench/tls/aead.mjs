/**
 * The ciphers of TLS by themselves: records of 16 KiB, sealed and opened by the core, by node:crypto (OpenSSL, with AES in
 * hardware) and by @noble/ciphers (plain JavaScript). The core's part is dist/crypto.test.wasm: the same code and flags as
 * in dist/core.wasm, whose calls take whole records only.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gcm } from '@noble/ciphers/aes.js';
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import {
  CIPHER_AES_128_GCM,
  CIPHER_AES_256_GCM,
  CIPHER_CHACHA20_POLY1305,
} from '../../../dist/assembly/abi/constants.js';
import { median, pairedRatio } from '../report/statistics.mjs';
import { takeTurns } from '../running/turns.mjs';

/** MB/s, and the core's as multiples. @param {{ seconds: number }} settings for each row, shared by the three; they take turns */
export async function measure({ seconds }) {
  const core = await loadCiphers();
  const measured = CIPHERS.flatMap(({ bar, ...cipher }) =>
    ['seal', 'open'].map((way) => {
      const rates = ratesOf(contestants(core, cipher)[way], seconds);
      return { label: `${cipher.name}, ${way}`, rates, bar };
    }),
  );
  return {
    columns: ['vitrine, MB/s', 'node:crypto', '@noble', '× node:crypto', '× @noble'],
    rows: measured.map(({ label, rates }) => [
      label,
      ...['vitrine', 'node', 'noble'].map((name) => median(rates[name]).toFixed(0)),
      ...['node', 'noble'].map((name) => ratio(rates, name).toFixed(2)),
    ]),
    bars: measured.filter(({ bar }) => bar).map(barOf),
  };
}

/** The core's ciphers, to be timed by themselves, each in a memory of its own. @returns {Promise<import('../types.js').Work[]>} */
export async function cipherWorks() {
  const works = [];
  for (const cipher of CIPHERS) {
    const ways = contestants(await loadCiphers(), cipher);
    for (const way of ['seal', 'open']) {
      works.push({ label: `${cipher.name}, ${way} a record`, bytes: RECORD, work: repeated(ways[way].vitrine) });
    }
  }
  return works;
}

/** MB/s of each contestant in each round, when its compiler has had its time. */
function ratesOf(contestants, seconds) {
  const works = Object.fromEntries(Object.entries(contestants).map(([name, work]) => [name, repeated(work)]));
  takeTurns(works, { seconds: seconds / 5, rounds: 0 });
  const times = Object.entries(takeTurns(works, { seconds, rounds: ROUNDS }));
  return Object.fromEntries(times.map(([name, rounds]) => [name, rounds.map((time) => (RECORD * 1000) / time)]));
}

function repeated(work) {
  return (turns) => {
    for (let turn = 0; turn < turns; turn++) work();
  };
}

/** What each does with one record; each result was compared once, so that nobody wins by doing nothing. */
function contestants(core, { number, algorithm, keySize, noble }) {
  const [key, nonce, data, text] = [keySize, 12, 5, RECORD].map((size) => new Uint8Array(randomBytes(size)));
  const vitrine = core.contestant(number, key, nonce, data, text);
  const node = {
    seal() {
      const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: 16 });
      cipher.setAAD(data);
      return Buffer.concat([cipher.update(text), cipher.final(), cipher.getAuthTag()]);
    },
    open() {
      const decipher = createDecipheriv(algorithm, key, nonce, { authTagLength: 16 });
      decipher.setAAD(data);
      decipher.setAuthTag(sealed.subarray(RECORD));
      return Buffer.concat([decipher.update(sealed.subarray(0, RECORD)), decipher.final()]);
    },
  };
  const sealed = new Uint8Array(node.seal());
  vitrine.take(sealed);
  const plain = {
    seal: () => noble(key, nonce, data).encrypt(text),
    open: () => noble(key, nonce, data).decrypt(sealed),
  };
  for (const seal of [vitrine.seal, plain.seal]) mustEqual(seal(), sealed);
  for (const open of [vitrine.open, node.open, plain.open]) mustEqual(open(), text);
  return Object.fromEntries(
    ['seal', 'open'].map((way) => [way, { vitrine: vitrine[way], node: node[way], noble: plain[way] }]),
  );
}

function mustEqual(one, other) {
  if (Buffer.compare(one, other) !== 0) throw new Error('the ciphers do not agree');
}

/** The core's ciphers over places in its memory, which its seals and opens answer as they lie. */
async function loadCiphers() {
  const { instance } = await WebAssembly.instantiate(readFileSync(BINARY), {
    wasi_snapshot_preview1: { fd_write: () => 0, proc_exit: () => 0 },
  });
  const { memory, aeadExpand, aeadSeal, aeadOpen } = instance.exports;
  const at = memory.grow(4) * 65536;
  const [nonceAt, dataAt, expanded, source, sealedAt, target, forSeal] = PLACES.map((place) => at + place);
  const bytes = (place, size) => new Uint8Array(memory.buffer, place, size);
  return {
    contestant(number, key, nonce, data, text) {
      bytes(at, key.length).set(key);
      bytes(nonceAt, nonce.length).set(nonce);
      bytes(dataAt, data.length).set(data);
      bytes(source, text.length).set(text);
      aeadExpand(number, at, expanded);
      return {
        take: (sealed) => bytes(sealedAt, sealed.length).set(sealed),
        seal() {
          aeadSeal(number, expanded, nonceAt, dataAt, data.length, source, RECORD, forSeal);
          return bytes(forSeal, RECORD + 16);
        },
        open() {
          const good = aeadOpen(number, expanded, nonceAt, dataAt, data.length, sealedAt, RECORD, target);
          if (!good) throw new Error('a record does not open');
          return bytes(target, RECORD);
        },
      };
    },
  };
}

function barOf({ label, rates, bar: { against, ...limits } }) {
  const title = `${label} ÷ ${against === 'node' ? 'node:crypto' : '@noble'}'s`;
  return { title, value: ratio(rates, against), digits: 2, atLeast: limits };
}

function ratio(rates, other) {
  return pairedRatio(rates.vitrine, rates[other]);
}

const BINARY = new URL('../../../dist/crypto.test.wasm', import.meta.url);
/** Many and short: what else the machine does then meets all three. */
const ROUNDS = 40;
/** Bytes of text: the most that a record of TLS carries (RFC 8446 §5.1). */
const RECORD = 16384;
/** Of nonce, additional data, expanded key, text, sealed text, what is opened, what is sealed. */
const PLACES = [0x40, 0x80, 0x100, 0x2000, 0x8000, 0x10000, 0x18000];

const CIPHERS = [
  {
    name: 'ChaCha20-Poly1305',
    number: CIPHER_CHACHA20_POLY1305,
    algorithm: 'chacha20-poly1305',
    keySize: 32,
    noble: chacha20poly1305,
    bar: { against: 'node', first: 0.5, goal: 0.8 },
  },
  {
    name: 'AES-128-GCM',
    number: CIPHER_AES_128_GCM,
    algorithm: 'aes-128-gcm',
    keySize: 16,
    noble: gcm,
    bar: { against: 'noble', first: 3, goal: 6 },
  },
  { name: 'AES-256-GCM', number: CIPHER_AES_256_GCM, algorithm: 'aes-256-gcm', keySize: 32, noble: gcm },
];
