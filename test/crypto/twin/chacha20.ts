/** ChaCha20 as RFC 8439 §2.1–§2.4 writes it: a word at a time. */

/** XORs the text with the key stream from block `counter` on. */
export function chacha20(key: Uint8Array, nonce: Uint8Array, counter: number, text: Uint8Array): Uint8Array {
  const result = text.slice();
  for (let start = 0; start < text.length; start += 64) {
    const stream = chacha20Block(key, nonce, counter + start / 64);
    for (let index = start; index < Math.min(start + 64, text.length); index++) {
      result[index] = at(text, index) ^ at(stream, index - start);
    }
  }
  return result;
}

/** The 64 bytes of key stream of one block (§2.3). */
export function chacha20Block(key: Uint8Array, nonce: Uint8Array, counter: number): Uint8Array<ArrayBuffer> {
  const initial = [...CONSTANTS, ...words(key), counter >>> 0, ...words(nonce)];
  const state = Uint32Array.from(initial);
  for (let round = 0; round < 10; round++) {
    quarterRound(state, 0, 4, 8, 12);
    quarterRound(state, 1, 5, 9, 13);
    quarterRound(state, 2, 6, 10, 14);
    quarterRound(state, 3, 7, 11, 15);
    quarterRound(state, 0, 5, 10, 15);
    quarterRound(state, 1, 6, 11, 12);
    quarterRound(state, 2, 7, 8, 13);
    quarterRound(state, 3, 4, 9, 14);
  }
  const block = new Uint8Array(64);
  const view = new DataView(block.buffer);
  for (const [index, word] of state.entries()) view.setUint32(index * 4, word + (initial[index] ?? 0), true);
  return block;
}

function quarterRound(state: Uint32Array, a: number, b: number, c: number, d: number): void {
  const step = (x: number, y: number, z: number, bits: number) => {
    state[x] = at(state, x) + at(state, y);
    const mixed = at(state, z) ^ at(state, x);
    state[z] = (mixed << bits) | (mixed >>> (32 - bits));
  };
  step(a, b, d, 16);
  step(c, d, b, 12);
  step(a, b, d, 8);
  step(c, d, b, 7);
}

function words(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: bytes.length / 4 }, (_, index) => view.getUint32(index * 4, true));
}

function at(list: Uint8Array | Uint32Array, index: number): number {
  return list[index] as number;
}

/** "expand 32-byte k" */
const CONSTANTS = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574];
