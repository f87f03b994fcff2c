/** TLS with OpenSSL, GnuTLS, NSS, nginx, curl and Node over a TUN device: the table of `rows.ts`. */
import { beforeAll, describe, expect, test } from 'vitest';
import { namespaceMissing } from '../../kit/namespace.js';
import { programMissing } from '../../kit/programs.js';
import { result } from '../../kit/result.js';
import { rows } from './rows.js';

/** Debian's openssl, gnutls-bin, libnss3-tools, nginx and curl. */
const PROGRAMS = ['openssl', 'gnutls-cli', 'gnutls-serv', 'tstclnt', 'selfserv', 'certutil', 'nginx', 'curl'];
const missing = namespaceMissing() ?? programMissing(...PROGRAMS);
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
