/** TCP Fast Open towards the kernel (RFC 7413): it gives us a cookie, and takes data on the SYN that brings it back. */
import { describe, expect, test } from 'vitest';
import { EINPROGRESS } from '../../host/bsd/errno.js';
import { namespaceMissing } from '../kit/namespace.js';
import { result } from '../kit/result.js';

const missing = namespaceMissing();
const SCRIPT = new URL('./fastopen-script.ts', import.meta.url);
/** Linux's bits: servers do it (2), and every listener (0x400). */
const OPTIONS = { before: ['echo 1026 > /proc/sys/net/ipv4/tcp_fastopen'] };

describe.skipIf(missing)(`a TUN device${missing === undefined ? '' : ` (${missing})`}`, () => {
  test.each(['plain', 'offload'])(
    '%s: the second connection brings its first bytes on the SYN',
    async (mode) => {
      expect(await result(SCRIPT, ['twice', mode], OPTIONS)).toEqual({
        asked: -EINPROGRESS,
        taken: 6,
        echo: 'second',
        onSyn: true,
        cookies: 1,
        accepted: 1,
      });
    },
    40_000,
  );
});
