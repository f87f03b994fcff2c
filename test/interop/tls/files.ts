/**
 * Keys, certificates and documents of the TLS interop table, made afresh in a directory of their own by `openssl` and,
 * for NSS, `certutil`. Not for: anything that lasts.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pseudoRandomBytes, sha256 } from '../../../host/cli/demo/content.js';
import { KERNEL, VITRINE } from '../addresses.js';
import { CONTENT } from '../orders.js';
import { requestHead } from './http.js';
import { MEBIBYTES } from './peer.js';

export type KeyKind = 'p256' | 'p384' | 'rsa' | 'ed25519';

/** The name that every certificate of a server has. */
export const SERVER_NAME = 'vitrine.test';
const LARGE = MEBIBYTES * 1024 * 1024;
const LINE = 64;
const NEWLINE = 10;
/** Text, in lines of 64 bytes: some peers take nothing else. */
export const LARGE_TEXT = largeText();
export const LARGE_HASH = sha256(LARGE_TEXT);

/** Whether it is the large text, as Latin-1. */
export function isLargeText(text: string): boolean {
  return text.length === LARGE && sha256(Buffer.from(text, 'latin1')) === LARGE_HASH;
}

export class Files {
  constructor(readonly directory: string) {
    writeFileSync(this.path('extensions'), EXTENSIONS);
    this.#authority();
    for (const [name, options] of Object.entries(LEAVES)) this.#leaf(name, options);
    this.#database();
    writeFileSync(this.path('large'), LARGE_TEXT);
    writeFileSync(this.path('who'), 'it is I\n');
    writeFileSync(this.path('request'), requestHead('/who', undefined));
    mkdirSync(this.path('upload'));
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  text(name: string): string {
    return readFileSync(this.path(name), 'latin1');
  }

  /** NSS wants certificates and keys in a database. */
  get database(): string {
    return `sql:${this.path('nss')}`;
  }

  #authority(): void {
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', this.path('ca.key')];
    const names = ['-addext', 'basicConstraints=critical,CA:true', '-addext', 'keyUsage=critical,keyCertSign,cRLSign'];
    this.#openssl(
      'req',
      '-x509',
      ...key,
      '-subj',
      '/CN=Interop CA',
      '-days',
      '2',
      ...names,
      '-out',
      this.path('ca.pem'),
    );
  }

  #leaf(name: string, options: readonly string[]): void {
    const [key, request, certificate] = [this.path(`${name}.key`), this.path(`${name}.csr`), this.path(`${name}.pem`)];
    this.#openssl('genpkey', ...options, '-out', key);
    this.#openssl('req', '-new', '-key', key, '-subj', `/CN=${name}`, '-out', request);
    const issuer = ['-CA', this.path('ca.pem'), '-CAkey', this.path('ca.key'), '-CAcreateserial', '-days', '2'];
    this.#openssl('x509', '-req', '-in', request, ...issuer, '-extfile', this.path('extensions'), '-out', certificate);
  }

  #database(): void {
    mkdirSync(this.path('nss'));
    this.#run('certutil', '-N', '-d', this.database, '--empty-password');
    this.#run('certutil', '-A', '-d', this.database, '-n', 'ca', '-t', 'CT,C,', '-i', this.path('ca.pem'));
    for (const name of ['p256', 'p384', 'rsa', 'client']) {
      const pair = ['-inkey', this.path(`${name}.key`), '-in', this.path(`${name}.pem`), '-name', name];
      this.#openssl('pkcs12', '-export', ...pair, '-passout', 'pass:', '-out', this.path(`${name}.p12`));
      this.#run('pk12util', '-i', this.path(`${name}.p12`), '-d', this.database, '-W', '', '-K', '');
    }
  }

  #openssl(...args: string[]): void {
    this.#run('openssl', ...args);
  }

  #run(program: string, ...args: string[]): void {
    execFileSync(program, args, { cwd: this.directory, stdio: ['ignore', 'ignore', 'pipe'] });
  }
}

function largeText(): Buffer {
  const text = Buffer.from(pseudoRandomBytes(CONTENT, LARGE / 2)).toString('hex');
  const bytes = Buffer.from(text, 'latin1');
  for (let at = LINE - 1; at < LARGE; at += LINE) bytes[at] = NEWLINE;
  return bytes;
}

const EXTENSIONS = `basicConstraints=critical,CA:false
keyUsage=critical,digitalSignature,keyEncipherment
extendedKeyUsage=serverAuth,clientAuth
subjectAltName=DNS:${SERVER_NAME},DNS:other.test,IP:${KERNEL},IP:${VITRINE}
authorityKeyIdentifier=keyid
`;

const LEAVES: Record<KeyKind | 'client', readonly string[]> = {
  p256: ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  p384: ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-384'],
  rsa: ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'],
  ed25519: ['-algorithm', 'ED25519'],
  client: ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'],
};
