/** Keys and certificates for the tests of TLS 1.2, one of each kind, made once by the `openssl` command. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Credentials } from '../../../../host/tls/config.js';
import { defaultProvider } from '../../../../host/tls/crypto/default.js';
import { readPrivateKey } from '../../../../host/tls/keys/private-key.js';
import { Certificate } from '../../../../host/tls/x509/certificate.js';
import { openssl } from '../../keys/openssl.js';

export interface Identity {
  readonly key: string;
  readonly certificate: string;
  readonly credentials: Credentials;
}

export type Kind = keyof typeof ALGORITHMS;

/** A self-signed certificate for `localhost` and for use by either side. */
export function identity(kind: Kind): Identity {
  let made = cache.get(kind);
  if (made === undefined) {
    made = make(kind);
    cache.set(kind, made);
  }
  return made;
}

function make(kind: Kind): Identity {
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-tls12-'));
  try {
    const [keyFile, certificateFile] = [join(folder, 'key'), join(folder, 'certificate')];
    openssl(`genpkey -algorithm ${ALGORITHMS[kind]} -out ${keyFile}`);
    const names = '-subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1';
    openssl(`req -x509 -new -key ${keyFile} -days 2 ${names} -out ${certificateFile}`);
    const [key, certificate] = [readFileSync(keyFile, 'utf8'), readFileSync(certificateFile, 'utf8')];
    const chain = Certificate.fromPem(certificate, 'cert');
    return { key, certificate, credentials: { chain, key: readPrivateKey(key, defaultProvider()) } };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const cache = new Map<Kind, Identity>();

const ALGORITHMS = {
  rsa: 'RSA -pkeyopt rsa_keygen_bits:2048',
  'rsa-pss': 'RSA-PSS -pkeyopt rsa_keygen_bits:2048',
  p256: 'EC -pkeyopt ec_paramgen_curve:P-256',
  p384: 'EC -pkeyopt ec_paramgen_curve:P-384',
  ed25519: 'ED25519',
} as const;
