/** TLS with OpenSSL, GnuTLS, NSS, nginx, curl and Node over a TUN device: the table of `rows.ts`. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { namespaceMissing } from '../../kit/namespace.js';
import { result } from '../../kit/result.js';
import { rows } from './rows.js';

const missing = namespaceMissing() ?? programMissing();
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

/** As `namespaceMissing`, of the programs: Debian's openssl, gnutls-bin, libnss3-tools, nginx and curl. */
function programMissing(): string | undefined {
  if (process.env.CI) return undefined;
  const programs = ['openssl', 'gnutls-cli', 'gnutls-serv', 'tstclnt', 'selfserv', 'certutil', 'nginx', 'curl'];
  const missing = programs.find((program) => !folders().some((folder) => isProgram(join(folder, program))));
  return missing === undefined ? undefined : `skipped: ${missing} is not installed`;
}

function folders(): string[] {
  return (process.env.PATH ?? '').split(delimiter);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
