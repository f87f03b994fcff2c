/** Reads the Wycheproof files that lie beside the repository; they are not part of it. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

export interface Case {
  tcId: number;
  result: 'valid' | 'invalid' | 'acceptable';
  flags: string[];
}

export interface Group<T> {
  tests: (T & Case)[];
}

/** Why the vectors can't be read; `undefined` when they can. */
export const MISSING = existsSync(path('hmac_sha256_test')) ? undefined : 'no ../shared/tls/wycheproof here';

/** The groups of a file, with the case's number in every test's name. */
export function wycheproof<T, G = unknown>(name: string): readonly (Group<T> & G)[] {
  if (MISSING !== undefined) return [];
  return JSON.parse(gunzipSync(readFileSync(path(name))).toString()).testGroups;
}

export function bytes(hex: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(hex, 'hex'));
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function path(name: string): string {
  return fileURLToPath(new URL(`../../../../shared/tls/wycheproof/${name}.json.gz`, import.meta.url));
}
