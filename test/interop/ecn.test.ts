/** ECN between Vitrine and the kernel (RFC 3168): both ask for it, and the network marks packets instead of dropping them. */
import { describe, expect, test } from 'vitest';
import { pseudoRandomBytes, sha256 } from '../../host/cli/demo/content.js';
import { namespaceMissing } from '../kit/namespace.js';
import { result } from '../kit/result.js';
import { CONTENT } from './orders.js';

interface Outcome {
  digest: string;
  marked: { ours: number; kernels: number };
  lost: { ours: number; kernels: number };
  /** Because ACKs said that it was lost. */
  repeated: { ours: number; kernels: number };
  kernel: { seen: number; told: number };
}

const missing = namespaceMissing();
const SCRIPT = new URL('./ecn-script.ts', import.meta.url);
const LENGTH = 4 * 1024 * 1024;
const OPTIONS = { before: ['echo 1 > /proc/sys/net/ipv4/tcp_ecn'], timeout: 60_000 };

async function play(name: string): Promise<Outcome> {
  const outcome = (await result(SCRIPT, [name, 'plain', String(LENGTH)], OPTIONS)) as Outcome;
  expect(outcome.digest).toBe(sha256(pseudoRandomBytes(CONTENT, LENGTH)));
  expect(outcome.lost, 'by the network').toEqual({ ours: 0, kernels: 0 });
  return outcome;
}

describe.skipIf(missing)(`a TUN device${missing === undefined ? '' : ` (${missing})`}`, () => {
  test.each(['connect and send', 'listen and send'])(
    '%s: the kernel sees our data marked, and no mark is taken for a loss',
    async (name) => {
      const { marked, repeated, kernel } = await play(name);
      expect(marked.ours).toBeGreaterThan(10);
      expect(kernel.seen).toBe(marked.ours);
      expect(repeated).toEqual({ ours: 0, kernels: 0 });
    },
    70_000,
  );

  test.each(['connect and receive', 'listen and receive'])(
    '%s: we tell the kernel of its marks, and it takes none for a loss',
    async (name) => {
      const { marked, repeated, kernel } = await play(name);
      expect(marked.kernels).toBeGreaterThan(10);
      expect(kernel.told).toBeGreaterThan(0);
      expect(repeated).toEqual({ ours: 0, kernels: 0 });
    },
    70_000,
  );
});
