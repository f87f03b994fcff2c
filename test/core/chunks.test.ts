/** Memory that handlers may keep: what shares a slab, and how much a kept piece keeps. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test, vi } from 'vitest';
import { Chunks } from '../../host/core/chunks.js';
import { Views } from '../../host/core/views.js';
import { program } from '../kit/typescript-bundle.mjs';

const KIB = 1024;

describe('memory for handlers', () => {
  test('is given once: pieces never overlap, and begin where numbers of any size may lie', () => {
    const chunks = new Chunks();
    const pieces = [
      1,
      63,
      64,
      1448,
      4 * KIB,
      5 * KIB,
      65_000,
      16 * KIB,
      200 * KIB,
      256 * KIB,
      300 * KIB,
      7,
      70_000,
    ].map((length) => chunks.take(length));
    for (const [index, piece] of pieces.entries()) piece.fill(index);
    pieces.forEach((piece, index) => {
      expect(piece.every((byte) => byte === index)).toBe(true);
      expect(piece.byteOffset % 64).toBe(0);
      expect(piece).toBeInstanceOf(Buffer);
    });
  });

  test('kept alive by a piece is at most 16 KiB or sixteen times the piece', () => {
    const chunks = new Chunks();
    for (let length = 1; length < 600 * KIB; length += 997) {
      const { buffer } = chunks.take(length);
      expect(buffer.byteLength).toBeLessThanOrEqual(Math.max(16 * KIB, 16 * length));
    }
  });

  test('is offered as far as the slab goes, and a fresh one when little is left', () => {
    const chunks = new Chunks();
    expect(chunks.room).toBe(256 * KIB);
    const first = chunks.take(200 * KIB);
    expect(chunks.room).toBe(56 * KIB);
    const second = chunks.take(41 * KIB);
    expect(second.buffer).toBe(first.buffer);
    expect(chunks.room).toBe(256 * KIB);
    expect(chunks.take(chunks.room).buffer).not.toBe(first.buffer);
  });

  test('stays what it is when one piece of it is posted to another thread', () => {
    const chunks = new Chunks();
    const piece = chunks.take(65_000).fill(5);
    const neighbour = chunks.take(20_000).fill(6);
    try {
      structuredClone(piece, { transfer: [piece.buffer] });
    } catch {
      // newer Nodes refuse, older ones copy
    }
    expect([piece[0], neighbour[0], neighbour.length]).toEqual([5, 6, 20_000]);
  });
});

describe('dead memory', () => {
  test('comes back soon: of a gigabyte that nobody keeps, little is there at any time', () => {
    const chunks = new Chunks();
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    for (let given = 0; given < 1 << 30; given += 65_000) {
      chunks.take(65_000);
      most = Math.max(most, process.memoryUsage().arrayBuffers);
    }
    expect(most - before).toBeLessThan(16 << 20);
  });

  test('is collected by a call that the program does not see', async () => {
    // Whatever files before this one have asked for in the same process.
    setFlagsFromString('--no-expose-gc');
    vi.resetModules();
    const { collectYoung } = await import('../../host/core/collector.js');
    collectYoung();
    expect(runInNewContext('typeof gc')).toBe(typeof (globalThis as { gc?: unknown }).gc);
  });

  test('is collected without more room for the young, through which each collection would have to go', async () => {
    const script = await program(new URL('./young-script.ts', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [script]);
    const { before, after } = JSON.parse(stdout);
    expect(before).toBeGreaterThan(0);
    // V8 itself may double it now and then; with each of ours it would become sixteen times as much.
    expect(after).toBeLessThanOrEqual(4 * before);
  });
});

describe('views of linear memory', () => {
  test('are the same for the same place and length, and never show another', () => {
    const memory = new WebAssembly.Memory({ initial: 64 });
    const bytes = new Uint8Array(memory.buffer);
    for (let at = 0; at < bytes.length; at += 1000) bytes[at] = at % 251;
    const views = new Views(memory);
    for (let round = 0; round < 2; round++) {
      for (let at = 0; at < 64 * 64_000; at += 64_000) expect(views.of(at, 1448)[0]).toBe(at % 251);
    }
    expect(views.of(3000, 1448)).toBe(views.of(3000, 1448));
    expect(views.of(3000, 1000)).toHaveLength(1000);
    expect(views.of(3000, 1448)).toHaveLength(1448);
    expect(views.of(3001, 1448).byteOffset).toBe(3001);
  });

  test('are made afresh when memory has grown', () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 2 });
    const views = new Views(memory);
    const before = views.of(0, 8);
    memory.grow(1);
    expect(before).toHaveLength(0);
    expect(views.of(0, 8)).toHaveLength(8);
  });
});
