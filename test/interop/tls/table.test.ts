/** TLS with OpenSSL, GnuTLS, NSS, nginx, curl and Node over a TUN device: the table of `rows.ts`. */
import { beforeAll, describe, expect, test } from 'vitest';
import { namespaceMissing } from '../../kit/namespace.js';
import { result } from '../../kit/result.js';
import { rows } from './rows.js';

const missing = namespaceMissing();
const SCRIPT = new URL('./script.ts', import.meta.url);
const PATIENCE = 240_000;

describe.skipIf(missing)(`TLS interop${missing === undefined ? '' : ` (${missing})`}`, () => {
  let results: Record<string, string | null>;

  beforeAll(async () => {
    results = (await result(SCRIPT, [], { timeout: PATIENCE })) as Record<string, string | null>;
  }, PATIENCE);

  test.each(rows().map(({ name }) => name))('%s', (name) => {
    expect(results[name]).toBe(null);
  });
});
