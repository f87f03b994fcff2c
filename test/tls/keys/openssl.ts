/** Throwaway keys and certificates, made by the `openssl` command while the tests run. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Why nothing can be made; `undefined` when it can. */
export const NO_OPENSSL = spawnSync('openssl', ['version']).status === 0 ? undefined : 'no openssl command here';

/** What the command writes. */
export function openssl(line: string, input?: Uint8Array | string): Buffer<ArrayBuffer> {
  return run(line.split(' '), input ?? '');
}

/** A private key in PEM. */
export function privateKey(options = '-algorithm EC -pkeyopt ec_paramgen_curve:P-256'): string {
  return openssl(`genpkey ${options}`).toString();
}

/** A self-signed certificate in PEM, for two days. */
export function selfSigned(key: string, commonName: string): string {
  return withFile(key, (path) =>
    run(['req', '-x509', '-new', '-key', path, '-days', '2', '-subj', `/CN=${commonName}`], '').toString(),
  );
}

/** Does something with a file that exists so long. */
export function withFile<T>(content: string, use: (path: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-'));
  try {
    const path = join(folder, 'file.pem');
    writeFileSync(path, content);
    return use(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export function run(line: readonly string[], input: Uint8Array | string): Buffer<ArrayBuffer> {
  return Buffer.from(execFileSync('openssl', line, { input, stdio: ['pipe', 'pipe', 'pipe'] }));
}
