/** Bytes between Vitrine and the kernel: each way, whoever connects, of every size, with half-closes on the way. */
import { describe, expect, test } from 'vitest';
import { pseudoRandomBytes, sha256 } from '../../host/cli/demo/content.js';
import { namespaceMissing } from '../kit/namespace.js';
import { result } from '../kit/result.js';
import { CONTENT } from './orders.js';

const missing = namespaceMissing();
const SCRIPT = new URL('./transfer-script.ts', import.meta.url);
const MIB = 1024 * 1024;
const SIZES = [0, 1, 1447, 1448, 1449, 65_535, 65_536, MIB + 3, 64 * MIB];

describe.skipIf(missing).each(['offload', 'plain'])(
  `a TUN device, %s${missing === undefined ? '' : ` (${missing})`}`,
  (mode) => {
    describe.each(['connect and send', 'listen and receive', 'connect and receive', 'listen and send'])(
      '%s',
      (name) => {
        test.each(SIZES)(
          '%d bytes arrive as they were sent, and the answer behind the FIN does',
          async (length) => {
            const digest = await result(SCRIPT, [name, mode, String(length)], { timeout: 60_000 });
            expect(digest).toBe(sha256(pseudoRandomBytes(CONTENT, length)));
          },
          70_000,
        );
      },
    );
  },
);
