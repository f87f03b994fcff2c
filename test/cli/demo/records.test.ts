import { describe, expect, test } from 'vitest';
import { RecordLens } from '../../../host/cli/demo/records.js';
import { tcp } from '../../device/packets.js';

describe('the lens for records', () => {
  test('names the hellos and counts what is sealed, once their last segment has passed', async () => {
    const { lens, say } = watching();
    const hello = record(22, Buffer.from([1, ...Array(300).fill(0)]));
    say('in', hello.subarray(0, 100), 1);
    say('in', hello.subarray(100), 3);
    say(
      'out',
      Buffer.concat([record(22, Buffer.from([2, 0])), record(20, Buffer.of(1)), record(23, Buffer.alloc(70))]),
      4,
    );
    say('in', Buffer.concat([record(20, Buffer.of(1)), record(23, Buffer.alloc(53))]), 6);
    say('in', record(23, Buffer.alloc(1000)), 7);
    expect(await lens.handshake(new Promise(() => {}))).toEqual([
      { kind: 'in', time: 0, text: 'ClientHello' },
      { kind: 'out', time: 1, text: 'ServerHello, ChangeCipherSpec, 70 bytes sealed' },
      { kind: 'in', time: 3, text: 'ChangeCipherSpec, 53 bytes sealed' },
    ]);
  });

  test('passes over what comes again, and waits for nothing when the download has ended', async () => {
    const { lens, say, again } = watching();
    say('in', record(22, Buffer.of(1)), 1);
    again('in', record(22, Buffer.of(1)), 2);
    say('in', record(21, Buffer.of(2, 40)), 3);
    expect((await lens.handshake(Promise.resolve())).map(({ text }) => text)).toEqual(['ClientHello', 'Alert']);
    say('in', record(22, Buffer.of(1)), 4);
    expect(await lens.handshake(Promise.resolve())).toHaveLength(2);
  });
});

/** A lens that has seen both SYNs. */
function watching() {
  const lens = new RecordLens();
  const next = { in: 1, out: 1 };
  const pass = (way: 'in' | 'out', seq: number, bytes: Uint8Array, time: number, syn = false) => {
    const packet = tcp('10.9.0.1', '10.9.0.2', [1, 2], bytes, false, { seq, ack: 0 });
    if (syn) packet[33] = 2;
    lens.listener(packet, way === 'in', time);
  };
  lens.watch();
  for (const way of ['in', 'out'] as const) pass(way, 0, new Uint8Array(0), 0, true);
  return {
    lens,
    say(way: 'in' | 'out', bytes: Uint8Array, time: number) {
      pass(way, next[way], bytes, time);
      next[way] += bytes.length;
    },
    again: (way: 'in' | 'out', bytes: Uint8Array, time: number) => pass(way, 1, bytes, time),
  };
}

function record(type: number, content: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(type, 3, 3, content.length >> 8, content.length & 255), content]);
}
