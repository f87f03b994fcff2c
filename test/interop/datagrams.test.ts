/** Datagrams of ours that leave in one packet, and Linux cuts (UDP segmentation offload): whether it takes them as we mean them. */
import { describe, expect, test } from 'vitest';
import { namespaceMissing } from '../kit/namespace.js';
import { result } from '../kit/result.js';

interface Outcome {
  sent: string[];
  heard: string[];
}

const missing = namespaceMissing();
const SCRIPT = new URL('./datagrams-script.ts', import.meta.url);

describe.skipIf(missing)(`a TUN device${missing === undefined ? '' : ` (${missing})`}`, () => {
  test.each(['4', '6'])('a socket of the kernel hears each datagram whole and in order: IPv%s', async (family) => {
    const { sent, heard, packets } = (await result(SCRIPT, ['heard', family])) as Outcome & { packets: number };
    expect(heard).toEqual(sent);
    expect(sent).toHaveLength(200);
    expect(packets).toBeLessThan(25);
  });

  test.each(['4', '6'])('each has its checksum when the kernel passes it on, ffff for zero: IPv%s', async (family) => {
    const { sent, heard, checksums, first } = (await result(SCRIPT, ['passed on', family])) as Outcome & {
      checksums: number[];
      first: number[];
    };
    expect(heard).toEqual(sent);
    expect(checksums).toEqual(sent.map(() => 0));
    expect(first).toEqual([0xffff, expect.any(Number), 0xffff]);
  });
});
