/** Throwaway keys and certificates, made by the `openssl` command while the tests run. */
import { execFileSync, spawnSync } from 'node:child_process';

/** Why nothing can be made; `undefined` when it can. */
export const NO_OPENSSL = spawnSync('openssl', ['version']).status === 0 ? undefined : 'no openssl command here';

/** What the command writes. */
export function openssl(line: string, input?: Uint8Array | string): Buffer<ArrayBuffer> {
  const options = { input: input ?? '', stdio: ['pipe', 'pipe', 'pipe'] } as const;
  return Buffer.from(execFileSync('openssl', line.split(' '), { ...options, stdio: [...options.stdio] }));
}

/** A self-signed certificate for `names` with the key in `pem`. */
export function certificate(pem: string, subject: string, extension = 'basicConstraints=CA:FALSE'): string {
  const line = ['req', '-x509', '-new', '-key', '/dev/stdin', '-days', '2', '-subj', subject, '-addext', extension];
  return execFileSync('openssl', line, { input: pem, stdio: ['pipe', 'pipe', 'pipe'] }).toString();
}
