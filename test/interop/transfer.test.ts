/**
 * Bytes between Vitrine and the kernel: each way, whoever connects, of every size, with half-closes on the way. One stack for
 * all transfers over a device, one after the other.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { pseudoRandomBytes, sha256 } from '../../host/cli/demo/content.js';
import { namespaceMissing } from '../kit/namespace.js';
import { result } from '../kit/result.js';
import { amount } from '../kit/soak.js';
import { CONTENT } from './orders.js';

const missing = namespaceMissing();
const SCRIPT = new URL('./transfer-script.ts', import.meta.url);
const MIB = 1024 * 1024;
/** The largest fills all buffers on its way more than once. */
const SIZES = [0, 1, 1447, 1448, 1449, 65_535, 65_536, MIB + 3, amount(12, 64) * MIB];
const PATIENCE = 300_000;

describe.skipIf(missing).each(['offload', 'plain'])(
  `a TUN device, %s${missing === undefined ? '' : ` (${missing})`}`,
  (mode) => {
    let counted: Record<string, string>;

    beforeAll(async () => {
      const args = ['every way', mode, JSON.stringify(SIZES)];
      counted = (await result(SCRIPT, args, { timeout: PATIENCE })) as typeof counted;
    }, PATIENCE);

    describe.each(['connect and send', 'listen and receive', 'connect and receive', 'listen and send'])('%s', (way) => {
      test.each(SIZES)('%d bytes arrive as they were sent, and the answer behind the FIN does', (length) => {
        expect(counted[`${way} ${length}`]).toBe(sha256(pseudoRandomBytes(CONTENT, length)));
      });
    });

    test(`${mode === 'offload' ? 'large packets were' : 'nothing was'} read past linear memory`, () => {
      expect(Number(counted.apart) > 0).toBe(mode === 'offload');
    });
  },
);
